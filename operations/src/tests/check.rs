//! What is refused before it is published, each time by the rule that the worker or the channel itself goes by.

mod by_template;
mod calls;
mod mail;
mod own_templates;
mod warnings;

use std::sync::{Arc, LazyLock};

use domain::{
    ChannelName, Defaults, Draft, Interactive, Key, Keyring, KnownProviders, Purpose, Secrets, Seed, Shown, Tenant,
    Timestamp,
};
use serde_json::{Map, Value, json};
use templates::Templates;

use crate::{Checker, Findings, check_plain};

/// 2026-03-01T12:00:00Z
const NOW: Timestamp = Timestamp::from_seconds(1_772_366_400);

pub(crate) static SHIPPED: LazyLock<Checker> =
    LazyLock::new(|| Checker::new(Arc::new(Templates::embedded("en").unwrap())));

fn findings_by(checker: &Checker, body: &Value) -> Findings {
    let Value::Object(object) = body else { panic!("{body}") };
    checker.check(&Draft::of(object.clone(), &Defaults { channel: None }), NOW)
}

/// What is wrong with it, a line each.
#[track_caller]
fn check(body: Value, expected: &[&str]) {
    let found: Vec<String> = findings_by(&SHIPPED, &body).errors.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{body}");
}

fn with(mut body: Value, fields: Value) -> Value {
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

fn email(fields: Value) -> Value {
    with(json!({"channel": "email", "destination": "ana@example.org", "message": "m"}), fields)
}

fn sms(fields: Value) -> Value {
    with(json!({"channel": "sms", "destination": "+12025550143", "message": "m"}), fields)
}

fn webpush(fields: Value) -> Value {
    with(json!({"channel": "webpush", "destination": media::webpush::MEDIUM.example, "message": "m"}), fields)
}

fn push(fields: Value) -> Value {
    with(json!({"channel": "push", "destination": "token", "message": "m"}), fields)
}

#[test]
fn a_provider_that_carries_no_message_of_the_channel_is_refused() {
    let known = KnownProviders::new(vec![("smtp", vec!["email"]), ("twilio", vec!["sms", "whatsapp"])]);
    let checker = SHIPPED.clone().carried_by(known);
    for (body, told) in [
        (email(json!({"provider": "SMTP"})), None),
        (
            email(json!({"provider": "smpt"})),
            Some("/provider is an unknown provider; known are smtp, twilio: did you mean smtp?"),
        ),
        (sms(json!({"provider": "smtp"})), Some("/provider does not carry sms; known for it are twilio")),
        (sms(json!({"provider": "a b"})), Some("/provider must be 1 to 64 letters, digits, '_' or '-'")),
    ] {
        let found: Vec<String> = findings_by(&checker, &body).errors.iter().map(ToString::to_string).collect();
        assert_eq!(found, told.into_iter().collect::<Vec<_>>(), "{body}");
    }
}

#[test]
fn what_can_be_sent_is_taken() {
    for body in [
        email(json!({})),
        email(json!({"message": "", "subject": "only a subject"})),
        email(json!({"message": "x".repeat(100_000)})),
        sms(json!({"message": "é".repeat(1600)})),
        push(json!({"data": {"order": 7, "nested": {"from": 1}}})),
        push(json!({"destination": "topic:news", "data": {"google.fcm": {"android": {"priority": "high"}}}})),
        push(json!({"message": "", "data": {"silent": true}})),
        webpush(json!({"subject": "Hola", "data": {"from": 1, "google.x": {"deep": [null]}}})),
        webpush(json!({"message": null, "template": "otp", "data": {"code": "1", "product": "p", "minutes": 10}})),
        email(json!({"message": null, "template": "otp", "data": {"code": "1", "product": "p", "minutes": 10}})),
        email(json!({"destination": "100%real@example.com"})),
        email(json!({"destination": "a..b@carrier.example.jp"})),
        sms(json!({"channel": "WhatsApp", "destination": "whatsapp:+12025550143"})),
        sms(json!({"channel": "whatsapp", "destination": "US.13491208655302741918", "message": "x".repeat(4096)})),
    ] {
        assert_eq!(findings_by(&SHIPPED, &body), Findings::default(), "{body}");
    }
}

#[test]
fn words_that_their_provider_would_refuse_are_named() {
    check(sms(json!({"message": ""})), &["/message must not be empty"]);
    check(sms(json!({"message": " \n"})), &["/message must not be empty"]);
    check(sms(json!({"message": "é".repeat(1601)})), &["/message has 1601 characters, Twilio takes 1600"]);
    check(
        sms(json!({"channel": "whatsapp", "message": "x".repeat(4097)})),
        &["/message has 4097 characters, WhatsApp takes 4096"],
    );
    check(
        push(json!({"data": {"from": 1, "gcm.x": 2, "google.y": 3, "message_type": 4, "mine": 5}})),
        &[
            "/data/from is a key that FCM keeps for itself",
            "/data/gcm.x is a key that FCM keeps for itself",
            "/data/google.y is a key that FCM keeps for itself",
            "/data/message_type is a key that FCM keeps for itself",
        ],
    );
    check(
        push(json!({"data": {"google.fcm": {"android": {"ttl": 60, "priority": "urgent"}, "token": "t"}}})),
        &[
            "/data/google.fcm/android/priority must be one of the texts NORMAL, HIGH",
            "/data/google.fcm/android/ttl must be a text of seconds such as \"90s\", at most 2419200s",
            "/data/google.fcm/token is no option that may be set; known are notification, fcm_options, android, apns, \
             webpush",
        ],
    );
    let large = "makes a push of 4097 bytes with its title, message and data, FCM takes 4096";
    check(push(json!({"message": "x".repeat(4097)})), &[&format!("/message {large}")]);
    check(push(json!({"data": {"abc": "x".repeat(4093)}})), &[&format!("/data {large}")]);
    let large = "makes a push of 3994 bytes with its title, message and data as JSON, Web Push takes 3993";
    check(webpush(json!({"message": "x".repeat(3942)})), &[&format!("/message {large}")]);
    check(webpush(json!({"message": "", "data": {"abc": "x".repeat(3924)}})), &[&format!("/data {large}")]);
}

#[test]
fn media_and_templates_are_checked_by_the_channel_that_sends_them() {
    let url = "https://example.org/a.jpg";
    let whatsapp = |fields: Value| sms(with(json!({"channel": "whatsapp"}), fields));
    let template = json!({"content_sid": format!("HX{}", "0a".repeat(16)), "content_variables": {"1": "Ana"}});
    for body in [
        sms(json!({"message": "", "data": {"media_urls": [url, url]}})),
        whatsapp(json!({"message": "", "data": {"media_urls": [url]}})),
        whatsapp(json!({"message": "", "data": template})),
        whatsapp(json!({"message": "x".repeat(5000), "data": template})),
        whatsapp(json!({"message": "", "data": {"whatsapp_template": {"name": "order", "language": {"code": "es"}}}})),
    ] {
        assert_eq!(findings_by(&SHIPPED, &body), Findings::default(), "{body}");
    }
    // Another channel reads none of these names, and says that it does not.
    for body in
        [sms(json!({"data": {"content_sid": "x"}})), email(json!({"data": {"media_urls": "x", "content_sid": 7}}))]
    {
        let found = findings_by(&SHIPPED, &body);
        assert_eq!((found.errors.len(), found.warnings.len()), (0, 1), "{body}: {found:?}");
        assert!(found.warnings[0].detail.starts_with("has no effect without a template"), "{found:?}");
    }
    let not_https = "must be an https URL with a host that there can be, such as https://example.org/picture.jpg, \
                     without a user and a password";
    check(
        sms(json!({"data": {"media_urls": [url, "http://example.org/a.jpg", 7]}})),
        &[&format!("/data/media_urls/1 {not_https}"), &format!("/data/media_urls/2 {not_https}")],
    );
    check(
        sms(json!({"message": "", "data": {"media_urls": []}})),
        &["/message must not be empty", "/data/media_urls has 0 entries, this channel takes 1 to 10 URLs"],
    );
    check(
        whatsapp(json!({"data": {"media_urls": [url, url]}})),
        &["/data/media_urls has 2 entries, this channel takes 1 URL"],
    );
    check(
        whatsapp(json!({"data": {"content_sid": "HX1", "content_variables": {"1": "", "2": 7}}})),
        &[
            "/data/content_sid must be HX and 32 hexadecimal digits, as Twilio's console shows a template's SID",
            "/data/content_variables/1 must not be empty",
            "/data/content_variables/2 must be a text",
        ],
    );
    check(
        whatsapp(json!({"data": {"content_variables": {"1": "Ana"}}})),
        &["/data/content_variables needs content_sid beside it"],
    );
    let item = json!({"channel": "whatsapp", "destination": "+12025550143"});
    check(
        sms(json!({"data": {"media_urls": [url, url]}, "fallback": [item]})),
        &["/fallback/0/data/media_urls has 2 entries, this channel takes 1 URL"],
    );
}

#[test]
fn segments_are_counted_of_the_words_of_an_sms() {
    let counted = |channel: &str, text: &str| {
        let segments = crate::segments(&ChannelName::parse(channel).unwrap(), text);
        segments.map(|segments| (segments.count, segments.encoding))
    };
    assert_eq!(counted("sms", &"a".repeat(161)), Some((2, "GSM-7")));
    assert_eq!(counted("sms", "código"), Some((1, "UCS-2")));
    assert_eq!((counted("sms", ""), counted("whatsapp", "m"), counted("email", "m")), (None, None, None));
}

#[test]
fn a_channel_that_there_is_not_is_named_with_the_one_that_is_near() {
    check(
        email(json!({"channel": "emial", "destination": "x"})),
        &[
            "/channel is an unknown channel; known are email, inapp, push, slack, sms, telegram, webhook, webpush, whatsapp: did you mean email?",
        ],
    );
    check(
        email(json!({"channel": "fax"})),
        &[
            "/channel is an unknown channel; known are email, inapp, push, slack, sms, telegram, webhook, webpush, whatsapp",
        ],
    );
}

#[test]
fn a_destination_is_checked_by_its_channel() {
    check(
        sms(json!({"destination": "12025550143"})),
        &["/destination must be a phone number in E.164 form, such as +14155550100"],
    );
    check(
        email(json!({"destination": "ana@ex%61mple.org"})),
        &["/destination must have no % after the @: write the domain as it is"],
    );
}

#[test]
fn what_the_fleet_alone_writes_is_refused_whatever_stands_in_it() {
    let secrets = Secrets::new(&Keyring::new(b"a secret that is known to this test", None));
    let key = Key { tenant: Tenant::default(), id: "a-1".into() };
    let seed = Seed { key: &key, salt: &[9; 16], key_id: secrets.key_id() };
    let made = |channel: &str, destination: &str| {
        let channel = ChannelName::parse(channel).unwrap();
        let data = Map::new();
        let shown =
            Shown { channel: &channel, destination, template: None, message: Some("x"), subject: None, data: &data };
        let made = Interactive::new(&secrets, &seed, Purpose::Verify, 0, &[], &shown);
        made.unwrap().to_value()
    };
    let why = "is written by the fleet alone, for one recipient: leave it out, and ask with a question or a verification \
               of your own";
    let genuine = made("sms", "+12025550143");
    for given in [genuine.clone(), json!({}), json!({"mark": 7}), json!("x"), json!([])] {
        check(sms(json!({"interactive": given})), &[&format!("/interactive {why}")]);
    }
    let item = |more: Value| with(json!({"channel": "email", "destination": "ana@example.org"}), more);
    let own = item(json!({"interactive": made("email", "ana@example.org")}));
    check(sms(json!({"fallback": [own]})), &[&format!("/fallback/0/interactive {why}")]);
    let waits = item(json!({"when": "unanswered", "after_seconds": 60}));
    let not_ours = "belongs to questions and codes, which the fleet writes itself: give failed or undelivered";
    check(sms(json!({"fallback": [waits]})), &[&format!("/fallback/0/when {not_ours}")]);
    check(sms(json!({"interactive": null})), &[]);
}

#[test]
fn a_template_is_looked_up_beside_whatever_else_is_wrong() {
    let unknown = "is no template of this fleet; known are alert, ask, ask_ended, ask_reply, command_ended, otp, receipt, verify, welcome: did you mean welcome?";
    let channel = "is an unknown channel; known are email, inapp, push, slack, sms, telegram, webhook, webpush, whatsapp: did you mean email?";
    check(
        email(json!({"channel": "emial", "template": "welcom"})),
        &[&format!("/channel {channel}"), &format!("/template {unknown}")],
    );
    check(
        email(json!({"locale": "e s", "template": "welcom"})),
        &["/locale must be 1 to 64 letters, digits, '_' or '-'", &format!("/template {unknown}")],
    );
    let item = json!({"channel": "emial", "destination": "x", "template": "welcom"});
    check(
        email(json!({"fallback": [item]})),
        &[&format!("/fallback/0/channel {channel}"), &format!("/fallback/0/template {unknown}")],
    );
}

#[test]
fn an_item_of_a_fallback_is_checked_with_the_words_that_it_will_have() {
    let item = |fields: Value| {
        let item = with(json!({"channel": "sms", "destination": "+12025550143"}), fields);
        email(
            json!({"message": "x".repeat(2000), "fallback": [{"channel": "email", "destination": "b@example.org"}, item]}),
        )
    };
    check(item(json!({})), &["/fallback/1/message has 2000 characters, Twilio takes 1600"]);
    check(item(json!({"message": "short"})), &[]);
    check(
        item(json!({"template": "otp", "data": {"code": 1, "minutes": 2}})),
        &["/fallback/1/data/product is missing: the template needs it"],
    );
    check(
        item(json!({"destination": "nobody", "message": "m"})),
        &["/fallback/1/destination must be a phone number in E.164 form, such as +14155550100"],
    );
    check(
        item(json!({"channel": "smss", "message": "m"})),
        &[
            "/fallback/1/channel is an unknown channel; known are email, inapp, push, slack, sms, telegram, webhook, webpush, whatsapp: did you mean sms?",
        ],
    );
}

#[test]
fn an_empty_message_of_an_item_is_refused_where_the_channel_needs_words() {
    let with_item = |item: Value| email(json!({"fallback": [with(item, json!({"message": ""}))]}));
    let number = "+12025550143";
    check(with_item(json!({"channel": "sms", "destination": number})), &["/fallback/0/message must not be empty"]);
    check(with_item(json!({"channel": "push", "destination": "token", "data": {"silent": true}})), &[]);
}

#[test]
fn what_cannot_be_read_and_what_cannot_be_sent_is_named_at_once() {
    check(
        json!({"channel": "sms", "destination": "nobody", "message": "", "priority": "asap", "fallback": [7,
               {"channel": "sms", "destination": "x", "message": "m"}]}),
        &[
            "/priority must be low, normal, high or urgent",
            "/destination must be a phone number in E.164 form, such as +14155550100",
            "/message must not be empty",
            "/fallback/0 must be an object with channel and destination",
            "/fallback/1/destination must be a phone number in E.164 form, such as +14155550100",
        ],
    );
    check(
        sms(json!({"fallback": [{"channel": "sms", "destination": "x"}, {"channel": "sms"}]})),
        &[
            "/fallback/0/destination must be a phone number in E.164 form, such as +14155550100",
            "/fallback/1/destination is missing",
        ],
    );
    check(
        json!({"channel": "sms", "destination": "+12025550143", "message": 7}),
        &["/message must be a string, not a number"],
    );
}

#[test]
fn a_send_at_in_a_year_that_is_a_slip_is_refused() {
    check(email(json!({"send_at": "2062-03-01T12:00:00Z"})), &["/send_at must be at most ten years ahead"]);
    check(email(json!({"send_at": "2036-03-01T12:00:00Z"})), &[]);
}

#[test]
fn no_value_is_repeated() {
    const SECRET: &str = "s3cr3t";
    let long = format!("{SECRET}{}", "x".repeat(2_000));
    for body in [
        sms(json!({"destination": SECRET})),
        sms(json!({"channel": SECRET})),
        sms(json!({"message": long})),
        sms(json!({"template": SECRET})),
        sms(json!({"template": "otp", "locale": SECRET, "data": {"code": {"a": SECRET}}})),
        email(json!({"template": "receipt", "data": {"items": SECRET, "name": [SECRET]}})),
        push(json!({"data": {"from": SECRET}})),
        sms(json!({"data": {"media_urls": [SECRET]}})),
        sms(json!({"channel": "whatsapp", "data": {"content_sid": SECRET, "content_variables": {"1": [SECRET]}}})),
        sms(json!({"channel": "whatsapp", "data": {"whatsapp_template": {"name": SECRET, "language": SECRET}}})),
        email(
            json!({"cc": [SECRET], "headers": {"X-A": [SECRET], "From": SECRET}, "attachments": [{"content": SECRET}]}),
        ),
        email(json!({"cc": SECRET, "order": SECRET, "expires_at": "2020-01-01T00:00:00Z"})),
    ] {
        let found = findings_by(&SHIPPED, &body);
        assert_ne!(found, Findings::default(), "{body}");
        assert!(!format!("{found:?}").contains(SECRET), "{found:?}");
    }
}

#[test]
fn plain_words_of_the_settings_go_by_the_same_rules() {
    let sms = ChannelName::parse("sms").unwrap();
    let found = check_plain(&sms, "nobody", None, "");
    assert_eq!(found.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(), ["/destination", "/message"]);
    assert_eq!(check_plain(&sms, "+12025550143", Some("s"), "m"), []);
}

#[test]
fn a_hostile_body_is_checked_in_a_bounded_way() {
    let names: Map<String, Value> = (0..250).map(|n| (format!("destinatoin{n}"), json!(n))).collect();
    let items: Vec<Value> = (0..8).map(|_| Value::Object(names.clone())).collect();
    let found = findings_by(&SHIPPED, &email(json!({"fallback": items})));
    assert!(found.errors.len() < 4_000);
}
