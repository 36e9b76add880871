//! An ask: a question to people, of whose answers one is what they have decided. One row, one end: [`Ask::answered`] says
//! what an answer does, and whoever writes that does so if the row still has the version that was read.

mod decide;
mod event;
mod faults;
mod given;
mod outcome;
mod request;
mod stored;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Key, RecipientHash, Salt, Seed, Timestamp};

pub use self::given::{Answer, AskDecision, AskEdit, AskEnding, AskVerdict, GivenAnswer};
pub use self::request::{Addressee, AskRequest, AskStep, refusal_as_a_name, refusal_as_a_persons};

/// The most choices of an ask: as many buttons as people read, and fewer than a button can name.
pub const MAX_ASK_CHOICES: usize = 10;
/// The most people who are asked.
pub const MAX_APPROVERS: usize = 50;
/// The longest question, in characters.
pub const MAX_QUESTION_CHARS: usize = 1_000;

/// What an ask is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AskKind {
    /// Somebody wants to know.
    Confirm,
    /// Somebody shows that an address is their own.
    Verify,
    /// A command waits for it.
    Command,
    /// Somebody agrees to be written to.
    OptIn,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AskState {
    Open,
    Answered,
    Expired,
    Cancelled,
}

/// One of the answers that may be given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AskChoice {
    /// 1 to 64 letters, digits, `_` or `-`.
    pub id: String,
    /// What stands on the button.
    pub label: String,
    /// It is a no: it needs no quorum, and ends the ask once no other choice can reach one any more.
    pub refuses: bool,
}

/// How an ask has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskEnd {
    /// Never [`AskState::Open`].
    pub state: AskState,
    /// What was decided. None where nothing was, or where no choice can reach the quorum any more and nobody has refused.
    pub choice: Option<String>,
    /// Whose answer has ended it, or who has cancelled it.
    pub by: Option<String>,
    pub at: Timestamp,
}

/// A question, and what has become of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    pub key: Key,
    pub kind: AskKind,
    pub question: String,
    /// In the order of the buttons.
    pub choices: Vec<AskChoice>,
    /// Who is asked, by the ids under which they are known, never by a destination. Their order never changes: what was
    /// made for an approver names the place.
    pub audience: Vec<String>,
    /// What people call those who are asked, and whoever has asked, by their ids. Nobody of whom no more than that is known.
    pub names: BTreeMap<String, String>,
    /// How many people must choose the same.
    pub quorum: u32,
    /// Whoever has asked may not answer.
    pub four_eyes: bool,
    /// Who has answered may answer otherwise while it is open.
    pub may_change: bool,
    pub requested_by: Option<String>,
    pub correlation_id: Option<String>,
    /// The queue of whoever waits for the end.
    pub reply_to: Option<String>,
    /// The keyed hash of what was asked of whom ([`AskRequest::canonical`]): another request of this id is another question.
    pub content: RecipientHash,
    /// Counts the answers that have counted, and the end.
    pub version: u32,
    pub salt: Salt,
    pub key_id: String,
    /// How often somebody has tried to answer with a code.
    pub attempts: u32,
    /// How often it was sent.
    pub sends: u32,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// None while it is open.
    pub end: Option<AskEnd>,
}

impl AskKind {
    pub const ALL: [Self; 4] = [Self::Confirm, Self::Verify, Self::Command, Self::OptIn];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Verify => "verify",
            Self::Command => "command",
            Self::OptIn => "optin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it is about one person, who answers alone.
    const fn is_of_one(self) -> bool {
        matches!(self, Self::Verify | Self::OptIn)
    }
}

impl AskState {
    pub const ALL: [Self; 4] = [Self::Open, Self::Answered, Self::Expired, Self::Cancelled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl Ask {
    pub fn state(&self) -> AskState {
        self.end.as_ref().map_or(AskState::Open, |end| end.state)
    }

    /// What its secrets are derived from.
    pub fn seed(&self) -> Seed<'_> {
        Seed { key: &self.key, salt: &self.salt, key_id: &self.key_id }
    }

    /// Who is asked, by their place.
    pub fn approver(&self, place: u16) -> Option<&str> {
        self.audience.get(usize::from(place)).map(String::as_str)
    }

    /// The choice at this place.
    pub fn choice(&self, place: u8) -> Option<&AskChoice> {
        self.choices.get(usize::from(place))
    }

    /// What its expiry does. None before its time, and where it has ended.
    pub fn expired(&self, now: Timestamp) -> Option<AskEnding> {
        if now < self.expires_at {
            return None;
        }
        self.ending(AskEnd { state: AskState::Expired, choice: None, by: None, at: now })
    }

    /// What it does that somebody takes the question back. None where it has ended.
    pub fn cancelled(&self, by: &str, now: Timestamp) -> Option<AskEnding> {
        self.ending(AskEnd { state: AskState::Cancelled, choice: None, by: Some(by.to_owned()), at: now })
    }

    fn ending(&self, end: AskEnd) -> Option<AskEnding> {
        if self.end.is_some() {
            return None;
        }
        let ask = Self { version: self.version.saturating_add(1), end: Some(end), ..self.clone() };
        let event = ask.ended()?;
        Some(AskEnding { ask, event })
    }

    fn may_answer(&self, approver: &str) -> bool {
        self.audience.iter().any(|one| one == approver) && !self.is_kept_out(approver)
    }

    /// Whether somebody who is asked may not answer, because they have asked.
    pub fn is_kept_out(&self, approver: &str) -> bool {
        self.four_eyes && self.requested_by.as_deref() == Some(approver)
    }
}

#[cfg(test)]
mod tests;
