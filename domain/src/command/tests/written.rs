//! The services as an operator has written them.

use serde_json::{Value, json};
use text::FieldError;

use super::*;

fn read(written: Value) -> Result<Registry, String> {
    let Value::Object(written) = written else { panic!("{written}") };
    let told = |wrong: Vec<FieldError>| wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    Registry::read(&written).map_err(told)
}

#[test]
fn what_is_left_out_is_asked_first_and_allowed_to_nobody() {
    let written = json!({ "trading": { "base_url": "http://127.0.0.1:9300/", "actions": { "stop": {} } } });
    let registry = read(written).unwrap();
    let trading = registry.get("trading").unwrap();
    assert_eq!((trading.base_url.as_deref(), trading.audience.as_str()), (Some("http://127.0.0.1:9300"), "trading"));
    assert_eq!((trading.confirm, trading.may.len(), trading.approvers.len()), (Confirm::ByAction, 0, 0));
    assert_eq!((trading.four_eyes, trading.timeout), (false, Duration::from_secs(300)));
    assert_eq!(trading.tenants, [crate::Tenant::default()]);
    let stop = &trading.actions["stop"];
    assert!(stop.confirm && stop.may.is_none() && stop.schema.arguments.is_empty());
    assert_eq!(registry.all().count(), 1);
}

#[test]
fn everything_that_is_written_is_read() {
    let schema = json!({ "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] });
    let registry = read(json!({ "trading": {
        "base_url": "https://trading.example.org/api", "audience": "urn:trading", "confirm": "always",
        "may": ["admins", "telegram:1"], "approvers": ["ben"], "four_eyes": true, "timeout_seconds": 60,
        "public_key": "-----BEGIN PUBLIC KEY-----",
        "actions": {
            "strategy.pause": { "schema": schema.to_string(), "confirm": false, "may": ["traders"] },
            "stop": { "schema": schema },
        },
    } }))
    .unwrap();
    let trading = registry.get("trading").unwrap();
    assert_eq!((trading.audience.as_str(), trading.confirm), ("urn:trading", Confirm::Always));
    assert_eq!((trading.may.len(), trading.approvers.len(), trading.four_eyes), (2, 1, true));
    assert_eq!((trading.timeout, trading.public_key.is_some()), (Duration::from_secs(60), true));
    let pause = &trading.actions["strategy.pause"];
    assert_eq!((pause.confirm, pause.may.as_ref().map(Vec::len), pause.schema.arguments.len()), (false, Some(1), 1));
    assert_eq!(trading.actions["stop"].schema.arguments.len(), 1, "a schema may be a table");
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_what_was_meant() {
    let wrong = read(json!({
        "a.b": { "base_url": "http://a", "actions": { "x": {} } },
        "trading": {
            "base_uri": "http://127.0.0.1:9300", "base_url": "ftp://x", "confirm": "policy", "may": "admins",
            "timeout_seconds": 0, "four_eyes": "yes", "public_key": "", "tenants": ["a b"],
            "actions": { "go now": {}, "stop": { "confrim": true, "schema": "{\"type\":\"array\"}" } },
        },
        "memory": 7,
        "none": { "base_url": "http://a" },
    }))
    .unwrap_err();
    for expected in [
        "/a.b must be a name of",
        "/trading/base_uri is not known; do you mean base_url?",
        "/trading/base_url must be an http or https URL",
        "/trading/confirm must be \"always\"",
        "/trading/may must be a list",
        "/trading/timeout_seconds must be a whole number",
        "/trading/four_eyes must be true or false",
        "/trading/tenants must be a list",
        "/trading/public_key must be a text",
        "/trading/actions/go now must be names",
        "/trading/actions/stop/confrim is not known; do you mean confirm?",
        "/trading/actions/stop/schema/type must be \"object\"",
        "/memory must be a table",
        "/none/actions must be a table of actions",
    ] {
        assert!(wrong.contains(expected), "{expected}\n{wrong}");
    }
    for url in ["http://", "http:///x", "https://u@h", "http://h?x", "http://h#x", "http://h h", "127.0.0.1:1", ""] {
        let wrong = read(json!({ "a": { "base_url": url, "actions": { "x": {} } } })).unwrap_err();
        assert!(wrong.starts_with("/a/base_url"), "{url}: {wrong}");
    }
}

#[test]
fn a_service_takes_its_commands_over_http_or_over_amqp() {
    let base_url = |fields: Value| {
        let mut service = json!({ "actions": { "x": {} } });
        service.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        read(json!({ "a": service })).map(|registry| registry.get("a").unwrap().base_url.clone())
    };
    assert_eq!(base_url(json!({ "amqp": true })), Ok(None));
    let http = json!({ "amqp": false, "base_url": "http://127.0.0.1:9300" });
    assert_eq!(base_url(http), Ok(Some("http://127.0.0.1:9300".to_owned())));
    for (fields, expected) in [
        (json!({ "amqp": true, "base_url": "http://a" }), "/a/base_url must not stand beside amqp = true"),
        (json!({ "amqp": false }), "/a/base_url must be an http or https URL"),
        (json!({ "amqp": "yes", "base_url": "http://a" }), "/a/amqp must be true or false"),
    ] {
        let wrong = base_url(fields).unwrap_err();
        assert!(wrong.starts_with(expected), "{wrong}");
    }
}

#[test]
fn where_somebody_is_told_reads_as_it_is_written_and_is_not_printed() {
    let channel = crate::ChannelName::parse("telegram").unwrap();
    let reply = ReplyTo { channel, destination: "4711".into(), locale: Some("es".into()) };
    assert_eq!(ReplyTo::of(&reply.to_value()), Some(reply.clone()));
    assert_eq!(ReplyTo::of_stored(&reply.stored()), Some(reply.clone()));
    assert_eq!(format!("{reply:?}"), "ReplyTo(telegram)");
    for none in [json!(null), json!({ "channel": "telegram" }), json!({ "channel": "telegram", "destination": "" })] {
        assert_eq!(ReplyTo::of(&none), None, "{none}");
    }
}
