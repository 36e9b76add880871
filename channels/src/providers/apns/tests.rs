//! What only Apple has: HTTP/2, what its headers say, and its reasons.

use std::time::Duration;

use domain::Rendered;
use serde_json::{Map, Value, json};
use testkit::key;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use wiremock::matchers::{body_json, header, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::Enabled;
use crate::tests::tools::{channel_to, kind, outgoing, taken};

const DEVICE: &str = "apns:00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee";
const URL: &str = "/3/device/00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee";

#[tokio::test]
async fn apple_is_spoken_to_by_http_2_and_by_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let apns = connected(&format!("http://{}", listener.local_addr().unwrap()));
    let preface = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut start = [0; 24];
        stream.read_exact(&mut start).await.unwrap();
        start
    };
    let (outcome, start) = tokio::join!(send(&apns, "Hi", json!({})), preface);
    assert_eq!(&start, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "the preface of RFC 9113");
    assert!(!matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_push_goes_to_its_device_with_a_token_and_headers_that_say_what_it_is() {
    let server = MockServer::start().await;
    let body = json!({ "aps": { "alert": { "title": "Hola", "body": "Hi" } }, "order": "7" });
    let request = Mock::given(method("POST")).and(path(URL)).and(header_exists("authorization"));
    let request = request.and(header("apns-topic", "com.example.app")).and(header("apns-push-type", "alert"));
    let accepted = ResponseTemplate::new(200).insert_header("apns-id", "eabeae54-14a8-11e5-b60b-1697f925ec7b");
    request.and(body_json(body)).respond_with(accepted).expect(1).mount(&server).await;
    let outcome = send(&connected(&server.uri()), "Hi", json!({ "order": 7 })).await;
    let provider_id = Some("eabeae54-14a8-11e5-b60b-1697f925ec7b".into());
    assert_eq!(outcome, Outcome::Sent { provider: "apns", provider_id, code: Some("200".into()) });
    let sent = &server.received_requests().await.unwrap()[0];
    let authorization = sent.headers["authorization"].to_str().unwrap();
    assert!(authorization.strip_prefix("bearer ").is_some_and(|token| token.split('.').count() == 3));
}

#[test]
fn every_attempt_has_the_same_id_and_replaces_the_one_before() {
    let (key, rendered, data) = (key("n-1"), rendered("Hi"), Map::new());
    let first = outgoing(&key, DEVICE, &rendered, &data, Some(90));
    let second = Outgoing { attempt: 2, epoch: 1, ..first };
    let headers = |outgoing: &Outgoing<'_>| Push::of(outgoing, "com.example.app").unwrap().headers;
    assert_eq!(headers(&first), headers(&second));
    let (id, tag) = (first.uuid().to_string(), first.tag());
    assert_eq!((id.len(), tag.len()), (36, 32));
    let expected = [
        ("apns-topic", "com.example.app"),
        ("apns-push-type", "alert"),
        ("apns-priority", "10"),
        ("apns-collapse-id", tag.as_str()),
        ("apns-id", id.as_str()),
        ("apns-expiration", "1000090"),
    ];
    let found = headers(&first);
    assert_eq!(found.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>(), expected);
    let for_ever = outgoing(&key, DEVICE, &rendered, &data, None);
    assert!(!headers(&for_ever).iter().any(|(name, _)| *name == "apns-expiration"));
}

/// Each case: title, words, options of Apple's, and the type, the priority and Apple's part of the body.
#[test]
fn what_shows_nothing_wakes_the_app_with_a_low_priority() {
    let alert = json!({ "alert": { "body": "Hi" } });
    for (title, text, options, kind, priority, aps) in [
        (None, "Hi", json!({}), "alert", "10", alert.clone()),
        (None, "Hi", json!({ "headers": { "apns-priority": "5" } }), "alert", "5", alert),
        (Some("Hola"), "", json!({}), "alert", "10", json!({ "alert": { "title": "Hola" } })),
        (
            Some("Hola"),
            "Hi",
            json!({ "payload": { "aps": { "badge": 3, "sound": "ping", "thread-id": "t", "mutable-content": 1 } } }),
            "alert",
            "10",
            json!({
                "alert": { "title": "Hola", "body": "Hi" },
                "badge": 3, "sound": "ping", "thread-id": "t", "mutable-content": 1,
            }),
        ),
        (None, "", json!({ "payload": { "aps": { "badge": 0 } } }), "alert", "10", json!({ "badge": 0 })),
        (None, "", json!({}), "background", "5", json!({ "content-available": 1 })),
        (
            Some(""),
            "",
            json!({ "headers": { "apns-priority": "10" }, "payload": { "aps": { "category": "c" } } }),
            "background",
            "5",
            json!({ "content-available": 1, "category": "c" }),
        ),
    ] {
        let Value::Object(data) = json!({ "google.fcm": { "apns": options }, "none": null }) else { unreachable!() };
        let rendered = Rendered { subject: title.map(str::to_owned), text: text.into(), html: None };
        let key = key("n-1");
        let push = Push::of(&outgoing(&key, DEVICE, &rendered, &data, None), "t").unwrap();
        let of = |name: &str| push.headers.iter().find(|(header, _)| *header == name).unwrap().1.clone();
        assert_eq!((of("apns-push-type").as_str(), of("apns-priority").as_str()), (kind, priority), "{data:?}");
        let payload: Value = serde_json::from_str(&push.payload).unwrap();
        assert_eq!(payload, json!({ "aps": aps }), "{data:?}");
    }
}

#[tokio::test]
async fn what_apple_would_refuse_for_its_size_or_a_name_is_not_sent() {
    let apns = connected("http://127.0.0.1:1");
    let left = 4096 - r#"{"aps":{"alert":{"body":"","title":"Hola"}},"k":""}"#.len();
    for (text, data, refused) in [
        ("x", json!({ "k": "x".repeat(left - 1) }), None),
        (
            "x",
            json!({ "k": "x".repeat(left) }),
            Some("message makes a push of 4097 bytes with its title, data and options"),
        ),
        // Each of these takes two bytes as JSON, and one for FCM.
        ("x", json!({ "k": "\"".repeat(left / 2 + 1) }), Some("message makes a push of")),
        ("x", json!({ "aps": "x" }), Some("data.aps is a key that Apple keeps for itself")),
        ("x", json!({ "aps": null }), None),
    ] {
        let outcome = send(&apns, text, data).await;
        match (&outcome, refused) {
            (Outcome::Permanent { failure, .. }, Some(why)) => assert!(failure.detail.starts_with(why), "{failure:?}"),
            (Outcome::Retriable { alarm: false, .. }, None) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Each case: status, reason, and the outcome.
#[tokio::test]
async fn apples_reasons_tell_whose_fault_an_answer_is() {
    for (status, reason, expected) in [
        (400, "BadDeviceToken", "permanent"),
        (410, "Unregistered", "permanent"),
        (410, "ExpiredToken", "permanent"),
        (413, "PayloadTooLarge", "permanent"),
        (400, "DeviceTokenNotForTopic", "alarm"),
        (403, "ExpiredProviderToken", "account"),
        (403, "InvalidProviderToken", "account"),
        (403, "UnrelatedKeyIdInToken", "account"),
        (403, "MissingProviderToken", "account"),
        (403, "BadEnvironmentKeyIdInToken", "account"),
        (403, "Forbidden", "account"),
        (400, "MissingTopic", "account"),
        (400, "BadTopic", "account"),
        (400, "TopicDisallowed", "account"),
        (400, "BadMessageId", "alarm"),
        (400, "BadExpirationDate", "alarm"),
        (400, "InvalidPushType", "alarm"),
        (404, "BadPath", "alarm"),
        (405, "MethodNotAllowed", "alarm"),
        (429, "TooManyRequests", "throttled"),
        (429, "TooManyProviderTokenUpdates", "throttled"),
        (400, "IdleTimeout", "retriable"),
        (500, "InternalServerError", "retriable"),
        (503, "ServiceUnavailable", "retriable"),
        (503, "Shutdown", "retriable"),
        (400, "SomethingNew", "permanent"),
        (403, "SomethingNew", "account"),
        (500, "SomethingNew", "retriable"),
    ] {
        let outcome = answered(ResponseTemplate::new(status).set_body_json(json!({ "reason": reason }))).await;
        assert_eq!(taken(&outcome), expected, "{status} {reason}: {outcome:?}");
        let failure = failure(&outcome);
        assert_eq!(failure.code.as_deref(), Some(reason));
        let is_ours = ["alarm", "account"].contains(&expected);
        assert_eq!(failure.detail.contains("look at "), is_ours, "{}", failure.detail);
    }
    let body = json!({ "reason": "Unregistered", "timestamp": 1_772_355_600_000_i64 });
    let outcome = answered(ResponseTemplate::new(410).set_body_json(body)).await;
    let expected = "HTTP 410, this token is dead, the app is gone or has another: remove it from your records, unless the \
                    app registered it later: since 2026-03-01T09:00:00Z";
    assert_eq!(failure(&outcome).detail, expected);
    // Whatever else stands there is no reason, and is not shown.
    for odd in [json!({ "reason": "00c0ffee is bad" }), json!({ "reason": 7 }), json!(["Unregistered"])] {
        let outcome = answered(ResponseTemplate::new(400).set_body_json(odd)).await;
        assert_eq!((kind(&outcome), failure(&outcome).detail.as_str()), ("permanent", "HTTP 400"));
    }
}

#[tokio::test]
async fn a_time_that_apple_names_is_waited_for() {
    for (status, reason, seconds, expected) in [
        (429, "TooManyRequests", Some("30"), Some(30)),
        (429, "TooManyRequests", None, None),
        (503, "ServiceUnavailable", Some("7"), Some(7)),
        (400, "IdleTimeout", Some("7"), Some(7)),
    ] {
        let answer = ResponseTemplate::new(status).set_body_json(json!({ "reason": reason }));
        let answer = seconds.iter().fold(answer, |answer, seconds| answer.insert_header("retry-after", *seconds));
        let outcome = answered(answer).await;
        let Outcome::Throttled { retry_after, .. } = outcome else { panic!("{reason}: {outcome:?}") };
        assert_eq!(retry_after, expected.map(Duration::from_secs), "{status} {reason}");
    }
}

#[tokio::test]
async fn once_the_app_was_reached_a_device_of_another_one_is_refused_for_good() {
    let server = MockServer::start().await;
    Mock::given(path(URL)).respond_with(ResponseTemplate::new(200)).up_to_n_times(1).mount(&server).await;
    let other = ResponseTemplate::new(400).set_body_json(json!({ "reason": "DeviceTokenNotForTopic" }));
    Mock::given(path(URL)).respond_with(other).mount(&server).await;
    let apns = connected(&server.uri());
    assert_eq!(kind(&send(&apns, "Hi", json!({})).await), "sent");
    assert_eq!(kind(&send(&apns, "Hi", json!({})).await), "permanent");
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_nothing_is_quoted() {
    for topic in [None, Some("hidden topic"), Some("")] {
        let (key, topic) = (Some("hidden".into()), topic.map(str::to_owned));
        let apns = Settings { key, topic: topic.clone(), base_url: "hidden".into(), ..Settings::default() };
        let problems = crate::Channels::enable(&crate::Settings { apns, ..crate::settings::of_tests() }).err().unwrap();
        let names: Vec<_> = problems.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
        assert_eq!(names, ["APNS_KEY", "APNS_KEY_ID", "APNS_TEAM_ID", "APNS_TOPIC", "APNS_BASE_URL"], "{topic:?}");
        assert!(!problems.concat().contains("hidden"), "{problems:?}");
    }
}

fn connected(base_url: &str) -> std::sync::Arc<Enabled> {
    channel_to(DEVICE, "push", &over_http(base_url))
}

async fn answered(answer: ResponseTemplate) -> Outcome {
    let server = MockServer::start().await;
    Mock::given(path(URL)).respond_with(answer).expect(1).mount(&server).await;
    send(&connected(&server.uri()), "Hi", json!({})).await
}

async fn send(apns: &Enabled, text: &str, data: Value) -> Outcome {
    let Value::Object(data) = data else { panic!("{data}") };
    let (key, rendered) = (key("n-1"), rendered(text));
    apns.send(&outgoing(&key, DEVICE, &rendered, &data, None)).await
}

fn failure(outcome: &Outcome) -> &Failure {
    match outcome {
        Outcome::Throttled { failure, .. }
        | Outcome::Retriable { failure, .. }
        | Outcome::Permanent { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

fn rendered(text: &str) -> Rendered {
    Rendered { subject: Some("Hola".into()), text: text.into(), html: None }
}
