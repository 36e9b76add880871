//! What a medium finds wrong with words and data: the same before a notification is published, in the sandbox, and
//! before it is sent.

use std::fmt;

use domain::Rendered;
use serde_json::{Map, Value};

/// The words of one message, and the data that some media carry beside them.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub subject: Option<&'a str>,
    pub text: &'a str,
    pub data: &'a Map<String, Value>,
}

/// Something that the provider would refuse, found without asking the provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    pub part: Part,
    /// What is wrong, as a text that is read after the name of the part and quotes nothing.
    pub why: String,
}

/// A part of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    Subject,
    Message,
    Data,
    /// One field of the data, by its name.
    Field(String),
    /// One entry of a field of the data: the name of the field, and the name or the number of the entry.
    Entry(&'static str, String),
}

impl<'a> Words<'a> {
    pub fn of(rendered: &'a Rendered, data: &'a Map<String, Value>) -> Self {
        Self { subject: rendered.subject.as_deref(), text: &rendered.text, data }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            Part::Subject => write!(f, "subject {}", self.why),
            Part::Message => write!(f, "message {}", self.why),
            Part::Data => write!(f, "data {}", self.why),
            Part::Field(name) => write!(f, "data/{} {}", domain::pointer_step(name), self.why),
            Part::Entry(field, name) => write!(f, "data/{field}/{} {}", domain::pointer_step(name), self.why),
        }
    }
}

/// # Errors
/// Every fault, in the text with which a channel refuses the message.
pub(crate) fn refuse(faults: &[Fault]) -> Result<(), String> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}
