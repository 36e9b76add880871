//! The journal: who did what, and whether anybody has changed what was told.

use domain::{JournalKeys, Timestamp};
use store::{JournalFilter, JournalHead, JournalPage, MAX_PAGE, Store, StoreError, USUAL_PAGE, VerifiedJournal};

/// A page of the journal, the newest first. `limit` is 1 to 1,000; 0 stands for 100.
///
/// # Errors
/// [`StoreError`].
pub async fn list(store: &Store, filter: JournalFilter) -> Result<JournalPage, StoreError> {
    let limit = match filter.limit {
        0 => USUAL_PAGE as usize,
        limit => limit.min(MAX_PAGE as usize),
    };
    store.journal_page(&JournalFilter { limit, ..filter }).await
}

/// The end of the chain. None before the first entry was sealed.
///
/// # Errors
/// [`StoreError`].
pub async fn head(store: &Store) -> Result<Option<JournalHead>, StoreError> {
    store.journal_head().await
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
