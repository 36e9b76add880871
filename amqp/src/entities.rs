//! What exists on a broker: exchanges and bindings, and the arguments that queues have.

use std::fmt;

/// A durable exchange.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exchange {
    pub name: String,
    pub kind: Kind,
}

/// How an exchange routes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    Direct,
    Fanout,
    Topic,
}

/// The value of a queue argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Argument {
    Text(String),
    Number(i64),
}

/// A binding of a queue to an exchange.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    pub exchange: String,
    pub queue: String,
    pub routing_key: String,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Fanout => "fanout",
            Self::Topic => "topic",
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}
