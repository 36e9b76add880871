//! The sandbox: a channel that keeps its messages instead of sending them.

use async_trait::async_trait;
use domain::Outcome;

use crate::catalog::Medium;
use crate::channel::{Channel, Outgoing};

pub(crate) const PROVIDER: &str = "sandbox";

/// Stands in for any channel. What was rendered is stored by the worker; here it is only looked at, so that what a
/// provider would refuse at first sight is refused here as well.
pub(crate) struct Sandbox {
    medium: &'static Medium,
}

impl Sandbox {
    pub(crate) fn of(medium: &'static Medium) -> Self {
        Self { medium }
    }
}

#[async_trait]
impl Channel for Sandbox {
    fn name(&self) -> &'static str {
        self.medium.name
    }

    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        match (self.medium.rehearse)(outgoing) {
            Ok(()) => Outcome::Captured,
            Err(why) => Outgoing::refuse(PROVIDER, why),
        }
    }
}
