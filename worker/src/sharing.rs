//! Shares with the other workers how the providers are, and learns what operators have paused: by the ledger, every few
//! seconds, and not while anything is sent.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::Outage;
use store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::health::Known;
use crate::shared::Shared;

/// How often the ledger is asked, and told what has changed.
const EVERY: Duration = Duration::from_secs(3);
/// How often it is asked what is paused, before anything is consumed.
const BEFORE_THE_FIRST: Duration = Duration::from_millis(500);

/// Learns what is paused before anything is consumed. False when the stop came first.
pub(crate) async fn know_pauses(shared: &Shared, stop: &CancellationToken) -> bool {
    let away = Outage::new();
    loop {
        match learn_pauses(shared).await {
            Ok(()) => return true,
            Err(error) => {
                if let Some(untold) = away.failed(Instant::now()) {
                    tracing::warn!(%error, untold, "waiting for the ledger, which says what is paused");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return false,
            () = tokio::time::sleep(BEFORE_THE_FIRST) => {}
        }
    }
}

/// While the ledger is away, what was known last stays so.
async fn learn_pauses(shared: &Shared) -> Result<(), StoreError> {
    let found = shared.intake.store.pauses().await?;
    shared.paused.learn(found, shared.intake.clock.now());
    Ok(())
}

/// Runs until the stop. While the ledger is away every worker goes by what it knows itself.
pub(crate) async fn share(shared: Arc<Shared>, stop: CancellationToken) {
    let (mut told, mut has_begun) = (HashMap::new(), false);
    while !stop.is_cancelled() {
        if let Err(error) = learn_pauses(&shared).await {
            tracing::debug!(%error, "what is paused was not read");
        }
        match share_or_begin(&shared, has_begun, &mut told).await {
            Ok(()) => has_begun = true,
            Err(error) => tracing::debug!(%error, "how the providers are was not shared"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn share_or_begin(
    shared: &Shared,
    has_begun: bool,
    told: &mut HashMap<&'static str, Known>,
) -> Result<(), StoreError> {
    if !has_begun {
        begin(shared).await?;
    }
    share_once(shared, told).await
}

/// Forgets what processes have left that are gone: the settings of this one may be others than those that were refused.
/// What is open yet, or is found again, is told again.
async fn begin(shared: &Shared) -> Result<(), StoreError> {
    let (store, now) = (&shared.intake.store, shared.intake.clock.now());
    for found in store.providers().await? {
        let is_open_yet = found.open_until.is_some_and(|until| until > now);
        let here = shared.health.known().into_iter().find(|(provider, _)| *provider == found.name);
        if let Some((provider, known)) = here.filter(|(_, known)| !is_open_yet && found.state != known.state) {
            store.note_provider(provider, known.state, known.open_until).await?;
        }
    }
    Ok(())
}

/// Tells what has changed here, or what a worker that has begun took for left by one that is gone; then learns what others
/// have found. A process that has just begun has nothing to tell.
async fn share_once(shared: &Shared, told: &mut HashMap<&'static str, Known>) -> Result<(), StoreError> {
    let (store, closed) = (&shared.intake.store, Known::default());
    let found = store.providers().await?;
    for (provider, known) in shared.health.known() {
        let before = told.get(provider).copied().unwrap_or_default();
        let is_noted = found.iter().any(|found| found.name == provider && found.state != closed.state);
        if known != before || (known != closed && !is_noted) {
            store.note_provider(provider, known.state, known.open_until).await?;
            told.insert(provider, known);
        }
    }
    let now = shared.intake.clock.now();
    for found in found {
        let until = found.open_until.filter(|until| *until > now);
        if let Some((provider, known)) = until.and_then(|until| shared.health.open_as_others(&found.name, until)) {
            told.insert(provider, known);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{Pause, PauseKind};

    use super::*;
    use crate::testing::{parts, parts_without_tables};

    fn sms() -> Pause {
        Pause {
            id: Pause::id_of(PauseKind::Channel, "sms", None),
            kind: PauseKind::Channel,
            name: "sms".into(),
            tenant: None,
            why: "wrong text".into(),
            by: "ada".into(),
            since: testkit::NOW,
            until: None,
        }
    }

    fn known(shared: &Shared) -> Option<Vec<String>> {
        shared.paused.known().map(|known| known.all().map(|pause| pause.name.clone()).collect())
    }

    #[tokio::test]
    async fn what_is_paused_and_resumed_is_learned() {
        let parts = parts().await;
        let (store, now) = (&parts.shared.intake.store, parts.shared.intake.clock.now());
        learn_pauses(&parts.shared).await.unwrap();
        assert_eq!(known(&parts.shared), None, "nothing is paused");
        let ended = Pause { id: "ended".into(), name: "email".into(), until: Some(testkit::NOW), ..sms() };
        for pause in [&ended, &sms()] {
            store.pause(pause, testkit::NOW.minus(Duration::from_secs(1))).await.unwrap().expect("there is room");
        }
        assert!(now > testkit::NOW);
        learn_pauses(&parts.shared).await.unwrap();
        assert_eq!(known(&parts.shared), Some(vec!["sms".to_owned()]), "and not what has ended by itself");
        store.resume(&sms().id, None).await.unwrap().expect("it was paused");
        learn_pauses(&parts.shared).await.unwrap();
        assert_eq!(known(&parts.shared), None);
    }

    #[tokio::test]
    async fn what_is_paused_stays_known_while_the_ledger_is_away() {
        let parts = parts_without_tables(testkit::nobody()).await;
        parts.shared.paused.learn(vec![sms()], testkit::NOW);
        assert!(learn_pauses(&parts.shared).await.is_err());
        assert_eq!(known(&parts.shared), Some(vec!["sms".to_owned()]));
    }

    #[tokio::test]
    async fn nothing_is_consumed_before_the_ledger_has_said_what_is_paused() {
        let parts = parts_without_tables(testkit::nobody()).await;
        let stop = CancellationToken::new();
        let waiting = tokio::spawn({
            let (shared, stop) = (Arc::clone(&parts.shared), stop.clone());
            async move { know_pauses(&shared, &stop).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        parts.shared.intake.store.migrate().await.unwrap();
        assert!(waiting.await.unwrap());
        let away = parts_without_tables(testkit::nobody()).await;
        stop.cancel();
        assert!(!know_pauses(&away.shared, &stop).await, "the stop comes first");
    }

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

    #[tokio::test]
    async fn what_this_worker_has_found_is_told_again_where_another_one_has_cleared_it() {
        let parts = parts().await;
        let (store, now) = (&parts.shared.intake.store, parts.shared.intake.clock.now());
        let later = now.plus(Duration::from_secs(60));
        parts.shared.health.open_as_others("smtp", later).expect("it was closed");
        let mut told = HashMap::new();
        for _ in 0..2 {
            share_once(&parts.shared, &mut told).await.unwrap();
            let noted = store.providers().await.unwrap();
            assert_eq!((noted[0].state.as_str(), noted[0].open_until), ("open", Some(later)));
            store.note_provider("smtp", "closed", None).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_worker_that_begins_forgets_that_the_credentials_of_others_were_refused() {
        let parts = parts().await;
        let (store, later) =
            (&parts.shared.intake.store, parts.shared.intake.clock.now().plus(Duration::from_secs(60)));
        store.note_provider("smtp", "credentials_refused", None).await.unwrap();
        store.note_provider("unknown here", "credentials_refused", None).await.unwrap();
        begin(&parts.shared).await.unwrap();
        let states = async || store.providers().await.unwrap().into_iter().map(|one| one.state).collect::<Vec<_>>();
        assert_eq!(states().await, ["closed", "credentials_refused"]);
        store.note_provider("smtp", "open", Some(later)).await.unwrap();
        begin(&parts.shared).await.unwrap();
        assert_eq!(states().await, ["open", "credentials_refused"], "that others have found it so counts");
    }
}
