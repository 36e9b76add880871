//! What only Web Push has: what is sealed, who we say we are, and what the answers of push services mean.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Rendered;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use testkit::key;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::Allow;
use crate::tests::tools::{channel, kind, outgoing, taken};

mod answers;
mod keys;
mod opened;

/// The values of RFC 8291 appendix A.
mod vector {
    pub(super) const MESSAGE: &str = "When I grow up, I want to be a watermelon";
    pub(super) const SERVER_KEY: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    pub(super) const BROWSER_KEY: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    pub(super) const P256DH: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    pub(super) const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
    pub(super) const SALT: &str = "DGv6ra1nlYgDCS1FRnbzlw";
    pub(super) const SEALED: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
}

/// The one push that a push service got, and what was sent in it.
struct Pushed {
    request: Request,
    outcome: Outcome,
}

impl Pushed {
    fn header(&self, name: &str) -> &str {
        self.request.headers[name].to_str().unwrap()
    }
}

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// The subscription of the vector's browser, at a push service.
fn subscription(base: &str) -> String {
    let keys = json!({ "p256dh": vector::P256DH, "auth": vector::AUTH });
    json!({ "endpoint": format!("{base}/send/capability"), "expirationTime": null, "keys": keys }).to_string()
}

fn rendered() -> Rendered {
    Rendered { subject: Some("Hola".into()), text: "Your code".into(), html: None }
}

/// The outcome of one send by these settings to this destination.
async fn sent(settings: &crate::Settings, destination: &str, seconds: Option<u64>) -> Outcome {
    sent_by(settings, destination, seconds, Lane::Normal).await
}

async fn sent_by(settings: &crate::Settings, destination: &str, seconds: Option<u64>, lane: Lane) -> Outcome {
    let (key, rendered, data) = (key("n-1"), rendered(), Map::from_iter([("order".to_owned(), json!(7))]));
    let outgoing = Outgoing { lane, ..outgoing(&key, destination, &rendered, &data, seconds) };
    channel("webpush", settings).send(&outgoing).await
}

/// A push service that answers everything so.
async fn service(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/send/capability")).respond_with(answer).expect(1).mount(&server).await;
    server
}

async fn pushed(settings: &crate::Settings, seconds: Option<u64>, lane: Lane) -> Pushed {
    let server =
        service(ResponseTemplate::new(201).insert_header("location", "https://push.example.org/m/secret")).await;
    let outcome = sent_by(settings, &subscription(&server.uri()), seconds, lane).await;
    let mut requests = server.received_requests().await.unwrap();
    Pushed { request: requests.pop().unwrap(), outcome }
}

#[test]
fn what_is_sealed_is_what_rfc_8291_shows() {
    let browser = Subscription::read(&subscription("https://push.example.org")).ok().unwrap();
    let once = PrivateKey::from_private_key(&ECDH_P256, &bytes(vector::SERVER_KEY)).unwrap();
    let salt = bytes(vector::SALT).try_into().unwrap();
    let sealed = seal(vector::MESSAGE.as_bytes(), &browser, &once, salt).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(sealed), vector::SEALED);
}

#[tokio::test]
async fn a_push_has_the_headers_that_push_services_ask_for() {
    let settings = over_http("");
    let now = pushed(&settings, Some(90), Lane::Normal).await;
    assert_eq!(now.outcome, Outcome::Sent { provider: "webpush", provider_id: None, code: Some("201".into()) });
    for (name, expected) in [
        ("content-type", "application/octet-stream"),
        ("content-encoding", "aes128gcm"),
        ("ttl", "90"),
        ("urgency", "normal"),
    ] {
        assert_eq!(now.header(name), expected, "{name}");
    }
    let topic = now.header("topic");
    let is_base64url = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    assert!(topic.len() == 32 && topic.chars().all(is_base64url), "RFC 8030 section 5.4: {topic}");
    assert!(!topic.contains("n-1"), "it tells nothing of the notification");

    let later = pushed(&settings, None, Lane::Urgent).await;
    assert_eq!((later.header("ttl"), later.header("urgency")), ("2419200", "high"));
    assert_eq!(later.header("topic"), topic, "every attempt has the same");
    let bulk = pushed(&settings, Some(365 * 24 * 60 * 60), Lane::Bulk).await;
    assert_eq!((bulk.header("ttl"), bulk.header("urgency")), ("2419200", "low"));
    assert_eq!(pushed(&settings, Some(0), Lane::Bulk).await.header("ttl"), "0", "now or never");
}

#[tokio::test]
async fn no_two_pushes_are_sealed_with_the_same_key_or_salt() {
    let settings = over_http("");
    let (one, other) = (pushed(&settings, None, Lane::Normal).await, pushed(&settings, None, Lane::Normal).await);
    assert_ne!(one.request.body[..16], other.request.body[..16], "the salt");
    assert_ne!(one.request.body[21..86], other.request.body[21..86], "the key");
}

#[tokio::test]
async fn an_endpoint_on_a_private_address_is_never_called() {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(ResponseTemplate::new(201)).expect(0).mount(&server).await;
    let port = server.address().port();
    let closed = crate::Settings { outbound: Allow::default(), ..over_http("") };
    for base in [
        server.uri(),
        format!("https://127.0.0.1:{port}"),
        format!("https://localhost:{port}"),
        format!("http://localhost:{port}"),
        format!("https://[::ffff:7f00:1]:{port}"),
        "https://169.254.169.254".to_owned(),
        "https://[fd00:ec2::254]".to_owned(),
    ] {
        let outcome = sent(&closed, &subscription(&base), None).await;
        let Outcome::Permanent { failure, .. } = &outcome else { panic!("{base}: {outcome:?}") };
        assert_eq!(failure.code.as_deref(), Some("address_refused"), "{base}");
        assert!(failure.detail.contains("OUTBOUND_ALLOW") && !failure.detail.contains("capability"), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let inner = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(ResponseTemplate::new(201)).expect(0).mount(&inner).await;
    for status in [301, 302, 303, 307, 308] {
        let answer = ResponseTemplate::new(status).insert_header("location", format!("{}/inner", inner.uri()));
        let server = service(answer).await;
        let outcome = sent(&over_http(""), &subscription(&server.uri()), None).await;
        let Outcome::Permanent { failure, .. } = &outcome else { panic!("{status}: {outcome:?}") };
        assert!(failure.detail.contains("redirects elsewhere"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_no_point_of_the_curve_is_refused_before_anything_is_sent() {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(ResponseTemplate::new(201)).expect(0).mount(&server).await;
    let mut point = bytes(vector::P256DH);
    point[64] ^= 1;
    let destination = subscription(&server.uri()).replace(vector::P256DH, &URL_SAFE_NO_PAD.encode(point));
    let outcome = sent(&over_http(""), &destination, None).await;
    let Outcome::Permanent { failure, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(failure.detail.ends_with("keys.p256dh is no point of P-256"), "{failure:?}");
}
