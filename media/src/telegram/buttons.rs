//! The buttons below a message: `buttons` in the data of a notification, as rows of them.
//!
//! Source: <https://core.telegram.org/bots/api#inlinekeyboardbutton>.

use serde_json::{Map, Value, json};
use url::Url;

use super::{field, unknown};
use crate::line;
use crate::words::Fault;

/// The name of the list in the data.
pub(super) const FIELD: &str = "buttons";

const TEXT: &str = "text";
const DATA: &str = "data";
const URL: &str = "url";
const NAMES: &[&str] = &[TEXT, DATA, URL];

/// The most buttons of one message. Telegram publishes no limit, and takes so many.
const MAX_BUTTONS: usize = 100;
/// The longest data that come back when a button is pressed, in bytes.
const MAX_DATA_BYTES: usize = 64;
/// What a link of a button may begin with.
const SCHEMES: [&str; 3] = ["https", "http", "tg"];

/// One button.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Button<'a> {
    pub text: &'a str,
    pub press: Press<'a>,
}

/// What happens when a button is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Press<'a> {
    /// These data are told to the bot.
    Data(&'a str),
    /// This link is opened.
    Url(&'a str),
}

impl<'a> Button<'a> {
    fn of(button: &'a Value) -> Option<Self> {
        let get = |name: &str| button.get(name).and_then(Value::as_str);
        let press = get(DATA).map(Press::Data).or_else(|| get(URL).map(Press::Url))?;
        Some(Self { text: get(TEXT)?, press })
    }

    pub(super) fn shown(&self) -> String {
        let (Press::Data(press) | Press::Url(press)) = self.press;
        format!("[{}: {press}]", self.text)
    }
}

/// The rows as the publisher wrote them.
pub(super) fn rows(data: &Map<String, Value>) -> Option<Vec<Vec<Button<'_>>>> {
    let rows = data.get(FIELD)?.as_array()?;
    Some(rows.iter().map(|row| row.as_array().into_iter().flatten().filter_map(Button::of).collect()).collect())
}

/// Puts buttons into the data, one in each row, by their texts and the data behind them.
pub(crate) fn put(data: &mut Map<String, Value>, buttons: &[(String, String)]) {
    if !buttons.is_empty() {
        let row = |(text, behind): &(String, String)| json!([{TEXT: text, DATA: behind}]);
        data.insert(FIELD.into(), buttons.iter().map(row).collect());
    }
}

/// Whether the data have buttons, rightly or wrongly.
pub(super) fn is_given(data: &Map<String, Value>) -> bool {
    data.get(FIELD).is_some_and(|value| !value.is_null())
}

/// Finds what is no row and no button.
pub(super) fn faults(data: &Map<String, Value>) -> Vec<Fault> {
    let rows = match data.get(FIELD) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(rows)) => rows,
        Some(_) => return vec![field(&[FIELD], "must be a list of rows, each of them a list of buttons")],
    };
    let count: usize = rows.iter().map(|row| row.as_array().map_or(1, Vec::len)).sum();
    if count.max(rows.len()) > MAX_BUTTONS {
        return vec![field(&[FIELD], format!("has {count} buttons, Telegram takes {MAX_BUTTONS}"))];
    }
    rows.iter().enumerate().flat_map(|(at, row)| of_row(row, &at.to_string())).collect()
}

fn of_row(row: &Value, at: &str) -> Vec<Fault> {
    match row.as_array() {
        Some(buttons) if !buttons.is_empty() => {
            let of_each = |(place, button): (usize, &Value)| of_button(button, &[FIELD, at, &place.to_string()]);
            buttons.iter().enumerate().flat_map(of_each).collect()
        }
        _ => vec![field(&[FIELD, at], "must be a list of at least one button")],
    }
}

fn of_button(button: &Value, place: &[&str]) -> Vec<Fault> {
    let Some(button) = button.as_object() else {
        return vec![field(place, "must be an object with text, and data or url")];
    };
    let below = |name: &str, why: String| field(&[place, &[name]].concat(), why);
    let given = |name: &str| button.get(name).filter(|value| !value.is_null());
    let mut faults = unknown(button, place, NAMES);
    let text = given(TEXT).and_then(Value::as_str);
    if !text.is_some_and(|text| !text.trim().is_empty() && line::check(text).is_ok()) {
        faults.push(below(TEXT, "must be one line of text".into()));
    }
    match (given(DATA), given(URL)) {
        (Some(data), None) => {
            let is_right = data.as_str().is_some_and(|data| (1..=MAX_DATA_BYTES).contains(&data.len()));
            let must = || below(DATA, format!("must be a text of 1 to {MAX_DATA_BYTES} bytes"));
            faults.extend((!is_right).then(must));
        }
        (None, Some(url)) => {
            let must = || below(URL, format!("must be a URL that begins with {}", SCHEMES.join("://, ") + "://"));
            faults.extend((!url.as_str().is_some_and(is_link)).then(must));
        }
        _ => faults.push(field(place, "must have either data or url")),
    }
    faults
}

/// Whether Telegram opens this link.
pub(super) fn is_link(text: &str) -> bool {
    let one_word = line::check(text).is_ok() && !text.chars().any(char::is_whitespace);
    one_word && Url::parse(text).is_ok_and(|url| SCHEMES.contains(&url.scheme()) && url.has_host())
}
