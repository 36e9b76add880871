//! What only FCM has: its message, its error codes, and a token that it no longer accepts.

use std::time::Duration;

use domain::{ChannelName, Rendered};
use serde_json::{Map, Value, json};
use testkit::key;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::Channels;
use crate::tests::tools::{outgoing, taken};

mod answers;
mod options;

const URL: &str = "/v1/projects/example/messages:send";

#[test]
fn the_message_carries_words_data_and_a_tag_that_replaces_a_second_copy() {
    let Value::Object(data) = json!({ "order": 7, "kind": "otp", "none": null, "list": [1] }) else { unreachable!() };
    let message = built("token-1", &data, Some(90));
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
    assert_eq!(built("token-2", &Map::new(), None)["message"]["android"]["notification"]["tag"], *tag);
}

#[test]
fn numbers_travel_in_the_digits_that_their_publisher_wrote() {
    for written in [
        "589084071224307838838",
        "18446744073709551616",
        "-9223372036854775809",
        "1234567890.123456789",
        "[1,12345678901234567890123]",
        "{\"deep\":[{\"v\":19.90}]}",
        "0.000001",
        "19.90",
        "-0",
        "0.00",
        "1e-7",
        "1.50e+3",
        "18446744073709551615",
        "9007199254740993",
        "21465",
        "10.0",
    ] {
        let data: Map<String, Value> = serde_json::from_str(&format!(r#"{{"v": {written}}}"#)).unwrap();
        let body = serde_json::to_string(&built("t", &data, None)).unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["message"]["data"]["v"], json!(written));
    }
}

#[test]
fn an_exponent_travels_with_a_small_e_and_its_sign_and_its_digits_stay() {
    for (written, travels) in [("1E5", "1e+5"), ("1e5", "1e+5"), ("1.50E+03", "1.50e+03"), ("2E-7", "2e-7")] {
        let data: Map<String, Value> = serde_json::from_str(&format!(r#"{{"v": {written}}}"#)).unwrap();
        assert_eq!(built("t", &data, None)["message"]["data"]["v"], json!(travels), "{written}");
    }
}

#[test]
fn an_installation_is_addressed_by_its_fid() {
    let message = built("fid:abc", &Map::new(), None);
    assert_eq!((&message["message"]["fid"], &message["message"]["token"]), (&json!("abc"), &Value::Null));
    assert_eq!(message["message"]["android"]["ttl"], Value::Null);
}

#[tokio::test]
async fn a_push_that_expires_while_its_token_is_asked_for_is_not_sent() {
    let server = MockServer::start().await;
    let token = json!({ "access_token": "t", "expires_in": 3600 });
    let never = ResponseTemplate::new(200).set_body_json(token).set_delay(Duration::from_secs(3600));
    Mock::given(path("/token")).respond_with(never).mount(&server).await;
    Mock::given(path(URL)).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let channels = Channels::enable(&over_http(&server.uri())).unwrap();
    let (key, rendered, data) = (key("n-1"), rendered(), Map::new());
    let deadline = Some(std::time::Instant::now() + Duration::from_millis(200));
    let late = Outgoing { deadline, ..outgoing(&key, "token-1", &rendered, &data, Some(90)) };
    let push = &channels.carriers(&ChannelName::parse("push").unwrap(), "token-1").unwrap()[0];
    assert_eq!(push.send(&late).await, Outcome::Expired);
}

/// Each case: status, Google's status, and the details beside it.
#[tokio::test]
async fn the_error_code_says_more_than_the_status() {
    let fcm = |code: &str| json!({ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code });
    let reason = |code: &str| json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code });
    let field = |name: &str| {
        json!({ "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{ "field": name, "description": "no" }] })
    };
    for (status, name, details, code, expected) in [
        (400, "INVALID_ARGUMENT", vec![fcm("INVALID_ARGUMENT")], "INVALID_ARGUMENT", "permanent"),
        (400, "INVALID_ARGUMENT", vec![field("message.token")], "INVALID_ARGUMENT", "permanent"),
        (400, "INVALID_ARGUMENT", vec![field("name")], "INVALID_ARGUMENT", "account"),
        (404, "NOT_FOUND", vec![fcm("UNREGISTERED")], "UNREGISTERED", "permanent"),
        (404, "NOT_FOUND", vec![], "NOT_FOUND", "alarm"),
        (403, "PERMISSION_DENIED", vec![fcm("SENDER_ID_MISMATCH")], "SENDER_ID_MISMATCH", "alarm"),
        (403, "PERMISSION_DENIED", vec![reason("SERVICE_DISABLED")], "SERVICE_DISABLED", "account"),
        (403, "PERMISSION_DENIED", vec![reason("BILLING_DISABLED")], "BILLING_DISABLED", "account"),
        (403, "PERMISSION_DENIED", vec![reason("CONSUMER_SUSPENDED")], "CONSUMER_SUSPENDED", "account"),
        (403, "PERMISSION_DENIED", vec![reason("RATE_LIMIT_EXCEEDED")], "RATE_LIMIT_EXCEEDED", "throttled"),
        (403, "PERMISSION_DENIED", vec![], "PERMISSION_DENIED", "account"),
        (401, "UNAUTHENTICATED", vec![fcm("THIRD_PARTY_AUTH_ERROR")], "THIRD_PARTY_AUTH_ERROR", "alarm"),
        (429, "RESOURCE_EXHAUSTED", vec![fcm("QUOTA_EXCEEDED")], "QUOTA_EXCEEDED", "throttled"),
        (500, "INTERNAL", vec![fcm("INTERNAL")], "INTERNAL", "retriable"),
        (503, "UNAVAILABLE", vec![fcm("UNAVAILABLE")], "UNAVAILABLE", "retriable"),
    ] {
        let body = json!({ "error": { "code": status, "message": "no", "status": name, "details": details } });
        let server = google(ResponseTemplate::new(status).set_body_json(&body)).await;
        let outcome = push(&over_http(&server.uri())).await;
        let (kind, failure) = match &outcome {
            Outcome::Throttled { failure, .. } => ("throttled", failure),
            Outcome::Retriable { failure, .. } => (taken(&outcome), failure),
            Outcome::Permanent { failure, .. } => ("permanent", failure),
            other => panic!("{other:?}"),
        };
        assert_eq!((kind, failure.code.as_deref()), (expected, Some(code)), "{body}");
        assert_eq!(failure.detail.contains("look at "), ["alarm", "account"].contains(&kind), "{}", failure.detail);
    }
}

#[tokio::test]
async fn the_time_in_the_details_counts_where_it_is_longer_than_the_header() {
    for (status, header, delay, expected) in [
        (429, None, "30s", 30),
        (503, None, "1.5s", 1),
        (403, Some("70"), "30s", 70),
        (500, Some("5"), "30s", 30),
        (429, Some("5"), "900000s", 86_400),
    ] {
        let details = json!([
            { "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "QUOTA_EXCEEDED" },
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay },
        ]);
        let answer = ResponseTemplate::new(status).set_body_json(json!({ "error": { "details": details } }));
        let answer = header.iter().fold(answer, |answer, value| answer.insert_header("retry-after", *value));
        let outcome = push(&over_http(&google(answer).await.uri())).await;
        let Outcome::Throttled { retry_after: Some(wait), .. } = outcome else { panic!("{status}: {outcome:?}") };
        assert_eq!(wait.as_secs(), expected, "{status} {header:?} {delay}");
    }
}

#[tokio::test]
async fn once_the_project_has_delivered_a_device_of_another_one_is_refused_for_good() {
    let server = MockServer::start().await;
    let granted = ResponseTemplate::new(200).set_body_json(json!({ "access_token": "t", "expires_in": 3600 }));
    Mock::given(path("/token")).respond_with(granted).mount(&server).await;
    let accepted = ResponseTemplate::new(200).set_body_json(json!({ "name": "projects/example/messages/0:1" }));
    Mock::given(path(URL)).respond_with(accepted).up_to_n_times(1).mount(&server).await;
    let details = json!([{ "errorCode": "SENDER_ID_MISMATCH" }]);
    let mismatch = ResponseTemplate::new(403).set_body_json(json!({ "error": { "details": details } }));
    Mock::given(path(URL)).respond_with(mismatch).mount(&server).await;
    let channels = Channels::enable(&over_http(&server.uri())).unwrap();
    let channel = &channels.carriers(&ChannelName::parse("push").unwrap(), "token-1").unwrap()[0];
    let (key, rendered, data) = (key("n-1"), rendered(), Map::new());
    let outgoing = outgoing(&key, "token-1", &rendered, &data, None);
    assert!(matches!(channel.send(&outgoing).await, Outcome::Sent { .. }));
    let outcome = channel.send(&outgoing).await;
    assert!(matches!(outcome, Outcome::Permanent { .. }), "{outcome:?}");
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
    let channel = &channels.carriers(&ChannelName::parse("push").unwrap(), "token-1").unwrap()[0];
    let (key, rendered, data) = (key("n-1"), rendered(), Map::new());
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
    let (key, rendered, data) = (key("n-1"), rendered(), Map::new());
    let channel = &channels.carriers(&ChannelName::parse("push").unwrap(), "token-1").unwrap()[0];
    channel.send(&outgoing(&key, "token-1", &rendered, &data, None)).await
}

fn built(destination: &str, data: &Map<String, Value>, seconds: Option<u64>) -> Value {
    let (key, rendered) = (key("n-1"), rendered());
    message(&outgoing(&key, destination, &rendered, data, seconds), false)
}

fn rendered() -> Rendered {
    Rendered { subject: Some("Hola".into()), text: "Your code".into(), html: None }
}
