//! Faults of the sandbox over HTTP: set, shown with what is left, cleared.

use axum::http::StatusCode;
use domain::{ChannelName, Tenant};
use serde_json::json;

use crate::tests::app::{TestApp, settings, token};

async fn app() -> TestApp {
    TestApp::with(crate::Settings { sandbox: true, ..settings() }).await
}

#[tokio::test]
async fn a_fault_is_shown_with_what_is_left_until_it_is_cleared() {
    let app = app().await;
    let token = token("operate read");
    let slow_down = json!({"channel": "sms", "next": 2, "status": 429, "retry_after": 5});
    let set = app.post("/sandbox/faults", Some(&token), &slow_down).await;
    assert_eq!(set.status, StatusCode::OK, "{set:?}");
    let expected = json!({
        "channel": "sms", "next": 2, "left": 2, "status": 429, "retry_after": 5, "latency_ms": 0, "cut": false,
        "by": "ada", "at": "2026-03-01T12:00:00Z",
    });
    assert_eq!(set.json(), expected);
    let (acme, sms) = (Tenant::parse("acme").unwrap(), ChannelName::parse("sms").unwrap());
    assert!(app.store.take_sandbox_fault(&acme, &sms).await.unwrap().is_some());
    let listed = app.get("/sandbox/faults", Some(&token)).await.json();
    assert_eq!((&listed["faults"][0]["left"], &listed["faults"][0]["next"]), (&json!(1), &json!(2)));
    let seen = app.get("/overview", Some(&token)).await.json();
    let [fault] = &seen["faults"].as_array().unwrap()[..] else { panic!("{seen}") };
    let told = ["tenant", "channel", "left", "status"].map(|name| &fault[name]);
    assert_eq!(told, [&json!("acme"), &json!("sms"), &json!(1), &json!(429)]);
    let cleared = app.delete("/sandbox/faults/sms", Some(&token)).await;
    assert_eq!((cleared.status, &cleared.json()["left"]), (StatusCode::OK, &json!(1)), "{cleared:?}");
    let again = app.delete("/sandbox/faults/sms", Some(&token)).await;
    assert_eq!((again.status, again.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-fault"));
    let unreadable = app.delete("/sandbox/faults/%ff", Some(&token)).await;
    assert_eq!(unreadable.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unreadable.text.contains("No channel can have the name in the path"), "{unreadable:?}");
    assert_eq!(unreadable.json()["errors"][0]["parameter"], "channel");
    assert_eq!(app.get("/sandbox/faults", Some(&token)).await.json(), json!({"faults": []}));
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_fault_is_named() {
    let app = app().await;
    let wrong = json!({"chanel": "sms", "next": 0, "status": 200, "cut": "yes", "latency_ms": 600_001});
    let answer = app.post("/sandbox/faults", Some(&token("operate")), &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    for pointer in ["/channel", "/chanel", "/next", "/status", "/cut", "/latency_ms"] {
        assert!(answer.pointers().iter().any(|at| at == pointer), "{pointer}: {answer:?}");
    }
    for (wrong, pointer) in [
        (json!({"channel": "sms", "next": 1}), "/status"),
        (json!({"channel": "sms", "next": 1, "cut": true, "status": 503}), "/cut"),
        (json!({"channel": "sms", "next": 1, "latency_ms": 10, "retry_after": 5}), "/retry_after"),
        (json!({"channel": "fax", "next": 1, "status": 503}), "/channel"),
    ] {
        let answer = app.post("/sandbox/faults", Some(&token("operate")), &wrong).await;
        assert_eq!(answer.pointers(), [pointer], "{answer:?}");
    }
}

#[tokio::test]
async fn without_a_sandbox_there_are_no_faults_and_that_it_is_off_is_told() {
    let app = TestApp::start().await;
    let token = token("operate read");
    let fault = json!({"channel": "sms", "next": 1, "status": 503});
    for answer in [
        app.get("/sandbox/faults", Some(&token)).await,
        app.post("/sandbox/faults", Some(&token), &fault).await,
        app.delete("/sandbox/faults/sms", Some(&token)).await,
        app.get("/sandbox/captures", Some(&token)).await,
        app.get("/sandbox", None).await,
    ] {
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-route"), "{answer:?}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("The sandbox is off") && detail.contains("SANDBOX=all"), "{answer:?}");
    }
}
