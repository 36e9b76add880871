//! What publishers write: what is read, what is refused, and with which words.

use serde_json::json;

use super::*;

mod limits;

/// The fields that the decoder looks for, in the order in which it names the bad ones.
pub(super) const FIELDS: [&str; 17] = [
    "version",
    "id",
    "tenant",
    "channel",
    "destination",
    "subject",
    "message",
    "template",
    "locale",
    "data",
    "priority",
    "send_at",
    "expires_at",
    "ttl_seconds",
    "max_lateness_seconds",
    "fallback",
    "metadata",
];

fn defaults() -> Defaults {
    Defaults { channel: None }
}

fn decode(body: impl AsRef<[u8]>) -> Result<Notification, DecodeError> {
    Notification::decode(body.as_ref(), &defaults())
}

fn valid() -> Value {
    json!({"channel": "email", "destination": "ana@example.com", "subject": "Hola", "message": "Qué tal"})
}

/// The valid body with these fields over it.
fn with(fields: Value) -> Value {
    let mut body = valid();
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

#[track_caller]
fn accept(fields: Value) -> Notification {
    decode(with(fields).to_string()).unwrap()
}

/// The pointers of the fields that are refused.
#[track_caller]
fn check(fields: Value, expected: &[&str]) {
    let body = with(fields).to_string();
    let error = decode(&body).expect_err(&body);
    let pointers: Vec<&str> = error.fields.iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(pointers, expected, "{body}: {error}");
    assert_eq!(error.reason, Reason::DecodeError);
}

/// The sentence with which a whole body is refused.
#[track_caller]
fn refuse(body: impl AsRef<[u8]>, expected: &str) {
    let error = decode(&body).expect_err("this body must be refused");
    assert_eq!(error.reason, Reason::DecodeError);
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn the_four_field_body_is_enough() {
    let read = decode(valid().to_string()).unwrap();
    assert_eq!((read.channel.as_str(), read.destination.as_str()), ("email", "ana@example.com"));
    assert_eq!((read.wording.subject.as_deref(), read.wording.message.as_deref()), (Some("Hola"), Some("Qué tal")));
    assert_eq!((read.id, read.tenant, read.priority), (None, Tenant::default(), Priority::Normal));
    assert_eq!((read.send_at, read.expiry, read.has_fallback), (None, Expiry::Never, false));
}

#[test]
fn every_optional_field_is_read() {
    let read = accept(json!({
        "id": "d-1", "tenant": "acme", "template": "otp", "locale": "es-AR", "data": {"code": "123456"},
        "priority": "high", "send_at": "2026-03-01T09:00:00-03:00", "ttl_seconds": 60, "max_lateness_seconds": 30,
        "fallback": [{"channel": "sms", "destination": "+549"}], "metadata": {"order": 7}, "version": 1
    }));
    assert_eq!((read.id.as_deref(), read.tenant.as_str()), (Some("d-1"), "acme"));
    assert_eq!((read.wording.template.as_deref(), read.wording.locale.as_deref()), (Some("otp"), Some("es-AR")));
    assert_eq!(read.wording.data["code"], "123456");
    assert_eq!((read.priority, read.has_fallback), (Priority::High, true));
    assert_eq!((read.expiry, read.max_lateness_seconds), (Expiry::Ttl(60), Some(30)));
    assert_eq!(read.send_at, Some(Timestamp::from_seconds(1_772_366_400)));
}

#[test]
fn the_case_of_channel_and_priority_does_not_matter() {
    let read = accept(json!({"channel": "WhatsApp", "priority": "URGENT"}));
    assert_eq!((read.channel.as_str(), read.priority), ("whatsapp", Priority::Urgent));
}

#[test]
fn unknown_fields_are_kept_out_of_the_way() {
    accept(json!({"x-trace": "abc", "attachments": [1, 2], "Destination": ["other"], "": null}));
}

#[test]
fn null_counts_as_absent() {
    let required = ["channel", "destination", "message"];
    let optional = FIELDS.iter().filter(|name| !required.contains(name));
    let nulls = optional.map(|name| ((*name).to_owned(), Value::Null)).collect();
    assert_eq!(accept(Value::Object(nulls)).tenant, Tenant::default());
    check(json!({"channel": null}), &["/channel"]);
    check(json!({"destination": null}), &["/destination"]);
    check(json!({"message": null}), &["/message"]);
}

#[test]
fn the_default_channel_stands_in_for_a_missing_one_only() {
    let sms = Defaults { channel: ChannelName::parse("sms").ok() };
    let read = |body: Value| Notification::decode(body.to_string().as_bytes(), &sms);
    assert_eq!(read(json!({"destination": "+549", "message": "m"})).unwrap().channel.as_str(), "sms");
    assert_eq!(read(valid()).unwrap().channel.as_str(), "email");
    assert!(read(with(json!({"channel": 7}))).is_err());
    assert!(read(with(json!({"channel": ""}))).is_err());
}

#[test]
fn all_bad_fields_are_named_at_once() {
    check(
        json!({
            "version": "1", "id": "", "tenant": "a b", "channel": 7, "destination": " ", "subject": "a\r\nBcc: b",
            "message": ["x"], "template": "../x", "locale": "", "data": [], "priority": "asap", "send_at": "tomorrow",
            "expires_at": 5, "ttl_seconds": 0, "max_lateness_seconds": -1, "metadata": "m", "fallback": {}
        }),
        &FIELDS.map(|name| format!("/{name}")).each_ref().map(String::as_str),
    );
    let error = decode("{}").unwrap_err();
    let said = "/channel is missing, and DEFAULT_CHANNEL is not set; /destination is missing; \
                /message is missing: give a message or a template";
    assert_eq!(error.to_string(), said);
}

#[test]
fn no_value_appears_in_an_error() {
    const SECRET: &str = "s3cr3t";
    let wrong = [json!(SECRET), json!([SECRET]), json!({ SECRET: SECRET }), json!(format!("{SECRET}\u{7}\0 \u{202e}"))];
    let mut refused = 0;
    for name in FIELDS {
        for value in &wrong {
            for body in [with(json!({ name: value })), with(json!({"fallback": [{ name: value }, value]}))] {
                if let Err(error) = decode(body.to_string()) {
                    assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 80, "{refused}");
    for body in [
        format!("\"{SECRET}\""),
        format!("[\"{SECRET}\"]"),
        format!("{{\"{SECRET}\": {SECRET}}}"),
        format!("{{\"{SECRET}\": 1, \"{SECRET}\": 2}}"),
        format!("{{\"message\": \"{SECRET}"),
        format!("{{\"message\": \"{SECRET}\n\"}}"),
    ] {
        let error = decode(&body).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
    }
}

#[test]
fn a_list_of_recipients_is_refused_with_the_way_out() {
    let error = decode(with(json!({"destination": ["a@b.c", "d@e.f"]})).to_string()).unwrap_err();
    assert_eq!(error.to_string(), "/destination must be one recipient: send one item per recipient");
    check(json!({"destination": vec!["a@b.c"; 10_000]}), &["/destination"]);
    check(json!({"fallback": [{"channel": "sms", "destination": ["+549"]}]}), &["/fallback/0/destination"]);
}

#[test]
fn what_is_not_one_json_object_is_refused() {
    refuse("", "the body is empty");
    for body in ["null", "7", "\"text\"", "[]", "true"] {
        refuse(body, "it is not an object");
    }
    for body in [" ", "{", "{]", "nul", "{}x", "{} {}", "{'a': 1}", "{\"a\": 01}", "{\"a\": NaN}", "\u{feff}\u{feff}{}"]
    {
        refuse(body, "not a JSON object that we read");
    }
}

#[test]
fn bytes_that_are_not_text_are_refused_before_anybody_sees_a_replacement_character() {
    refuse(b"{\"message\": \"\xff\"}", "not UTF-8 from byte 13 on");
    refuse(b"{\"message\": \"\xed\xa0\x80\"}", "not UTF-8");
    refuse([0xff, 0xfe, b'{', 0, b'}', 0], "not UTF-8");
    refuse([0x1f, 0x8b, 8, 0, 0], "gzip");
    for escape in [r"\ud800", r"\udc00", r"\ud800x", r"\ud800A", r"\udc00\ud800"] {
        refuse(format!(r#"{{"message": "{escape}"}}"#), "not a JSON object that we read");
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
    refuse("[".repeat(10_000), "it is not an object");
    refuse(format!("{{\"data\": {}", "[".repeat(10_000)), "recursion limit exceeded");
    refuse("{\"a\":".repeat(10_000), "recursion limit exceeded");
    refuse(vec![b' '; MAX_BODY_BYTES + 1], "the limit is 1048576");
    refuse("{\"data\": 1e400}", "number out of range");
    let many: Vec<String> = (0..300).map(|n| format!("\"f{n}\": 0")).collect();
    refuse(format!("{{{}}}", many.join(",")), "more than 256 fields");
    refuse(r#"{"channel": "sms", "channel": "email"}"#, "a field is given twice");
    refuse(r#"{"destination": "a", "\u0064estination": "b"}"#, "a field is given twice");
}

#[test]
fn a_body_of_exactly_the_limit_is_read() {
    let mut body = valid().to_string();
    body.push_str(&" ".repeat(MAX_BODY_BYTES - body.len()));
    decode(&body).unwrap();
    refuse(format!("{body} "), "the limit is");
}

#[test]
fn a_newer_version_is_unsupported_and_not_a_mistake() {
    for body in [json!({"version": 2}), json!({"version": u64::MAX, "destination": null})] {
        let error = decode(with(body).to_string()).unwrap_err();
        assert_eq!(error.reason, Reason::Unsupported);
        assert!(error.to_string().contains("upgrade, then move the message back"), "{error}");
    }
    for mistake in [json!(0), json!(-1), json!("1"), json!(1.0), json!(true), json!([1])] {
        check(json!({ "version": mistake }), &["/version"]);
    }
}
