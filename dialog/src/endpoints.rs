//! Who wants which events: read from the ledger, and remembered for a moment. While the ledger is away nobody guesses.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::Tenant;
use intake::Intake;
use store::{Endpoint, StepError};

/// How long what was read is remembered: so long an endpoint may wait for its first event, or get one too many.
const REMEMBERED_FOR: Duration = Duration::from_secs(2);
/// The most tenants that are remembered.
const MOST_TENANTS: usize = 1024;

/// The endpoints of the tenants whose events have come of late.
#[derive(Default)]
pub(crate) struct Endpoints(Mutex<HashMap<Tenant, Read>>);

struct Read {
    at: Instant,
    endpoints: Arc<[Endpoint]>,
}

impl Endpoints {
    /// The endpoints of this tenant.
    ///
    /// # Errors
    /// [`StepError`] with the ledger: nothing is known, and nothing must be decided.
    pub(crate) async fn of(&self, tenant: &Tenant, intake: &Intake) -> Result<Arc<[Endpoint]>, StepError> {
        if let Some(known) = self.remembered(tenant) {
            return Ok(known);
        }
        // What was read is as old as the question.
        let at = Instant::now();
        let found = intake.breaker.retry_until_taken(|| intake.store.endpoints(tenant)).await?;
        let endpoints: Arc<[Endpoint]> = found.into();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_TENANTS {
            known.clear();
        }
        known.insert(tenant.clone(), Read { at, endpoints: Arc::clone(&endpoints) });
        Ok(endpoints)
    }

    /// Forgets what was read of a tenant, because it has changed.
    pub(crate) fn forget(&self, tenant: &Tenant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(tenant);
    }

    fn remembered(&self, tenant: &Tenant) -> Option<Arc<[Endpoint]>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = known.get(tenant).filter(|read| read.at.elapsed() < REMEMBERED_FOR)?;
        Some(Arc::clone(&read.endpoints))
    }
}
