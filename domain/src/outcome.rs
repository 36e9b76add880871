//! What one try to send ended with, classified by the provider's author. A failed send is data.

use std::time::Duration;

use crate::{Reason, Timestamp};

/// The result of one attempt. Only explicit knowledge gives anything but [`Outcome::Ambiguous`]: a
/// complete answer, or the certainty that nothing was handed over.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// The provider accepted it.
    Sent { provider: &'static str, provider_id: Option<String>, code: Option<String> },
    /// The sandbox kept it instead of sending.
    Captured,
    /// Not accepted, and the provider asks to slow down (429) or names a time to come back. Spends time, not an attempt.
    Throttled { failure: Failure, retry_after: Option<Duration> },
    /// Not accepted, may work later: 5xx, 408, 425, connection refused; with `alarm`, what is wrong on our side.
    Retriable {
        failure: Failure,
        /// Our account, sender or settings are refused: every delivery of this channel will fail until somebody acts.
        alarm: bool,
        /// The provider's own documents say that this answer may follow an accepted message.
        maybe_sent: bool,
    },
    /// Will never be accepted as it is.
    Permanent { reason: Reason, failure: Failure },
    /// No complete answer after the request may have been written: it may or may not have gone out.
    Ambiguous { failure: Failure },
    /// Its `send_at` is ahead: the scheduler will bring it back.
    Deferred { due: Timestamp },
    /// Nothing was sent, and somebody else may be quicker: it comes back after the shortest delay.
    PutAside,
    /// Its `expires_at` passed before this attempt; nothing was sent.
    Expired,
    /// The worker is stopping and has not sent it: the attempt is given back.
    GivenBack,
}

impl Outcome {
    /// The provider has it, or nobody can know.
    pub const fn may_have_gone_out(&self) -> bool {
        matches!(self, Self::Sent { .. } | Self::Ambiguous { .. } | Self::Retriable { maybe_sent: true, .. })
    }
}

/// What to tell the operator about a failed attempt. Never holds a recipient, a body or a credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Who failed: the provider's name, or the step of ours (`template`, `worker`).
    pub provider: &'static str,
    /// The provider's own code: an HTTP status, an SMTP reply code, `20500`, `UNREGISTERED`.
    pub code: Option<String>,
    /// One line for people.
    pub detail: String,
    /// The provider named a time, though the attempt is spent: the next one is not made before.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// `detail` is cut at 512 bytes and freed of control characters: it ends in a header and a row.
    pub fn new(provider: &'static str, code: Option<String>, detail: impl AsRef<str>) -> Self {
        let mut clean: String = detail.as_ref().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let cut = (0..=512.min(clean.len())).rev().find(|&at| clean.is_char_boundary(at)).unwrap_or(0);
        clean.truncate(cut);
        Self { provider, code, detail: clean, retry_after: None }
    }

    /// The same, with the time that the provider named.
    #[must_use]
    pub fn not_before(self, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..self }
    }
}
