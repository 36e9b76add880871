//! What every event of one dialog shares.

use domain::WebhookKeys;
use intake::Intake;
use tokio_util::task::TaskTracker;

use crate::endpoints::Endpoints;
use crate::readiness::Health;

/// What every event of one dialog shares.
pub(crate) struct Shared {
    pub(crate) intake: Intake,
    pub(crate) keys: WebhookKeys,
    pub(crate) endpoints: Endpoints,
    pub(crate) health: Health,
    pub(crate) events: TaskTracker,
}
