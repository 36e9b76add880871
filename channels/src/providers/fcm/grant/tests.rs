//! The grant against an endpoint that verifies what it is given.

use std::sync::Arc;

use aws_lc_rs::signature::KeyPair as _;
use jsonwebtoken::{DecodingKey, Validation};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::keys::{TOKEN_URI, rsa, service_account_of};
use tokio::sync::Semaphore;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use domain::Outcome;

use super::*;
use crate::providers::fcm::codes::TokenVerdict;

#[tokio::test]
async fn the_assertion_verifies_with_the_accounts_public_key_and_names_google_as_its_audience() {
    let (account, public) = account();
    let server = MockServer::start().await;
    let endpoint = move |request: &Request| {
        let form: std::collections::HashMap<_, _> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_audience(&[TOKEN_URI]);
        rules.set_issuer(&["sender@example.iam.gserviceaccount.com"]);
        rules.set_required_spec_claims(&["aud", "iss"]);
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
        assert_eq!(refused.code.as_deref(), Some("invalid_grant"));
        assert!(matches!(refused.kind, TokenVerdict::Ours(_)));
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

/// Each case: status, body and `Retry-After` of the endpoint, and the outcome for the delivery.
#[tokio::test]
async fn what_the_endpoint_answers_decides_whether_an_attempt_is_spent() {
    let html = "<html>sign in</html>";
    let error = |code: &str| json!({ "error": code }).to_string();
    for (status, body, retry_after, expected) in [
        (400, error("invalid_grant"), None, "alarm"),
        (401, error("invalid_client"), None, "alarm"),
        (403, String::new(), None, "alarm"),
        (404, html.into(), None, "alarm"),
        (302, String::new(), None, "alarm"),
        (200, error("invalid_grant"), None, "alarm"),
        (200, html.into(), None, "alarm"),
        (200, "{}".into(), None, "alarm"),
        (200, json!({ "access_token": "" }).to_string(), None, "alarm"),
        (200, json!({ "access_token": "two words" }).to_string(), None, "alarm"),
        (408, String::new(), None, "retriable"),
        (500, String::new(), None, "retriable"),
        (502, html.into(), None, "retriable"),
        (500, String::new(), Some("30"), "throttled for 30 s"),
        (429, String::new(), None, "throttled"),
        (503, String::new(), None, "throttled"),
        (429, String::new(), Some("30"), "throttled for 30 s"),
        (503, String::new(), Some("30"), "throttled for 30 s"),
        (503, String::new(), Some("9999999999"), "throttled for 86400 s"),
        (400, error("slow_down"), Some("7"), "throttled for 7 s"),
        (400, error("server_error"), None, "retriable"),
    ] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_string(&body);
        let answer = retry_after.iter().fold(answer, |answer, value| answer.insert_header("retry-after", *value));
        Mock::given(path("/token")).respond_with(answer).mount(&server).await;
        let refused = grant(account().0, &server, 60).token(now(0)).await.unwrap_err();
        let (kind, detail) = match refused.outcome(now(0)) {
            Outcome::Throttled { failure, retry_after: Some(wait) } => {
                (format!("throttled for {} s", wait.as_secs()), failure.detail)
            }
            Outcome::Throttled { failure, retry_after: None } => ("throttled".into(), failure.detail),
            Outcome::Retriable { failure, alarm: true, maybe_sent: false } => ("alarm".into(), failure.detail),
            Outcome::Retriable { failure, alarm: false, maybe_sent: false } => ("retriable".into(), failure.detail),
            other => panic!("{other:?}"),
        };
        assert_eq!(kind, expected, "{status} {body} {retry_after:?}");
        assert!(detail.starts_with("no access token: HTTP "), "{detail}");
        assert_eq!(detail.contains("; look at F"), kind == "alarm", "{detail}");
    }
}

#[tokio::test]
async fn while_the_endpoint_wants_to_be_left_alone_nobody_asks_it() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "30");
    Mock::given(path("/token")).respond_with(busy).up_to_n_times(1).expect(1).mount(&server).await;
    Mock::given(path("/token")).respond_with(granted("t")).expect(1).mount(&server).await;
    let grant = grant(account().0, &server, 60);
    for (seconds, left) in [(0, 30), (10, 20), (29, 1)] {
        let refused = grant.token(now(seconds)).await.unwrap_err();
        let Outcome::Throttled { retry_after, .. } = refused.outcome(now(seconds)) else { panic!("at {seconds}") };
        assert_eq!(retry_after, Some(Duration::from_secs(left)));
    }
    assert_eq!(grant.token(now(30)).await.unwrap().expose_secret(), "t");
}

#[tokio::test]
async fn an_absurd_silence_is_broken_after_five_minutes() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "999999");
    Mock::given(path("/token")).respond_with(busy).expect(2).mount(&server).await;
    let grant = grant(account().0, &server, 60);
    for seconds in [0, 299, 300] {
        grant.token(now(seconds)).await.unwrap_err();
    }
}

/// Each case: the member beside `access_token`, and how long the token is used.
#[tokio::test]
async fn a_token_is_taken_in_whatever_form_its_life_is_written() {
    for (beside, seconds) in [
        (r#", "expires_in": 3599"#, 3539),
        (r#", "expires_in": "3599""#, 3539),
        (r#", "expires_in": 3599.0"#, 3539),
        (r#", "expires_in": " 3600.0 ""#, 3540),
        (r#", "expires_in": 3.6e3, "token_type": "bearer""#, 3540),
        (r#", "expires_in": 3600, "token_type": "BEARER", "id_token": null, "scope": ["x"]"#, 3540),
        ("", 540),
        (r#", "expires_in": null"#, 540),
        (r#", "expires_in": "soon""#, 540),
        (r#", "expires_in": {"seconds": 1}"#, 540),
        (r#", "expires_in": -1"#, 0),
        (r#", "expires_in": 30"#, 0),
        (r#", "expires_in": 1e300"#, 43_140),
        (r#", "expires_in": 99999999999999999999999999"#, 43_140),
    ] {
        let server = MockServer::start().await;
        let body = format!(r#"{{"access_token": "t"{beside}}}"#);
        let answer = ResponseTemplate::new(200).set_body_string(&body);
        let asked = if seconds == 0 { 3 } else { 2 };
        Mock::given(path("/token")).respond_with(answer).expect(asked).mount(&server).await;
        let grant = grant(account().0, &server, 60);
        for at in [0, (seconds - 1).max(0), seconds] {
            assert_eq!(grant.token(now(at)).await.unwrap().expose_secret(), "t", "{body}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_differs_from_the_endpoints_is_told() {
    for (date, told) in [
        ("Mon, 12 Jan 1970 13:56:40 GMT", Some("this machine's clock is 10 minutes behind")),
        ("Mon, 12 Jan 1970 13:16:40 GMT", Some("this machine's clock is 30 minutes ahead")),
        ("Mon, 12 Jan 1970 13:46:50 GMT", None),
        ("yesterday", None),
    ] {
        let server = MockServer::start().await;
        let refusal = ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" }));
        Mock::given(path("/token")).respond_with(refusal.insert_header("date", date)).mount(&server).await;
        let refused = grant(account().0, &server, 60).token(now(0)).await.unwrap_err();
        let Outcome::Retriable { failure, alarm: true, .. } = refused.outcome(now(0)) else { panic!("{date}") };
        assert!(failure.detail.contains("FIREBASE_SERVICE_ACCOUNT_KEY"), "{}", failure.detail);
        assert_eq!(failure.detail.contains(" minutes "), told.is_some(), "{date}: {}", failure.detail);
        assert!(told.is_none_or(|told| failure.detail.contains(told)), "{date}: {}", failure.detail);
    }
}

#[tokio::test]
async fn an_endpoint_that_hangs_ends_as_not_sent() {
    let server = MockServer::start().await;
    let never = granted("t").set_delay(Duration::from_secs(3600));
    Mock::given(path("/token")).respond_with(never).mount(&server).await;
    let refused = grant(account().0, &server, 1).token(now(0)).await.unwrap_err();
    assert_eq!(refused.kind, TokenVerdict::Outage);
}

#[test]
fn a_bad_key_is_named_and_not_quoted() {
    for bad in ["", "{}", "not json SECRET", r#"{"client_email":"SECRET","private_key":"SECRET","token_uri":"x"}"#] {
        let problem = ServiceAccount::parse(bad).err().unwrap();
        assert!(problem.starts_with("FIREBASE_SERVICE_ACCOUNT_KEY "), "{problem}");
        assert!(!problem.contains("SECRET"), "{problem}");
    }
    for path in ["/etc/SECRET.json", "./SECRET", "SECRET.json", "~/SECRET.json", "/run/secrets/SECRET"] {
        let problem = ServiceAccount::parse(path).err().unwrap();
        assert!(problem.contains("must be the content") && problem.contains("not its path"), "{problem}");
        assert!(!problem.contains("SECRET"), "{problem}");
    }
}

fn account() -> (ServiceAccount, DecodingKey) {
    let pair = rsa();
    let public = pair.public_key();
    let key = DecodingKey::from_rsa_raw_components(
        public.modulus().big_endian_without_leading_zero(),
        public.exponent().big_endian_without_leading_zero(),
    );
    (ServiceAccount::parse(&service_account_of(&pair).to_string()).unwrap(), key)
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
