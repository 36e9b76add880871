//! The copies that the broker hands out, and what they say of themselves.

use crate::{Headers, Lane, PublishedBy, Received};

/// The body of every message. Its fallback counts only in schedules with a fallback.
const BODY: &[u8] = br#"{"channel":"sms","destination":"+12025550143","message":"Hola",
    "fallback":[{"channel":"email","destination":"ana@example.com"}]}"#;

/// What a copy says about whose it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Of {
    /// The copy carries the id of this delivery.
    Delivery(usize),
    /// The copy carries no id, and only the broker knows that it is this message.
    Message(usize),
}

/// What the broker hands out.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    pub(super) of: Of,
    pub(super) headers: Headers,
    pub(super) redelivered: bool,
}

impl Copy {
    pub(super) fn received(&self) -> Received<'_> {
        Received { lane: Lane::Normal, headers: &self.headers, body: BODY }
    }
}

/// The headers of a message as its publisher sends it.
pub(super) fn published() -> Headers {
    Headers { publisher: Some("ada".into()), ..Headers::default() }
}

pub(super) fn brief(copy: &Copy) -> String {
    let headers = &copy.headers;
    let mark = |set: bool, word: &'static str| if set { word } else { "" };
    format!(
        "[{:?} epoch {:?} seq {:?}{}{}{}{}{}]",
        copy.of,
        headers.epoch,
        headers.seq,
        mark(headers.published_by() == PublishedBy::Publisher, " publisher's"),
        mark(headers.again, " again"),
        mark(headers.dead.is_some(), " dead"),
        mark(headers.broker_death, " x-death"),
        mark(copy.redelivered, " redelivered")
    )
}
