//! What only webhooks have: what is posted, who has signed it, and what the answers of receivers mean.

use std::time::Duration;

use domain::{Keyring, Rendered, Tenant};
use serde_json::{Map, Value, json};
use testkit::{Counterpart, key};
use wiremock::matchers::{any, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::Allow;
use crate::tests::tools::{channel, kind, outgoing};

/// The secret of last year.
const FORMER: &[u8] = b"another secret of the tests, which is long enough";

/// The URL of a hook whose query is a secret.
fn hook(base: &str) -> String {
    format!("{base}/hooks/orders?token=capability")
}

/// A receiver that answers everything so.
async fn receiver(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let request = Mock::given(method("POST")).and(path("/hooks/orders")).and(query_param("token", "capability"));
    request.respond_with(answer).expect(1).mount(&server).await;
    server
}

async fn sent(settings: &crate::Settings, destination: &str, text: &str, data: Value) -> Outcome {
    let Value::Object(data) = data else { panic!("{data}") };
    let (key, rendered) = (key("n-1"), Rendered { subject: None, text: text.into(), html: None });
    channel("webhook", settings).send(&outgoing(&key, destination, &rendered, &data, None)).await
}

/// The one request that a receiver got.
async fn posted(settings: &crate::Settings, text: &str, data: Value) -> Request {
    let server = receiver(ResponseTemplate::new(204)).await;
    let outcome = sent(settings, &hook(&server.uri()), text, data).await;
    assert_eq!(outcome, Outcome::Sent { provider: "webhook", provider_id: None, code: Some("204".into()) });
    server.received_requests().await.unwrap().pop().unwrap()
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn data_are_posted_as_they_are_with_the_same_id_for_every_attempt() {
    let settings = over_http("");
    let (one, other) = (posted(&settings, "", json!({"n": 1})).await, posted(&settings, "Hi", json!({})).await);
    assert_eq!(String::from_utf8_lossy(&one.body), r#"{"n":1}"#);
    assert_eq!(String::from_utf8_lossy(&other.body), r#"{"message":"Hi"}"#);
    assert_eq!(header(&one, "content-type"), "application/json");
    assert_eq!(header(&one, "webhook-timestamp"), "1000000");
    let id = header(&one, "webhook-id");
    assert_eq!(header(&other, "webhook-id"), id);
    assert!(!id.contains('.') && !id.contains("n-1"), "it splits nothing and tells nothing: {id}");
}

#[tokio::test]
async fn an_independent_library_verifies_what_each_secret_signs() {
    let former = Keyring::new(FORMER, None).webhooks();
    let keys = Keyring::new(testkit::SECRET.as_bytes(), Some(FORMER)).webhooks();
    let both = crate::Settings { webhook: Settings { enabled: true, keys: Some(keys.clone()) }, ..over_http("") };
    let tenant = Tenant::default();
    let secrets = [keys.direct(&tenant)[0].shown(), former.direct(&tenant)[0].shown()];
    let foreign = keys.direct(&Tenant::parse("acme").unwrap())[0].shown();
    let file = tempfile::NamedTempFile::new().unwrap();
    for text in ["", "Hola", "¿Qué \"tal\"?\n🎉"] {
        let request = posted(&both, text, json!({"n": 1.10})).await;
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let headers: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), header(&request, name).into())).collect();
        let body = String::from_utf8(request.body.clone()).unwrap();
        let line = json!({ "headers": headers, "body": body, "secrets": [secrets[0], secrets[1], foreign] });
        std::fs::write(file.path(), line.to_string()).unwrap();
        let arguments = ["tools/read_webhook.py", file.path().to_str().unwrap()];
        let mut reader = Counterpart::start("venv/bin/python", &arguments);
        let read: Value = serde_json::from_str(&reader.line().await).unwrap();
        assert_eq!(read["verified"], json!([true, true, false]), "{text}");
    }
}

#[tokio::test]
async fn an_endpoint_is_signed_for_with_its_own_secrets_and_only_where_the_fleet_has_addressed_it() {
    let settings = over_http("");
    let keys = settings.webhook.keys.clone().unwrap();
    let server = receiver(ResponseTemplate::new(204)).await;
    let until = domain::Timestamp::from_seconds(1_000_001);
    let address = keys.address(&key("n-1"), "orders", 2, Some(until), &hook(&server.uri()));
    let refused = sent(&settings, &address.replace("orders:2:", "orders:3:"), "Hi", json!({})).await;
    assert_eq!(kind(&refused), "permanent", "{refused:?}");
    let outcome = sent(&settings, &address, "Hi", json!({})).await;
    assert_eq!(kind(&outcome), "sent", "{outcome:?}");
    let request = server.received_requests().await.unwrap().pop().unwrap();
    let id = header(&request, "webhook-id");
    let endpoint = domain::Key { id: "orders".into(), ..key("n-1") };
    let expected = keys.of_endpoint(&endpoint, &[2, 1]);
    let expected = expected.iter().map(|secret| secret.signature(id, 1_000_000, &request.body));
    assert_eq!(header(&request, "webhook-signature"), expected.collect::<Vec<_>>().join(" "));
}

/// Each case: status, `Retry-After`, the outcome, and its code.
#[tokio::test]
async fn an_answer_is_about_the_receiver_or_about_the_moment_and_never_about_us() {
    for (status, wait, expected, code) in [
        (200, None, "sent", "200"),
        (204, None, "sent", "204"),
        (302, None, "permanent", "302"),
        (400, None, "permanent", "400"),
        (401, None, "permanent", "401"),
        (402, None, "permanent", "402"),
        (403, None, "permanent", "403"),
        (403, Some("7"), "throttled", "403"),
        (404, None, "permanent", "404"),
        (405, None, "permanent", "405"),
        (408, None, "retriable", "408"),
        (410, None, "permanent", "gone"),
        (410, Some("7"), "permanent", "gone"),
        (422, None, "permanent", "422"),
        (429, None, "throttled", "429"),
        (500, None, "retriable", "500"),
        (503, Some("7"), "throttled", "503"),
    ] {
        let answer = ResponseTemplate::new(status).set_body_string("token=capability");
        let answer = wait.iter().fold(answer, |answer, wait| answer.insert_header("retry-after", *wait));
        let server = receiver(answer).await;
        let outcome = sent(&over_http(""), &hook(&server.uri()), "Hi", json!({})).await;
        let found = match &outcome {
            Outcome::Sent { code, .. } => code.as_deref(),
            Outcome::Throttled { failure, .. }
            | Outcome::Retriable { failure, .. }
            | Outcome::Permanent { failure, .. } => failure.code.as_deref(),
            other => panic!("{other:?}"),
        };
        assert_eq!((kind(&outcome), found), (expected, Some(code)), "{status} {wait:?}");
        assert!(!format!("{outcome:?}").contains("capability"), "{outcome:?}");
        if let Outcome::Throttled { retry_after: Some(told), .. } = outcome {
            assert_eq!(told, Duration::from_secs(7));
        }
    }
}

#[tokio::test]
async fn a_private_address_is_never_called_and_the_query_is_not_shown() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let port = server.address().port();
    let closed = crate::Settings { outbound: Allow::default(), ..over_http("") };
    for base in [
        server.uri(),
        format!("https://127.0.0.1:{port}"),
        format!("https://localhost:{port}"),
        "http://hooks.example.org".to_owned(),
        "https://169.254.169.254".to_owned(),
    ] {
        let outcome = sent(&closed, &hook(&base), "Hi", json!({})).await;
        let Outcome::Permanent { failure, .. } = &outcome else { panic!("{base}: {outcome:?}") };
        assert_eq!(failure.code.as_deref(), Some("address_refused"), "{base}");
        assert!(failure.detail.contains("OUTBOUND_ALLOW") && !failure.detail.contains("capability"), "{outcome:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_unsigned() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let keyless = crate::Settings { webhook: Settings { enabled: true, keys: None }, ..over_http("") };
    let outcome = sent(&keyless, &hook(&server.uri()), "Hi", json!({})).await;
    assert_eq!(kind(&outcome), "alarm", "{outcome:?}");
}
