//! Whether a role can do its work right now, what is missing when it cannot, and what it leaves undone on purpose.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The readiness of a role. The role sets it, and the probe reads it.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<Mutex<Standing>>);

#[derive(Debug)]
struct Standing {
    missing: Vec<String>,
    paused: Vec<String>,
}

impl Default for Readiness {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Standing { missing: vec!["starting".into()], paused: Vec::new() })))
    }
}

impl Readiness {
    /// What is missing, one line each. Empty when the role is ready.
    pub fn missing(&self) -> Vec<String> {
        self.lock().missing.clone()
    }

    pub fn set(&self, missing: Vec<String>) {
        self.lock().missing = missing;
    }

    /// What somebody has paused, one line each. A role is as ready as without it.
    pub fn paused(&self) -> Vec<String> {
        self.lock().paused.clone()
    }

    pub fn set_paused(&self, paused: Vec<String>) {
        self.lock().paused = paused;
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
