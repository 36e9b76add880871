//! A setting that says how many messages the whole fleet gives a provider in windows of time.

use domain::{Window, WindowUnit};
use runtime::settings::{Reader, place_in_list};

const MOST: u32 = 10_000_000;

/// What others call the units.
const OTHER_UNITS: [(&str, WindowUnit); 14] = [
    ("sec", WindowUnit::Second),
    ("secs", WindowUnit::Second),
    ("second", WindowUnit::Second),
    ("seconds", WindowUnit::Second),
    ("m", WindowUnit::Minute),
    ("mins", WindowUnit::Minute),
    ("minute", WindowUnit::Minute),
    ("minutes", WindowUnit::Minute),
    ("hr", WindowUnit::Hour),
    ("hour", WindowUnit::Hour),
    ("hours", WindowUnit::Hour),
    ("d", WindowUnit::Day),
    ("days", WindowUnit::Day),
    ("daily", WindowUnit::Day),
];

/// Reads a list such as `10/s, 300/min`, and tells every mistake in it. A mistake is named by its place, and not repeated,
/// because the list may be the value of another setting. None if the setting is not set, or is wrong.
pub(super) fn read(reader: &mut Reader, name: &str) -> Option<Vec<Window>> {
    let list = reader.text(name)?.to_ascii_lowercase();
    let pieces: Vec<&str> = list.split(',').map(str::trim).collect();
    if pieces.len() > WindowUnit::ALL.len() {
        reader.refuse(name, format_args!("must have {} windows at most, such as 10/s, 300/min", WindowUnit::ALL.len()));
        return None;
    }
    let (mut windows, mut is_right): (Vec<Window>, bool) = (Vec::new(), true);
    for (at, piece) in pieces.iter().enumerate() {
        let what = match window(piece) {
            Ok(new) if windows.iter().any(|window| window.unit == new.unit) => {
                format!("there is one with the unit {} before it: leave one of the two", new.unit.as_str())
            }
            Ok(new) => {
                windows.push(new);
                continue;
            }
            Err(what) => what,
        };
        is_right = false;
        let place = place_in_list(at, pieces.len()).map(|place| format!("of {place}, ")).unwrap_or_default();
        reader.refuse(name, format_args!("must be a list such as 10/s, 300/min; {place}{what}"));
    }
    windows.sort_by_key(|window| window.unit);
    is_right.then_some(windows)
}

/// # Errors
/// What is wrong, as a text that is read behind the place of the window.
fn window(piece: &str) -> Result<Window, String> {
    if piece.is_empty() {
        return Err("there is nothing before or behind a comma".into());
    }
    let Some((number, unit)) = piece.split_once('/').map(|(number, unit)| (number.trim(), unit.trim())) else {
        return Err("there is no / between a number and a unit".into());
    };
    if unit.contains('/') {
        return Err("there is no comma before the next window".into());
    }
    let is_whole = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let messages = number.parse::<u32>().ok().filter(|messages| is_whole && (1..=MOST).contains(messages));
    let known = WindowUnit::ALL.into_iter().find(|known| known.as_str() == unit);
    match (messages, known) {
        (Some(messages), Some(unit)) => Ok(Window { unit, messages }),
        (None, Some(_)) => Err(format!("the number must be a whole one from 1 to {MOST}")),
        (Some(_), None) => Err(unknown(unit)),
        (None, None) => Err(format!("the number must be a whole one from 1 to {MOST}, and {}", unknown(unit))),
    }
}

fn unknown(unit: &str) -> String {
    let meant = OTHER_UNITS.iter().find(|(other, _)| *other == unit);
    let hint = meant.map(|(_, meant)| format!("; did you mean {}?", meant.as_str())).unwrap_or_default();
    format!("the unit must be one of {}{hint}", WindowUnit::ALL.map(WindowUnit::as_str).join(", "))
}
