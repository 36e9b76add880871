//! A template that Twilio keeps and WhatsApp has approved: `content_sid` and `content_variables` in the data of a
//! notification. Outside the 24 hours after a recipient's last message, WhatsApp takes nothing else
//! (<https://www.twilio.com/docs/api/errors/63016>).

use serde_json::{Map, Value};

use crate::attached;
use crate::words::{Fault, Part};

pub(crate) const SID: &str = "content_sid";
pub(crate) const VARIABLES: &str = "content_variables";

/// The limits of <https://www.twilio.com/docs/content/using-variables-with-content-api>.
const MAX_VARIABLES: usize = 100;
const MAX_NAME_CHARS: usize = 16;
const MAX_VALUE_CHARS: usize = 1600;

/// A template, and what stands in its places.
pub struct Content<'a> {
    pub sid: &'a str,
    /// Texts by the names of their places; none where the template has no places, or those that it brings itself.
    pub variables: Option<&'a Map<String, Value>>,
}

impl<'a> Content<'a> {
    /// The template that the data name.
    pub fn of(data: &'a Map<String, Value>) -> Option<Self> {
        let sid = data.get(SID)?.as_str()?;
        let variables = data.get(VARIABLES).and_then(Value::as_object).filter(|variables| !variables.is_empty());
        Some(Self { sid, variables })
    }
}

/// Whether the data name a template, rightly or wrongly.
pub(crate) fn is_given(data: &Map<String, Value>) -> bool {
    given(data, SID).is_some()
}

/// Finds what is no template, and what a template cannot have beside it.
pub(crate) fn faults(data: &Map<String, Value>) -> Vec<Fault> {
    let field = |name: &str, why: &str| Fault { part: Part::Field(vec![name.into()]), why: why.into() };
    let variables = given(data, VARIABLES);
    let Some(sid) = given(data, SID) else {
        // https://www.twilio.com/docs/api/errors/21654
        return variables.map(|_| field(VARIABLES, "needs content_sid beside it")).into_iter().collect();
    };
    let mut faults = Vec::new();
    if !sid.as_str().is_some_and(is_sid) {
        faults.push(field(SID, "must be HX and 32 hexadecimal digits, as Twilio's console shows a template's SID"));
    }
    match variables {
        None => {}
        Some(Value::Object(variables)) => faults.extend(of_variables(variables)),
        Some(_) => faults.push(field(VARIABLES, "must be an object of texts")),
    }
    if attached::is_given(data) {
        // https://www.twilio.com/docs/api/errors/63016
        faults.push(field(attached::FIELD, "cannot stand beside content_sid: pictures are the template's own"));
    }
    faults
}

/// A field of the data. `null` counts as absent.
fn given<'a>(data: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    data.get(name).filter(|value| !value.is_null())
}

pub(crate) fn is_sid(text: &str) -> bool {
    text.strip_prefix("HX").is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn of_variables(variables: &Map<String, Value>) -> Vec<Fault> {
    if variables.len() > MAX_VARIABLES {
        let why = format!("has {} variables, Twilio takes {MAX_VARIABLES}", variables.len());
        return vec![Fault { part: Part::Field(vec![VARIABLES.into()]), why }];
    }
    let fault = |(name, value): (&String, &Value)| {
        let why = of_variable(name, value)?;
        Some(Fault { part: Part::Field(vec![VARIABLES.into(), name.clone()]), why })
    };
    variables.iter().filter_map(fault).collect()
}

/// What is wrong with a variable. One without a text is refused by Twilio
/// (<https://www.twilio.com/docs/api/errors/21656>).
fn of_variable(name: &str, value: &Value) -> Option<String> {
    let is_name =
        (1..=MAX_NAME_CHARS).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        return Some(format!("must have a name of 1 to {MAX_NAME_CHARS} letters, digits or '_'"));
    }
    match value.as_str().map(|text| text.chars().count()) {
        None => Some("must be a text".into()),
        Some(0) => Some("must not be empty".into()),
        Some(n) if n > MAX_VALUE_CHARS => Some(format!("has {n} characters, Twilio takes {MAX_VALUE_CHARS}")),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HX: &str = "HX0123456789abcdef0123456789ABCDEF";

    fn told(data: Value) -> Vec<String> {
        let Value::Object(data) = data else { panic!("{data}") };
        faults(&data).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_template_is_a_sid_with_or_without_texts_for_its_places() {
        for data in [
            json!({}),
            json!({"content_sid": null, "content_variables": null, "other": 7}),
            json!({"content_sid": HX}),
            json!({"content_sid": HX, "content_variables": null, "media_urls": null}),
            json!({"content_sid": HX, "content_variables": {}}),
            json!({"content_sid": HX, "content_variables": {"1": "Ana", "order_id": "x".repeat(1600)}}),
            json!({"content_sid": HX, "content_variables": {"OrderId16letters": "\n"}}),
        ] {
            assert_eq!(told(data.clone()), [""; 0], "{data}");
        }
    }

    #[test]
    fn what_is_no_template_is_named_by_its_field() {
        let sid = "data/content_sid must be HX and 32 hexadecimal digits, as Twilio's console shows a template's SID";
        let short = &HX[..33];
        for wrong in [json!(""), json!(short), json!(format!("{HX}0")), json!(HX.to_lowercase()), json!(7), json!([HX])]
        {
            assert_eq!(told(json!({ "content_sid": wrong })), [sid], "{wrong}");
        }
        assert_eq!(
            told(json!({"content_variables": {"1": "Ana"}})),
            ["data/content_variables needs content_sid beside it"]
        );
        for wrong in [json!("{\"1\":\"Ana\"}"), json!(["Ana"]), json!(7)] {
            assert_eq!(
                told(json!({"content_sid": HX, "content_variables": wrong})),
                ["data/content_variables must be an object of texts"]
            );
        }
        assert_eq!(
            told(json!({"content_sid": "x", "media_urls": ["https://example.org"]})),
            [sid, "data/media_urls cannot stand beside content_sid: pictures are the template's own"]
        );
    }

    #[test]
    fn every_variable_that_twilio_would_refuse_is_named() {
        let variables = json!({
            "": "a", "a b": "a", "a,b": "a", "seventeen_letters": "a", "ñ": "a", "1": "", "2": null, "3": 7,
            "4": {"a": "b"}, "5": "x".repeat(1601), "6": "fine",
        });
        let name = "must have a name of 1 to 16 letters, digits or '_'";
        let expected = [
            format!("data/content_variables/ {name}"),
            "data/content_variables/1 must not be empty".into(),
            "data/content_variables/2 must be a text".into(),
            "data/content_variables/3 must be a text".into(),
            "data/content_variables/4 must be a text".into(),
            "data/content_variables/5 has 1601 characters, Twilio takes 1600".into(),
            format!("data/content_variables/a b {name}"),
            format!("data/content_variables/a,b {name}"),
            format!("data/content_variables/seventeen_letters {name}"),
            format!("data/content_variables/ñ {name}"),
        ];
        assert_eq!(told(json!({"content_sid": HX, "content_variables": variables})), expected);
        let many: Map<String, Value> = (0..101).map(|n| (format!("v{n}"), json!("x"))).collect();
        assert_eq!(
            told(json!({"content_sid": HX, "content_variables": many})),
            ["data/content_variables has 101 variables, Twilio takes 100"]
        );
    }
}
