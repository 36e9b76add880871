//! What every message of one dialog shares.

use domain::{CommandKeys, Registry, WebhookKeys};
use intake::Intake;
use tokio_util::task::TaskTracker;

use crate::endpoints::Endpoints;
use crate::readiness::Health;
use crate::said::Reader;

/// What every message of one dialog shares.
pub(crate) struct Shared {
    pub(crate) intake: Intake,
    pub(crate) keys: WebhookKeys,
    /// The services that take commands.
    pub(crate) services: Registry,
    pub(crate) signer: CommandKeys,
    pub(crate) reader: Reader,
    pub(crate) endpoints: Endpoints,
    pub(crate) health: Health,
    pub(crate) events: TaskTracker,
}
