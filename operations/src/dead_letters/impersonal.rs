//! What of a notification says nothing of a person: that may be shown and kept, and the rest is masked.

use domain::{Defaults, Draft, is_plain_name, mask};
use serde_json::{Map, Value};

/// Fields whose values say nothing of a person, where they are what such a field may be: what they were and are is kept.
const IMPERSONAL: [&str; 10] = [
    "version",
    "channel",
    "template",
    "locale",
    "priority",
    "provider",
    "send_at",
    "expires_at",
    "ttl_seconds",
    "max_lateness_seconds",
];
/// What names the delivery, which lists show as well.
const NAMES: [&str; 2] = ["id", "tenant"];
/// What stands for a value that may be personal.
const MASKED: &str = "***";

pub(super) fn is_impersonal(field: &str) -> bool {
    IMPERSONAL.contains(&field)
}

/// The fields of a body that say nothing of a person. One that is wrong is masked: nobody knows what its publisher has put
/// there, such as an address into `channel`.
pub(super) fn impersonal(body: &Map<String, Value>) -> Map<String, Value> {
    let draft = Draft::of(body.clone(), &Defaults { channel: None });
    let told = |field: &str| {
        let value = body.get(field)?;
        let told = if value.is_null() || is_right(&draft, field) { value.clone() } else { masked_value() };
        Some((field.to_owned(), told))
    };
    IMPERSONAL.into_iter().filter_map(told).collect()
}

/// A body in which everything is masked that may be personal: of the recipient is left what lists show of one.
pub(super) fn masked(body: &Map<String, Value>) -> Map<String, Value> {
    let impersonal = impersonal(body);
    let shown = |(name, value): (&String, &Value)| {
        let value = match value {
            value if NAMES.contains(&name.as_str()) => value.clone(),
            Value::String(destination) if name == "destination" => Value::String(mask(destination)),
            Value::Null => Value::Null,
            _ => impersonal.get(name).cloned().unwrap_or_else(masked_value),
        };
        (name.clone(), value)
    };
    body.iter().map(shown).collect()
}

/// Whether a field is what such a one may be. A draft takes any word as the name of a channel, a template, a locale or a
/// provider.
fn is_right(draft: &Draft, field: &str) -> bool {
    let (target, wording) = (&draft.target, &draft.target.wording);
    let is_plain = |word: Option<&str>| word.is_none_or(is_plain_name);
    !draft.is_wrong(&format!("/{field}"))
        && match field {
            "channel" => target.channel.as_ref().is_some_and(|channel| media::find(channel).is_some()),
            "template" => is_plain(wording.template.as_deref()),
            "locale" => is_plain(wording.locale.as_deref()),
            "provider" => is_plain(draft.provider.as_deref()),
            _ => true,
        }
}

fn masked_value() -> Value {
    Value::String(MASKED.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_masked_body_says_nothing_of_a_person() {
        let body = json!({
            "id": "order-7", "channel": "sms", "destination": "+12025550143", "message": "Hola Ana",
            "data": {"name": "Ana"}, "subject": null,
        });
        let Value::Object(body) = body else { panic!("an object") };
        let expected = json!({
            "id": "order-7", "channel": "sms", "destination": "***43", "message": "***", "data": "***", "subject": null,
        });
        assert_eq!(Value::Object(masked(&body)), expected);
    }

    #[test]
    fn what_stands_in_the_wrong_field_is_masked_there() {
        for wrong in ["ana@example.com", "+12025550143", "12025550143"] {
            let body = json!({
                "version": wrong, "channel": wrong, "template": wrong, "locale": wrong, "priority": wrong,
                "send_at": wrong, "expires_at": wrong, "ttl_seconds": wrong, "max_lateness_seconds": wrong,
            });
            let Value::Object(body) = body else { panic!("an object") };
            let (told, masked) = (impersonal(&body), masked(&body));
            assert_eq!(told, masked);
            for (field, value) in told {
                assert_eq!(value, "***", "{field} of {wrong}");
            }
        }
        let body = json!({
            "version": 1, "channel": "SMS", "template": "order_shipped", "locale": "es-AR", "priority": null,
            "send_at": "2026-03-02T08:00:00Z", "ttl_seconds": 600,
        });
        let Value::Object(body) = body else { panic!("an object") };
        assert_eq!(impersonal(&body), body);
    }
}
