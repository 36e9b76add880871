//! What publishers write: what is read, what is refused, and with which words.

use serde_json::json;

use super::*;

mod limits;
mod names;
mod text;

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

/// Shows that exactly these fields are refused, named by their pointers.
#[track_caller]
fn check(fields: Value, expected: &[&str]) {
    let body = with(fields).to_string();
    let error = decode(&body).expect_err(&body);
    let pointers: Vec<&str> = error.fields.iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(pointers, expected, "{body}: {error}");
    assert_eq!(error.reason, Reason::DecodeError);
}

/// Shows the sentence with which a whole body is refused.
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
    assert_eq!((read.send_at, read.expiry, read.has_fallback()), (None, Expiry::Never, false));
    assert_eq!((read.id, read.tenant, read.priority), (None, Tenant::default(), Priority::Normal));
}

#[test]
fn every_optional_field_is_read() {
    let read = accept(json!({
        "id": "d-1", "tenant": "acme", "template": "otp", "locale": "es-AR", "data": {"code": "123456"},
        "cc": ["b@example.com"], "headers": {"X-Order": "7"}, "reply_to": [], "list": "news",
        "priority": "high", "provider": "smtp", "send_at": "2026-03-01T09:00:00-03:00", "ttl_seconds": 60, "max_lateness_seconds": 30,
        "fallback": [{"channel": "sms", "destination": "+549"}], "metadata": {"order": 7}, "version": 1.0
    }));
    assert_eq!((read.id.as_deref(), read.tenant.as_str()), (Some("d-1"), "acme"));
    assert_eq!((read.wording.template.as_deref(), read.wording.locale.as_deref()), (Some("otp"), Some("es-AR")));
    assert_eq!(read.wording.data["code"], "123456");
    let mail = json!({"cc": ["b@example.com"], "headers": {"X-Order": "7"}, "list": "news"});
    assert_eq!(Value::Object(read.wording.mail.clone()), mail, "an empty list is none");
    assert_eq!((read.priority, read.has_fallback()), (Priority::High, true));
    assert_eq!((read.expiry, read.max_lateness_seconds), (Expiry::Ttl(60), Some(30)));
    assert_eq!((read.provider.as_deref(), read.send_at), (Some("smtp"), Some(Timestamp::from_seconds(1_772_366_400))));
}

#[test]
fn the_case_of_channel_and_priority_does_not_matter() {
    let read = accept(json!({"channel": "WhatsApp", "priority": "URGENT"}));
    assert_eq!((read.channel.as_str(), read.priority), ("whatsapp", Priority::Urgent));
}

#[test]
fn null_and_an_empty_text_count_as_absent() {
    let required = ["channel", "destination", "message"];
    let optional = || FIELDS.iter().filter(|name| !required.contains(name));
    for absent in [Value::Null, json!("")] {
        let all = optional().map(|name| ((*name).to_owned(), absent.clone())).collect();
        assert_eq!(accept(Value::Object(all)), accept(json!({"subject": null})), "{absent}");
    }
    let item = json!({"channel": "sms", "destination": "+549"});
    let with_empty = json!({"channel": "sms", "destination": "+549", "subject": "", "message": null, "template": "",
                            "locale": "", "data": ""});
    assert_eq!(accept(json!({"fallback": [with_empty]})), accept(json!({"fallback": [item]})));
    check(json!({"channel": ""}), &["/channel"]);
    check(json!({"destination": ""}), &["/destination"]);
    check(json!({"channel": null}), &["/channel"]);
    check(json!({"destination": null}), &["/destination"]);
    check(json!({"message": null}), &["/message"]);
}

#[test]
fn an_empty_message_of_an_item_is_a_message_as_everywhere() {
    let item = json!({"channel": "sms", "destination": "+549", "message": ""});
    let read = accept(json!({"subject": "S", "message": "M", "fallback": [item]}));
    let wording = read.fallback[0].wording_after(&read.wording);
    assert_eq!((wording.message.as_deref(), wording.subject), (Some(""), None));
    check(
        json!({"fallback": [{"channel": "", "destination": ""}]}),
        &["/fallback/0/channel", "/fallback/0/destination"],
    );
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
            "version": "1", "id": "a\nb", "tenant": "a b", "channel": 7, "destination": " ", "subject": "a\r\nBcc: b",
            "message": ["x"], "template": "../x", "locale": "e s", "data": [1], "reply_to": "a@b.c", "cc": 7, "bcc": {"0": "a@b.c"},
            "headers": ["X-A: b"], "attachments": true, "list": "a b", "provider": "a b", "priority": "asap", "send_at": "tomorrow",
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
        format!("{{\"a\": \"{SECRET}\", \"a\": \"{SECRET}\"}}"),
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
fn a_push_subscription_that_is_no_text_is_refused_with_the_way_out() {
    let error =
        decode(with(json!({"destination": {"endpoint": "https://push.example.org/x"}})).to_string()).unwrap_err();
    let told = "must be a string, not an object: a push subscription is written as its JSON in a string";
    assert_eq!(error.to_string(), format!("/destination {told}"));
}

#[test]
fn numbers_keep_the_digits_with_which_they_were_written() {
    for written in [
        "589084071224307838838",
        "18446744073709551616",
        "-9223372036854775809",
        "1234567890.123456789",
        "0.000001",
        "19.90",
        "0.00",
        "-0",
        "1e-400",
        "1.7976931348623157e+308",
        "[1,{\"deep\":12345678901234567890123}]",
    ] {
        let mut body = valid().to_string();
        body.insert_str(1, &format!("\"data\": {{\"v\": {written}}}, \"metadata\": {{\"m\": {written}}},"));
        assert_eq!(decode(&body).unwrap().wording.data["v"].to_string(), written);
    }
    // serde_json adds a plus to an exponent that has no sign.
    let body = valid().to_string().replacen('{', r#"{"data": {"v": 2E5},"#, 1);
    assert_eq!(decode(body).unwrap().wording.data["v"].to_string(), "2e+5");
}

#[test]
fn a_number_that_most_programs_cannot_read_is_refused_by_its_place() {
    let digits = "9".repeat(400);
    for (fields, pointer) in [
        (r#""data": {"v": 1e400}"#.to_owned(), "/data/v"),
        (r#""data": {"v": -1E+309}"#.to_owned(), "/data/v"),
        (format!(r#""data": {{"list": [1, {digits}]}}"#), "/data/list/1"),
        (r#""data": {"a/b": {"~": 1e400}}"#.to_owned(), "/data/a~1b/~0"),
        (r#""metadata": {"v": 1e400}"#.to_owned(), "/metadata/v"),
        (
            r#""fallback": [{"channel": "sms", "destination": "+549", "data": {"v": 1e400}}]"#.to_owned(),
            "/fallback/0/data/v",
        ),
    ] {
        let body = valid().to_string().replacen('{', &format!("{{{fields},"), 1);
        let error = decode(body).unwrap_err();
        let expected = format!("{pointer} must be a number of at most 1.8e308: write a larger one as a text");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_newer_version_is_unsupported_and_not_a_mistake() {
    for body in [json!({"version": 2}), json!({"version": u64::MAX, "destination": null})] {
        let error = decode(with(body).to_string()).unwrap_err();
        assert_eq!(error.reason, Reason::Unsupported);
        assert!(error.to_string().contains("upgrade, then move the message back"), "{error}");
    }
    for mistake in [json!(0), json!(-1), json!("1"), json!(1.5), json!(true), json!([1])] {
        check(json!({ "version": mistake }), &["/version"]);
    }
}

#[test]
fn a_text_that_is_no_json_is_told_its_place_and_what_json_is() {
    for (text, words) in [
        ("not json", "no value of JSON: a text stands between double quotes"),
        ("{channel: 1}", "the name of a field stands between double quotes (line 1, column 2)"),
        ("{\"channel\": sms}", "(line 1, column 13)"),
        ("{\"channel\": \"sms\"", "it ends too early"),
        ("{\"channel\": \"sms\",}", "a comma stands there that no field or item follows (line 1"),
    ] {
        let told = Notification::decode(text.as_bytes(), &defaults()).unwrap_err().to_string();
        assert!(told.contains(words) && !told.contains("expected"), "{text}: {told}");
    }
}
