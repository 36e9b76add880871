//! What stands over every page: which pauses and faults of the sandbox are in force, and since when the ledger does not
//! answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{Pause, Tenant, Timestamp};
use operations::faults;
use operations::pauses::{self, Reach};
use store::{SandboxFault, Store, StoreError};

/// The most tenants whose pauses are kept in mind.
const MAX_TENANTS: usize = 1_000;

/// What was known when the ledger answered last.
#[derive(Default)]
pub(crate) struct LastKnown(Mutex<Last>);

#[derive(Default)]
struct Last {
    /// By the tenant that somebody may see; None is everybody.
    in_force: HashMap<Option<Tenant>, InForce>,
    lost_since: Option<Timestamp>,
}

type InForce = (Vec<Pause>, Vec<SandboxFault>);

/// What a page shows before anything of its own.
#[derive(Clone, Default, Debug)]
pub(crate) struct Standing {
    pub(crate) pauses: Vec<Pause>,
    pub(crate) faults: Vec<SandboxFault>,
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
        let found = in_force(store, reach, key.as_ref(), now).await;
        let mut last = self.lock();
        match found {
            Ok((pauses, faults)) => {
                last.lost_since = None;
                if last.in_force.len() >= MAX_TENANTS {
                    last.in_force.clear();
                }
                last.in_force.insert(key, (pauses.clone(), faults.clone()));
                Standing { pauses, faults, lost_since: None }
            }
            Err(_) => {
                let lost_since = Some(*last.lost_since.get_or_insert(now));
                let (pauses, faults) = last.in_force.get(&key).cloned().unwrap_or_default();
                Standing { pauses, faults, lost_since }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn in_force(
    store: &Store,
    reach: &Reach,
    tenant: Option<&Tenant>,
    now: Timestamp,
) -> Result<InForce, StoreError> {
    Ok((pauses::list(store, reach, now).await?, faults::list(store, tenant).await?))
}
