//! A template that Meta keeps: `whatsapp_template` in the data of a notification, as Meta's Cloud API writes it. Outside
//! the 24 hours after a recipient's last message, WhatsApp takes nothing else.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates>.

use domain::nearest;
use serde_json::{Map, Value};

use crate::words::{Fault, Part};

/// The name of the template in the data.
pub(super) const FIELD: &str = "whatsapp_template";

/// The longest name of a template.
const MAX_NAME_BYTES: usize = 512;
/// The longest code of a language, such as `pt_BR`; the longest that there are have five characters.
const MAX_LANGUAGE_BYTES: usize = 16;
/// The most components: a header, a body, ten buttons, and room for what Meta may add.
const MAX_COMPONENTS: usize = 32;

const NAMES: &[&str] = &["name", "language", "components"];
const NAMES_OF_LANGUAGE: &[&str] = &["code", "policy"];

/// The template that the data name.
pub fn template(data: &Map<String, Value>) -> Option<&Map<String, Value>> {
    data.get(FIELD)?.as_object()
}

/// Whether the data name a template, rightly or wrongly.
pub(super) fn is_given(data: &Map<String, Value>) -> bool {
    data.get(FIELD).is_some_and(|value| !value.is_null())
}

/// Finds what is no template. What stands within its components, Meta compares with the template itself.
pub(super) fn faults(data: &Map<String, Value>) -> Vec<Fault> {
    match data.get(FIELD) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(template)) => of_template(template),
        Some(_) => vec![fault(&[], "must be an object with name, language and components")],
    }
}

fn of_template(template: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = unknown(template, &[], NAMES);
    if !template.get("name").and_then(Value::as_str).is_some_and(is_name) {
        let must = format!("must be the name of a template, 1 to {MAX_NAME_BYTES} small letters, digits or '_'");
        faults.push(fault(&["name"], must));
    }
    faults.extend(match template.get("language") {
        Some(Value::Object(language)) => of_language(language),
        _ => vec![fault(&["language"], "must be an object such as {\"code\": \"es_AR\"}")],
    });
    faults.extend(match template.get("components") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(components)) => of_components(components),
        Some(_) => vec![fault(&["components"], "must be a list of objects")],
    });
    faults
}

fn of_language(language: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = unknown(language, &["language"], NAMES_OF_LANGUAGE);
    if !language.get("code").and_then(Value::as_str).is_some_and(is_language) {
        faults.push(fault(&["language", "code"], "must be the code of a language such as es or es_AR"));
    }
    if language.get("policy").is_some_and(|policy| !policy.is_null() && policy != "deterministic") {
        faults.push(fault(&["language", "policy"], "must be \"deterministic\", or absent"));
    }
    faults
}

fn of_components(components: &[Value]) -> Vec<Fault> {
    if components.len() > MAX_COMPONENTS {
        let why = format!("has {} entries, WhatsApp takes no more than {MAX_COMPONENTS}", components.len());
        return vec![fault(&["components"], why)];
    }
    let typed = |component: &Value| component.get("type").is_some_and(Value::is_string);
    let wrong = components.iter().enumerate().filter(|(_, component)| !typed(component));
    let must = "must be an object with a type, such as \"body\"";
    wrong.map(|(at, _)| fault(&["components", &at.to_string()], must)).collect()
}

/// The names that Meta does not know at this place, which it would refuse.
fn unknown(object: &Map<String, Value>, within: &[&str], known: &[&str]) -> Vec<Fault> {
    let wrong = object.keys().filter(|name| !known.contains(&name.as_str()));
    let told = wrong.map(|name| {
        let hint = nearest(name, known.iter().copied()).map(|near| format!(": did you mean {near}?"));
        let why = format!("is no field of a template; known are {}{}", known.join(", "), hint.unwrap_or_default());
        fault(&[within, &[name.as_str()]].concat(), why)
    });
    told.collect()
}

pub(super) fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(allowed)
}

pub(super) fn is_language(text: &str) -> bool {
    (2..=MAX_LANGUAGE_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn fault(within: &[&str], why: impl Into<String>) -> Fault {
    let names = std::iter::once(FIELD).chain(within.iter().copied()).map(str::to_owned);
    Fault { part: Part::Field(names.collect()), why: why.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(template: Value) -> Vec<String> {
        let data = Map::from_iter([(FIELD.to_owned(), template)]);
        faults(&data).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_template_has_a_name_a_language_and_the_components_of_metas_own_form() {
        let body = json!({"type": "body", "parameters": [{"type": "text", "text": "Ana"}]});
        let button =
            json!({"type": "button", "sub_type": "url", "index": 0, "parameters": [{"type": "text", "text": "4711"}]});
        for template in [
            Value::Null,
            json!({"name": "hello_world", "language": {"code": "en"}}),
            json!({"name": "x".repeat(512), "language": {"code": "es_AR", "policy": "deterministic"}}),
            json!({"name": "order_1", "language": {"code": "fil"}, "components": null}),
            json!({"name": "order_1", "language": {"code": "zh_CN"}, "components": [body, button]}),
            json!({"name": "order_1", "language": {"code": "en"}, "components": vec![json!({"type": "body"}); 32]}),
        ] {
            assert_eq!(told(template.clone()), [""; 0], "{template}");
        }
    }

    #[test]
    fn all_that_is_no_template_is_named_at_once() {
        assert_eq!(
            told(json!("hello")),
            ["data/whatsapp_template must be an object with name, language and components"]
        );
        let name = "data/whatsapp_template/name must be the name of a template, 1 to 512 small letters, digits or '_'";
        for wrong in
            [json!(""), json!("x".repeat(513)), json!("Hello"), json!("a b"), json!("ñ"), json!(7), json!(null)]
        {
            assert_eq!(told(json!({"name": wrong, "language": {"code": "en"}})), [name], "{wrong}");
        }
        let language = "data/whatsapp_template/language must be an object such as {\"code\": \"es_AR\"}";
        for wrong in [json!("es_AR"), json!(null), json!([])] {
            assert_eq!(told(json!({"name": "a", "language": wrong})), [language], "{wrong}");
        }
        let code = "data/whatsapp_template/language/code must be the code of a language such as es or es_AR";
        for wrong in [json!({}), json!({"code": "e"}), json!({"code": "es-AR"}), json!({"code": "x".repeat(17)})] {
            assert_eq!(told(json!({"name": "a", "language": wrong})), [code], "{wrong}");
        }
        let typed = "must be an object with a type, such as \"body\"";
        let wrong = json!({
            "nmae": "a", "language": {"code": "en", "policy": "fallback"}, "components": [{"type": "body"}, 7, {}],
        });
        let expected = [
            "data/whatsapp_template/nmae is no field of a template; known are name, language, components: did you mean \
             name?"
                .to_owned(),
            name.to_owned(),
            "data/whatsapp_template/language/policy must be \"deterministic\", or absent".to_owned(),
            format!("data/whatsapp_template/components/1 {typed}"),
            format!("data/whatsapp_template/components/2 {typed}"),
        ];
        assert_eq!(told(wrong), expected);
        let many = json!({"name": "a", "language": {"code": "en"}, "components": vec![json!({"type": "body"}); 33]});
        assert_eq!(told(many), ["data/whatsapp_template/components has 33 entries, WhatsApp takes no more than 32"]);
    }
}
