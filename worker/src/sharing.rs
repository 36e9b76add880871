//! Shares with the other workers how the providers are, and learns what operators have paused: by the ledger, every few
//! seconds, and beside what is sent.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::Timestamp;
use runtime::Outage;
use store::{ProviderState, StoreError};
use tokio_util::sync::CancellationToken;

use crate::health::Known;
use crate::shared::Shared;

/// How often the ledger is asked, and told what has changed.
const EVERY: Duration = Duration::from_secs(3);
/// How often it is asked what is paused, before anything is consumed.
const BEFORE_THE_FIRST: Duration = Duration::from_millis(500);
/// How often is told again what is not closed: what nobody says any more is forgotten.
const AGAIN_AFTER: Duration = Duration::from_secs(120);

/// What the ledger was last told of each breaker, or has told of it.
type Told = HashMap<String, Word>;

#[derive(Clone, Copy)]
struct Word {
    known: Known,
    /// When this worker has said so; none where it has heard it.
    said: Option<Timestamp>,
}

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
    let (mut told, mut has_begun) = (Told::new(), false);
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
    if let Err(error) = leave(&shared, &told).await {
        tracing::debug!(%error, "what was told of the providers was not taken back");
    }
}

async fn share_or_begin(shared: &Shared, has_begun: bool, told: &mut Told) -> Result<(), StoreError> {
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
        let here = shared.health.known().into_iter().find(|(name, _)| *name == found.name);
        if let Some((name, known)) = here.filter(|(_, known)| !is_open_yet && found.state != known.state) {
            store.note_provider(name, known.state, known.open_until).await?;
        }
    }
    Ok(())
}

/// Tells what has changed here, or what a worker that has begun took for left by one that is gone; then learns what others
/// have found. A process that has just begun has nothing to tell.
async fn share_once(shared: &Shared, told: &mut Told) -> Result<(), StoreError> {
    let (store, now) = (&shared.intake.store, shared.intake.clock.now());
    let found = store.providers().await?;
    for (name, known) in shared.health.known() {
        let before = told.get(name).copied();
        let has_changed = known != before.map(|word| word.known).unwrap_or_default();
        let is_long_ago = before.and_then(|word| word.said).is_some_and(|said| now.apart(said) >= AGAIN_AFTER);
        let is_noted = !is_long_ago && found.iter().any(|found| found.name == name && says(found, known, now));
        if has_changed || (known != Known::default() && !is_noted) {
            store.note_provider(name, known.state, known.open_until).await?;
            told.insert(name.to_owned(), Word { known, said: Some(now) });
        }
    }
    for found in found {
        let until = found.open_until.filter(|until| *until > now);
        if let Some((name, known)) = until.and_then(|until| shared.health.open_as_others(&found.name, until, now)) {
            told.insert(name.to_owned(), Word { known, said: None });
        }
    }
    Ok(())
}

/// Whether others learn by this what is known here: that it is not closed, and is open for as long.
fn says(found: &ProviderState, known: Known, now: Timestamp) -> bool {
    let until = known.open_until.filter(|until| *until > now);
    found.state != Known::default().state && found.open_until.max(until) == found.open_until
}

/// Says closed of what this worker has told otherwise: nobody would say it for one that is gone, and whoever else finds it
/// so tells it again.
async fn leave(shared: &Shared, told: &Told) -> Result<(), StoreError> {
    let closed = Known::default();
    for (name, _) in told.iter().filter(|(_, word)| word.said.is_some() && word.known != closed) {
        shared.intake.store.note_provider(name, closed.state, None).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{Pause, PauseKind};
    use store::PauseMade;

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
            by_platform: false,
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
            let made = store.pause(pause, testkit::NOW.minus(Duration::from_secs(1)), &testkit::told()).await.unwrap();
            assert!(matches!(made, PauseMade::Made(_)), "there is room: {made:?}");
        }
        assert!(now > testkit::NOW);
        learn_pauses(&parts.shared).await.unwrap();
        assert_eq!(known(&parts.shared), Some(vec!["sms".to_owned()]), "and not what has ended by itself");
        store.resume(&sms().id, None, &testkit::told()).await.unwrap().expect("it was paused");
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
        let mut told = Told::new();
        share_once(&parts.shared, &mut told).await.unwrap();
        assert_eq!(store.providers().await.unwrap(), [], "nothing to tell");
        store.note_provider("smtp/email", "open", Some(now.plus(Duration::from_secs(60)))).await.unwrap();
        store.note_provider("unknown here", "open", Some(now.plus(Duration::from_secs(60)))).await.unwrap();
        let noted = store.providers().await.unwrap();
        for _ in 0..2 {
            share_once(&parts.shared, &mut told).await.unwrap();
            assert_eq!(store.providers().await.unwrap(), noted);
        }
        let known: HashMap<_, _> = parts.shared.health.known().into_iter().collect();
        assert_eq!(known["smtp/email"].state, "open");
    }

    #[tokio::test]
    async fn what_this_worker_has_found_is_told_again_where_another_one_has_cleared_it() {
        let parts = parts().await;
        let (store, now) = (&parts.shared.intake.store, parts.shared.intake.clock.now());
        let later = now.plus(Duration::from_secs(60));
        parts.shared.health.open_as_others("smtp/email", later, now).expect("it was closed");
        let mut told = Told::new();
        for _ in 0..2 {
            share_once(&parts.shared, &mut told).await.unwrap();
            let noted = store.providers().await.unwrap();
            assert_eq!((noted[0].state.as_str(), noted[0].open_until), ("open", Some(later)));
            store.note_provider("smtp/email", "closed", None).await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_is_open_is_told_again_after_two_minutes_and_until_the_worker_leaves() {
        let parts = parts().await;
        let (store, now) = (&parts.shared.intake.store, parts.shared.intake.clock.now());
        let later = now.plus(Duration::from_secs(60));
        parts.shared.health.open_as_others("smtp/email", later, now).expect("it was closed");
        let mut told = Told::new();
        for before in [now.minus(Duration::from_secs(1)), now.minus(AGAIN_AFTER)] {
            share_once(&parts.shared, &mut told).await.unwrap();
            assert!(told["smtp/email"].said > Some(before), "it is told, and told again");
            told.get_mut("smtp/email").unwrap().said = Some(now.minus(AGAIN_AFTER));
        }
        leave(&parts.shared, &told).await.unwrap();
        let noted = store.providers().await.unwrap();
        assert_eq!((noted[0].state.as_str(), noted[0].open_until), ("closed", None));
    }

    #[tokio::test]
    async fn what_another_worker_has_told_is_not_taken_back_by_one_that_leaves() {
        let parts = parts().await;
        let (store, now) = (&parts.shared.intake.store, parts.shared.intake.clock.now());
        store.note_provider("smtp/email", "open", Some(now.plus(Duration::from_secs(60)))).await.unwrap();
        let (noted, mut told) = (store.providers().await.unwrap(), Told::new());
        share_once(&parts.shared, &mut told).await.unwrap();
        leave(&parts.shared, &told).await.unwrap();
        assert_eq!(store.providers().await.unwrap(), noted);
    }

    #[test]
    fn that_it_is_open_for_less_long_or_is_tried_out_does_not_say_what_is_known_here() {
        let now = testkit::NOW;
        let until = |seconds| Some(now.plus(Duration::from_secs(seconds)));
        let found = |state: &str, open_until| ProviderState {
            name: "smtp/email".into(),
            state: state.into(),
            open_until,
            noted_at: now,
        };
        let known = |open_until| Known { state: "open", open_until };
        for (found, known, expected) in [
            (found("open", until(60)), known(until(60)), true),
            (found("open", until(20)), known(until(60)), false),
            (found("half_open", None), known(until(60)), false),
            (found("half_open", None), known(until(0)), true),
            (found("half_open", None), known(None), true),
            (found("closed", None), known(None), false),
        ] {
            assert_eq!(says(&found, known, now), expected, "{found:?} {known:?}");
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
        store.note_provider("smtp/email", "open", Some(later)).await.unwrap();
        begin(&parts.shared).await.unwrap();
        assert_eq!(states().await, ["closed", "open", "credentials_refused"], "that others have found it so counts");
    }
}
