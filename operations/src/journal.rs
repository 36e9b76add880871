//! The journal: who did what, and whether anybody has changed what was told.

use std::time::Duration;

use domain::{JournalKeys, Timestamp};
use store::{JournalFilter, JournalHead, JournalPage, MAX_PAGE, Store, StoreError, USUAL_PAGE, VerifiedJournal};

use crate::listed::{NotListed, must_be_of};

/// What is told of an end that is not behind its beginning.
pub const LATER_THAN_SINCE: &str = "must be later than since";
/// How far apart the clocks of machines may be.
const UNEVEN: Duration = Duration::from_secs(60 * 60);

/// A page of the journal, the newest first. `limit` is 1 to 1,000; 0 stands for 100.
///
/// # Errors
/// [`NotListed`].
pub async fn list(store: &Store, filter: JournalFilter) -> Result<JournalPage, NotListed> {
    must_be_of(filter.after.as_ref(), &filter)?;
    let limit = match filter.limit {
        0 => USUAL_PAGE as usize,
        limit => limit.min(MAX_PAGE as usize),
    };
    Ok(store.journal_page(&JournalFilter { limit, ..filter }).await?)
}

/// The end of the chain. None before the first entry was sealed.
///
/// # Errors
/// [`StoreError`].
pub async fn head(store: &Store) -> Result<Option<JournalHead>, StoreError> {
    store.journal_head().await
}

/// How far the chain has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// Its end; none before the first entry was sealed.
    pub head: Option<JournalHead>,
    /// How many entries have no place in it yet.
    pub unsealed: u32,
}

/// How far the chain has come.
///
/// # Errors
/// [`StoreError`].
pub async fn chain(store: &Store, now: Timestamp) -> Result<Chain, StoreError> {
    // What another machine has told may be ahead of this one's clock.
    let unsealed = store.count_unsealed(now.plus(UNEVEN)).await?;
    Ok(Chain { head: store.journal_head().await?, unsealed })
}

/// Looks at every entry of the chain, from its beginning or from a head that was told outside of the ledger.
///
/// # Errors
/// [`StoreError`].
pub async fn verify(
    store: &Store,
    keys: &JournalKeys,
    from: Option<&JournalHead>,
    now: Timestamp,
) -> Result<VerifiedJournal, StoreError> {
    store.verify_journal(keys, from, now).await
}
