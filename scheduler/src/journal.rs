//! Chains the journal, so that nobody changes unseen what was told. One scheduler of a fleet does so at a time. Once an hour
//! the end of the chain goes into the log: whoever keeps the log elsewhere can tell later whether the ledger was rewritten.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::JournalKeys;
use runtime::Outage;
use store::StoreError;
use uuid::Uuid;

use crate::contained::contained;
use crate::shared::Shared;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long another scheduler waits after one that was killed.
const LEASE: Duration = Duration::from_secs(10);
/// How often the end of the chain is told.
const TELL_EVERY: Duration = Duration::from_secs(60 * 60);

/// Seals again and again until the future is dropped: a transaction that is not committed is rolled back.
pub(crate) async fn keep_sealing(shared: Arc<Shared>, keys: JournalKeys) {
    let owner = Uuid::now_v7();
    let outage = Outage::new();
    loop {
        match contained("journal", look(&shared, owner, &keys)).await {
            Some(Ok(())) => {
                if let Some(lasted) = outage.ended(Instant::now()) {
                    tracing::info!(seconds = lasted.as_secs(), "the journal is sealed again");
                }
            }
            Some(Err(error)) => {
                if let Some(untold) = outage.failed(Instant::now()) {
                    tracing::warn!(%error, untold, "the journal cannot be sealed; trying again");
                }
            }
            None => {}
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Seals all that has no seal yet, if this is the scheduler that does it.
async fn look(shared: &Shared, owner: Uuid, keys: &JournalKeys) -> Result<(), StoreError> {
    let store = &shared.intake.store;
    if !store.journal_waits(TELL_EVERY).await? {
        return Ok(());
    }
    while store.lead_journal(owner, LEASE).await? {
        match store.seal_journal(owner, keys).await? {
            Some(0) | None => break,
            Some(sealed) => metrics::counter!("chasqui_sealed_entries_total").increment(sealed as u64),
        }
    }
    if let Some(head) = store.journal_head_to_tell(TELL_EVERY).await? {
        tracing::info!(%head, "the end of the journal");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{Keyring, Zones};

    use super::*;
    use crate::testing::parts;

    fn keys() -> JournalKeys {
        Keyring::new(testkit::SECRET.as_bytes(), None).journal()
    }

    #[tokio::test]
    async fn one_scheduler_seals_and_tells_the_end_of_the_chain_once_an_hour() {
        let parts = parts("2026-03-01T12:00:00Z", Zones::bundled()).await;
        let store = &parts.shared.intake.store;
        store.journal(&testkit::told()).await.unwrap();
        let (one, another) = (Uuid::now_v7(), Uuid::now_v7());
        // The first look of all makes the row by which one leads.
        look(&parts.shared, one, &keys()).await.unwrap();
        assert_eq!(store.journal_head().await.unwrap(), None);
        look(&parts.shared, one, &keys()).await.unwrap();
        assert_eq!(store.journal_head().await.unwrap().map(|head| head.seq), Some(1));
        assert_eq!(store.journal_head_to_tell(TELL_EVERY).await.unwrap(), None, "it was told");
        store.journal(&testkit::told()).await.unwrap();
        look(&parts.shared, another, &keys()).await.unwrap();
        assert_eq!(store.journal_head().await.unwrap().map(|head| head.seq), Some(1), "another one seals");
        look(&parts.shared, one, &keys()).await.unwrap();
        assert_eq!(store.journal_head().await.unwrap().map(|head| head.seq), Some(2));
    }
}
