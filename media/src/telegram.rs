//! Telegram: a text to a chat, with buttons below it, or in place of one that was sent before.
//!
//! Source: <https://core.telegram.org/bots/api#sendmessage>.

mod html;
mod options;

use std::ops::RangeInclusive;

use domain::{Ambiguity, nearest};
use serde_json::{Map, Value};

use crate::attached;
use crate::buttons::{self, Limits};
use crate::email::ATTACHMENTS;
use crate::medium::{Carriage, Medium};
use crate::words::{Fault, Part, Words};

pub use self::html::{Entity, Styled};
pub use self::options::Options;

/// The longest text, in units of UTF-16, by which Telegram counts once the tags are taken out.
const MAX_TEXT_UNITS: usize = 4096;

/// The longest text below a file, in the same units (<https://core.telegram.org/bots/api#senddocument>).
const MAX_CAPTION_UNITS: usize = 1024;

/// The most files of one message.
const MAX_FILES: usize = 1;

/// What a link of a button, and of the text, may begin with.
const SCHEMES: &[&str] = &["https", "http", "tg"];

/// The data of a button: <https://core.telegram.org/bots/api#inlinekeyboardbutton>. Telegram publishes no limit of buttons,
/// and takes so many; nor of their words and links, which the limits of the whole body bound.
const BUTTONS: Limits = Limits {
    by: "Telegram",
    buttons: 100,
    of_a_row: 100,
    text_chars: usize::MAX,
    data_bytes: 64,
    url_bytes: usize::MAX,
    schemes: SCHEMES,
};

/// The length of the name of a public channel or group.
const NAME_BYTES: RangeInclusive<usize> = 4..=32;

/// The number of a chat has at most 52 significant bits (<https://core.telegram.org/bots/api#chat>).
const MAX_CHAT_BITS: u32 = 52;

pub static MEDIUM: Medium = Medium {
    name: "telegram",
    example: "@example_channel",
    kinds: &[],
    // Telegram recognises no second copy, and two questions with buttons are one too many.
    ambiguity: Ambiguity::ResendIfFresh,
    check,
    compared,
    faults,
    has_subject: false,
    sends: |data| data.contains_key(buttons::FIELD) || data.contains_key(options::FIELD),
    files: Carriage::Bytes(MAX_FILES),
    meant: |name, _| nearest(name, [buttons::FIELD, options::FIELD]),
};

/// What the publisher asks of Telegram beside the words and the buttons.
pub fn options(data: &Map<String, Value>) -> Options {
    options::read(data).0
}

/// Takes the tags out of a text that has some.
///
/// # Errors
/// What Telegram would not take of it, as a text that is read after the name of the part and quotes nothing.
pub fn styled(text: &str) -> Result<Styled, String> {
    html::read(text)
}

/// The words without tags, with the buttons below them, for whoever looks at a message that was not sent. None where the
/// words alone are all that there is.
pub fn shown(words: &Words<'_>) -> Option<String> {
    let styled = if options(words.data).is_html { styled(words.text).ok() } else { None };
    let rows = buttons::rows(words.data);
    if styled.is_none() && rows.is_none() {
        return None;
    }
    let text = styled.map_or_else(|| words.text.to_owned(), |styled| styled.text);
    Some(buttons::shown_below(text, rows))
}

/// The number of a chat is written as Telegram writes it: a plus or a zero before it would be a phone number's.
fn check(destination: &str) -> Result<(), String> {
    let is_chat = |id: i64| id != 0 && id.unsigned_abs() >> MAX_CHAT_BITS == 0 && id.to_string() == destination;
    let is_right = match destination.strip_prefix('@') {
        Some(name) => is_name(name),
        None => destination.parse().is_ok_and(is_chat),
    };
    if is_right {
        Ok(())
    } else {
        Err("must be a chat's number, or @ and the name of a public channel or group".into())
    }
}

fn is_name(name: &str) -> bool {
    NAME_BYTES.contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Telegram makes no difference between capitals and small letters in a name.
fn compared(destination: &str) -> String {
    if check(destination).is_ok() { destination.to_ascii_lowercase() } else { destination.to_owned() }
}

fn faults(words: &Words<'_>) -> Vec<Fault> {
    let (options, mut faults) = options::read(words.data);
    faults.extend(buttons::faults(words.data, &BUTTONS));
    faults.extend(attached::of_stored(words, MAX_FILES, 0));
    if attached::has_stored(words) && options.edits.is_some() {
        faults.push(Fault::of_mail(&[ATTACHMENTS], "cannot be in a message that takes the place of another"));
    }
    faults.extend(fault_of_text(words, options).map(|why| Fault { part: Part::Message, why }));
    faults
}

/// What is wrong with the text. It may be empty where the buttons of an earlier message are changed and nothing else is, and
/// below a file.
fn fault_of_text(words: &Words<'_>, options: Options) -> Option<String> {
    let has_file = attached::has_stored(words);
    if has_file && words.text.trim().is_empty() {
        return None;
    }
    let most = if has_file { MAX_CAPTION_UNITS } else { MAX_TEXT_UNITS };
    if words.text.trim().is_empty() && options.edits.is_some() && buttons::is_given(words.data) {
        return None;
    }
    if !options.is_html {
        return fault_of_length(words.text, most);
    }
    styled(words.text).map_or_else(Some, |styled| fault_of_length(&styled.text, most))
}

/// White space around the text does not count: Telegram takes it away.
fn fault_of_length(text: &str, most: usize) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some("must not be empty".into());
    }
    // A text has at most as many units as bytes, and its bytes are counted already.
    if text.len() <= most {
        return None;
    }
    let units = text.encode_utf16().count();
    let why = || format!("has {units} characters as UTF-16 counts them, Telegram takes {most}");
    (units > most).then(why)
}

#[cfg(test)]
mod tests;
