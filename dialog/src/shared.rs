//! What every message of one dialog shares.

use domain::{CommandKeys, Registry, Secrets, WebhookKeys};
use intake::Intake;
use operations::commands::ServiceKeys;
use tokio_util::task::TaskTracker;

use crate::crowd::Crowd;
use crate::endpoints::Endpoints;
use crate::horizon::Horizon;
use crate::readiness::Health;
use crate::room::Room;
use crate::said::Reader;
use crate::settings::Settings;
use crate::turns::Turns;

/// What every message of one dialog shares.
pub(crate) struct Shared {
    pub(crate) intake: Intake,
    pub(crate) keys: WebhookKeys,
    /// The services that take commands.
    pub(crate) services: Registry,
    /// Those by which services are believed that report by a message.
    pub(crate) service_keys: ServiceKeys,
    pub(crate) signer: CommandKeys,
    pub(crate) reader: Reader,
    pub(crate) secrets: Secrets,
    pub(crate) settings: Settings,
    pub(crate) endpoints: Endpoints,
    pub(crate) health: Health,
    pub(crate) horizon: Horizon,
    pub(crate) turns: Turns,
    pub(crate) room: Room,
    pub(crate) crowd: Crowd,
    pub(crate) events: TaskTracker,
}
