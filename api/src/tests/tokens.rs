//! Tokens: every one that is not valid right now gets the same 401, and scopes are kept apart.

use std::time::Duration;

use crate::{JwtAlgorithm, JwtSettings};
use axum::http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde_json::{Value, json};
use testkit::Kept;

use crate::tests::app::{Answer, NOW, SECRET, TestApp, claims, hs256, settings, sign, signing_key, token};

const RSA_PRIVATE: &[u8] = include_bytes!("keys/rsa_private.pem");
const RSA_PUBLIC: &str = include_str!("keys/rsa_public.pem");
const EC_PRIVATE: &[u8] = include_bytes!("keys/ec_private.pem");
const EC_PUBLIC: &str = include_str!("keys/ec_public.pem");

fn with(name: &str, value: Value) -> String {
    let mut claims = claims("read");
    claims[name] = value;
    sign(&claims)
}

fn without(name: &str) -> String {
    let mut claims = claims("read");
    claims.as_object_mut().unwrap().remove(name);
    sign(&claims)
}

fn with_key_id(kid: &str, key: &EncodingKey) -> String {
    let header = Header { kid: Some(kid.into()), ..Header::default() };
    jsonwebtoken::encode(&header, &claims("read"), key).unwrap()
}

fn with_critical(extension: &str) -> String {
    let header = Header { crit: Some(vec![extension.into()]), ..Header::default() };
    jsonwebtoken::encode(&header, &claims("read"), &signing_key()).unwrap()
}

/// Signed as a good token is, with these members in its header.
fn with_header(header: &Value) -> String {
    // The library writes no header of ours: its claims are written the same way.
    let written = |part: &Value| sign(part).split('.').nth(1).unwrap().to_owned();
    let text = format!("{}.{}", written(header), written(&claims("read")));
    let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &signing_key(), Algorithm::HS256).unwrap();
    format!("{text}.{signature}")
}

/// `{"alg":"none","typ":"JWT"}`, the claims of a good token, and no signature.
fn unsigned() -> String {
    let good = token("read");
    format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", good.split('.').nth(1).unwrap())
}

fn forged() -> Vec<(&'static str, String)> {
    let now = NOW.as_micros() / 1_000_000;
    let good = token("read");
    vec![
        ("alg none", unsigned()),
        (
            "signed with the RSA public key",
            jsonwebtoken::encode(&Header::default(), &claims("read"), &EncodingKey::from_secret(RSA_PUBLIC.as_bytes()))
                .unwrap(),
        ),
        ("RS256 where HS256 is set", signed_with(Algorithm::RS256, &EncodingKey::from_rsa_pem(RSA_PRIVATE).unwrap())),
        ("signed with the secret itself", signed_with(Algorithm::HS256, &EncodingKey::from_secret(SECRET.as_bytes()))),
        ("an extension that is critical", with_critical("b64")),
        ("crit that is null", with_header(&json!({"alg": "HS256", "typ": "JWT", "crit": null}))),
        ("crit that is empty", with_header(&json!({"alg": "HS256", "crit": []}))),
        ("crit that is no list", with_header(&json!({"alg": "HS256", "crit": false}))),
        ("no aud", without("aud")),
        ("no iss", without("iss")),
        ("no sub", without("sub")),
        ("no exp", without("exp")),
        ("wrong aud", with("aud", json!("another"))),
        ("aud of a wrong type", with("aud", json!(7))),
        ("wrong iss", with("iss", json!("another"))),
        ("iss as a list", with("iss", json!(["chasqui"]))),
        ("sub as a number", with("sub", json!(7))),
        ("empty sub", with("sub", json!(""))),
        ("sub with a line break", with("sub", json!("a\r\nb"))),
        ("sub that turns text", with("sub", json!("a\u{202e}b"))),
        ("exp as a string", with("exp", json!((now + 600).to_string()))),
        ("exp beyond numbers", with("exp", json!("1e400"))),
        ("expired 30 s ago", with("exp", json!(now - 30))),
        ("expires now", with("exp", json!(now))),
        ("nbf in the future", with("nbf", json!(now + 1))),
        ("nbf as a string", with("nbf", json!("soon"))),
        ("tenant that is none", with("tenant", json!("../x"))),
        (
            "kid that is a path, another key",
            with_key_id("../../x", &EncodingKey::from_secret(b"another key of at least thirty-two bytes")),
        ),
        ("kid that is SQL, another key", with_key_id("' OR 1=1 --", &EncodingKey::from_secret(b""))),
        ("a megabyte", "a".repeat(1024 * 1024)),
        ("a megabyte of claims", with("padding", json!("x".repeat(1024 * 1024)))),
        ("signature cut", good[..good.len() - 4].to_owned()),
        ("empty", String::new()),
        ("no token at all", "not a token".into()),
    ]
}

fn signed_with(algorithm: Algorithm, key: &EncodingKey) -> String {
    jsonwebtoken::encode(&Header::new(algorithm), &claims("read"), key).unwrap()
}

#[tokio::test]
async fn every_token_that_is_not_valid_now_gets_the_same_401() {
    let app = TestApp::start().await;
    let good = app.get("/deliveries", Some(&token("read"))).await;
    assert_eq!(good.status, StatusCode::OK, "{good:?}");
    let own_header = with_header(&json!({"alg": "HS256", "typ": "JWT"}));
    assert_eq!(app.get("/deliveries", Some(&own_header)).await.status, StatusCode::OK);
    let expected = app.get("/deliveries", Some("x")).await;
    for (name, token) in forged() {
        let answer = app.get("/deliveries", Some(&token)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
        assert_eq!(answer.text, expected.text, "{name}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer error=\"invalid_token\"", "{name}");
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{name}");
    }
}

#[tokio::test]
async fn a_token_that_is_present_must_be_valid_even_where_none_is_needed() {
    let app = TestApp::start().await;
    for (name, token) in forged() {
        let answer = app.post("/notify", Some(&token), &json!({})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
    }
}

#[tokio::test]
async fn a_kid_is_not_looked_at() {
    let app = TestApp::start().await;
    let answer = app.get("/deliveries", Some(&with_key_id("../../x", &signing_key()))).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn tokens_are_judged_by_our_clock_without_leeway() {
    let app = TestApp::start().await;
    let token = token("read");
    app.clock.advance(Duration::from_secs(599));
    assert_eq!(app.get("/deliveries", Some(&token)).await.status, StatusCode::OK);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(app.get("/deliveries", Some(&token)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn public_key_algorithms_take_only_their_own_tokens() {
    let keys = [
        (JwtAlgorithm::Rs256, Algorithm::RS256, RSA_PUBLIC, EncodingKey::from_rsa_pem(RSA_PRIVATE).unwrap()),
        (JwtAlgorithm::Es256, Algorithm::ES256, EC_PUBLIC, EncodingKey::from_ec_pem(EC_PRIVATE).unwrap()),
    ];
    for (setting, algorithm, public, private) in keys {
        let mut settings = settings();
        settings.jwt = JwtSettings { algorithm: setting, public_key_pem: Some(public.into()), ..settings.jwt };
        let app = TestApp::with(settings).await;
        let good = app.get("/deliveries", Some(&signed_with(algorithm, &private))).await;
        assert_eq!(good.status, StatusCode::OK, "{setting:?} {good:?}");
        let forged = [
            token("read"),
            unsigned(),
            jsonwebtoken::encode(&Header::default(), &claims("read"), &EncodingKey::from_secret(public.as_bytes()))
                .unwrap(),
        ];
        for token in forged {
            assert_eq!(app.get("/deliveries", Some(&token)).await.status, StatusCode::UNAUTHORIZED, "{setting:?}");
        }
        for path in ["/login", "/register"] {
            let answer = app.post(path, None, &json!({"username": "ada", "password": "correct horse"})).await;
            assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::NOT_FOUND, "tokens-issued-elsewhere"));
        }
        let document = app.get("/openapi.json", None).await.json();
        assert!(document["paths"].get("/login").is_none(), "a route that is not built does not exist");
    }
}

#[test]
fn settings_that_cannot_be_used_are_named_before_anything_opens() {
    let good = hs256(SECRET);
    assert!(good.check().is_ok());
    let bad = [
        (hs256("short"), "SECRET_KEY"),
        (hs256(&"a".repeat(32)), "openssl rand -hex 32"),
        (hs256(&"ab12".repeat(16)), "SECRET_KEY"),
        (JwtSettings { algorithm: JwtAlgorithm::Rs256, ..good.clone() }, "JWT_PUBLIC_KEY"),
        (
            JwtSettings { algorithm: JwtAlgorithm::Es256, public_key_pem: Some(RSA_PUBLIC.into()), ..good.clone() },
            "JWT_PUBLIC_KEY",
        ),
        (JwtSettings { audience: String::new(), ..good.clone() }, "JWT_AUDIENCE"),
        (JwtSettings { lifetime: Duration::ZERO, ..good }, "ACCESS_TOKEN_EXPIRE_MINUTES"),
    ];
    for (settings, name) in bad {
        let problem = settings.check().unwrap_err().to_string();
        assert!(problem.contains(name) && !problem.contains("short,"), "{problem}");
    }
}

#[tokio::test]
async fn each_route_wants_its_scope() {
    let app = TestApp::start().await;
    let routes = [
        ("GET", "/deliveries", "read"),
        ("GET", "/deliveries/1", "read"),
        ("DELETE", "/notify/1", "operate"),
        ("DELETE", "/notify/1", "notify"),
        ("POST", "/notify-auth", "notify"),
        ("GET", "/schedules", "read"),
        ("GET", "/schedules/1", "read"),
        ("POST", "/schedules", "operate"),
        ("DELETE", "/schedules/1", "operate"),
        ("POST", "/schedules/1/pause", "operate"),
        ("POST", "/schedules/1/resume", "operate"),
        ("POST", "/schedules/1/run", "operate"),
        ("GET", "/endpoints", "operate"),
        ("POST", "/endpoints", "operate"),
        ("POST", "/endpoints/1/rotate", "operate"),
        ("DELETE", "/endpoints/1", "operate"),
    ];
    for (method, path, scope) in routes {
        let ask = async |token: Option<&str>| -> Answer {
            let request = crate::tests::app::request(method, path, token).header("content-type", "application/json");
            app.send(request.body("[".into()).unwrap()).await
        };
        assert_eq!(ask(None).await.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        let others = ["notify", "read", "operate", "admin", "tenants", "inbox"]
            .into_iter()
            .filter(|other| *other != scope && !(path == "/notify/1" && ["operate", "notify"].contains(other)));
        let refused = ask(Some(&token(&others.collect::<Vec<_>>().join(" ")))).await;
        assert_eq!(
            (refused.status, refused.kind().as_str()),
            (StatusCode::FORBIDDEN, "missing-scope"),
            "{method} {path}"
        );
        let allowed = ask(Some(&token(scope))).await.status;
        assert!(![401, 403].contains(&allowed.as_u16()), "{method} {path} {allowed}");
    }
}

#[tokio::test]
async fn no_token_is_ever_logged() {
    let log = Kept::default();
    let lines = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || lines.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let app = TestApp::start().await;
    let mut tokens = vec![token("read"), token("notify")];
    tokens.extend(forged().into_iter().map(|(_, token)| token).filter(|token| token.len() > 20));
    for token in &tokens {
        app.get("/deliveries", Some(token)).await;
        app.post("/notify", Some(token), &json!({"channel": "email", "destination": "ada@example.com"})).await;
    }
    let log = log.text();
    for token in &tokens {
        let head = &token[..token.len().min(60)];
        assert!(!log.contains(head), "a token is in the log");
    }
}

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits =
        |chunk: &[u8]| chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
    let digit = |bits: u32, place: usize| char::from(DIGITS[(bits >> (18 - 6 * place) & 63) as usize]);
    bytes.chunks(3).flat_map(|chunk| (0..=chunk.len()).map(move |place| digit(bits(chunk), place))).collect()
}

#[tokio::test]
async fn the_ledger_signs_no_token() {
    let app = TestApp::start().await;
    let admin = sign(&claims("notify read operate admin tenants"));
    let (signed, signature) = admin.rsplit_once('.').unwrap();
    assert_eq!(app.get("/deliveries", Some(&format!("{signed}.{signature}"))).await.status, StatusCode::OK);
    // A push to the device `header.payload` is stored with the keyed hash of it, by this version and the one before.
    let hasher = domain::RecipientHasher::new(SECRET.as_bytes());
    let stored = hasher.every_hash(signed);
    assert!(stored.len() >= 2 && stored.contains(&hasher.hash(signed)));
    for hash in stored {
        let bytes = hash.as_bytes();
        for bytes in [bytes, &bytes[bytes.len() - 32..]] {
            let answer = app.get("/deliveries", Some(&format!("{signed}.{}", base64url(bytes)))).await;
            assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::UNAUTHORIZED, "invalid-token"));
        }
    }
}

#[tokio::test]
async fn a_token_outlives_its_secret_for_as_long_as_that_is_still_read() {
    let token = token("read");
    let with = |previous: Option<&str>| {
        let mut settings = settings();
        settings.jwt.secret = SecretString::from("the secret that came after it, long enough".to_owned());
        settings.jwt.previous_secret = previous.map(|secret| SecretString::from(secret.to_owned()));
        TestApp::with(settings)
    };
    assert_eq!(with(Some(SECRET)).await.get("/deliveries", Some(&token)).await.status, StatusCode::OK);
    assert_eq!(with(None).await.get("/deliveries", Some(&token)).await.status, StatusCode::UNAUTHORIZED);
}
