//! What Meta signs, what it asks before it sends anything, and what each kind of request says.

use domain::{Keyword, Timestamp};
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use testkit::{NOW, fuzz_cases, key};

use super::*;
use crate::tests::odd;

fn settings() -> Settings {
    let whatsapp_cloud = crate::whatsapp_cloud::Settings {
        app_secret: Some("app-secret".into()),
        verify_token: Some("our word".into()),
        ..Default::default()
    };
    Settings { whatsapp_cloud, ..crate::settings::of_tests() }
}

fn check(settings: &Settings, signature: &str, body: &str) -> Result<(), Refused> {
    let signature = (!signature.is_empty()).then(|| HeaderValue::from_str(signature).expect("a header"));
    let headers: HeaderMap = signature.map(|value| (HeaderName::from_static(SIGNATURE), value)).into_iter().collect();
    verify(settings, &Callback { target: "/webhook/whatsapp", headers: &headers, body: body.as_bytes(), at: NOW })
}

/// The signatures are those of Node's crypto.
#[test]
fn the_bytes_of_a_body_are_signed_and_not_what_they_mean() {
    let escaped = r#"{"object":"whatsapp_business_account","entry":[],"x":"\ud83c\udf89"}"#;
    let of_escaped = "sha256=529eff254c7326b75569ac1e5be415637258cd15d2441aaf00b3573172521d34";
    let (raw, of_raw) =
        ("{\"entry\":[],\"x\":\"🎉\"}", "ebb34e79bb057634e014b9f5fdd72a5b6609502e598a55bdde68f23dc81c038e");
    assert_eq!(check(&settings(), of_escaped, escaped), Ok(()));
    assert_eq!(check(&settings(), &of_escaped.replace("529eff", "529EFF"), escaped), Ok(()));
    assert_eq!(check(&settings(), &format!("sha256={of_raw}"), raw), Ok(()));
    let (unescaped, altered) = (escaped.replace("\\ud83c\\udf89", "🎉"), of_escaped.replace("529eff", "529efe"));
    for (signature, body) in [
        (of_escaped, raw),
        (of_escaped, unescaped.as_str()),
        (altered.as_str(), escaped),
        (&of_escaped[..70], escaped),
        (of_raw, raw),
        ("sha256=", raw),
        ("sha1=abc", raw),
    ] {
        assert_eq!(check(&settings(), signature, body), Err(Refused::Forged), "{signature}");
    }
    assert_eq!(check(&settings(), "", raw), Err(Refused::Unsigned));
    let nobody = crate::settings::of_tests();
    assert_eq!(check(&nobody, of_escaped, escaped), Err(Refused::NotConfigured("WHATSAPP_CLOUD_APP_SECRET")));
}

#[test]
fn only_who_knows_our_word_gets_its_challenge_back() {
    for (query, expected) in [
        ("hub.mode=subscribe&hub.verify_token=our+word&hub.challenge=1158201444", Some("1158201444")),
        ("hub.challenge=a1&hub.verify_token=our%20word&hub.mode=subscribe", Some("a1")),
        ("hub.mode=subscribe&hub.verify_token=our+Word&hub.challenge=1", None),
        ("hub.mode=subscribe&hub.verify_token=&hub.challenge=1", None),
        ("hub.mode=subscribe&hub.challenge=1", None),
        ("hub.mode=unsubscribe&hub.verify_token=our+word&hub.challenge=1", None),
        ("hub.mode=subscribe&hub.verify_token=our+word", None),
        ("hub.mode=subscribe&hub.verify_token=our+word&hub.challenge=%3Cscript%3E", None),
        ("", None),
    ] {
        assert_eq!(challenge(&settings(), query).ok().as_deref(), expected, "{query}");
    }
    let long = format!("hub.mode=subscribe&hub.verify_token=our+word&hub.challenge={}", "1".repeat(129));
    assert_eq!(challenge(&settings(), &long), Err(Refused::OtherWord("WHATSAPP_CLOUD_VERIFY_TOKEN")));
}

/// What a body says of which nothing is unreadable.
fn read(body: &Value) -> Vec<Report> {
    let Readable { reports, unread } = read_some(body);
    assert_eq!(unread, None, "{body}");
    reports
}

fn read_some(body: &Value) -> Readable {
    let (headers, body) = (HeaderMap::new(), body.to_string());
    let callback = Callback { target: "/", headers: &headers, body: body.as_bytes(), at: NOW };
    reports(&settings(), &callback).expect("it is readable")
}

/// A request with one change of these values.
fn change(value: Value) -> Value {
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "0", "changes": [{ "field": "messages", "value": value }] }] })
}

#[test]
fn a_status_is_a_report_about_the_attempt_that_its_label_names() {
    let label = r#"{"chasqui_tenant":"default","chasqui_id":"n-1","chasqui_epoch":"0","chasqui_attempt":"1"}"#;
    let failed = |retriable, alarm| Reported::FailedLater { retriable, alarm };
    for (status, code, expected) in [
        ("sent", 0, Reported::Accepted),
        ("delivered", 0, Reported::Delivered),
        ("read", 0, Reported::Read),
        ("played", 0, Reported::Read),
        ("failed", 131_026, failed(false, false)),
        ("failed", 131_047, failed(false, false)),
        ("failed", 131_049, failed(false, false)),
        ("failed", 130_429, failed(true, false)),
        ("failed", 131_000, failed(true, false)),
        ("failed", 131_042, failed(true, true)),
        ("failed", 999_999, failed(false, false)),
    ] {
        let mut one = json!({
            "id": "wamid.1", "status": status, "timestamp": "1750857384", "recipient_id": "5516992318222",
            "biz_opaque_callback_data": label, "pricing": { "pricing_model": "PMP" },
        });
        if code > 0 {
            let details = json!({ "details": "to 5516992318222: no" });
            one["errors"] = json!([{ "code": code, "title": "x", "message": "y", "error_data": details }]);
        }
        let found = read(&change(json!({ "statuses": [one] })));
        let [report] = &found[..] else { panic!("{found:?}") };
        assert_eq!((&report.said, report.event_id.as_str()), (&expected, format!("wamid.1/{status}").as_str()));
        assert_eq!(report.about, Some(Label { key: key("n-1"), epoch: 0, attempt: 1 }));
        assert_eq!(report.at, Some(Timestamp::from_seconds(1_750_857_384)));
        assert_eq!(report.code, (code > 0).then(|| code.to_string()));
        assert!(!report.detail.contains("5516992318222"), "{}", report.detail);
    }
}

#[test]
fn a_status_without_a_label_or_a_phone_number_is_known_by_its_message() {
    let odd = ["x", "{}", "[]", r#"{"chasqui_id":"n-1"}"#];
    for label in odd {
        let one = json!({ "id": "wamid.1", "status": "read", "recipient_user_id": "US.1", "biz_opaque_callback_data": label });
        let found = read(&change(json!({ "statuses": [one] })));
        assert_eq!((found[0].about.as_ref(), found[0].provider_id.as_deref()), (None, Some("wamid.1")), "{label}");
        assert_eq!(found[0].recipient.as_deref(), Some("US.1"));
    }
}

#[test]
fn what_people_write_and_press_is_told_with_who_it_was() {
    let message = |fields: Value| {
        let mut message = json!({ "id": "wamid.2", "from": "5491155550101", "timestamp": "1750857384" });
        message.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        read(&change(json!({ "metadata": { "display_phone_number": "15550001" }, "messages": [message] })))
            .pop()
            .expect("a report")
    };
    let reply = |text: &str, media: &[&str], keyword| Reported::Reply {
        from: "5491155550101".into(),
        text: text.into(),
        media: media.iter().map(|id| (*id).to_owned()).collect(),
        keyword,
    };
    let button = |payload: &str| Reported::Button { payload: payload.into(), by: "5491155550101".into() };
    for (fields, expected) in [
        (json!({ "type": "text", "text": { "body": "Hola" } }), reply("Hola", &[], None)),
        (json!({ "type": "text", "text": { "body": " Baja " } }), reply(" Baja ", &[], Some(Keyword::Stop))),
        (json!({ "type": "image", "image": { "id": "m-1", "caption": "mira" } }), reply("mira", &["m-1"], None)),
        (json!({ "type": "reaction", "reaction": { "emoji": "x" } }), reply("", &[], None)),
        (json!({ "type": "button", "button": { "payload": "yes", "text": "Sí" } }), button("yes")),
        (json!({ "type": "interactive", "interactive": { "button_reply": { "id": "b-1" } } }), button("b-1")),
        (json!({ "type": "interactive", "interactive": { "list_reply": { "id": "l-1" } } }), button("l-1")),
    ] {
        assert_eq!(message(fields.clone()).said, expected, "{fields}");
    }
    let answered = message(json!({ "type": "text", "text": { "body": "sí" }, "context": { "id": "wamid.1" } }));
    assert_eq!((answered.provider_id.as_deref(), answered.event_id.as_str()), (Some("wamid.1"), "wamid.2/received"));
    assert_eq!((answered.about, answered.recipient.as_deref()), (None, Some("15550001")));
}

#[test]
fn a_person_without_a_number_is_told_by_the_id_that_meta_has_for_them() {
    let message = json!({ "id": "wamid.2", "type": "text", "text": { "body": "hi" } });
    let named = json!({ "id": "wamid.2", "type": "text", "text": { "body": "hi" }, "from_user_id": "BR.15" });
    for value in
        [json!({ "contacts": [{ "user_id": "BR.15" }], "messages": [message] }), json!({ "messages": [named] })]
    {
        let found = read(&change(value));
        assert!(matches!(&found[0].said, Reported::Reply { from, .. } if from == "BR.15"), "{:?}", found[0].said);
    }
}

#[test]
fn several_things_come_together_and_what_is_not_known_says_nothing() {
    let body = json!({ "entry": [
        { "changes": [{ "value": { "statuses": [
            { "id": "a", "status": "sent" }, { "id": "a", "status": "warning" }, { "status": "warning" },
        ] } }] },
        { "changes": [{ "field": "account_update", "value": { "event": "x" } }, {}, { "value": { "statuses": [
            { "id": "b", "status": "read" },
        ] } }] },
        {},
    ] });
    let found = read(&body);
    assert_eq!(found.iter().map(|report| report.event_id.as_str()).collect::<Vec<_>>(), ["a/sent", "b/read"]);
    let headers = HeaderMap::new();
    for body in [&b""[..], b"{}", b"[]", b"{", b"{\"entry\":1}", &odd::too_long()[..]] {
        let callback = Callback { target: "/", headers: &headers, body, at: NOW };
        assert!(reports(&settings(), &callback).is_err(), "{:?}", body.get(..9));
    }
}

#[test]
fn what_has_an_odd_shape_is_named_and_keeps_no_other_part_from_being_read() {
    let good = json!({ "id": "a", "status": "sent" });
    for (odd, why) in [
        (json!(1), "it is no JSON object"),
        (json!({ "status": "sent" }), "it has no id that can be one"),
        (json!({ "id": 7, "status": "sent" }), "it has no id that can be one"),
        (json!({ "id": "x".repeat(256), "status": "sent" }), "it has no id that can be one"),
        (json!({ "id": "a\nb", "status": "failed" }), "it has no id that can be one"),
        (json!({ "id": "a" }), "it does not name its status"),
    ] {
        let found = read_some(&change(json!({ "statuses": [good, odd, good, odd] })));
        assert_eq!(found.reports.len(), 2, "{odd}");
        let expected = format!("2 of 4 statuses and messages cannot be read, of which number 2 is the first: {why}");
        assert_eq!(found.unread, Some(expected), "{odd}");
    }
    for (odd, why) in [
        (json!({ "messages": [{ "id": "wamid.2", "type": "text" }] }), "it does not say who has written"),
        (json!({ "messages": [{ "id": "wamid.2", "from": "a\nb" }] }), "it does not say who has written"),
        (json!({ "messages": [{ "id": ["wamid.2"], "from": "1" }] }), "it has no id that can be one"),
        (json!({ "messages": { "id": "wamid.2" } }), "the messages are no list"),
        (json!({ "statuses": "sent" }), "the statuses are no list"),
    ] {
        let found = read_some(&change(odd.clone()));
        let expected = format!("1 of 1 statuses and messages cannot be read, of which number 1 is the first: {why}");
        assert_eq!((found.reports, found.unread), (Vec::new(), Some(expected)), "{odd}");
    }
    for (odd, why) in [
        (json!({ "changes": 1 }), "the changes of an entry are no list"),
        (json!(1), "the changes of an entry are no list"),
        (json!({ "changes": [1] }), "a change is no JSON object, or its value is none"),
        (
            json!({ "changes": [{ "field": "messages", "value": "x" }] }),
            "a change is no JSON object, or its value is none",
        ),
    ] {
        let right = json!({ "changes": [{ "field": "messages", "value": { "statuses": [good] } }] });
        let found = read_some(&json!({ "entry": [odd, right] }));
        assert_eq!(found.reports.len(), 1, "{odd}");
        assert!(found.unread.is_some_and(|told| told.ends_with(why)), "{odd}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: fuzz_cases(10_000), failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_request_of_whatsapp_makes_the_reader_panic(body in odd::bodies(vec![
        change(json!({ "statuses": [{ "id": "a", "status": "failed", "errors": [{ "code": 131_026 }] }] })).to_string().into(),
        change(json!({ "messages": [{ "id": "b", "from": "1", "type": "button", "button": { "payload": "x" } }] }))
            .to_string()
            .into(),
    ])) {
        odd::bounded("whatsapp_cloud", &settings(), &body);
    }

    #[test]
    fn no_query_makes_the_challenge_panic(query in "\\PC{0,48}") {
        prop_assert!(challenge(&settings(), &query).is_err());
    }
}
