//! What subscribers are told of an ask. An event has the same id however often it is told.

use std::fmt;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Answer, Ask, AskState, AskVerdict, GivenAnswer};
use crate::Timestamp;
use crate::identity::subject_event_id;

/// The noun of the events of asks.
const NOUN: &str = "ask";

/// What has happened to an ask: the last word of an event's routing key and type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AskEventName {
    Opened,
    /// An answer counts.
    Counted,
    /// An answer counts in the place of an earlier one of the same person.
    Changed,
    Answered,
    Expired,
    Cancelled,
    /// An answer came after the end.
    Late,
    /// An answer was none.
    Refused,
}

/// One event. It has neither a destination nor the question.
#[derive(Clone, PartialEq, Debug)]
pub struct AskEvent {
    pub name: AskEventName,
    pub id: Uuid,
    pub at: Timestamp,
    pub data: Map<String, Value>,
}

impl AskEventName {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Counted => "counted",
            Self::Changed => "changed",
            Self::Answered => "answered",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Late => "late",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for AskEventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AskEvent {
    pub(super) fn opened(ask: &Ask) -> Self {
        Self::new(ask, AskEventName::Opened, "", ask.created_at)
    }

    pub(super) fn counted(ask: &Ask, answer: &Answer, counted: u32, is_changed: bool) -> Self {
        let name = if is_changed { AskEventName::Changed } else { AskEventName::Counted };
        let event = Self::about(ask, name, &answer.given).with("counted", counted);
        event.with("quorum", ask.quorum).with("version", answer.version)
    }

    /// The end that an answer has brought.
    pub(super) fn answered(ask: &Ask, answer: &Answer, choice: Option<&str>) -> Self {
        let event = Self::new(ask, AskEventName::Answered, &answer.version.to_string(), answer.given.at);
        event.with("choice", choice).with("by", answer.given.approver.as_str()).with("version", answer.version)
    }

    /// The end of an ask. None while it is open.
    pub(super) fn ended(ask: &Ask) -> Option<Self> {
        let end = ask.end.as_ref()?;
        let name = match end.state {
            AskState::Open => return None,
            AskState::Answered => AskEventName::Answered,
            AskState::Expired => AskEventName::Expired,
            AskState::Cancelled => AskEventName::Cancelled,
        };
        let event = Self::new(ask, name, &ask.version.to_string(), end.at);
        let event = event.with("choice", end.choice.as_deref()).with("by", end.by.as_deref());
        Some(event.with("version", ask.version))
    }

    pub(super) fn late(ask: &Ask, given: &GivenAnswer) -> Self {
        Self::about(ask, AskEventName::Late, given).with("state", ask.state().as_str())
    }

    pub(super) fn refused(ask: &Ask, given: &GivenAnswer, verdict: &AskVerdict) -> Self {
        Self::about(ask, AskEventName::Refused, given).with("reason", verdict.as_str())
    }

    /// One of an answer.
    fn about(ask: &Ask, name: AskEventName, given: &GivenAnswer) -> Self {
        let event = Self::new(ask, name, &format!("{}/{}", given.approver, given.id), given.at);
        event.with("approver", given.approver.as_str()).with("choice", given.choice.as_str()).with("via", &*given.via)
    }

    /// `of` tells it from others of its name.
    fn new(ask: &Ask, name: AskEventName, of: &str, at: Timestamp) -> Self {
        let id = subject_event_id(NOUN, &ask.key, name.as_str(), of);
        let event = Self { name, id, at, data: Map::new() };
        event.with("kind", ask.kind.as_str()).with("correlation_id", ask.correlation_id.as_deref())
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
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
