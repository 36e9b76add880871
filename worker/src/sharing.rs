//! Shares with the other workers how the providers are: by the ledger, every few seconds, and not while anything is sent.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::health::Known;
use crate::shared::Shared;

/// How often the ledger is asked, and told what has changed.
const EVERY: Duration = Duration::from_secs(3);

/// Runs until the stop. While the ledger is away every worker goes by what it knows itself.
pub(crate) async fn share(shared: Arc<Shared>, stop: CancellationToken) {
    let mut told = HashMap::new();
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(error) = share_once(&shared, &mut told).await {
            tracing::debug!(%error, "how the providers are was not shared");
        }
    }
}

/// Tells what has changed here, then learns what others have found. A process that has just begun has nothing to tell.
async fn share_once(shared: &Shared, told: &mut HashMap<&'static str, Known>) -> Result<(), StoreError> {
    let store = &shared.intake.store;
    for (provider, known) in shared.health.known() {
        let before = told.get(provider).copied().unwrap_or_default();
        if known != before {
            store.note_provider(provider, known.state, known.open_until).await?;
            told.insert(provider, known);
        }
    }
    let now = shared.intake.clock.now();
    for found in store.providers().await? {
        let until = found.open_until.filter(|until| *until > now);
        if let Some((provider, known)) = until.and_then(|until| shared.health.open_as_others(&found.name, until)) {
            told.insert(provider, known);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::parts;

    /// What the others find must not be taken for something that this worker has found, or it would be told for ever.
    #[tokio::test]
    async fn what_another_worker_has_found_counts_here_and_is_not_told_as_found_here() {
        let parts = parts().await;
        let (store, now) = (&parts.shared.intake.store, parts.shared.intake.clock.now());
        let mut told = HashMap::new();
        share_once(&parts.shared, &mut told).await.unwrap();
        assert_eq!(store.providers().await.unwrap(), [], "nothing to tell");
        store.note_provider("smtp", "open", Some(now.plus(Duration::from_secs(60)))).await.unwrap();
        store.note_provider("unknown here", "open", Some(now.plus(Duration::from_secs(60)))).await.unwrap();
        let noted = store.providers().await.unwrap();
        for _ in 0..2 {
            share_once(&parts.shared, &mut told).await.unwrap();
            assert_eq!(store.providers().await.unwrap(), noted);
        }
        let known: HashMap<_, _> = parts.shared.health.known().into_iter().collect();
        assert_eq!(known["smtp"].state, "open");
    }
}
