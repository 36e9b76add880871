//! What stands over every page: which pauses are in force, and since when the ledger does not answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{Pause, Tenant, Timestamp};
use operations::pauses::{self, Reach};
use store::Store;

/// The most tenants whose pauses are kept in mind.
const MAX_TENANTS: usize = 1_000;

/// What was known when the ledger answered last.
#[derive(Default)]
pub(crate) struct LastKnown(Mutex<Last>);

#[derive(Default)]
struct Last {
    /// By the tenant that somebody may see; None is everybody.
    pauses: HashMap<Option<Tenant>, Vec<Pause>>,
    lost_since: Option<Timestamp>,
}

/// What a page shows before anything of its own.
#[derive(Clone, Default, Debug)]
pub(crate) struct Standing {
    pub(crate) pauses: Vec<Pause>,
    /// Since when the ledger does not answer: what is shown was last known then.
    pub(crate) lost_since: Option<Timestamp>,
}

impl LastKnown {
    /// Asks the ledger, and remembers what it says for the time when it says nothing.
    pub(crate) async fn standing(&self, store: &Store, reach: &Reach, now: Timestamp) -> Standing {
        let key = match reach {
            Reach::Everybody => None,
            Reach::Only(tenant) => Some(tenant.clone()),
        };
        let found = pauses::list(store, reach, now).await;
        let mut last = self.lock();
        match found {
            Ok(pauses) => {
                last.lost_since = None;
                if last.pauses.len() >= MAX_TENANTS {
                    last.pauses.clear();
                }
                last.pauses.insert(key, pauses.clone());
                Standing { pauses, lost_since: None }
            }
            Err(_) => {
                let lost_since = Some(*last.lost_since.get_or_insert(now));
                Standing { pauses: last.pauses.get(&key).cloned().unwrap_or_default(), lost_since }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
