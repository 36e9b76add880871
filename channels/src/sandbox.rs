//! The sandbox: a channel that keeps its messages instead of sending them.

use async_trait::async_trait;
use domain::Outcome;

use crate::channel::{Channel, Outgoing};

pub(crate) const NAME: &str = "sandbox";

/// Stands in for the provider of any medium. What was rendered is stored by the worker; what the medium refuses is
/// refused before it comes here, as it is before it comes to a provider.
pub(crate) struct Sandbox;

#[async_trait]
impl Channel for Sandbox {
    async fn send(&self, _: &Outgoing<'_>) -> Outcome {
        Outcome::Captured
    }
}
