//! What a form or an address asks to be planned, as the operation reads it: one reader, whoever asks.

use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::pieces::pager::address;

/// The field that is there once for each letter that was chosen.
pub(super) const LETTER: &str = "letter";
/// What says which letters, beside their names.
pub(super) const SELECTORS: [&str; 14] = [
    "group",
    "id",
    "from",
    "until",
    "recipient",
    "recipient_hash",
    "channel",
    "provider",
    "reason",
    "code",
    "template",
    "lane",
    "job",
    "all",
];
const FLAGS: [&str; 2] = ["all", "even_waiting"];
const NUMBERS: [&str; 3] = ["rate", "canary", "max_moves"];
/// The longest address that every server and proxy on the way takes.
const MAX_ADDRESS: usize = 6_000;

/// The fields as the operation has them. What is not known to it stays, so that it is named.
pub(super) fn object(fields: &Fields) -> Map<String, Value> {
    let mut object = Map::new();
    for name in fields.names().filter(|name| *name != LETTER) {
        let Some(text) = fields.text(name) else { continue };
        let value = match text.parse::<u32>() {
            Ok(number) if NUMBERS.contains(&name) => Value::from(number),
            _ if FLAGS.contains(&name) && text == "true" => Value::Bool(true),
            _ if FLAGS.contains(&name) && text == "false" => Value::Bool(false),
            _ => Value::from(text),
        };
        object.insert(name.to_owned(), value);
    }
    let letters: Vec<Value> = fields.all(LETTER).map(Value::from).collect();
    if !letters.is_empty() {
        object.insert("letters".to_owned(), Value::Array(letters));
    }
    object
}

/// The address of the form that asks for the same again. None where it would be too long, or cannot be read.
pub(super) fn again(path: &str, wanted: &str) -> Option<String> {
    let Value::Object(wanted) = serde_json::from_str(wanted).ok()? else { return None };
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for (name, value) in &wanted {
        match value {
            Value::String(text) => pairs.push((name, text.clone())),
            Value::Array(letters) if name == "letters" => {
                pairs.extend(letters.iter().filter_map(Value::as_str).map(|letter| (LETTER, letter.to_owned())));
            }
            Value::Bool(_) | Value::Number(_) => pairs.push((name, value.to_string())),
            _ => {}
        }
    }
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Some(address(path, &pairs, None)).filter(|address| address.len() <= MAX_ADDRESS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_is_read_as_the_operation_has_it() {
        let fields =
            Fields::parse(b"action=replay&letter=0a&letter=0b&rate=20&canary=x&even_waiting=true&channel=+&odd=1");
        let expected = json!({
            "action": "replay", "letters": ["0a", "0b"], "rate": 20, "canary": "x", "even_waiting": true, "odd": "1",
        });
        assert_eq!(Value::Object(object(&fields)), expected);
    }

    #[test]
    fn what_was_planned_is_asked_for_again() {
        let wanted = r#"{"action":"drop","letters":["0a"],"all":false,"rate":5,"why":"a b"}"#;
        let address = again("/x", wanted).expect("an address");
        for part in ["action=drop", "letter=0a", "all=false", "rate=5", "why=a+b"] {
            assert!(address.contains(part), "{address}");
        }
        assert_eq!(again("/x", "no JSON"), None);
        let many = json!({"letters": vec!["0a0b0c0d0e0f"; 1_000]}).to_string();
        assert_eq!(again("/x", &many), None);
    }
}
