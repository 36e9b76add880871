//! The text of a body: one JSON object in UTF-8, bounded, and no field of it twice.

use super::*;

#[test]
fn what_is_not_one_json_object_is_refused() {
    refuse("", "the body is empty");
    for (body, kind) in [
        ("null", "null"),
        ("7", "a number"),
        ("-0.5", "a number"),
        ("1e999", "a number"),
        ("\"hidden\"", "a string"),
        ("[]", "a list"),
        ("true", "a boolean"),
    ] {
        refuse(body, &format!("the body must be a JSON object, not {kind}"));
    }
    for body in [" ", "{", "{]", "nul", "{}x", "{} {}", "{'a': 1}", "{\"a\": 01}", "{\"a\": NaN}", "\u{feff}\u{feff}{}"]
    {
        refuse(body, "the body is not JSON: ");
    }
}

#[test]
fn bytes_that_are_not_text_are_refused_before_anybody_sees_a_replacement_character() {
    refuse(b"{\"message\": \"\xff\"}", "not UTF-8 from byte 13 on");
    refuse(b"{\"message\": \"\xed\xa0\x80\"}", "not UTF-8");
    refuse([0xff, 0xfe, b'{', 0, b'}', 0], "not UTF-8");
    refuse([0x1f, 0x8b, 8, 0, 0], "gzip");
    for escape in [r"\ud800", r"\udc00", r"\ud800x", r"\ud800A", r"\udc00\ud800"] {
        refuse(format!(r#"{{"message": "{escape}"}}"#), "is not JSON: one half of a surrogate pair stands there alone");
    }
    for (text, why) in [
        (r"a\qb", "a backslash begins no escape of JSON there"),
        (r"\u12g4", "a backslash begins no escape of JSON there"),
        ("a\nb", "a text has a line end or another control character in it"),
    ] {
        refuse(format!(r#"{{"message": "{text}"}}"#), &format!("is not JSON: {why}"));
    }
}

#[test]
fn a_surrogate_pair_is_one_character() {
    let body = r#"{"channel": "sms", "destination": "+549", "message": "\ud83c\udf89"}"#;
    assert_eq!(decode(body).unwrap().wording.message.as_deref(), Some("🎉"));
}

#[test]
fn a_byte_order_mark_is_taken_off() {
    assert_eq!(decode(format!("\u{feff}{}", valid())).unwrap(), decode(valid().to_string()).unwrap());
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    refuse("[".repeat(10_000), "must be a JSON object, not a list");
    refuse(format!("{{\"data\": {}", "[".repeat(10_000)), "recursion limit exceeded");
    refuse("{\"a\":".repeat(10_000), "recursion limit exceeded");
    refuse(vec![b' '; MAX_BODY_BYTES + 1], "the limit is 1048576");
    refuse("{\"data\": {\"n\": 1e400}}", "must be a number of at most 1.8e308");
    let many: Vec<String> = (0..300).map(|n| format!("\"f{n}\": 0")).collect();
    refuse(format!("{{{}}}", many.join(",")), "more than 256 fields");
}

#[test]
fn a_body_of_exactly_the_limit_is_read() {
    let mut body = valid().to_string();
    body.push_str(&" ".repeat(MAX_BODY_BYTES - body.len()));
    decode(&body).unwrap();
    refuse(format!("{body} "), "the limit is");
}

#[test]
fn a_name_that_readers_of_json_give_a_meaning_of_their_own_is_refused_at_any_depth() {
    for name in ["$serde_json::private::RawValue", "\\u0024serde_json::private::RawValue", "$serde_json::private::New"]
    {
        for place in [r#""NAME": "{}""#, r#""metadata": {"NAME": "{bad"}"#, r#""data": {"a": [{"NAME": "[[1]]"}]}"#] {
            let field = place.replace("NAME", name);
            refuse(format!(r#"{{"channel": "sms", "destination": "+549", "message": "m", {field}}}"#), "reserved");
        }
    }
}

/// Shows that this one field is refused for being given twice.
#[track_caller]
fn twice(body: &str, pointer: &str) {
    let error = decode(body).expect_err(body);
    let expected = [FieldError { pointer: pointer.into(), detail: "is given twice".into() }];
    assert_eq!((error.reason, error.fields.as_slice()), (Reason::DecodeError, expected.as_slice()), "{body}");
}

#[test]
fn a_field_given_twice_is_named_at_any_depth() {
    twice(r#"{"channel": "sms", "channel": "email"}"#, "/channel");
    twice(r#"{"destination": "a", "\u0064estination": "b"}"#, "/destination");
    twice(r#"{"a": 1, "b": {"c": [0, {"d": 1, "e": {}, "d": null}]}}"#, "/b/c/1/d");
    twice(r#"{"fallback": [{}, {"destination": "+1", "destination": "+1"}]}"#, "/fallback/1/destination");
    twice(r#"{"data": {"v": "first", "v": "second"}}"#, "/data/v");
    twice(r#"{"metadata": {"": {"x": 1, "x": 1}}}"#, "/metadata//x");
    twice(r#"{"data": {"a/b~c": 1, "a/b~c": 2}}"#, "/data/a~1b~0c");
    assert!(
        decode(r#"{"channel": "sms", "destination": "+549", "message": "m", "data": {"a": {"v": 1}, "b": {"v": 1}}}"#)
            .is_ok()
    );
}

#[test]
fn a_name_is_shown_escaped_and_cut_and_not_at_all_when_it_looks_like_a_recipient() {
    twice("{\"data\": {\"a\\nb\": 1, \"a\\nb\": 2}}", "/data/a\\u{a}b");
    twice(&format!(r#"{{"{0}": 1, "{0}": 1}}"#, "n".repeat(100)), &format!("/{}…", "n".repeat(64)));
    for personal in ["ana@example.org", "+12025550143"] {
        twice(&format!(r#"{{"data": {{"{personal}": 1, "{personal}": 2}}}}"#), "/data/***");
    }
}

#[test]
fn every_value_is_read_as_serde_json_reads_it() {
    let text = r#"{"a": [null, true, false, 0, -7, 18446744073709551615, 1.5, -2.5e-3, "x", "\u00e9\ud83c\udf89"],
                   "b": {"c": {}, "d": [], "e": [[{"f": ""}]]}, "": " "}"#;
    let expected: Map<String, Value> = serde_json::from_str(text).unwrap();
    assert_eq!(parse_object(text.as_bytes()).unwrap(), expected);
}
