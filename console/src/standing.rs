//! What stands over every page: which pauses and faults of the sandbox are in force, and of when that is where the ledger
//! does not answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{Pause, Tenant, Timestamp};
use operations::faults;
use operations::overview::Overview;
use operations::pauses::{self, Reach};
use store::{SandboxFault, Store, StoreError};

/// The most tenants whose pauses are kept in mind.
const MAX_TENANTS: usize = 1_000;

/// What was known when the ledger answered last, by the tenant that somebody may see; None is everybody.
#[derive(Default)]
pub(crate) struct LastKnown(Mutex<HashMap<Option<Tenant>, Noted>>);

/// What the ledger has said, and when.
#[derive(Clone)]
struct Noted {
    at: Timestamp,
    pauses: Vec<Pause>,
    faults: Vec<SandboxFault>,
}

/// What a page shows before anything of its own.
#[derive(Clone, Default, Debug)]
pub(crate) struct Standing {
    pub(crate) pauses: Vec<Pause>,
    pub(crate) faults: Vec<SandboxFault>,
    pub(crate) of: Of,
}

/// Of when that is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Of {
    #[default]
    Now,
    /// The ledger does not answer. It has said so then, and nothing since.
    Earlier(Timestamp),
    /// The ledger does not answer, and has not yet said anything.
    Never,
}

impl LastKnown {
    /// Asks the ledger, and remembers what it says for the time when it says nothing.
    pub(crate) async fn standing(&self, store: &Store, reach: &Reach, now: Timestamp) -> Standing {
        let whose = match reach {
            Reach::Everybody => None,
            Reach::Only(tenant) => Some(tenant.clone()),
        };
        match in_force(store, reach, whose.as_ref(), now).await {
            Ok((pauses, faults)) => {
                self.note(whose, Noted { at: now, pauses: pauses.clone(), faults: faults.clone() });
                Standing { pauses, faults, of: Of::Now }
            }
            Err(_) => self.remembered(&whose, now),
        }
    }

    /// Remembers what the overview was told, too: one outage is told with one time.
    pub(crate) fn hear(&self, overview: &Overview) {
        if let Some(at) = overview.ledger.at {
            let (pauses, faults) = (overview.pauses.clone(), overview.faults.clone());
            self.note(overview.tenant.clone(), Noted { at, pauses, faults });
        }
    }

    fn note(&self, whose: Option<Tenant>, noted: Noted) {
        let mut last = self.lock();
        if last.get(&whose).is_some_and(|known| known.at > noted.at) {
            return;
        }
        if last.len() >= MAX_TENANTS && !last.contains_key(&whose) {
            last.clear();
        }
        last.insert(whose, noted);
    }

    /// What was known last, without the pauses that have ended by themselves since.
    fn remembered(&self, whose: &Option<Tenant>, now: Timestamp) -> Standing {
        let Some(Noted { at, mut pauses, faults }) = self.lock().get(whose).cloned() else {
            return Standing { of: Of::Never, ..Standing::default() };
        };
        pauses.retain(|pause| pause.is_in_force(now));
        Standing { pauses, faults, of: Of::Earlier(at) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<Tenant>, Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn in_force(
    store: &Store,
    reach: &Reach,
    tenant: Option<&Tenant>,
    now: Timestamp,
) -> Result<(Vec<Pause>, Vec<SandboxFault>), StoreError> {
    Ok((pauses::list(store, reach, now).await?, faults::list(store, tenant).await?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::PauseKind;
    use testkit::NOW;

    use super::*;

    fn after(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    fn noted(at: Timestamp, until: Option<Timestamp>) -> Noted {
        let pause = Pause {
            id: "one".to_owned(),
            kind: PauseKind::Channel,
            name: "sms".to_owned(),
            tenant: None,
            why: "an outage".to_owned(),
            by: "ada".to_owned(),
            by_platform: false,
            since: NOW,
            until,
        };
        Noted { at, pauses: vec![pause], faults: Vec::new() }
    }

    #[test]
    fn what_was_known_last_is_told_with_the_time_when_the_ledger_said_it() {
        let (known, own) = (LastKnown::default(), Some(Tenant::default()));
        assert_eq!(known.remembered(&own, NOW).of, Of::Never);
        known.note(own.clone(), noted(NOW, None));
        known.note(None, noted(after(5), None));
        for late in [10, 600] {
            let told = known.remembered(&own, after(late));
            assert_eq!((told.of, told.pauses.len()), (Of::Earlier(NOW), 1), "{late} s later");
        }
        assert_eq!(known.remembered(&None, after(10)).of, Of::Earlier(after(5)));
    }

    #[test]
    fn what_is_older_does_not_take_the_place_of_what_is_newer() {
        let known = LastKnown::default();
        known.note(None, noted(after(5), None));
        known.note(None, Noted { pauses: Vec::new(), ..noted(NOW, None) });
        let told = known.remembered(&None, after(10));
        assert_eq!((told.of, told.pauses.len()), (Of::Earlier(after(5)), 1));
    }

    #[test]
    fn a_pause_that_has_ended_by_itself_is_not_remembered() {
        let known = LastKnown::default();
        known.note(None, noted(NOW, Some(after(60))));
        assert_eq!(known.remembered(&None, after(59)).pauses.len(), 1);
        assert!(known.remembered(&None, after(61)).pauses.is_empty());
    }
}
