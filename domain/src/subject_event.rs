//! What subscribers are told of what is no delivery, such as an ask or a command. Such an event has the same id however
//! often it is told.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::identity::subject_event_id;
use crate::{Key, Timestamp};

/// The events that tell an end.
const ENDINGS: [(&str, &str); 13] = [
    ("ask", "answered"),
    ("ask", "expired"),
    ("ask", "cancelled"),
    ("ask", "rejected"),
    ("command", "succeeded"),
    ("command", "failed"),
    ("command", "rejected"),
    ("command", "expired"),
    ("verification", "approved"),
    ("verification", "expired"),
    ("verification", "exhausted"),
    ("verification", "cancelled"),
    ("verification", "blocked"),
];

/// One event. It has no destination, no secret and nothing that a person wrote.
#[derive(Clone, PartialEq, Debug)]
pub struct SubjectEvent {
    /// What it is about: `ask`, `command`, `verification`.
    pub noun: &'static str,
    pub subject: Key,
    /// What has happened: the last word of the routing key and of the type.
    pub name: &'static str,
    pub id: Uuid,
    pub at: Timestamp,
    pub data: Map<String, Value>,
}

impl SubjectEvent {
    /// What such events are about.
    pub const NOUNS: [&str; 3] = ["ask", "command", "verification"];
    /// What may have happened to that.
    pub const NAMES: [&str; 19] = [
        "opened",
        "counted",
        "changed",
        "refused",
        "late",
        "answered",
        "expired",
        "cancelled",
        "pending_confirmation",
        "dispatched",
        "running",
        "succeeded",
        "failed",
        "rejected",
        "started",
        "sent",
        "approved",
        "exhausted",
        "blocked",
    ];

    /// Whether something has come to an end by an event of this name.
    pub(crate) fn may_end(name: &str) -> bool {
        ENDINGS.iter().any(|(_, ending)| *ending == name)
    }

    /// `of` tells it from others of its name about the same subject.
    pub(crate) fn new(noun: &'static str, subject: &Key, name: &'static str, of: &str, at: Timestamp) -> Self {
        let id = subject_event_id(noun, subject, name, of);
        Self { noun, subject: subject.clone(), name, id, at, data: Map::new() }
    }

    /// Whether what it is about has come to an end by it.
    pub fn is_ending(&self) -> bool {
        ENDINGS.contains(&(self.noun, self.name))
    }

    /// The same with one thing more told.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }
}
