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
    /// The fields that a mail alone has. No other medium looks at them.
    pub mail: Option<&'a Map<String, Value>>,
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
    /// One field of the data, by the names that lead to it.
    Field(Vec<String>),
    /// One of the fields that a mail alone has, or what is in one, by the names that lead to it.
    Mail(Vec<String>),
}

impl Part {
    /// Where the part stands in a notification, as a JSON pointer: `/subject`, `/data/order`.
    pub fn pointer(&self) -> String {
        match self {
            Self::Subject => "/subject".into(),
            Self::Message => "/message".into(),
            Self::Data => "/data".into(),
            Self::Field(names) => format!("/data{}", steps(names)),
            Self::Mail(names) => steps(names),
        }
    }
}

fn steps(names: &[String]) -> String {
    names.iter().map(|name| format!("/{}", domain::pointer_step(name))).collect()
}

impl<'a> Words<'a> {
    pub fn of(rendered: &'a Rendered, data: &'a Map<String, Value>, mail: Option<&'a Map<String, Value>>) -> Self {
        Self { subject: rendered.subject.as_deref(), text: &rendered.text, data, mail }
    }
}

impl Fault {
    /// A fault of a field that a mail alone has, or of what is in one.
    pub(crate) fn of_mail(names: &[&str], why: impl Into<String>) -> Self {
        Self { part: Part::Mail(names.iter().map(|name| (*name).to_owned()).collect()), why: why.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = self.part.pointer();
        write!(f, "{} {}", pointer.strip_prefix('/').unwrap_or(&pointer), self.why)
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
