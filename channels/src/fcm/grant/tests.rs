//! The grant against an endpoint that verifies what it is given.

use std::sync::Arc;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{DecodingKey, Validation};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;

const AUDIENCE: &str = "https://oauth2.example/token";

#[tokio::test]
async fn the_assertion_verifies_with_the_accounts_public_key_and_names_google_as_its_audience() {
    let (account, public) = account();
    let server = MockServer::start().await;
    let endpoint = move |request: &Request| {
        let form: std::collections::HashMap<_, _> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_audience(&[AUDIENCE]);
        rules.set_issuer(&["sender@example.iam.gserviceaccount.com"]);
        rules.set_required_spec_claims(&["aud", "iss", "exp"]);
        rules.validate_exp = false;
        let token = jsonwebtoken::decode::<Value>(&form["assertion"], &public, &rules).unwrap();
        assert_eq!(token.header.kid.as_deref(), Some("key-1"));
        assert_eq!(token.claims["scope"], SCOPE);
        assert_eq!(token.claims["iat"], 1_000_000);
        assert_eq!(token.claims["exp"], 1_003_600);
        granted("t1")
    };
    Mock::given(path("/token")).respond_with(endpoint).expect(1).mount(&server).await;
    let grant = grant(account, &server, 60);
    assert_eq!(grant.token(now(0)).await.unwrap().expose_secret(), "t1");
}

#[tokio::test]
async fn a_token_is_kept_until_a_minute_before_it_expires() {
    let server = MockServer::start().await;
    Mock::given(path("/token")).respond_with(granted("t")).expect(2).mount(&server).await;
    let grant = grant(account().0, &server, 60);
    for seconds in [0, 1, 3539, 3540] {
        grant.token(now(seconds)).await.unwrap();
    }
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let server = MockServer::start().await;
    Mock::given(path("/token")).respond_with(granted("t")).expect(1).mount(&server).await;
    let grant = Arc::new(grant(account().0, &server, 60));
    let all: Vec<_> = (0..64)
        .map(|_| {
            tokio::spawn({
                let grant = grant.clone();
                async move { grant.token(now(0)).await }
            })
        })
        .collect();
    for one in all {
        one.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn those_who_waited_share_the_failure() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" }));
    Mock::given(path("/token")).respond_with(refusal).expect(1).mount(&server).await;
    let grant = Arc::new(grant(account().0, &server, 60));
    let (busy, waiting) = (grant.last.lock().await, Arc::new(Semaphore::new(0)));
    let all: Vec<_> = (0..8)
        .map(|_| {
            let (grant, waiting) = (grant.clone(), waiting.clone());
            tokio::spawn(async move {
                waiting.add_permits(1);
                grant.token(now(0)).await
            })
        })
        .collect();
    drop(waiting.acquire_many(8).await.unwrap());
    tokio::task::yield_now().await;
    drop(busy);
    for one in all {
        let refused = one.await.unwrap().unwrap_err();
        assert_eq!((refused.code.as_deref(), refused.alarm), (Some("invalid_grant"), true));
    }
}

#[tokio::test]
async fn a_forgotten_token_is_asked_for_again_but_not_its_successor() {
    let server = MockServer::start().await;
    Mock::given(path("/token")).respond_with(granted("t")).expect(2).mount(&server).await;
    let grant = grant(account().0, &server, 60);
    let first = grant.token(now(0)).await.unwrap();
    grant.forget(&first).await;
    grant.token(now(0)).await.unwrap();
    grant.forget(&"another".to_owned().into()).await;
    grant.token(now(0)).await.unwrap();
}

#[tokio::test]
async fn refusals_alarm_and_outages_do_not() {
    for (status, alarm) in
        [(400, true), (401, true), (403, true), (408, false), (429, false), (500, false), (503, false)]
    {
        let server = MockServer::start().await;
        Mock::given(path("/token")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
        let refused = grant(account().0, &server, 60).token(now(0)).await.unwrap_err();
        assert_eq!(refused.alarm, alarm, "{status}");
        assert!(matches!(refused.outcome(), Outcome::Retriable { maybe_sent: false, .. }));
    }
}

#[tokio::test]
async fn an_endpoint_that_hangs_ends_as_not_sent() {
    let server = MockServer::start().await;
    let never = granted("t").set_delay(Duration::from_secs(3600));
    Mock::given(path("/token")).respond_with(never).mount(&server).await;
    let refused = grant(account().0, &server, 1).token(now(0)).await.unwrap_err();
    assert!(!refused.alarm);
}

#[test]
fn a_bad_key_is_named_and_not_quoted() {
    for bad in ["", "{}", "not json SECRET", r#"{"client_email":"SECRET","private_key":"SECRET","token_uri":"x"}"#] {
        let problem = ServiceAccount::parse(bad).err().unwrap();
        assert!(problem.starts_with("FIREBASE_SERVICE_ACCOUNT_KEY "), "{problem}");
        assert!(!problem.contains("SECRET"), "{problem}");
    }
}

/// A service account's JSON with a fresh key.
pub(crate) fn service_account() -> String {
    service_account_with(&KeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn service_account_with(pair: &KeyPair) -> String {
    let der = STANDARD.encode(AsDer::as_der(pair).unwrap().as_ref());
    let lines: Vec<&str> = der.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    json!({
        "type": "service_account",
        "project_id": "example",
        "private_key_id": "key-1",
        "private_key": pem,
        "client_email": "sender@example.iam.gserviceaccount.com",
        "token_uri": AUDIENCE,
    })
    .to_string()
}

fn account() -> (ServiceAccount, DecodingKey) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = pair.public_key();
    let key = DecodingKey::from_rsa_raw_components(
        public.modulus().big_endian_without_leading_zero(),
        public.exponent().big_endian_without_leading_zero(),
    );
    (ServiceAccount::parse(&service_account_with(&pair)).unwrap(), key)
}

fn grant(account: ServiceAccount, server: &MockServer, provider_timeout_seconds: u64) -> Grant {
    let timeout = Duration::from_secs(provider_timeout_seconds);
    Grant::new(http::client(timeout).unwrap(), account, format!("{}/token", server.uri()), timeout)
}

fn granted(token: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({ "access_token": token, "expires_in": 3600, "token_type": "Bearer" }))
}

fn now(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_000_000 + seconds)
}
