//! In the app: a message in the inbox of a user, which the ledger keeps. It goes to no provider, and leaves the fleet by the
//! inbox alone.

use domain::{Ambiguity, InboxAddress, nearest};
use serde_json::{Map, Value};
use url::Url;

use crate::fields::{field, unknown};
use crate::line;
use crate::medium::{Carriage, Medium};
use crate::words::{Fault, Part, Words};

/// The object in the data that holds what is no data of the application's own.
const FIELD: &str = "inapp";
const KIND: &str = "kind";
const ACTION: &str = "action";
const NAMES: &[&str] = &[KIND, ACTION];

const LABEL: &str = "label";
const URL: &str = "url";
const OF_AN_ACTION: &[&str] = &[LABEL, URL];

/// The longest text, in characters: an item of a list, and no page.
const MAX_TEXT_CHARS: usize = 4096;
/// The most bytes of the data as JSON: a page of an inbox has many of them.
const MAX_DATA_BYTES: usize = 4096;
const MAX_KIND_CHARS: usize = 64;
const MAX_LABEL_CHARS: usize = 64;
const MAX_URL_BYTES: usize = 2048;

/// The kind of an item that names none.
const USUAL_KIND: &str = "message";

pub static MEDIUM: Medium = Medium {
    name: domain::INAPP,
    example: "user:example-user",
    kinds: &[],
    // An inbox has a delivery once, however often it is tried.
    ambiguity: Ambiguity::Resend,
    check,
    compared: str::to_owned,
    faults,
    has_subject: true,
    sends: |_| true,
    meant: |name, _| nearest(name, [FIELD]),
    files: Carriage::Nothing,
};

/// What stands in an inbox beside the words.
#[derive(Clone, PartialEq, Debug)]
pub struct Extras {
    /// What it is about, as the application names such things.
    pub kind: String,
    /// What its user can do: an object of `url` and perhaps `label`.
    pub action: Option<Map<String, Value>>,
    /// The publisher's own.
    pub data: Map<String, Value>,
}

/// What goes into the inbox beside the words. The kind is the template's name, where nothing else says it.
pub fn extras(data: &Map<String, Value>, template: Option<&str>) -> Extras {
    let given = data.get(FIELD).and_then(Value::as_object);
    let text = |name: &str| given.and_then(|given| given.get(name)).and_then(Value::as_str);
    let kind = text(KIND).or(template).unwrap_or(USUAL_KIND).to_owned();
    let action = given.and_then(|given| given.get(ACTION)).and_then(Value::as_object).cloned();
    let mut own = data.clone();
    own.remove(FIELD);
    Extras { kind, action, data: own }
}

fn check(destination: &str) -> Result<(), String> {
    line::check(destination)?;
    match InboxAddress::parse(destination) {
        Some(_) => Ok(()),
        None => {
            Err("must be user: and the id of a user, or topic: and a group or role:NAME: 1 to 128 visible characters, \
                     without spaces and commas"
                .into())
        }
    }
}

fn faults(words: &Words<'_>) -> Vec<Fault> {
    let mut faults = faults_of_options(words.data);
    let bytes = Value::Object(extras(words.data, None).data).to_string().len();
    if bytes > MAX_DATA_BYTES {
        let why = format!("has {bytes} bytes as JSON, an inbox takes {MAX_DATA_BYTES}");
        faults.push(Fault { part: Part::Data, why });
    }
    faults.extend(fault_of_text(words.text).map(|why| Fault { part: Part::Message, why }));
    faults
}

fn fault_of_text(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("must not be empty".into());
    }
    let chars = text.chars().count();
    (chars > MAX_TEXT_CHARS).then(|| format!("has {chars} characters, an inbox takes {MAX_TEXT_CHARS}"))
}

/// `null` counts as absent at every depth.
fn faults_of_options(data: &Map<String, Value>) -> Vec<Fault> {
    let given = match data.get(FIELD) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Object(given)) => given,
        Some(_) => return vec![field(&[FIELD], format!("must be an object, which may have {}", NAMES.join(", ")))],
    };
    let mut faults = unknown(given, &[FIELD], NAMES);
    if let Some(kind) = given.get(KIND).filter(|value| !value.is_null())
        && !is_line(kind, MAX_KIND_CHARS)
    {
        faults.push(field(&[FIELD, KIND], format!("must be one line of 1 to {MAX_KIND_CHARS} characters")));
    }
    match given.get(ACTION) {
        None | Some(Value::Null) => {}
        Some(Value::Object(action)) => faults.extend(faults_of_action(action)),
        Some(_) => faults.push(field(&[FIELD, ACTION], "must be an object of url and perhaps label")),
    }
    faults
}

fn faults_of_action(action: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = unknown(action, &[FIELD, ACTION], OF_AN_ACTION);
    if let Some(label) = action.get(LABEL).filter(|value| !value.is_null())
        && !is_line(label, MAX_LABEL_CHARS)
    {
        let why = format!("must be one line of 1 to {MAX_LABEL_CHARS} characters");
        faults.push(field(&[FIELD, ACTION, LABEL], why));
    }
    if !action.get(URL).and_then(Value::as_str).is_some_and(is_followed) {
        let why =
            format!("must be an http or https URL, or a path that begins with /, of at most {MAX_URL_BYTES} bytes");
        faults.push(field(&[FIELD, ACTION, URL], why));
    }
    faults
}

fn is_line(value: &Value, max_chars: usize) -> bool {
    value
        .as_str()
        .is_some_and(|text| !text.trim().is_empty() && text.chars().count() <= max_chars && line::check(text).is_ok())
}

/// Whether a page may follow it: a script in an address would run in the page, and an address that begins with two slashes
/// leads to another host.
fn is_followed(text: &str) -> bool {
    let is_path = text.starts_with('/') && !text.starts_with("//") && !text.starts_with("/\\");
    let is_web = || Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    text.len() <= MAX_URL_BYTES && line::check(text).is_ok() && (is_path || is_web())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(text: &str, data: Value) -> Vec<String> {
        let Value::Object(data) = data else { unreachable!() };
        let words = Words { subject: Some("Oferta"), text, data: &data, mail: None };
        faults(&words).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_inbox_is_that_of_a_user_or_of_the_members_of_a_topic() {
        for good in ["user:u-1", "user:ana@example.com", "topic:role:ADMIN", "topic:analysts"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["u-1", "user:", "user:a b", "role:ADMIN", "topic:", "user:a\tb"] {
            assert!(check(bad).is_err_and(|why| why.starts_with("must ")), "{bad}");
        }
    }

    #[test]
    fn what_is_no_data_of_the_application_is_told_apart() {
        let inapp = json!({ "kind": "solicitud_nueva", "action": { "label": "Ver", "url": "/s/7" } });
        let Value::Object(data) = json!({ "inapp": inapp, "n": 7 }) else { unreachable!() };
        let with = extras(&data, Some("alert"));
        assert_eq!((with.kind.as_str(), Value::Object(with.data)), ("solicitud_nueva", json!({ "n": 7 })));
        assert_eq!(with.action.map(Value::Object), Some(json!({ "label": "Ver", "url": "/s/7" })));
        assert_eq!(extras(&Map::new(), Some("alert")).kind, "alert");
        assert_eq!(extras(&Map::new(), None).kind, "message");
    }

    #[test]
    fn whatever_no_page_could_show_is_refused_with_its_place() {
        let action = |action: Value| json!({ "inapp": { "action": action } });
        for good in ["/s/7", "https://app.example.org/s/7", "http://localhost:3000/"] {
            assert_eq!(told("Hola", action(json!({ "url": good }))), [""; 0], "{good}");
        }
        for bad in ["javascript:alert(1)", "//evil.example", "/\\evil.example", "s/7", "/a\nb", ""] {
            let said = told("Hola", action(json!({ "url": bad })));
            assert!(said.len() == 1 && said[0].starts_with("data/inapp/action/url must"), "{bad}: {said:?}");
        }
        assert!(told("Hola", action(json!({ "label": "Ver" })))[0].starts_with("data/inapp/action/url must"));
        let said = told(" ", json!({ "inapp": { "kind": "", "knid": 1 }, "x": "y".repeat(4096) }));
        let begin = ["data/inapp/knid is not read", "data/inapp/kind must", "data has 4104 bytes", "message must not"];
        assert_eq!(said.len(), begin.len(), "{said:?}");
        assert!(said.iter().zip(begin).all(|(said, begin)| said.starts_with(begin)), "{said:?}");
        assert_eq!(told(&"ñ".repeat(4096), json!({})), [""; 0]);
        assert_eq!(told(&"ñ".repeat(4097), json!({})), ["message has 4097 characters, an inbox takes 4096"]);
    }
}
