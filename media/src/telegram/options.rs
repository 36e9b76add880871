//! What a publisher asks of Telegram beside words and buttons: `telegram` in the data of a notification.

use serde_json::{Map, Value};

use crate::fields::{field, unknown};
use crate::words::Fault;

/// The name of the object in the data.
pub(super) const FIELD: &str = "telegram";

const FORMAT: &str = "format";
const EDIT: &str = "edit";
const NAMES: &[&str] = &[FORMAT, EDIT];

/// The format of a text with tags.
const HTML: &str = "html";

/// What is asked of Telegram.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Whether the text has tags. Without this, nothing in it is read as one.
    pub is_html: bool,
    /// The message of this number in the chat is changed, and none is sent.
    pub edits: Option<u32>,
}

/// Reads what is asked, with what is wrong about it. `null` counts as absent at every depth.
pub(super) fn read(data: &Map<String, Value>) -> (Options, Vec<Fault>) {
    let given = match data.get(FIELD) {
        None | Some(Value::Null) => return (Options::default(), Vec::new()),
        Some(Value::Object(given)) => given,
        Some(_) => {
            let why = format!("must be an object, which may have {}", NAMES.join(", "));
            return (Options::default(), vec![field(&[FIELD], why)]);
        }
    };
    let mut faults = unknown(given, &[FIELD], NAMES);
    let is_there = |name: &str| given.get(name).filter(|value| !value.is_null());
    let format = is_there(FORMAT);
    let is_html = format.is_some_and(|format| format == HTML);
    if format.is_some() && !is_html {
        faults.push(field(&[FIELD, FORMAT], "must be \"html\", or absent where the text has no tags"));
    }
    let edited = is_there(EDIT);
    let edits = edited.and_then(message_id);
    if edited.is_some() && edits.is_none() {
        faults.push(field(&[FIELD, EDIT], "must be the provider_id of a message that was sent, such as \"4711\""));
    }
    (Options { is_html, edits }, faults)
}

/// The number of a message in its chat: alone, or behind the number of the chat that a group has moved to.
fn message_id(value: &Value) -> Option<u32> {
    let id = match value {
        Value::Number(_) => u32::try_from(value.as_u64()?).ok(),
        Value::String(text) => {
            let (chat, id) = text.split_once('/').map_or((None, text.as_str()), |(chat, id)| (Some(chat), id));
            let is_plain = id.bytes().all(|b| b.is_ascii_digit());
            let is_of_a_chat = chat.is_none_or(|chat| chat.parse::<i64>().is_ok());
            id.parse().ok().filter(|_| is_plain && is_of_a_chat)
        }
        _ => None,
    };
    id.filter(|id| *id > 0)
}
