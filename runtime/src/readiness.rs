//! Whether a role can do its work right now, and what is missing when it cannot.

use std::sync::{Arc, Mutex, PoisonError};

/// Shared between the role, which sets it, and the probe, which reads it.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<Mutex<Vec<String>>>);

impl Default for Readiness {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(vec!["starting".into()])))
    }
}

impl Readiness {
    /// Empty when the role is ready; else one line for each thing that is missing.
    pub fn missing(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set(&self, missing: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = missing;
    }
}
