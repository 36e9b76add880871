//! What a publisher waits for before the next channel is tried although the one before it has not failed.

use std::time::Duration;

use crate::Timestamp;

/// What must be missing for the next channel to be tried. A further word needs what answers it in `report.rs`, and nothing
/// else: the child waits, is called off and is sent in the same way whatever it waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum When {
    /// Nobody has reported that the message arrived.
    Undelivered,
    /// Nobody has answered what the message asks, or shown the code that it brings. No report says so: the end of the ask
    /// or the verification calls the child off.
    Unanswered,
}

impl When {
    const ALL: [Self; 2] = [Self::Undelivered, Self::Unanswered];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undelivered => "undelivered",
            Self::Unanswered => "unanswered",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|when| when.as_str() == text)
    }
}

/// When the next channel is tried although this one has not failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Escalation {
    pub when: When,
    /// How long after this channel has sent its message.
    pub after: Duration,
}

impl Escalation {
    pub(crate) fn due(self, sent: Timestamp) -> Timestamp {
        sent.plus(self.after)
    }
}
