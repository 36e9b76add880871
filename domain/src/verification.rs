//! A verification: somebody shows that an address is theirs, by a code or a link that was sent there. The code is derived
//! whenever one is needed ([`crate::Secrets`]), and stands in no row.

mod dial_code;
mod guard;

use std::time::Duration;

use crate::{ChannelName, Content, Key, RecipientHash, Salt, Seed, SubjectEvent, Timestamp};

pub use self::dial_code::{dial_code, number_prefix};
pub use self::guard::{BlockReason, Conversion, Counters, PumpingLimits, guard};

/// How long a code is good.
pub const CODE_LIVES: Duration = Duration::from_secs(10 * 60);
/// How often a code may be tried. An attempt is counted before it is looked at, for the verification and never for the
/// address: a stranger could keep its owner out.
const MAX_CHECKS: u32 = 5;
/// How often the same code is sent.
const MAX_SENDS: u32 = 5;
/// The least time between two sends.
const SENDS_APART: Duration = Duration::from_secs(30);

const NOUN: &str = "verification";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum VerificationState {
    Pending,
    Approved,
    Expired,
    /// It was tried as often as it may be.
    Exhausted,
    Cancelled,
    /// Nothing was sent: it looked like fraud.
    Blocked,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verification {
    pub key: Key,
    /// What the application wants it for.
    pub purpose: String,
    /// In which language the message was asked for, BCP 47. None for that of the fleet.
    pub locale: Option<String>,
    pub channel: ChannelName,
    pub recipient: RecipientHash,
    pub recipient_mask: String,
    /// The keyed hash of all addresses that its code may go to: whoever has it sent again names the same.
    pub addresses: RecipientHash,
    /// The hashes by which the guard counts: of a number without its last digits, which would be nearly all of it beside
    /// the mask; of who has asked, as the application says; and of their session.
    pub prefix: Option<Content>,
    pub client: Option<Content>,
    pub session: Option<Content>,
    /// The dial code of a number, such as `+34`.
    pub dial_code: Option<String>,
    pub state: VerificationState,
    /// Counts the sends and the end.
    pub version: u32,
    pub salt: Salt,
    pub key_id: String,
    /// How often it was tried.
    pub checks: u32,
    pub sends: u32,
    pub last_sent_at: Option<Timestamp>,
    /// The request that has shown the right code.
    pub approved_by: Option<String>,
    /// Why it is blocked; of one that is not, why a part of its ladder was left out.
    pub reasons: Vec<BlockReason>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// What whoever tries a code is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checked {
    Approved,
    /// This request has shown the right code before.
    AlreadyApproved,
    /// Another request has.
    Used,
    /// So many attempts are left.
    Wrong {
        left: u32,
    },
    Expired,
    TooMany,
    Cancelled,
    Blocked,
}

/// Whether the code is sent once more.
#[derive(Clone, PartialEq, Debug)]
pub enum Sending {
    /// It is, once this is written.
    Now(Box<VerificationMoved>),
    /// Not yet.
    Wait(Duration),
    TooOften,
    Ended(VerificationState),
}

/// What is written, if the row still has the version before it, and what is told then.
#[derive(Clone, PartialEq, Debug)]
pub struct VerificationMoved {
    pub verification: Verification,
    pub event: SubjectEvent,
}

impl VerificationState {
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Approved, Self::Expired, Self::Exhausted, Self::Cancelled, Self::Blocked];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::Cancelled => "cancelled",
            Self::Blocked => "blocked",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl Verification {
    /// What its code and its link are derived from.
    pub fn seed(&self) -> Seed<'_> {
        Seed { key: &self.key, salt: &self.salt, key_id: &self.key_id }
    }

    /// How long the code is good for whoever reads the message of its last send, in whole minutes, at the most; the last one
    /// counts as one. It goes by the place of the send and not by the clock, so that a message which is sent again after an
    /// interruption says the same: one id is one body.
    pub fn minutes(&self) -> u64 {
        let sent_at = self.created_at.plus(SENDS_APART * self.sends.saturating_sub(1));
        (self.expires_at.since(sent_at).as_secs() / 60).max(1)
    }

    /// What is told of its beginning.
    pub fn started(&self) -> SubjectEvent {
        self.event("started", self.created_at)
    }

    /// What is told of its end: the same whoever tells it, and whenever. None while it is pending.
    pub fn ended(&self) -> Option<SubjectEvent> {
        let at = self.ended_at.filter(|_| self.state != VerificationState::Pending)?;
        let event = self.event(self.state.as_str(), at);
        if self.state == VerificationState::Blocked {
            let reasons: Vec<&str> = self.reasons.iter().map(|reason| reason.as_str()).collect();
            return Some(event.with("reasons", reasons));
        }
        Some(event.with("sends", self.sends))
    }

    /// The same, blocked where the guard has found reasons.
    #[must_use]
    pub fn guarded(self, reasons: Vec<BlockReason>) -> Self {
        if reasons.is_empty() {
            return self;
        }
        let (version, ended_at) = (self.version.saturating_add(1), Some(self.created_at));
        Self { state: VerificationState::Blocked, version, reasons, ended_at, ..self }
    }

    /// How often its code may still be tried.
    pub fn attempts_left(&self) -> u32 {
        MAX_CHECKS.saturating_sub(self.checks)
    }

    /// What it is at this instant: one whose time is over has expired, whether its row says so yet or not.
    pub fn state_at(&self, now: Timestamp) -> VerificationState {
        let is_over = self.state == VerificationState::Pending && now >= self.expires_at;
        if is_over { VerificationState::Expired } else { self.state }
    }

    /// What becomes of an attempt, which is counted in [`Self::checks`] already. `by` names the request, and `is_right`
    /// looks at what was shown; it is asked only where that may be looked at.
    pub fn checked(
        &self,
        by: Option<&str>,
        now: Timestamp,
        is_right: impl FnOnce() -> bool,
    ) -> (Checked, Option<VerificationMoved>) {
        let ended = match self.state {
            VerificationState::Pending if now >= self.expires_at => {
                return (Checked::Expired, self.ends(VerificationState::Expired, now));
            }
            VerificationState::Pending if self.checks > MAX_CHECKS => {
                return (Checked::TooMany, self.ends(VerificationState::Exhausted, now));
            }
            VerificationState::Pending => return self.compared(by, now, is_right()),
            // Whoever has shown the right code learns nothing by showing it again.
            VerificationState::Approved if by.is_some() && by == self.approved_by.as_deref() && is_right() => {
                Checked::AlreadyApproved
            }
            VerificationState::Approved => Checked::Used,
            VerificationState::Expired => Checked::Expired,
            VerificationState::Exhausted => Checked::TooMany,
            VerificationState::Cancelled => Checked::Cancelled,
            VerificationState::Blocked => Checked::Blocked,
        };
        (ended, None)
    }

    fn compared(&self, by: Option<&str>, now: Timestamp, is_right: bool) -> (Checked, Option<VerificationMoved>) {
        if is_right {
            let approved = Self { approved_by: by.map(str::to_owned), ..self.clone() };
            return (Checked::Approved, approved.ends(VerificationState::Approved, now));
        }
        let left = self.attempts_left();
        let moved = if left == 0 { self.ends(VerificationState::Exhausted, now) } else { None };
        (Checked::Wrong { left }, moved)
    }

    /// Whether it is sent, for the first time or again: the code is the same, and good for no longer.
    pub fn sent(&self, now: Timestamp) -> Sending {
        if self.state != VerificationState::Pending {
            return Sending::Ended(self.state);
        }
        if now >= self.expires_at {
            return Sending::Ended(VerificationState::Expired);
        }
        if self.sends >= MAX_SENDS {
            return Sending::TooOften;
        }
        if let Some(wait) = self.last_sent_at.and_then(|last| last.plus(SENDS_APART).left(now, SENDS_APART)) {
            return Sending::Wait(wait);
        }
        let (version, sends) = (self.version.saturating_add(1), self.sends.saturating_add(1));
        let verification = Self { version, sends, last_sent_at: Some(now), ..self.clone() };
        // Who does the same at once, or again after a crash, must tell the same: the time is that from which on it may be sent.
        let from = self.last_sent_at.map_or(self.created_at, |last| last.plus(SENDS_APART));
        let event = verification.event("sent", from).with("sends", sends);
        Sending::Now(Box::new(VerificationMoved { verification, event }))
    }

    /// What its expiry does. None before its time, and where it has ended.
    pub fn expired(&self, now: Timestamp) -> Option<VerificationMoved> {
        if now < self.expires_at {
            return None;
        }
        self.ends(VerificationState::Expired, now)
    }

    /// What it does that it is not wanted any more. None where it has ended.
    pub fn cancelled(&self, now: Timestamp) -> Option<VerificationMoved> {
        self.ends(VerificationState::Cancelled, now)
    }

    fn ends(&self, state: VerificationState, now: Timestamp) -> Option<VerificationMoved> {
        if self.state != VerificationState::Pending {
            return None;
        }
        let version = self.version.saturating_add(1);
        let verification = Self { state, version, ended_at: Some(now), ..self.clone() };
        let event = verification.ended()?;
        Some(VerificationMoved { verification, event })
    }

    /// What is told of it has neither the address nor a part of the number.
    fn event(&self, name: &'static str, at: Timestamp) -> SubjectEvent {
        let event = SubjectEvent::new(NOUN, &self.key, name, &self.version.to_string(), at);
        let event = event.with("purpose", self.purpose.as_str()).with("channel", self.channel.as_str());
        event.with("dial_code", self.dial_code.as_deref())
    }
}

#[cfg(test)]
mod tests;
