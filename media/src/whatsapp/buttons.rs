//! The buttons below a message of WhatsApp: `whatsapp_buttons` in the data of a notification. WhatsApp takes them in the 24
//! hours after a recipient's last message, as it takes words.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-reply-buttons-messages>.

use serde_json::{Map, Value, json};

use crate::line;
use crate::words::{Fault, Part, Words};

/// The name of the list in the data.
pub(super) const FIELD: &str = "whatsapp_buttons";

const ID: &str = "id";
const TITLE: &str = "title";

/// The most buttons of a message.
const MAX_BUTTONS: usize = 3;
/// The longest title of a button, in characters.
const MAX_TITLE_CHARS: usize = 20;
/// The longest id of a button, in characters.
const MAX_ID_CHARS: usize = 256;
/// The longest text above buttons, in characters.
const MAX_TEXT_CHARS: usize = 1024;

/// One button.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplyButton<'a> {
    /// What is told of whoever presses it.
    pub id: &'a str,
    pub title: &'a str,
}

impl<'a> ReplyButton<'a> {
    fn of(button: &'a Value) -> Option<Self> {
        let get = |name: &str| button.get(name).and_then(Value::as_str);
        Some(Self { id: get(ID)?, title: get(TITLE)? })
    }

    pub(super) fn shown(&self) -> String {
        format!("[{}: {}]", self.title, self.id)
    }
}

/// The buttons of a message; empty where the data have none.
pub fn buttons(data: &Map<String, Value>) -> Vec<ReplyButton<'_>> {
    data.get(FIELD).and_then(Value::as_array).into_iter().flatten().filter_map(ReplyButton::of).collect()
}

/// Whether the data have buttons, rightly or wrongly.
pub(super) fn is_given(data: &Map<String, Value>) -> bool {
    data.get(FIELD).is_some_and(|value| !value.is_null())
}

/// Puts buttons into the data, by their titles and ids, where WhatsApp takes them all below this text. Otherwise the words
/// alone say how to answer.
pub(crate) fn put(text: &str, data: &mut Map<String, Value>, buttons: &[(String, String)]) {
    let buttons = buttons.iter().map(|(title, id)| json!({ID: id, TITLE: title.trim()})).collect();
    let before = data.insert(FIELD.into(), Value::Array(buttons));
    if !faults(&Words { subject: None, text, data, mail: None }).is_empty() {
        data.remove(FIELD);
        data.extend(before.map(|before| (FIELD.to_owned(), before)));
    }
}

/// Finds what is no button, and a text that is too long above buttons.
pub(super) fn faults(words: &Words<'_>) -> Vec<Fault> {
    let buttons = match words.data.get(FIELD) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(buttons)) => buttons,
        Some(_) => return vec![fault(&[], "must be a list of buttons, each an object with id and title")],
    };
    if buttons.is_empty() || buttons.len() > MAX_BUTTONS {
        return vec![fault(&[], format!("has {} buttons, WhatsApp takes 1 to {MAX_BUTTONS}", buttons.len()))];
    }
    let mut faults: Vec<Fault> =
        buttons.iter().enumerate().flat_map(|(at, button)| of_button(button, &at.to_string())).collect();
    faults.extend([ID, TITLE].into_iter().filter_map(|name| twice(buttons, name)));
    let chars = words.text.trim().chars().count();
    if !(1..=MAX_TEXT_CHARS).contains(&chars) {
        let why = format!("has {chars} characters, WhatsApp takes 1 to {MAX_TEXT_CHARS} above buttons");
        faults.push(Fault { part: Part::Message, why });
    }
    faults
}

fn of_button(button: &Value, at: &str) -> Vec<Fault> {
    let Some(object) = button.as_object() else {
        return vec![fault(&[at], "must be an object with id and title")];
    };
    let is_text = |name: &str, most: usize| {
        let text = object.get(name).and_then(Value::as_str);
        text.is_some_and(|text| {
            let is_one = !text.is_empty() && text.trim() == text && line::check(text).is_ok();
            is_one && text.chars().count() <= most
        })
    };
    let texts = [(ID, MAX_ID_CHARS), (TITLE, MAX_TITLE_CHARS)].into_iter();
    let wrong = texts.filter(|(name, most)| !is_text(name, *most));
    let wrong = wrong.map(|(name, most)| fault(&[at, name], format!("must be a line of 1 to {most} characters")));
    let unknown = object.keys().filter(|name| ![ID, TITLE].contains(&name.as_str()));
    let unknown = unknown.map(|name| fault(&[at, name], "is no field of a button; known are id, title"));
    wrong.chain(unknown).take(domain::MAX_COMPARED_NAMES).collect()
}

/// WhatsApp tells buttons apart by either.
fn twice(buttons: &[Value], name: &str) -> Option<Fault> {
    let texts: Vec<&str> = buttons.iter().filter_map(|button| button.get(name)?.as_str()).collect();
    let repeat = (1..texts.len()).find(|at| texts[..*at].contains(&texts[*at]))?;
    Some(fault(&[&repeat.to_string(), name], "is that of another button"))
}

fn fault(within: &[&str], why: impl Into<String>) -> Fault {
    let names = std::iter::once(FIELD).chain(within.iter().copied()).map(str::to_owned);
    Fault { part: Part::Field(names.collect()), why: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, buttons: Value) -> Vec<String> {
        let data = Map::from_iter([(FIELD.to_owned(), buttons)]);
        let words = Words { subject: None, text, data: &data, mail: None };
        faults(&words).iter().map(ToString::to_string).collect()
    }

    fn button(id: &str, title: &str) -> Value {
        json!({"id": id, "title": title})
    }

    #[test]
    fn a_message_has_up_to_three_buttons_of_their_own() {
        let three = json!([button("a", "Sí"), button("b", "No"), button("c", &"x".repeat(20))]);
        for buttons in [Value::Null, three, json!([button(&"i".repeat(256), "ok")])] {
            assert_eq!(told(&"x".repeat(1024), buttons.clone()), [""; 0], "{buttons}");
        }
        let prefix = "data/whatsapp_buttons";
        for (buttons, expected) in [
            (json!({}), format!("{prefix} must be a list of buttons, each an object with id and title")),
            (json!([]), format!("{prefix} has 0 buttons, WhatsApp takes 1 to 3")),
            (json!(["a", "b", "c", "d"]), format!("{prefix} has 4 buttons, WhatsApp takes 1 to 3")),
            (json!(["a"]), format!("{prefix}/0 must be an object with id and title")),
            (json!([button("", "a")]), format!("{prefix}/0/id must be a line of 1 to 256 characters")),
            (json!([button("a", &"x".repeat(21))]), format!("{prefix}/0/title must be a line of 1 to 20 characters")),
            (json!([button("a", "a\nb")]), format!("{prefix}/0/title must be a line of 1 to 20 characters")),
            (json!([button("a", "x"), button("a", "y")]), format!("{prefix}/1/id is that of another button")),
            (json!([button("a", "x"), button("b", "x")]), format!("{prefix}/1/title is that of another button")),
            (
                json!([{"id": "a", "title": "x", "text": "y"}]),
                format!("{prefix}/0/text is no field of a button; known are id, title"),
            ),
        ] {
            assert_eq!(told("m", buttons), [expected]);
        }
        let long = "message has 1025 characters, WhatsApp takes 1 to 1024 above buttons";
        assert_eq!(told(&"x".repeat(1025), json!([button("a", "x")])), [long]);
    }

    #[test]
    fn buttons_are_put_where_whatsapp_takes_them_all() {
        let pairs = |titles: &[&str]| -> Vec<(String, String)> {
            titles.iter().enumerate().map(|(at, title)| ((*title).to_owned(), format!("id-{at}"))).collect()
        };
        let put_below = |text: &str, titles: &[&str]| {
            let mut data = Map::new();
            put(text, &mut data, &pairs(titles));
            buttons(&data).iter().map(ReplyButton::shown).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(put_below("Deploy?", &["Sí", " No "]), "[Sí: id-0] [No: id-1]");
        for (text, titles) in [
            ("Deploy?", &["a", "b", "c", "d"][..]),
            ("Deploy?", &["a title of many words"]),
            ("Deploy?", &["Sí", "Sí"]),
            ("Deploy?", &[]),
            (&"x".repeat(1025), &["Sí"]),
        ] {
            assert_eq!(put_below(text, titles), "", "{titles:?}");
        }
    }
}
