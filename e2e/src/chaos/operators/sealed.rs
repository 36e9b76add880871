//! The journal at the end of a run: every entry is sealed, and the chain is as it was told.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use domain::JournalRow;
use store::{JournalEntry, JournalFilter, Store};
use tokio::time::{Instant, sleep};

use crate::chaos::world::{LOOK_EVERY, World};

const PAGE: usize = 1_000;
/// How long the last entries may take to be sealed: longer than the lease of a sealer that was killed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Every entry of the journal, once all of them are sealed and `chasqui audit verify` says that nobody has changed one.
///
/// # Errors
/// The ledger's, and what is wrong with the journal.
pub(in crate::chaos) async fn until_sealed(world: &World) -> Result<Vec<JournalRow>> {
    let deadline = Instant::now() + PATIENCE;
    let entries = loop {
        let entries = all_entries(&world.store).await?;
        let open = entries.iter().filter(|entry| entry.seq.is_none()).count();
        if open == 0 {
            break entries;
        }
        if Instant::now() > deadline {
            bail!("{open} of {} entries of the journal are not sealed", entries.len());
        }
        sleep(LOOK_EVERY * 5).await;
    };
    let (code, said) = world.command(&["audit", "verify"]).await;
    ensure!(code == 0, "audit verify: {code} {said}");
    Ok(entries.into_iter().map(|entry| entry.row).collect())
}

async fn all_entries(store: &Store) -> Result<Vec<JournalEntry>> {
    let (mut entries, mut after) = (Vec::new(), None);
    loop {
        let filter = JournalFilter { after, limit: PAGE, ..JournalFilter::default() };
        let page = store.journal_page(&filter).await?;
        entries.extend(page.entries);
        let Some(next) = page.next else { return Ok(entries) };
        after = Some(next);
    }
}
