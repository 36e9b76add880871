//! Slack: a text to a person or a channel, with buttons below it, or in place of one that was sent before.
//!
//! Sources: <https://docs.slack.dev/reference/methods/chat.postMessage> and
//! <https://docs.slack.dev/reference/methods/chat.update>.

mod options;

use std::ops::RangeInclusive;

use domain::{Ambiguity, nearest};
use serde_json::{Map, Value};

use crate::buttons::{self, Limits};
use crate::medium::{Carriage, Medium};
use crate::words::{Fault, Part, Words};

pub use self::options::{Edited, Options};

/// The longest text, in characters: `chat.update` takes no more.
const MAX_TEXT_CHARS: usize = 4000;

/// The length of an id behind the letter that says of what it is.
const ID_BYTES: RangeInclusive<usize> = 7..=30;
/// What an id begins with: of a person, of a channel, of a private channel, and of a conversation of two.
const OF_A_PERSON: [char; 2] = ['U', 'W'];
const OF_A_CHANNEL: [char; 2] = ['C', 'G'];
const OF_TWO: char = 'D';

/// The buttons of a message: <https://docs.slack.dev/reference/block-kit/blocks/actions-block> and
/// <https://docs.slack.dev/reference/block-kit/block-elements/button-element>. A message has 50 blocks, of which each row is
/// one, and the words are up to two.
const BUTTONS: Limits = Limits {
    by: "Slack",
    buttons: 48,
    of_a_row: 25,
    text_chars: 75,
    data_bytes: 2000,
    url_bytes: 3000,
    schemes: &["https", "http"],
};

pub static MEDIUM: Medium = Medium {
    name: "slack",
    example: "C0EXAMPLE00",
    kinds: &[],
    // Slack recognises no second copy, and two questions with buttons are one too many.
    ambiguity: Ambiguity::ResendIfFresh,
    check,
    compared: str::to_owned,
    faults,
    has_subject: false,
    sends: |data| data.contains_key(buttons::FIELD) || data.contains_key(options::FIELD),
    files: Carriage::Nothing,
    meant: |name, _| nearest(name, [buttons::FIELD, options::FIELD]),
};

/// What the publisher asks of Slack beside the words and the buttons.
pub fn options(data: &Map<String, Value>) -> Options<'_> {
    options::read(data).0
}

/// Whether a conversation is one of two: what is said there nobody else reads.
pub fn is_of_two(conversation: &str) -> bool {
    conversation.starts_with(OF_TWO)
}

/// Puts buttons into the data, where Slack takes them all. Otherwise the words alone say how to answer.
pub(crate) fn put_buttons(text: &str, data: &mut Map<String, Value>, given: &[(String, String)]) {
    let before = data.get(buttons::FIELD).cloned();
    buttons::put(data, given);
    if !faults(&Words { subject: None, text, data, mail: None }).is_empty() {
        data.remove(buttons::FIELD);
        data.extend(before.map(|before| (buttons::FIELD.to_owned(), before)));
    }
}

/// The words with the buttons below them, for whoever looks at a message that was not sent. None where it has none.
pub(crate) fn shown(words: &Words<'_>) -> Option<String> {
    let rows = buttons::rows(words.data)?;
    Some(buttons::shown_below(words.text.to_owned(), Some(rows)))
}

/// Names change and are not unique: Slack takes ids.
fn check(destination: &str) -> Result<(), String> {
    let is_id = |rest: &str| {
        let is_of_ids = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        ID_BYTES.contains(&rest.len()) && rest.bytes().all(is_of_ids)
    };
    let begins = |first: char| OF_A_PERSON.contains(&first) || OF_A_CHANNEL.contains(&first) || first == OF_TWO;
    if destination.strip_prefix(begins).is_some_and(is_id) {
        Ok(())
    } else {
        Err("must be the id of a person, a channel or a conversation, such as U012AB3CD or C012AB3CD: \
             capitals and digits, and no name"
            .into())
    }
}

fn faults(words: &Words<'_>) -> Vec<Fault> {
    let (_, mut faults) = options::read(words.data);
    faults.extend(buttons::faults(words.data, &BUTTONS));
    faults.extend(fault_of_text(words.text).map(|why| Fault { part: Part::Message, why }));
    faults
}

fn fault_of_text(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("must not be empty".into());
    }
    let chars = text.chars().count();
    (chars > MAX_TEXT_CHARS).then(|| format!("has {chars} characters, Slack takes {MAX_TEXT_CHARS}"))
}

#[cfg(test)]
mod tests;
