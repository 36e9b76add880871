//! What of a notification says nothing of a person: that may be shown and kept, and the rest is masked.

use domain::mask;
use serde_json::{Map, Value};

/// Fields whose values say nothing of a person: what they were and are is kept.
const IMPERSONAL: [&str; 9] = [
    "version",
    "channel",
    "template",
    "locale",
    "priority",
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

/// A body in which everything is masked that may be personal: of the recipient is left what lists show of one.
pub(super) fn masked(body: &Map<String, Value>) -> Map<String, Value> {
    let shown = |(name, value): (&String, &Value)| {
        let value = match value {
            value if is_impersonal(name) || NAMES.contains(&name.as_str()) => value.clone(),
            Value::String(destination) if name == "destination" => Value::String(mask(destination)),
            Value::Null => Value::Null,
            _ => Value::String(MASKED.to_owned()),
        };
        (name.clone(), value)
    };
    body.iter().map(shown).collect()
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
}
