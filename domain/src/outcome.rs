//! What one try to send ended with, classified by the provider's author. A failed send is data.

use std::time::Duration;

use crate::{Reason, SuppressedFor, Timestamp};

/// Stands for a provider in the row of what the sandbox captured.
pub const SANDBOX: &str = "sandbox";

/// The result of one attempt. Anything but [`Outcome::Ambiguous`] needs explicit knowledge: a complete answer, or the
/// certainty that nothing was handed over.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// The provider accepted the message.
    Sent { provider: &'static str, provider_id: Option<String>, code: Option<String> },
    /// The sandbox captured the message instead of sending it.
    Captured,
    /// The message belongs into the inbox of its user. The ledger puts it there in the commit of this very outcome: before
    /// that nobody has it.
    Posted,
    /// The message is for a topic: the scheduler makes a delivery of it for each member.
    FannedOut,
    /// The provider did not accept the message, and asks to slow down (429) or names a time to come back. This spends
    /// time, not an attempt.
    Throttled { failure: Failure, retry_after: Option<Duration> },
    /// The provider did not accept the message and may do so later: 5xx, 408, 425, connection refused; with `alarm`,
    /// when something is wrong on our side.
    Retriable {
        failure: Failure,
        /// Our account, sender or settings are refused: every delivery of this channel will fail until somebody acts.
        alarm: bool,
        /// The provider's own documents say that this answer may follow an accepted message.
        maybe_sent: bool,
    },
    /// The provider will never accept the message as it is.
    Permanent { reason: Reason, failure: Failure },
    /// There was no complete answer after the request may have been written: the message may or may not have gone out.
    Ambiguous { failure: Failure },
    /// The `send_at` of the delivery is ahead: the scheduler will bring its message back.
    Deferred { due: Timestamp },
    /// Nothing was sent, and another worker may be quicker: the message comes back after the shortest delay.
    PutAside,
    /// None of those who may carry the message takes it now. Nothing was sent; this spends time, not an attempt.
    Parked {
        why: String,
        wait: Duration,
        /// Somebody would take it, and is only given no more at once: that is no failure of the channel.
        is_limit: bool,
    },
    /// An operator has paused what the delivery needs. Nothing was sent; this spends neither an attempt nor the time that a
    /// provider may throttle.
    Paused {
        why: String,
        /// When the pause ends by itself.
        until: Option<Timestamp>,
    },
    /// The recipient was on the suppression list when the delivery was claimed; nothing was sent.
    Suppressed { reason: SuppressedFor },
    /// The `expires_at` of the delivery passed before this attempt; nothing was sent.
    Expired,
    /// The worker is stopping and has not sent the message: the attempt is given back.
    GivenBack,
}

impl Outcome {
    /// Whether the provider has the message, or nobody can know.
    pub const fn may_have_gone_out(&self) -> bool {
        matches!(self, Self::Sent { .. } | Self::Ambiguous { .. } | Self::Retriable { maybe_sent: true, .. })
    }
}

/// What an operator is shown of a failed attempt. Holds no recipient, no body and no credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Who failed: the provider's name, or the step of ours (`template`, `worker`).
    pub provider: &'static str,
    /// The provider's own code: an HTTP status, an SMTP reply code, `20500`, `UNREGISTERED`.
    pub code: Option<String>,
    /// One line for people.
    pub detail: String,
    /// How long the provider asks to wait. The attempt is spent all the same, and the next one is not made earlier.
    pub retry_after: Option<Duration>,
    /// What the answer says of the messages that come next.
    pub about: About,
}

/// Whom an answer is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum About {
    /// This message, or its recipient.
    #[default]
    Message,
    /// The provider, which answers every message so for now.
    Provider,
    /// Our credentials, with which no message is accepted.
    Credentials,
}

impl Failure {
    /// `detail` is cut at 512 bytes and loses its control characters, because it ends in a header and a row.
    pub fn new(provider: &'static str, code: Option<String>, detail: impl AsRef<str>) -> Self {
        let mut clean: String = detail.as_ref().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let cut = (0..=512.min(clean.len())).rev().find(|&at| clean.is_char_boundary(at)).unwrap_or(0);
        clean.truncate(cut);
        Self { provider, code, detail: clean, retry_after: None, about: About::Message }
    }

    /// This failure, with the time that the provider named for the next attempt.
    #[must_use]
    pub fn not_before(self, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..self }
    }

    /// This failure, with whom it is about.
    #[must_use]
    pub fn about(self, about: About) -> Self {
        Self { about, ..self }
    }
}
