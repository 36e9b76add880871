//! Remembers whose events the broker refuses, so that one full queue of a subscriber holds up nothing a second time.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Tenant;

/// How many tenants are remembered.
const MAX_TENANTS: usize = 1024;

/// Tenants whose events were refused for too long, until one of theirs is taken again.
#[derive(Debug, Default)]
pub struct RefusedTenants {
    tenants: Mutex<HashSet<Tenant>>,
    /// Nearly always false, and read without a lock.
    are_some: AtomicBool,
}

impl RefusedTenants {
    pub fn contains(&self, tenant: &Tenant) -> bool {
        self.are_some.load(Ordering::Relaxed) && self.lock().contains(tenant)
    }

    pub fn note_taken(&self, tenant: &Tenant) {
        if self.are_some.load(Ordering::Relaxed) {
            let mut tenants = self.lock();
            tenants.remove(tenant);
            self.are_some.store(!tenants.is_empty(), Ordering::Relaxed);
        }
    }

    pub fn note_refused(&self, tenant: &Tenant) {
        let mut tenants = self.lock();
        if tenants.len() >= MAX_TENANTS {
            tenants.clear();
        }
        tenants.insert(tenant.clone());
        self.are_some.store(true, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Tenant>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> Tenant {
        Tenant::parse(name).unwrap()
    }

    #[test]
    fn a_tenant_whose_events_are_refused_holds_up_no_other_and_is_heard_again() {
        let refused = RefusedTenants::default();
        let (acme, globex) = (tenant("acme"), tenant("globex"));
        assert!(!refused.contains(&acme));
        refused.note_refused(&acme);
        refused.note_taken(&globex);
        assert_eq!((refused.contains(&acme), refused.contains(&globex)), (true, false));
        refused.note_taken(&acme);
        assert!(!refused.contains(&acme) && !refused.are_some.load(Ordering::Relaxed));
        for number in 0..=MAX_TENANTS {
            refused.note_refused(&tenant(&format!("t-{number}")));
        }
        assert!(refused.lock().len() <= MAX_TENANTS, "they are bounded");
    }
}
