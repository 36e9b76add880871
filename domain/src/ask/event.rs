//! What subscribers are told of an ask, never the question, and what the journal is told.

use serde_json::Map;
use text::FieldError;

use super::{Answer, Ask, AskDecision, AskState, AskVerdict, GivenAnswer};
use crate::{Entry, SubjectEvent, Timestamp};

const NOUN: &str = "ask";
/// The most faults that an event tells.
const MOST_FAULTS: usize = 10;

impl Ask {
    /// What is told of its beginning.
    pub fn opened(&self) -> SubjectEvent {
        event(self, "opened", "", self.created_at)
    }

    /// What is told of its end. None while it is open.
    pub fn ended(&self) -> Option<SubjectEvent> {
        let end = self.end.as_ref().filter(|end| end.state != AskState::Open)?;
        let event = event(self, end.state.as_str(), &self.version.to_string(), end.at);
        let event = event.with("choice", end.choice.as_deref()).with("by", end.by.as_deref());
        Some(event.with("version", self.version))
    }

    /// What is told where nobody was asked, because something is wrong with the question or with all who were named.
    pub fn rejected(&self, faults: &[FieldError]) -> SubjectEvent {
        let why: Vec<String> = faults.iter().take(MOST_FAULTS).map(ToString::to_string).collect();
        event(self, "rejected", "", self.created_at).with("reason", why.join("; "))
    }

    /// What is told of a code that is none of this ask. `of` names the message with it.
    pub fn mistyped(&self, of: &str, via: &str, at: Timestamp) -> SubjectEvent {
        event(self, "refused", of, at).with("via", via).with("reason", "wrong_code")
    }
}

pub(super) fn counted(ask: &Ask, answer: &Answer, counted: u32, is_changed: bool) -> SubjectEvent {
    let name = if is_changed { "changed" } else { "counted" };
    let event = about(ask, name, &answer.given).with("counted", counted);
    event.with("quorum", ask.quorum).with("version", answer.version)
}

/// The end that an answer has brought: the same as [`Ask::ended`] tells of the row.
pub(super) fn answered(ask: &Ask, answer: &Answer, choice: Option<&str>) -> SubjectEvent {
    let event = event(ask, AskState::Answered.as_str(), &answer.version.to_string(), answer.given.at);
    event.with("choice", choice).with("by", answer.given.approver.as_str()).with("version", answer.version)
}

/// `state` is how the ask has ended, or ends by its time.
pub(super) fn late(ask: &Ask, given: &GivenAnswer, state: AskState) -> SubjectEvent {
    about(ask, "late", given).with("state", state.as_str())
}

pub(super) fn refused(ask: &Ask, given: &GivenAnswer, verdict: &AskVerdict) -> SubjectEvent {
    about(ask, "refused", given).with("reason", verdict.as_str())
}

/// An event of one answer. What somebody has chosen whom nobody asked is theirs, and is not told.
fn about(ask: &Ask, name: &'static str, given: &GivenAnswer) -> SubjectEvent {
    let of = format!("{}/{}", given.approver, given.id);
    let known = ask.choices.iter().find(|choice| choice.id == given.choice).map(|choice| choice.id.as_str());
    let asked = ask.audience.iter().find(|approver| **approver == given.approver).map(String::as_str);
    let event = event(ask, name, &of, given.at).with("approver", asked).with("choice", known);
    event.with("via", given.via.as_str())
}

fn event(ask: &Ask, name: &'static str, of: &str, at: Timestamp) -> SubjectEvent {
    let event = SubjectEvent::new(NOUN, &ask.key, name, of, at);
    event.with("kind", ask.kind.as_str()).with("correlation_id", ask.correlation_id.as_deref())
}

impl AskDecision {
    /// What the journal is told before an answer takes effect. None for one that has none.
    pub fn entry(&self) -> Option<Entry> {
        let (ask, answer) = (self.moved.as_ref()?, self.kept.as_ref().filter(|answer| !answer.late)?);
        let kind = if ask.end.is_some() { "ask.answered" } else { "ask.counted" };
        let GivenAnswer { id, approver, choice, via, at, evidence } = &answer.given;
        let (tenant, subject) = (ask.key.tenant.clone(), ask.key.id.clone());
        let entry = Entry { tenant, kind, subject, actor: approver.clone(), at: *at, data: Map::new() };
        let entry = entry.with("choice", choice.as_str()).with("via", via.as_str()).with("answer", id.as_str());
        let entry = entry.with("evidence", evidence.as_str()).with("kind", ask.kind.as_str());
        Some(entry.with("requested_by", ask.requested_by.as_deref()))
    }
}

impl AskVerdict {
    /// In one word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Counts { .. } => "counts",
            Self::Ends { .. } => "ends",
            Self::Same => "same",
            Self::Stands { .. } => "stands",
            Self::TooOften => "too_often",
            Self::Late(_) => "late",
            Self::NotAsked => "not_asked",
            Self::IsRequester => "is_requester",
            Self::UnknownChoice => "unknown_choice",
        }
    }
}
