//! What every client of one gateway shares.

use std::sync::Arc;

use domain::Clock;
use runtime::Readiness;
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::clients::Clients;
use crate::health::Health;
use crate::inbox::Inbox;
use crate::limits::Seats;
use crate::mapping::Mapping;
use crate::message::Message;
use crate::settings::Settings;
use crate::tokens::Tokens;

/// What every client of one gateway shares.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) mapping: Mapping,
    pub(crate) tokens: Tokens,
    pub(crate) clients: Clients,
    pub(crate) seats: Seats,
    pub(crate) inbox: Inbox,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    /// What a client is told that may have missed something: it asks for its inbox anew.
    pub(crate) resync: Message,
    pub(crate) readiness: Readiness,
    pub(crate) health: Health,
    /// The events that are being told.
    pub(crate) telling: TaskTracker,
    /// Nobody is let in any more.
    pub(crate) stopping: CancellationToken,
    /// Streams end.
    pub(crate) leaving: CancellationToken,
    /// By this id the gateway notes who is connected to it.
    pub(crate) node: Uuid,
}
