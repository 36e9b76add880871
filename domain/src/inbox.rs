//! The inbox of a user in an application: whose it is, where it stands, and what its user has done with an item.

use std::fmt;

use text::is_unsafe_in_a_line;

use crate::Timestamp;

/// The channel of what is told inside an application.
pub const INAPP: &str = "inapp";
/// Stands for a provider in the row of what the ledger itself has put into an inbox, or handed on to the members of a topic.
pub const INBOX: &str = "inbox";
/// The longest id of a user and the longest name of a topic, in characters.
const MAX_NAME_CHARS: usize = 128;

/// What a name of a user or a topic must be, as a text that is read after the name of its field.
pub const INBOX_NAME_RULE: &str = "must have 1 to 128 visible characters, without spaces and commas";

const USER: &str = "user:";
const TOPIC: &str = "topic:";

/// Whose inbox a destination names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InboxAddress<'a> {
    User(&'a str),
    /// A group or a role of users, such as `analysts` or `role:ADMIN`: each of its members is told.
    Topic(&'a str),
}

impl<'a> InboxAddress<'a> {
    /// None for a text that names neither.
    pub fn parse(destination: &'a str) -> Option<Self> {
        let address = match destination.strip_prefix(USER) {
            Some(user) => Self::User(user),
            None => Self::Topic(destination.strip_prefix(TOPIC)?),
        };
        is_inbox_name(address.name()).then_some(address)
    }

    const fn name(self) -> &'a str {
        match self {
            Self::User(name) | Self::Topic(name) => name,
        }
    }
}

impl fmt::Display for InboxAddress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "{USER}{user}"),
            Self::Topic(topic) => write!(f, "{TOPIC}{topic}"),
        }
    }
}

/// Whether a text can be the id of a user, or the name of a topic: see [`INBOX_NAME_RULE`].
pub fn is_inbox_name(text: &str) -> bool {
    let is_bad = |c: char| c.is_whitespace() || c == ',' || is_unsafe_in_a_line(c);
    (1..=MAX_NAME_CHARS).contains(&text.chars().count()) && !text.chars().any(is_bad)
}

/// Where an inbox stands. Clients show these numbers, and count nothing themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InboxCounters {
    /// Counts what has changed in the inbox: each change has a higher one than all before it.
    pub seq: i64,
    /// Stands for the life of the inbox: a cursor of another one means nothing here.
    pub epoch: i64,
    pub unread: i64,
    pub unseen: i64,
}

/// The inbox of a user, as events tell of it: never what is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InboxStanding<'a> {
    pub user: &'a str,
    pub counters: InboxCounters,
}

/// What a user has done with an item so far. What is archived was read, and what was read was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InboxMarks {
    pub seen_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
    /// Until then clients show it to nobody.
    pub snoozed_until: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_names_a_user_or_a_topic_and_a_slip_neither() {
        for (text, address) in [
            ("user:u-1", InboxAddress::User("u-1")),
            ("user:ana@example.com", InboxAddress::User("ana@example.com")),
            ("topic:role:ADMIN", InboxAddress::Topic("role:ADMIN")),
            ("topic:analysts", InboxAddress::Topic("analysts")),
        ] {
            assert_eq!(InboxAddress::parse(text), Some(address));
            assert_eq!(address.to_string(), text);
        }
        let (most, too_long) = ("ñ".repeat(128), "x".repeat(129));
        assert!(is_inbox_name(&most));
        for slip in ["", "u-1", "user:", "User:u-1", "user:a b", "user:a,user:b", "topic:", "user:\u{200f}", &too_long]
        {
            assert_eq!(InboxAddress::parse(slip), None, "{slip:?}");
        }
        assert_eq!(InboxAddress::parse(&format!("user:{too_long}")), None);
    }
}
