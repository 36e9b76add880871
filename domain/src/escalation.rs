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
    /// Its user has not read what stands in the inbox. No report says so: whoever reads it calls the child off.
    Unread,
    /// Its user has not even seen that it stands there.
    Unseen,
}

impl When {
    const ALL: [Self; 4] = [Self::Undelivered, Self::Unanswered, Self::Unread, Self::Unseen];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undelivered => "undelivered",
            Self::Unanswered => "unanswered",
            Self::Unread => "unread",
            Self::Unseen => "unseen",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|when| when.as_str() == text)
    }

    /// Whether it waits for what a user does in the application.
    pub const fn is_of_an_inbox(self) -> bool {
        matches!(self, Self::Unread | Self::Unseen)
    }
}

/// When the next channel is tried although this one has not failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Escalation {
    pub when: When,
    /// How long after this channel has sent its message, or an inbox has it.
    pub after: Duration,
}

impl Escalation {
    pub(crate) fn due(self, sent: Timestamp) -> Timestamp {
        sent.plus(self.after)
    }
}
