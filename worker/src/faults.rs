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
pub(crate) struct Faults {
    known: Mutex<Known>,
    /// Whoever has it asks; the others wait for the answer.
    looking: tokio::sync::Mutex<()>,
}

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

    /// One message asks for all. The others wait for its answer: a burst that comes after a pause must not go by what was
    /// known before it. Where the ledger fails, what was known goes on for a second.
    async fn in_force(&self, store: &Store) -> Result<InForce, StoreError> {
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        let _turn = self.looking.lock().await;
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        let began = Instant::now();
        let found = store.sandbox_faults(None).await;
        let mut known = self.lock();
        known.looked = Some(if found.is_ok() { began } else { Instant::now() });
        let found = found?;
        known.in_force = Arc::new(found.into_iter().map(|set| (set.tenant, set.channel)).collect());
        Ok(Arc::clone(&known.in_force))
    }

    /// What is known, unless it is too old.
    fn fresh(&self) -> Option<InForce> {
        let known = self.lock();
        let is_fresh = known.looked.is_some_and(|looked| looked.elapsed() < KNOWN_FOR);
        is_fresh.then(|| Arc::clone(&known.in_force))
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
