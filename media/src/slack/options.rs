//! What a publisher asks of Slack beside words and buttons: `slack` in the data of a notification.

use serde_json::{Map, Value};

use crate::fields::{field, unknown};
use crate::words::Fault;

/// The name of the object in the data.
pub(super) const FIELD: &str = "slack";

const EDIT: &str = "edit";
const NAMES: &[&str] = &[EDIT];

/// The longest time by which Slack names a message, in bytes.
const MAX_TIME_BYTES: usize = 32;

/// What is asked of Slack.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options<'a> {
    /// The message of this time in the conversation is changed, and none is sent.
    pub edits: Option<Edited<'a>>,
}

/// A message that was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edited<'a> {
    /// The conversation where it stands; none where that is the destination.
    pub conversation: Option<&'a str>,
    /// The time by which Slack names it there.
    pub ts: &'a str,
}

/// Reads what is asked, with what is wrong about it. `null` counts as absent at every depth.
pub(super) fn read(data: &Map<String, Value>) -> (Options<'_>, Vec<Fault>) {
    let given = match data.get(FIELD) {
        None | Some(Value::Null) => return (Options::default(), Vec::new()),
        Some(Value::Object(given)) => given,
        Some(_) => {
            let why = format!("must be an object, which may have {}", NAMES.join(", "));
            return (Options::default(), vec![field(&[FIELD], why)]);
        }
    };
    let mut faults = unknown(given, &[FIELD], NAMES);
    let edited = given.get(EDIT).filter(|value| !value.is_null());
    let edits = edited.and_then(Value::as_str).and_then(message);
    if edited.is_some() && edits.is_none() {
        let why = "must be the provider_id of a message that was sent, such as \"C012AB3CD/1712345678.123456\"";
        faults.push(field(&[FIELD, EDIT], why));
    }
    (Options { edits }, faults)
}

/// A message by the time of it, alone or behind its conversation: that of a person is another than the person.
fn message(text: &str) -> Option<Edited<'_>> {
    let (conversation, ts) = text.split_once('/').map_or((None, text), |(before, ts)| (Some(before), ts));
    let (seconds, rest) = ts.split_once('.')?;
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_time = ts.len() <= MAX_TIME_BYTES && are_digits(seconds) && are_digits(rest);
    let is_there = conversation.is_none_or(|conversation| super::check(conversation).is_ok());
    (is_time && is_there).then_some(Edited { conversation, ts })
}
