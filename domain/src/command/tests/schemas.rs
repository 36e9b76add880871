//! Schemas of actions: what is read of them, and what they refuse.

use serde_json::json;

use super::*;

const PAUSE: &str = r#"{
    "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Pause", "type": "object",
    "properties": {
        "strategy_id": {"type": "string", "minLength": 3, "maxLength": 20, "description": "Which"},
        "minutes": {"type": "integer", "minimum": 1, "maximum": 60},
        "ratio": {"type": "number", "maximum": 1},
        "hard": {"type": "boolean"},
        "side": {"type": "string", "enum": ["buy", "sell"]}
    },
    "required": ["strategy_id"], "additionalProperties": false
}"#;

fn typed(arguments: &[(&str, &str)]) -> String {
    let typed: Vec<(String, String)> =
        arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    match Schema::parse(PAUSE).unwrap().read(&typed) {
        Ok(values) => serde_json::Value::Object(values).to_string(),
        Err(faults) => faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

#[test]
fn what_was_typed_becomes_what_the_schema_wants() {
    let all = [("strategy_id", "007"), ("minutes", "60"), ("ratio", "0.5"), ("hard", "true"), ("side", "buy")];
    let values: serde_json::Value = serde_json::from_str(&typed(&all)).unwrap();
    assert_eq!(values, json!({"strategy_id": "007", "minutes": 60, "ratio": 0.5, "hard": true, "side": "buy"}));
}

#[test]
fn every_argument_that_is_wrong_is_named_at_once() {
    for (arguments, expected) in [
        (&[("minutes", "7")][..], "/strategy_id is missing"),
        (&[("strategy_id", "ab")], "/strategy_id must have at least 3 characters"),
        (
            &[("strategyid", "abc"), ("minutes", "x"), ("hard", "yes")],
            "/minutes must be a whole number, such as 7; /hard must be true or false; /strategyid is not known; do you mean \
             strategy_id? It takes hard, minutes, ratio, side, strategy_id; /strategy_id is missing",
        ),
        (&[("strategy_id", "abc"), ("minutes", "61")], "/minutes must be at most 60"),
        (&[("strategy_id", "abc"), ("minutes", "1.5")], "/minutes must be a whole number, such as 7"),
        (&[("strategy_id", "abc"), ("ratio", "1e999")], "/ratio must be a number, such as 0.5"),
        (&[("strategy_id", "abc"), ("ratio", "\"1\"")], "/ratio must be a number, such as 0.5"),
        (&[("strategy_id", "abc"), ("side", "hold")], "/side must be one of buy, sell"),
        (&[("strategy_id", "a\0c")], "/strategy_id must not contain the character U+0000"),
        (
            &[("strategy_id", "abc"), ("foo", "1")],
            "/foo is not known; it takes hard, minutes, ratio, side, strategy_id",
        ),
    ] {
        assert_eq!(typed(arguments), expected);
    }
}

#[test]
fn arguments_that_come_as_json_are_checked_alike() {
    let schema = Schema::parse(PAUSE).unwrap();
    let faults = |values: serde_json::Value| {
        schema.faults(values.as_object().unwrap()).iter().map(|fault| fault.field().pointer).collect::<Vec<_>>()
    };
    assert_eq!(faults(json!({"strategy_id": "abc", "minutes": 60, "ratio": -3})), [""; 0]);
    assert_eq!(faults(json!({"strategy_id": 7, "minutes": "60", "hard": null})), ["/hard", "/minutes", "/strategy_id"]);
    assert_eq!(faults(json!({"strategy_id": "a\0c"})), ["/strategy_id"], "no message could carry it to the service");
}

#[test]
fn a_schema_is_kept_as_it_was_registered() {
    let schema = Schema::parse(PAUSE).unwrap();
    assert_eq!(schema.text, PAUSE);
    let first = schema.arguments.iter().find(|argument| argument.name == "strategy_id").unwrap();
    assert_eq!(
        (first.kind, first.is_required, first.description.as_deref()),
        (ArgumentKind::Text, true, Some("Which"))
    );
    assert_eq!(Schema::parse(r#"{"type": "object"}"#).unwrap().arguments, []);
}

#[test]
fn what_is_not_checked_is_refused_in_a_schema() {
    for (text, expected) in [
        ("[]", vec![""]),
        ("{", vec![""]),
        ("{}", vec!["/type"]),
        (r#"{"type": "object", "propertys": {}, "patternProperties": {}}"#, vec!["/patternProperties", "/propertys"]),
        (r#"{"type": "object", "additionalProperties": true}"#, vec!["/additionalProperties"]),
        (r#"{"type": "object", "required": ["a"]}"#, vec!["/required"]),
        (r#"{"type": "object", "required": "a"}"#, vec!["/required"]),
        (r#"{"type": "object", "properties": []}"#, vec!["/properties"]),
        (
            r#"{"type": "object", "properties": {
                "a": {"type": "array"}, "b": {"type": "string", "pattern": "^x$", "minimum": 1}, "c d": {}, "e": 1,
                "f": {"type": "integer", "enum": ["x"]}, "g": {"type": "integer", "minimum": "1"},
                "h": {"type": "boolean", "minLength": 1}}}"#,
            vec![
                "/properties/a/type",
                "/properties/b/pattern",
                "/properties/b",
                "/properties/c d",
                "/properties/e",
                "/properties/f/enum",
                "/properties/g/minimum",
                "/properties/h",
            ],
        ),
    ] {
        let faults = Schema::parse(text).unwrap_err();
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, expected, "{text}: {faults:?}");
    }
    let hint = Schema::parse(r#"{"type": "object", "propertys": {}}"#).unwrap_err();
    assert_eq!(hint[0].detail, "is not checked here; do you mean properties?");
}
