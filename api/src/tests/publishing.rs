//! Publishing while the broker is away, and the rule for publishing without a token.

use crate::Open;
use axum::body::Body;
use axum::http::StatusCode;
use runtime::Readiness;
use serde_json::{Value, json};

use crate::tests::app::{Answer, TestApp, claims, hs256, request, request_for, settings, sign, token};

fn good() -> Value {
    json!({"channel": "email", "destination": "ada@example.com", "subject": "Hello", "message": "It works."})
}

async fn post(app: &TestApp, headers: &[(&str, &str)], body: &Value) -> Answer {
    let host = headers.iter().find(|(name, _)| *name == "host").map_or("localhost:8080", |(_, host)| host);
    let mut request = request_for(host, "POST", "/notify", None).header("content-type", "application/json");
    for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn without_a_broker_the_answer_is_503_with_the_id_to_repeat_with() {
    let app = TestApp::start().await;
    let answer = post(&app, &[], &good()).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "broker-unavailable"));
    assert!(answer.headers.contains_key("retry-after"));
    let minted = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(uuid::Uuid::parse_str(&minted).unwrap().get_version_num(), 7);
    let own =
        post(&app, &[], &json!({"channel": "email", "destination": "ada@example.com", "message": "x", "id": "own"}))
            .await;
    assert_eq!(own.json()["id"], "own");
}

#[tokio::test]
async fn the_same_idempotency_key_gives_the_same_ids() {
    let app = TestApp::start().await;
    let id = async |key: &str, body: &Value| post(&app, &[("idempotency-key", key)], body).await.json();
    let first = id("order-7", &good()).await;
    assert_eq!(first["id"], id("order-7", &good()).await["id"]);
    assert_ne!(first["id"], id("order-8", &good()).await["id"]);
    let batch = Value::from(vec![good(), good()]);
    let (once, again) = (id("order-7", &batch).await, id("order-7", &batch).await);
    assert_eq!(once["failed"], again["failed"]);
    assert_ne!(once["failed"][0]["id"], once["failed"][1]["id"]);
    assert_ne!(once["failed"][0]["id"], first["id"]);
}

#[tokio::test]
async fn the_tenant_is_part_of_what_an_idempotency_key_means() {
    let app = TestApp::start().await;
    let body = good();
    let anonymous = post(&app, &[("idempotency-key", "k")], &body).await.json()["id"].clone();
    let bearer = format!("Bearer {}", token("notify"));
    let acme = post(&app, &[("idempotency-key", "k"), ("authorization", &bearer)], &body).await.json()["id"].clone();
    assert_ne!(anonymous, acme);
    let mut claims = claims("notify");
    claims["tenant"] = json!("default");
    let bearer = format!("Bearer {}", sign(&claims));
    let own = post(&app, &[("idempotency-key", "k"), ("authorization", &bearer)], &body).await.json()["id"].clone();
    assert_ne!(anonymous, own, "who sends no token cannot take the id of one who does");
}

#[tokio::test]
async fn nobody_can_compute_the_id_of_an_idempotency_key() {
    let app = TestApp::start().await;
    let id = post(&app, &[("idempotency-key", "order-7")], &good()).await.json()["id"].clone();
    // The namespace and the names stand in the public source.
    let namespace = uuid::Uuid::from_u128(0x5d2b_7a0e_5f5c_4b61_9f0c_1c8a_7f6d_31c4);
    for name in ["default/request/order-7", "default/anonymous/request/order-7"] {
        assert_ne!(id, uuid::Uuid::new_v5(&namespace, name.as_bytes()).to_string());
    }
    let mut other = settings();
    other.jwt = hs256("another secret of 32 bytes or more");
    let other = TestApp::with(other).await;
    assert_ne!(id, post(&other, &[("idempotency-key", "order-7")], &good()).await.json()["id"]);
}

#[tokio::test]
async fn without_a_token_there_is_one_tenant() {
    let app = TestApp::start().await;
    for (tenant, status) in [("default", 503), ("acme", 403)] {
        let mut body = good();
        body["tenant"] = json!(tenant);
        let answer = post(&app, &[], &body).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        assert_eq!(answer.pointers(), if status == 403 { vec!["/tenant"] } else { vec![] });
    }
}

#[tokio::test]
async fn a_batch_without_a_broker_lists_what_failed() {
    let app = TestApp::start().await;
    let answer = post(&app, &[], &Value::from(vec![good(), good(), good()])).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let body = answer.json();
    assert_eq!(body["accepted"], json!([]));
    let places: Vec<_> = body["failed"].as_array().unwrap().iter().map(|item| item["index"].clone()).collect();
    assert_eq!(places, [0, 1, 2]);
}

#[tokio::test]
async fn on_loopback_no_token_is_needed_unless_somebody_passed_the_request_on() {
    let app = TestApp::start().await;
    let open =
        [vec![], vec![("host", "127.0.0.1:8080")], vec![("host", "localhost:8080")], vec![("host", "[::1]:8080")]];
    for headers in open {
        assert_eq!(post(&app, &headers, &good()).await.status, StatusCode::SERVICE_UNAVAILABLE, "{headers:?}");
    }
    let closed = [
        ("forwarded", "for=192.0.2.1"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "192.0.2.1"),
        ("via", "1.1 proxy"),
    ];
    for header in closed {
        let answer = post(&app, &[header], &good()).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::UNAUTHORIZED, "missing-token"), "{header:?}");
        assert!(answer.text.contains("NOTIFY_OPEN"), "it says the way out");
    }
    // As nginx passes it on when it was told nothing else.
    let request = request("POST", "/notify", None).version(axum::http::Version::HTTP_10);
    let request = request.header("content-type", "application/json").body(Body::from(good().to_string())).unwrap();
    assert_eq!(app.send(request).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_api_that_was_not_opened_wants_a_token_from_this_machine_too() {
    let mut closed = settings();
    closed.open = Open::Nobody;
    let app = TestApp::with(closed).await;
    let answer = post(&app, &[], &good()).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::UNAUTHORIZED, "missing-token"));
    assert!(answer.text.contains("NOTIFY_OPEN=local"), "it says the way out");
}

#[tokio::test]
async fn on_another_address_a_token_is_needed_unless_the_operator_opens_it() {
    let mut other = settings();
    other.listen = "0.0.0.0:8080".parse().unwrap();
    let app = TestApp::with(other.clone()).await;
    assert_eq!(post(&app, &[], &good()).await.status, StatusCode::UNAUTHORIZED);
    let bearer = format!("Bearer {}", token("notify"));
    assert_eq!(post(&app, &[("authorization", &bearer)], &good()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    other.open = Open::Everybody;
    other.hosts = vec!["chasqui.example".into()];
    let app = TestApp::with(other).await;
    let headers = [("x-forwarded-for", "192.0.2.1"), ("host", "chasqui.example")];
    assert_eq!(post(&app, &headers, &good()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let rebound = post(&app, &[("host", "rebound.example")], &good()).await;
    assert_eq!(rebound.status, StatusCode::MISDIRECTED_REQUEST, "the check stays");
}

#[tokio::test]
async fn notify_auth_always_wants_a_token() {
    let mut open = settings();
    open.open = Open::Everybody;
    let app = TestApp::with(open).await;
    assert_eq!(app.post("/notify-auth", None, &good()).await.status, StatusCode::UNAUTHORIZED);
    let answer = app.post("/notify-auth", Some(&token("notify")), &good()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn readiness_follows_the_broker_and_not_the_ledger() {
    let app = TestApp::start().await;
    let ready = app.get("/health/ready", None).await;
    assert_eq!((ready.status, ready.kind().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not-ready"));
    assert_eq!(ready.json()["reasons"], json!(["no connection to the broker"]));
    assert!(!app.publisher.is_ready());
    for path in ["/health", "/health/live"] {
        let health = app.get(path, None).await;
        assert_eq!(
            (health.status, health.json()),
            (StatusCode::OK, json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
        );
    }
}

#[tokio::test]
async fn readiness_names_what_the_worker_in_the_same_process_knows_to_be_paused() {
    let worker = Readiness::default();
    let mut beside = settings();
    beside.worker = Some(worker.clone());
    let app = TestApp::with(beside).await;
    assert_eq!(app.get("/health/ready", None).await.json()["paused"], Value::Null);
    worker.set_paused(vec!["the channel push is paused: wrong text".into()]);
    let ready = app.get("/health/ready", None).await.json();
    assert_eq!(ready["paused"], json!(["the channel push is paused: wrong text"]));
    assert_eq!(ready["reasons"], json!(["no connection to the broker"]), "a worker that is not ready is no reason");
}
