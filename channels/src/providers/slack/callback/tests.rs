//! Who is believed, which press is told, and how the URL is shown to be ours.

use domain::Timestamp;
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use testkit::{NOW, fuzz_cases};
use url::form_urlencoded;

use super::*;
use crate::tests::odd;

fn settings(secret: &str) -> Settings {
    let slack = crate::slack::Settings { signing_secret: Some(secret.into()), ..crate::slack::Settings::default() };
    Settings { slack, ..crate::settings::of_tests() }
}

fn headers(signature: Option<&str>, signed_at: Option<&str>) -> HeaderMap {
    let named = [(SIGNATURE, signature), (SIGNED_AT, signed_at)];
    let given = named.into_iter().filter_map(|(name, value)| Some((HeaderName::from_static(name), value?)));
    given.map(|(name, value)| (name, HeaderValue::from_str(value).unwrap())).collect()
}

/// The request, the secret and the signature are those of Slack's own example
/// (<https://docs.slack.dev/authentication/verifying-requests-from-slack>).
const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const SIGNED: i64 = 1_531_420_618;
const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
                    channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&\
                    response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
                    trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const SIGNATURE_OF_IT: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

fn check(secret: &str, signature: Option<&str>, signed_at: Option<&str>, body: &str, at: i64) -> Result<(), Refused> {
    let headers = headers(signature, signed_at);
    let at = Timestamp::from_seconds(at);
    verify(&settings(secret), &Callback { target: "/webhook/slack", headers: &headers, body: body.as_bytes(), at })
}

#[test]
fn only_what_slack_has_signed_lately_is_believed() {
    let (signature, time) = (Some(SIGNATURE_OF_IT), Some("1531420618"));
    for late in [0, 300, -300] {
        assert_eq!(check(SECRET, signature, time, BODY, SIGNED + late), Ok(()), "{late}");
    }
    for late in [301, -301, 86_400] {
        assert_eq!(check(SECRET, signature, time, BODY, SIGNED + late), Err(Refused::Stale), "{late}");
    }
    let longer = format!("{BODY}&x=1");
    let (shorter, other_version) = (&SIGNATURE_OF_IT[..66], SIGNATURE_OF_IT.replace("v0=", "v1="));
    for (secret, signature, time, body) in [
        ("another", SIGNATURE_OF_IT, "1531420618", BODY),
        (SECRET, SIGNATURE_OF_IT, "1531420619", BODY),
        (SECRET, SIGNATURE_OF_IT, "1531420618", longer.as_str()),
        (SECRET, shorter, "1531420618", BODY),
        (SECRET, other_version.as_str(), "1531420618", BODY),
        (SECRET, "v0=", "1531420618", BODY),
        (SECRET, "v0", "1531420618", BODY),
    ] {
        let refused = check(secret, Some(signature), Some(time), body, SIGNED);
        assert_eq!(refused, Err(Refused::Forged), "{secret} {signature} {time}");
    }
    assert_eq!(check(SECRET, None, time, BODY, SIGNED), Err(Refused::Unsigned));
    assert_eq!(check(SECRET, signature, None, BODY, SIGNED), Err(Refused::Unsigned));
    let headers = headers(signature, time);
    let callback = Callback { target: "/", headers: &headers, body: BODY.as_bytes(), at: NOW };
    let nobody = verify(&crate::settings::of_tests(), &callback);
    assert_eq!(nobody, Err(Refused::NotConfigured("SLACK_SIGNING_SECRET")));
}

fn form(payload: &Value) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
}

fn read(body: &str) -> Result<Readable, Unreadable> {
    let headers = HeaderMap::new();
    reports(&settings("x"), &Callback { target: "/webhook/slack", headers: &headers, body: body.as_bytes(), at: NOW })
}

fn press(fields: Value) -> Value {
    let mut payload = json!({
        "type": "block_actions", "trigger_id": "12345.98765.abcd2358fdea",
        "user": { "id": "U012AB3CD", "username": "ana", "name": "ana", "team_id": "T012AB3CD" },
        "container": { "type": "message", "message_ts": "1712345678.123456", "channel_id": "D012AB3CD" },
        "channel": { "id": "D012AB3CD", "name": "directmessage" },
        "actions": [{ "type": "button", "action_id": "button-0-0", "block_id": "row-0", "value": "ask-1-yes",
                      "action_ts": "1712345700.000200" }],
    });
    payload.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    payload
}

#[test]
fn who_has_pressed_which_button_is_told_by_their_id_with_the_message_above_it() {
    let Readable { reports, unread } = read(&form(&press(json!({})))).unwrap();
    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!(report.said, Reported::Button { payload: "ask-1-yes".into(), by: "U012AB3CD".into() });
    assert_eq!((report.event_id.as_str(), unread), ("12345.98765.abcd2358fdea/0", None));
    assert_eq!(
        report.provider_id.as_deref(),
        Some("D012AB3CD/1712345678.123456"),
        "as the answer to the message had it"
    );
    assert_eq!(report.recipient.as_deref(), Some("D012AB3CD"));
    assert_eq!(report.at, Some(Timestamp::from_seconds(1_712_345_700)));
    let bare = press(json!({ "container": null, "message": { "ts": "1.2" } }));
    let reports = read(&form(&bare)).unwrap().reports;
    assert_eq!(reports[0].provider_id.as_deref(), Some("D012AB3CD/1.2"));
}

#[test]
fn what_is_not_known_says_nothing_and_what_has_an_odd_shape_is_named() {
    for nothing in [
        form(&json!({ "type": "view_submission" })),
        form(&press(json!({ "actions": [] }))),
        form(&press(json!({ "actions": [{ "type": "button", "url": "https://example.org", "action_id": "a" }] }))),
        form(&press(json!({ "actions": [{ "type": "static_select", "value": "x" }] }))),
        json!({ "type": "url_verification", "challenge": "x" }).to_string(),
        json!({ "type": "event_callback", "event": { "type": "message" } }).to_string(),
    ] {
        assert_eq!(read(&nothing), Ok(Readable::default()), "{nothing}");
    }
    for (odd, why) in [
        (String::new(), "the body has no field payload"),
        ("{}".into(), "the body has no field payload"),
        ("payload=x".into(), "its payload is no JSON"),
        (form(&json!([])), "its payload has no type"),
        (form(&json!({ "type": "block_actions" })), "its payload has no actions"),
    ] {
        assert_eq!(read(&odd), Err(Unreadable(why)), "{odd}");
    }
    for (odd, why) in [
        (json!({ "user": { "name": "ana" } }), "it does not say who has pressed"),
        (json!({ "trigger_id": null }), "it has no id that can be one"),
    ] {
        let Readable { reports, unread } = read(&form(&press(odd))).unwrap();
        assert!(reports.is_empty() && unread.as_ref().is_some_and(|told| told.contains(why)), "{unread:?}");
    }
    let (headers, body) = (HeaderMap::new(), odd::too_long());
    let callback = Callback { target: "/", headers: &headers, body: &body, at: NOW };
    assert!(reports(&settings("x"), &callback).is_err());
}

#[test]
fn who_asks_whether_the_url_is_ours_is_told_the_word_and_nobody_else_is_told_anything() {
    let answered = |body: &str| {
        let headers = HeaderMap::new();
        let (content_type, text) =
            answer(&Callback { target: "/webhook/slack", headers: &headers, body: body.as_bytes(), at: NOW });
        assert_eq!(content_type, "text/plain; charset=utf-8");
        text
    };
    assert_eq!(answered(r#"{"type":"url_verification","challenge":"3eZbrw1aB","token":"x"}"#), "3eZbrw1aB");
    let long = json!({ "type": "url_verification", "challenge": "x".repeat(513) }).to_string();
    for other in ["", "{", r#"{"challenge":"x"}"#, r#"{"type":"url_verification","challenge":7}"#, &long] {
        assert_eq!(answered(other), "", "{other}");
    }
    assert_eq!(answered(&form(&press(json!({})))), "");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: fuzz_cases(10_000), failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_call_of_slack_makes_the_reader_panic(body in odd::bodies(vec![
        form(&press(json!({}))).into_bytes(),
        json!({ "type": "url_verification", "challenge": "x" }).to_string().into_bytes(),
    ])) {
        odd::bounded("slack", &settings("x"), &body);
        let headers = HeaderMap::new();
        let (_, said) = answer(&Callback { target: "/", headers: &headers, body: &body, at: NOW });
        prop_assert!(said.len() <= 1024);
    }
}
