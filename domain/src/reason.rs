//! Why a delivery ended in the dead-letter queue: the closed list that operators see in the RabbitMQ UI.

use std::fmt;

/// Why a delivery was dead-lettered: the value of `notify-dead-reason` and of the ledger's `reason`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    DecodeError,
    Unsupported,
    ChannelNotConfigured,
    Permanent,
    Exhausted,
    Ambiguous,
    ThrottledTooLong,
    Template,
    AttachmentUnavailable,
    IdConflict,
    RedeliveredTooOften,
    InternalError,
}

impl Reason {
    pub const ALL: [Self; 12] = [
        Self::DecodeError,
        Self::Unsupported,
        Self::ChannelNotConfigured,
        Self::Permanent,
        Self::Exhausted,
        Self::Ambiguous,
        Self::ThrottledTooLong,
        Self::Template,
        Self::AttachmentUnavailable,
        Self::IdConflict,
        Self::RedeliveredTooOften,
        Self::InternalError,
    ];

    /// The error of a dead letter with [`Self::IdConflict`].
    pub const ANOTHER_BODY: &str = "this id is known with another body; give the new content an id of its own";

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DecodeError => "decode_error",
            Self::Unsupported => "unsupported",
            Self::ChannelNotConfigured => "channel_not_configured",
            Self::Permanent => "permanent",
            Self::Exhausted => "exhausted",
            Self::Ambiguous => "ambiguous",
            Self::ThrottledTooLong => "throttled_too_long",
            Self::Template => "template",
            Self::AttachmentUnavailable => "attachment_unavailable",
            Self::IdConflict => "id_conflict",
            Self::RedeliveredTooOften => "redelivered_too_often",
            Self::InternalError => "internal_error",
        }
    }

    /// Whether a delivery that fails for this reason may go on by its fallback: a message that ends whoever has it in
    /// hand would do the same on the next channel.
    pub(crate) const fn allows_fallback(self) -> bool {
        !matches!(self, Self::RedeliveredTooOften)
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
