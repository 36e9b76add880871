//! What is to go wrong in the sandbox. Only messages that the sandbox carries look here: at most once a second the ledger is
//! asked whether anything is in force, and only while something is does it count down.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{ChannelName, Fault, Tenant};
use store::{Store, StoreError};

/// So old may be what is known.
const KNOWN_FOR: Duration = Duration::from_secs(1);

/// The channels of tenants with which something is to go wrong.
type InForce = Arc<HashSet<(Tenant, ChannelName)>>;

/// Nothing, until the first message asks.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Known>);

#[derive(Default)]
struct Known {
    looked: Option<Instant>,
    in_force: InForce,
}

impl Faults {
    /// What goes wrong with this message: whoever is told has taken one of what is left. While the ledger is away nothing
    /// goes wrong on demand.
    pub(crate) async fn take(&self, store: &Store, tenant: &Tenant, channel: &ChannelName) -> Option<Fault> {
        let taken = self.take_one(store, tenant, channel).await;
        taken.unwrap_or_else(|error| {
            tracing::debug!(%error, "what is to go wrong in the sandbox was not read");
            None
        })
    }

    async fn take_one(
        &self,
        store: &Store,
        tenant: &Tenant,
        channel: &ChannelName,
    ) -> Result<Option<Fault>, StoreError> {
        match self.in_force(store).await?.contains(&(tenant.clone(), channel.clone())) {
            true => store.take_sandbox_fault(tenant, channel).await,
            false => Ok(None),
        }
    }

    /// One message asks for all: the others go by what was known meanwhile.
    async fn in_force(&self, store: &Store) -> Result<InForce, StoreError> {
        {
            let mut known = self.lock();
            if known.looked.is_some_and(|looked| looked.elapsed() < KNOWN_FOR) {
                return Ok(Arc::clone(&known.in_force));
            }
            known.looked = Some(Instant::now());
        }
        let found = store.sandbox_faults(None).await?;
        let in_force: InForce = Arc::new(found.into_iter().map(|set| (set.tenant, set.channel)).collect());
        self.lock().in_force = Arc::clone(&in_force);
        Ok(in_force)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
