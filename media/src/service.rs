//! Commands to services: a JSON object that is posted to a service of somebody's, which the fleet's registry knows by name.
//! The fleet alone writes them.

use domain::{Ambiguity, is_plain_name};
use serde_json::{Map, Value};

use crate::line;
use crate::medium::{Carriage, Medium};
use crate::words::Words;

/// The field of the data that has the command, and the one by which a worker knows that the fleet has written it.
pub const COMMAND: &str = "command";
pub const MARK: &str = "mark";

const MUST: &str = "must be the name of a service, of A-Z, a-z, 0-9, _ and -";
const MAX_BYTES: usize = 64;

pub static MEDIUM: Medium = Medium {
    name: "service",
    example: "trading",
    kinds: &[],
    // Every copy has the same `Idempotency-Key`, by which a service knows it.
    ambiguity: Ambiguity::Resend,
    check,
    compared: str::to_owned,
    faults: |_| Vec::new(),
    has_subject: false,
    sends: |_| true,
    files: Carriage::Nothing,
    meant: |_, _| None,
};

fn check(destination: &str) -> Result<(), String> {
    line::check(destination)?;
    let is_name = destination.len() <= MAX_BYTES && is_plain_name(destination);
    if is_name { Ok(()) } else { Err(MUST.into()) }
}

/// The command in the data of a notification, and its mark. None where there is none.
pub fn command(data: &Map<String, Value>) -> Option<(&Map<String, Value>, &str)> {
    Some((data.get(COMMAND)?.as_object()?, data.get(MARK)?.as_str()?))
}

/// The body that is posted.
pub(crate) fn json(words: &Words<'_>) -> String {
    command(words.data).map(|(command, _)| Value::Object(command.clone()).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_is_named_by_one_plain_word() {
        for good in ["trading", "trading-2", "Trading_EU", "x"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["trading.stop", "https://trading.example.org", "tra ding", "tr/ading", &"x".repeat(65)] {
            assert_eq!(check(bad), Err(MUST.to_owned()), "{bad}");
        }
    }

    #[test]
    fn what_is_shown_is_the_command_without_its_mark() {
        let Value::Object(data) = json!({ "command": { "action": "stop" }, "mark": "seal" }) else { unreachable!() };
        assert_eq!(command(&data).map(|(command, mark)| (command.len(), mark)), Some((1, "seal")));
        let words = Words { subject: None, text: "", data: &data, mail: None };
        assert_eq!(json(&words), r#"{"action":"stop"}"#);
        for none in [json!({}), json!({ "command": {} }), json!({ "command": "stop", "mark": "seal" })] {
            let Value::Object(none) = none else { unreachable!() };
            assert_eq!(command(&none), None);
        }
    }
}
