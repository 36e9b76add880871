//! Whether a role can do its work right now, and what is missing when it cannot.

use std::sync::{Arc, Mutex, PoisonError};

/// The readiness of a role. The role sets it, and the probe reads it.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<Mutex<Vec<String>>>);

impl Default for Readiness {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(vec!["starting".into()])))
    }
}

impl Readiness {
    /// What is missing, one line each. Empty when the role is ready.
    pub fn missing(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set(&self, missing: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = missing;
    }
}
