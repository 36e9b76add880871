//! The sandbox: a channel that captures its messages instead of sending them.

use async_trait::async_trait;
use domain::Outcome;

use crate::channel::{Channel, Outgoing};

/// Stands in for the provider of any medium. The worker stores the rendered message. A message that the medium refuses
/// is refused before it reaches the sandbox, as it is before it reaches a provider.
pub(crate) struct Sandbox;

#[async_trait]
impl Channel for Sandbox {
    async fn send(&self, _: &Outgoing<'_>) -> Outcome {
        Outcome::Captured
    }

    fn is_one_place(&self) -> bool {
        false
    }
}
