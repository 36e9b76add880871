//! What a client is told: the name of an event, and what goes with it, written once for all who hear it.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// One event on its way to clients.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) event: String,
    pub(crate) data: Box<RawValue>,
    /// Up to where its client has everything of its inbox with it. Only what a client is told first says that: what comes
    /// later may have overtaken something, or name one of several items.
    pub(crate) cursor: Option<Cursor>,
}

/// A place in somebody's inbox: what a client shows when it comes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cursor {
    pub(crate) epoch: i64,
    pub(crate) seq: i64,
}

impl Message {
    /// An event that nothing goes with.
    pub(crate) fn bare(event: &str) -> Self {
        Self { event: event.to_owned(), data: RawValue::NULL.to_owned(), cursor: None }
    }

    /// None for what cannot be written: a map whose keys are no texts.
    pub(crate) fn new(event: &str, data: &impl Serialize) -> Option<Self> {
        Some(Self { event: event.to_owned(), data: to_raw_value(data).ok()?, cursor: None })
    }

    pub(crate) fn at(self, cursor: Cursor) -> Self {
        Self { cursor: Some(cursor), ..self }
    }
}

impl Cursor {
    /// As the id of an event of a stream, which its client sends back as `Last-Event-ID`.
    pub(crate) fn parse(id: &str) -> Option<Self> {
        let (epoch, seq) = id.split_once(':')?;
        Some(Self { epoch: epoch.parse().ok()?, seq: seq.parse().ok()? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.epoch, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written_and_nothing_else_is_one() {
        let cursor = Cursor { epoch: 1_772_366_400_000_000, seq: 7 };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for wrong in ["", "7", ":7", "7:", "a:7", "7:7:7", "1 :7", "7:99999999999999999999"] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong:?}");
        }
    }
}
