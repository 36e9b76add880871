//! The buttons below a message: `buttons` in the data of a notification, as rows of them. Each messenger takes so many.

use serde_json::{Map, Value, json};
use url::Url;

use crate::fields::{field, unknown};
use crate::line;
use crate::words::Fault;

/// The name of the list in the data.
pub(crate) const FIELD: &str = "buttons";

const TEXT: &str = "text";
const DATA: &str = "data";
const URL: &str = "url";
const NAMES: &[&str] = &[TEXT, DATA, URL];

/// What one messenger takes.
pub(crate) struct Limits {
    /// Who takes so much, for people.
    pub(crate) by: &'static str,
    /// The most buttons of one message, and of one row.
    pub(crate) buttons: usize,
    pub(crate) of_a_row: usize,
    /// The longest words on a button, in characters.
    pub(crate) text_chars: usize,
    /// The longest data that come back when a button is pressed, in bytes.
    pub(crate) data_bytes: usize,
    /// The longest link, in bytes, and what it may begin with.
    pub(crate) url_bytes: usize,
    pub(crate) schemes: &'static [&'static str],
}

/// One button.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Button<'a> {
    pub text: &'a str,
    pub press: Press<'a>,
}

/// What happens when a button is pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Press<'a> {
    /// These data are told to us.
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

    fn shown(&self) -> String {
        let (Press::Data(press) | Press::Url(press)) = self.press;
        format!("[{}: {press}]", self.text)
    }
}

/// The rows of buttons of a message, as the publisher wrote them. None where the data have none; no rows take the buttons of
/// an edited message away.
pub fn rows(data: &Map<String, Value>) -> Option<Vec<Vec<Button<'_>>>> {
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

/// The words with the rows of buttons below them, for whoever looks at a message that was not sent.
pub(crate) fn shown_below(text: String, rows: Option<Vec<Vec<Button<'_>>>>) -> String {
    let rows = rows.into_iter().flatten().map(|row| row.iter().map(Button::shown).collect::<Vec<_>>().join(" "));
    std::iter::once(text).chain(rows).collect::<Vec<_>>().join("\n")
}

/// Whether the data have buttons, rightly or wrongly.
pub(crate) fn is_given(data: &Map<String, Value>) -> bool {
    data.get(FIELD).is_some_and(|value| !value.is_null())
}

/// Finds what is no row and no button, and what is more than this messenger takes.
pub(crate) fn faults(data: &Map<String, Value>, limits: &Limits) -> Vec<Fault> {
    let rows = match data.get(FIELD) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(rows)) => rows,
        Some(_) => return vec![field(&[FIELD], "must be a list of rows, each of them a list of buttons")],
    };
    let count: usize = rows.iter().map(|row| row.as_array().map_or(1, Vec::len)).sum();
    if count.max(rows.len()) > limits.buttons {
        return vec![field(&[FIELD], format!("has {count} buttons, {} takes {}", limits.by, limits.buttons))];
    }
    rows.iter().enumerate().flat_map(|(at, row)| of_row(row, &at.to_string(), limits)).collect()
}

fn of_row(row: &Value, at: &str, limits: &Limits) -> Vec<Fault> {
    match row.as_array() {
        Some(buttons) if buttons.len() > limits.of_a_row => {
            let why = format!("has {} buttons, {} takes {} in a row", buttons.len(), limits.by, limits.of_a_row);
            vec![field(&[FIELD, at], why)]
        }
        Some(buttons) if !buttons.is_empty() => {
            let of_each =
                |(place, button): (usize, &Value)| of_button(button, &[FIELD, at, &place.to_string()], limits);
            buttons.iter().enumerate().flat_map(of_each).collect()
        }
        _ => vec![field(&[FIELD, at], "must be a list of at least one button")],
    }
}

fn of_button(button: &Value, place: &[&str], limits: &Limits) -> Vec<Fault> {
    let Some(button) = button.as_object() else {
        return vec![field(place, "must be an object with text, and data or url")];
    };
    let below = |name: &str, why: String| field(&[place, &[name]].concat(), why);
    let given = |name: &str| button.get(name).filter(|value| !value.is_null());
    let mut faults = unknown(button, place, NAMES);
    match given(TEXT).and_then(Value::as_str) {
        Some(text) if text.chars().count() > limits.text_chars => {
            let why = format!("must have at most {} characters: {} takes no more", limits.text_chars, limits.by);
            faults.push(below(TEXT, why));
        }
        Some(text) if !text.trim().is_empty() && line::check(text).is_ok() => {}
        _ => faults.push(below(TEXT, "must be one line of text".into())),
    }
    match (given(DATA), given(URL)) {
        (Some(data), None) => {
            let is_right = data.as_str().is_some_and(|data| (1..=limits.data_bytes).contains(&data.len()));
            let must = || below(DATA, format!("must be a text of 1 to {} bytes", limits.data_bytes));
            faults.extend((!is_right).then(must));
        }
        (None, Some(url)) => {
            let is_right = |url: &str| url.len() <= limits.url_bytes && is_link(url, limits.schemes);
            let begins = limits.schemes.join("://, ") + "://";
            let must = || below(URL, format!("must be a URL that begins with {begins}"));
            faults.extend((!url.as_str().is_some_and(is_right)).then(must));
        }
        _ => faults.push(field(place, "must have either data or url")),
    }
    faults
}

/// Whether a link of one of these schemes can be opened.
pub(crate) fn is_link(text: &str, schemes: &[&str]) -> bool {
    let one_word = line::check(text).is_ok() && !text.chars().any(char::is_whitespace);
    one_word && Url::parse(text).is_ok_and(|url| schemes.contains(&url.scheme()) && url.has_host())
}
