//! What only commands have: what is posted or published, who has signed it, and what nobody but the fleet may write.

use std::sync::{Arc, Mutex};

use domain::{Keyring, Rendered};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::ExposeSecret as _;
use serde_json::json;
use testkit::key;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::tests::tools::{channel, kind, outgoing};

async fn service(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path(PATH)).respond_with(answer).expect(1).mount(&server).await;
    server
}

async fn sent(settings: &crate::Settings, destination: &str, data: Map<String, Value>) -> Outcome {
    let (key, rendered) = (key("d-1"), Rendered { subject: None, text: String::new(), html: None });
    channel("service", settings).send(&outgoing(&key, destination, &rendered, &data, None)).await
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn a_command_is_posted_with_a_token_that_an_independent_library_verifies() {
    let server = service(ResponseTemplate::new(202)).await;
    let outcome = sent(&over_http(&server.uri()), "trading", of_the_fleet(&key("d-1"))).await;
    assert_eq!(outcome, Outcome::Sent { provider: "service", provider_id: None, code: Some("202".into()) });
    let request = server.received_requests().await.unwrap().pop().unwrap();
    assert_eq!((header(&request, "content-type"), header(&request, "idempotency-key")), ("application/json", "c-1"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        (&body["command_id"], &body["action"], &body["requested_by"]),
        (&"c-1".into(), &"stop".into(), &"ana".into())
    );
    let digest = content_digest(std::str::from_utf8(&request.body).unwrap());
    assert_eq!(header(&request, "content-digest"), digest);
    let token = header(&request, "authorization").strip_prefix("Bearer ").unwrap();
    let set = keys().public();
    let public = DecodingKey::from_ed_components(set["keys"][0]["x"].as_str().unwrap()).unwrap();
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_audience(&["urn:trading"]);
    rules.set_issuer(&["chasqui"]);
    // The message is of a time long ago.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(token, &public, &rules).unwrap().claims;
    assert_eq!((&claims["jti"], &claims["act"]), (&json!("c-1"), &json!({ "sub": "ana" })));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_000_000), &json!(1_000_060)));
    assert_eq!(claims["digest"], json!(digest), "it is good for this body alone");
}

#[test]
fn the_digest_of_a_body_is_that_of_the_examples_of_rfc_9530() {
    let of_the_standard = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
    assert_eq!(content_digest("{\"hello\": \"world\"}\n"), of_the_standard);
}

/// Each case: status, `Retry-After`, and the outcome.
#[tokio::test]
async fn what_a_service_refuses_fails_and_what_it_has_in_hand_is_asked_for_again() {
    for (status, wait, expected) in [
        (200, None, "sent"),
        (400, None, "permanent"),
        (409, None, "retriable"),
        (409, Some("2"), "throttled"),
        (410, None, "permanent"),
        (422, None, "permanent"),
        (401, None, "alarm"),
        (404, None, "alarm"),
        (500, None, "retriable"),
    ] {
        let answer = ResponseTemplate::new(status).set_body_string("data-secret");
        let answer = wait.iter().fold(answer, |answer, wait| answer.insert_header("retry-after", *wait));
        let server = service(answer).await;
        let outcome = sent(&over_http(&server.uri()), "trading", of_the_fleet(&key("d-1"))).await;
        assert_eq!(kind(&outcome), expected, "{status} {wait:?}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains("data-secret"), "{outcome:?}");
    }
}

#[tokio::test]
async fn what_the_fleet_has_not_written_is_never_posted() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let settings = over_http(&server.uri());
    let of_another = of_the_fleet(&key("d-2"));
    let mut altered = of_the_fleet(&key("d-1"));
    altered[service::COMMAND]["action"] = "wipe".into();
    let mut unmarked = of_the_fleet(&key("d-1"));
    unmarked.remove(service::MARK);
    for forged in [of_another, altered, unmarked, Map::new()] {
        let outcome = sent(&settings, "trading", forged).await;
        assert_eq!(kind(&outcome), "permanent", "{outcome:?}");
    }
    let keyless = Settings { keys: None, ..settings.service.clone() };
    let keyless = crate::Settings { service: keyless, ..settings.clone() };
    assert_eq!(kind(&sent(&keyless, "trading", of_the_fleet(&key("d-1"))).await), "alarm");
}

#[tokio::test]
async fn a_service_that_this_process_does_not_know_is_waited_for() {
    let keys = Keyring::new(testkit::SECRET.as_bytes(), None).commands();
    let mut data = of_the_fleet(&key("d-1"));
    let mark = keys.mark(&key("d-1"), "memory", &data[service::COMMAND].to_string());
    data.insert(service::MARK.to_owned(), mark.into());
    let outcome = sent(&over_http("http://127.0.0.1:1"), "memory", data).await;
    assert_eq!(kind(&outcome), "alarm", "{outcome:?}");
}

#[test]
fn a_base_url_that_cannot_be_called_is_told_with_its_service() {
    for (url, expected) in [
        ("http://127.0.0.1:9300", ""),
        ("http://[::1", "SERVICES_FILE: trading.base_url must be an http or https URL"),
        ("http://127.0.0.1:9300/v1/commands", "SERVICES_FILE: trading.base_url must not end with /v1/commands"),
    ] {
        let told = problems(&over_http(url)).join("; ");
        assert!(told.starts_with(expected) && told.is_empty() == expected.is_empty(), "{url}: {told}");
    }
    assert!(connect(&crate::settings::of_tests()).is_none());
}

/// One service that takes its commands over AMQP, whose broker answers so; and what is published.
fn over_amqp(answer: Result<(), NotPublished>) -> (crate::Settings, Arc<Mutex<Vec<Dispatch>>>) {
    let Value::Object(written) =
        json!({ "trading": { "amqp": true, "audience": "urn:trading", "actions": { "stop": {} } } })
    else {
        unreachable!()
    };
    let published: Arc<Mutex<Vec<Dispatch>>> = Arc::default();
    let seen = Arc::clone(&published);
    let publishing = Publishing::by(move |dispatch: Dispatch| -> Published {
        seen.lock().unwrap().push(dispatch);
        Box::pin(async move { answer })
    });
    let services = Some(Registry::read(&written).unwrap());
    let service = Settings { services, keys: Some(keys()), publishing: Some(publishing) };
    (crate::Settings { service, ..crate::settings::of_tests() }, published)
}

#[tokio::test]
async fn a_command_over_amqp_is_published_with_a_token_that_is_good_as_long_as_it_may_wait() {
    let (settings, published) = over_amqp(Ok(()));
    let (key, rendered) = (key("d-1"), Rendered { subject: None, text: String::new(), html: None });
    let data = of_the_fleet(&key);
    let outcome = channel("service", &settings).send(&outgoing(&key, "trading", &rendered, &data, Some(300))).await;
    assert_eq!(outcome, Outcome::Sent { provider: "service", provider_id: None, code: None });
    let dispatched = published.lock().unwrap().pop().unwrap();
    assert_eq!((dispatched.service.as_str(), dispatched.command.as_str()), ("trading", "c-1"));
    let body: Value = serde_json::from_str(&dispatched.body).unwrap();
    assert_eq!((&body["command_id"], &body["action"]), (&json!("c-1"), &json!("stop")));
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(dispatched.token.expose_secret()).unwrap().claims;
    assert_eq!((&claims["jti"], &claims["aud"]), (&json!("c-1"), &json!("urn:trading")));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_000_000), &json!(1_000_300)));
    assert_eq!(claims["digest"], json!(content_digest(&dispatched.body)));
}

#[tokio::test]
async fn a_command_that_is_in_no_queue_is_published_again_with_a_reason_that_says_what_is_missing() {
    for (answer, expected, words) in [
        (NotPublished::Unroutable, "alarm", "no queue is bound for commands.trading"),
        (NotPublished::Refused, "retriable", "is full"),
        (NotPublished::Unavailable, "retriable", "not connected"),
        (NotPublished::Unknown, "ambiguous", "not confirmed"),
        (NotPublished::TooLarge, "permanent", "larger"),
    ] {
        let (settings, _published) = over_amqp(Err(answer));
        let outcome = sent(&settings, "trading", of_the_fleet(&key("d-1"))).await;
        assert_eq!(kind(&outcome), expected, "{outcome:?}");
        let shown = format!("{outcome:?}");
        assert!(shown.contains(words) && !shown.contains("data-secret"), "{shown}");
    }
    let (settings, published) = over_amqp(Ok(()));
    let mut forged = of_the_fleet(&key("d-1"));
    forged.remove(service::MARK);
    assert_eq!(kind(&sent(&settings, "trading", forged).await), "permanent");
    assert!(published.lock().unwrap().is_empty());
    let mute = Settings { publishing: None, ..settings.service.clone() };
    let mute = crate::Settings { service: mute, ..settings };
    assert_eq!(kind(&sent(&mute, "trading", of_the_fleet(&key("d-1"))).await), "alarm");
}
