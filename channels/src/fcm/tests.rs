//! What is FCM's own: its message, its error codes, and a token that it no longer takes.

use domain::{ChannelName, Key, Rendered, Tenant, Timestamp};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::Channels;

const URL: &str = "/v1/projects/example/messages:send";

#[test]
fn the_message_carries_words_data_and_a_tag_that_replaces_a_second_copy() {
    let Value::Object(data) = json!({ "order": 7, "kind": "otp", "none": null, "list": [1] }) else { unreachable!() };
    let message = built("token-1", &data, Some(90)).unwrap();
    let message = &message["message"];
    assert_eq!(message["token"], "token-1");
    assert_eq!(message["notification"], json!({ "title": "Hola", "body": "Your code" }));
    assert_eq!(message["data"], json!({ "order": "7", "kind": "otp", "list": "[1]" }));
    let tag = &message["android"]["notification"]["tag"];
    assert_eq!(tag.as_str().unwrap().len(), 32, "a Topic has at most 32 characters (RFC 8030 section 5.4)");
    for place in ["/apns/headers/apns-collapse-id", "/webpush/headers/Topic", "/webpush/notification/tag"] {
        assert_eq!(message.pointer(place), Some(tag), "{place}");
    }
    assert_eq!(message["android"]["ttl"], "90s");
    assert_eq!(message["webpush"]["headers"]["TTL"], "90");
    assert_eq!(message["apns"]["headers"]["apns-expiration"], "1000090");
    assert_eq!(built("token-2", &Map::new(), None).unwrap()["message"]["android"]["notification"]["tag"], *tag);
}

#[test]
fn an_installation_is_addressed_by_its_fid() {
    let message = built("fid:abc", &Map::new(), None).unwrap();
    assert_eq!((&message["message"]["fid"], &message["message"]["token"]), (&json!("abc"), &Value::Null));
    assert_eq!(message["message"]["android"]["ttl"], Value::Null);
}

#[test]
fn keys_that_fcm_keeps_for_itself_are_refused_by_name() {
    for key in ["from", "message_type", "google.x", "gcm.notification.x"] {
        let data = Map::from_iter([(key.to_owned(), json!("x"))]);
        assert_eq!(
            built("t", &data, None),
            Err(format!("data must not have the key {key}, which FCM keeps for itself"))
        );
    }
}

#[tokio::test]
async fn the_error_code_says_more_than_the_status() {
    for (status, name, code, expected) in [
        (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "permanent"),
        (404, "NOT_FOUND", "UNREGISTERED", "permanent"),
        (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "permanent"),
        (403, "PERMISSION_DENIED", "", "alarm"),
        (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", "alarm"),
        (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "throttled"),
        (500, "INTERNAL", "INTERNAL", "retriable"),
        (503, "UNAVAILABLE", "UNAVAILABLE", "retriable"),
    ] {
        let kind_of_detail = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
        let details = if code.is_empty() { json!([]) } else { json!([{ "@type": kind_of_detail, "errorCode": code }]) };
        let body = json!({ "error": { "code": status, "message": "no", "status": name, "details": details } });
        let server = google(ResponseTemplate::new(status).set_body_json(body)).await;
        let outcome = push(&over_http(&server.uri())).await;
        let (kind, failure) = match &outcome {
            Outcome::Throttled { failure, .. } => ("throttled", failure),
            Outcome::Retriable { failure, alarm, .. } => (if *alarm { "alarm" } else { "retriable" }, failure),
            Outcome::Permanent { failure, .. } => ("permanent", failure),
            other => panic!("{other:?}"),
        };
        let shown = if code.is_empty() { name } else { code };
        assert_eq!((kind, failure.code.as_deref()), (expected, Some(shown)), "{status} {code}");
    }
}

#[tokio::test]
async fn an_accepted_message_gives_its_name() {
    let name = "projects/example/messages/0:1";
    let server = google(ResponseTemplate::new(200).set_body_json(json!({ "name": name }))).await;
    let outcome = push(&over_http(&server.uri())).await;
    assert!(matches!(&outcome, Outcome::Sent { provider_id: Some(id), .. } if id == name), "{outcome:?}");
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_at_the_next_attempt() {
    let server = MockServer::start().await;
    let counter = std::sync::atomic::AtomicU32::new(1);
    let granted = move |_: &Request| {
        let n = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        ResponseTemplate::new(200).set_body_json(json!({ "access_token": format!("t{n}"), "expires_in": 3600 }))
    };
    Mock::given(path("/token")).respond_with(granted).expect(2).mount(&server).await;
    let revoked = Mock::given(path(URL)).and(header("authorization", "Bearer t1"));
    revoked.respond_with(ResponseTemplate::new(401)).expect(1).mount(&server).await;
    let good = Mock::given(path(URL)).and(header("authorization", "Bearer t2"));
    good.respond_with(ResponseTemplate::new(200)).expect(1).mount(&server).await;
    let channels = Channels::enable(&over_http(&server.uri())).unwrap();
    let channel = channels.get(&ChannelName::parse("push").unwrap()).unwrap();
    let (key, rendered, data) = (key(), rendered(), Map::new());
    let outgoing = outgoing(&key, "token-1", &rendered, &data, None);
    assert!(matches!(channel.send(&outgoing).await, Outcome::Retriable { alarm: true, .. }));
    assert!(matches!(channel.send(&outgoing).await, Outcome::Sent { .. }));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" }));
    Mock::given(path("/token")).respond_with(refusal).expect(1).mount(&server).await;
    Mock::given(path(URL)).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let outcome = push(&over_http(&server.uri())).await;
    let Outcome::Retriable { failure, alarm: true, maybe_sent: false } = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.code.as_deref(), Some("invalid_grant"));
}

async fn google(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let granted = ResponseTemplate::new(200).set_body_json(json!({ "access_token": "t", "expires_in": 3600 }));
    Mock::given(path("/token")).respond_with(granted).mount(&server).await;
    Mock::given(method("POST")).and(path(URL)).respond_with(answer).mount(&server).await;
    server
}

async fn push(settings: &crate::Settings) -> Outcome {
    let channels = Channels::enable(settings).unwrap();
    let (key, rendered, data) = (key(), rendered(), Map::new());
    let channel = channels.get(&ChannelName::parse("push").unwrap()).unwrap();
    channel.send(&outgoing(&key, "token-1", &rendered, &data, None)).await
}

fn built(destination: &str, data: &Map<String, Value>, seconds: Option<u64>) -> Result<Value, String> {
    let (key, rendered) = (key(), rendered());
    message(&outgoing(&key, destination, &rendered, data, seconds))
}

fn key() -> Key {
    Key { tenant: Tenant::default(), id: "n-1".into() }
}

fn rendered() -> Rendered {
    Rendered { subject: Some("Hola".into()), text: "Your code".into(), html: None }
}

fn outgoing<'a>(
    key: &'a Key,
    destination: &'a str,
    rendered: &'a Rendered,
    data: &'a Map<String, Value>,
    seconds: Option<u64>,
) -> Outgoing<'a> {
    let now = Timestamp::from_seconds(1_000_000);
    let expires_at = seconds.map(|seconds| now.plus(Duration::from_secs(seconds)));
    Outgoing { key, destination, rendered, data, expires_at, now }
}
