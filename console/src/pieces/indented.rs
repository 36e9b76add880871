//! What a program has said: JSON that has parts with a line for each, and any other text as it is.

use serde_json::Value;

/// Whole as it was said where it is no JSON.
pub(crate) fn indented(said: &str) -> String {
    let read: Option<Value> = serde_json::from_str(said).ok();
    let parts = read.filter(|read| matches!(read, Value::Object(_) | Value::Array(_)));
    parts.and_then(|parts| serde_json::to_string_pretty(&parts).ok()).unwrap_or_else(|| said.to_owned())
}

#[test]
fn json_has_a_line_for_each_of_its_parts_and_every_other_text_is_left_alone() {
    for (said, expected) in [
        (r#"{"a":1.50,"b":["<x>"]}"#, "{\n  \"a\": 1.50,\n  \"b\": [\n    \"<x>\"\n  ]\n}"),
        ("[]", "[]"),
        ("1.50", "1.50"),
        (r#" "a" "#, r#" "a" "#),
        ("{cut", "{cut"),
        ("no such strategy", "no such strategy"),
        ("", ""),
    ] {
        assert_eq!(indented(said), expected);
    }
}
