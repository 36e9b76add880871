//! What every delivery of one worker shares.

use std::sync::Arc;

use channels::Channels;
use domain::{FileLinks, Secrets, UnsubscribeLinks};
use files::Files;
use intake::Intake;
use templates::Templates;
use tokio_util::task::TaskTracker;

use crate::faults::Faults;
use crate::health::Health;
use crate::meters::Meters;
use crate::paused::Paused;
use crate::room::Room;
use crate::settings::Settings;
use crate::slots::Slots;
use crate::traced::Spans;
use crate::waiting::Waiting;

/// How a worker sends: by which channels, with which words, and how often.
pub struct Setup {
    pub settings: Settings,
    pub channels: Channels,
    pub templates: Arc<Templates>,
    /// The links by which recipients leave lists; none where `PUBLIC_URL` is not set.
    pub links: Option<UnsubscribeLinks>,
    /// What the readers of messages answer with is derived from these.
    pub secrets: Secrets,
    /// Where people open the links of questions and codes; none where `PUBLIC_URL` is not set.
    pub public_url: Option<String>,
    /// Where files lie that messages name.
    pub files: Arc<Files>,
    /// The links by which providers fetch them.
    pub file_links: FileLinks,
}

/// What every delivery of one worker shares.
pub(crate) struct Shared {
    pub(crate) setup: Setup,
    /// Its `stopping` ends the intake: deliveries that have not been sent by then are given back.
    pub(crate) intake: Intake,
    pub(crate) slots: Slots,
    /// Who waits for a limit that is over in a moment.
    pub(crate) waiting: Waiting,
    pub(crate) health: Health,
    pub(crate) paused: Paused,
    pub(crate) faults: Faults,
    /// For files that go with messages.
    pub(crate) room: Room,
    pub(crate) meters: Meters,
    pub(crate) spans: Spans,
    pub(crate) deliveries: TaskTracker,
}
