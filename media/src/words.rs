//! What a medium says of the words and the data that it is to carry: the same before they are published, in the
//! sandbox, and before they are sent.

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

/// Something that the provider would refuse, found without asking it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    pub part: Part,
    /// Says so, as a text that goes on after the part's name and quotes nothing.
    pub why: String,
}

/// What of a message is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    Subject,
    Message,
    Data,
    /// One field of the data, by its name.
    Field(String),
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
        }
    }
}

/// # Errors
/// Every fault, as the text with which a channel refuses the message.
pub(crate) fn refuse(faults: &[Fault]) -> Result<(), String> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}
