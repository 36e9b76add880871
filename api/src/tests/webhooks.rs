//! What is done with a call of a provider: nothing is published that is not believed, and nothing is answered that is not
//! safe.

use axum::body::Body;
use axum::http::StatusCode;
use domain::{Keyring, Secrets};
use tokio_util::sync::CancellationToken;
use topology::{Publisher, To};

use crate::tests::app::{Answer, NOW, SECRET, TestApp, request, settings};

async fn call(app: &TestApp, path: &str, body: impl Into<Body>) -> Answer {
    let request = request("POST", path, None).header("content-type", "application/x-www-form-urlencoded");
    app.send(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_call_that_is_believed_is_published_as_it_came_and_answered_as_its_provider_expects() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let answer = call(&app, "/webhook/sample?id=a%2Fb&x", &b"right \xff\0"[..]).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "<Response/>"));
    assert_eq!(answer.headers["content-type"], "text/xml");
    let publication = published.recv().await.unwrap();
    assert_eq!((&publication.to, &publication.body[..]), (&To::Inbound, &b"right \xff\0"[..]));
    assert!(!publication.message_id.is_empty());
    let came = topology::Inbound::call("sample", "/webhook/sample?id=a%2Fb&x", NOW, publication.body.clone());
    let came = came.marked(&Secrets::new(&Keyring::new(SECRET.as_bytes(), None)));
    assert_eq!(publication, topology::Publication::of_inbound(publication.message_id.clone(), came));
}

#[tokio::test]
async fn nothing_is_published_of_a_call_that_is_not_believed() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    for (path, body, status, kind) in [
        ("/webhook/sample", "wrong", StatusCode::FORBIDDEN, "not-believed"),
        ("/webhook/sample", "", StatusCode::FORBIDDEN, "not-believed"),
        ("/webhook/nobody", "right", StatusCode::NOT_FOUND, "no-webhook"),
    ] {
        let answer = call(&app, path, body).await;
        assert_eq!((answer.status, answer.kind().as_str()), (status, kind), "{path} {body}");
        assert!(!answer.text.contains("it is wrong"), "the caller is not told why");
    }
    let too_long = call(&app, "/webhook/sample", "x".repeat(1024 * 1024 + 1)).await;
    assert_eq!(too_long.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(published.try_recv().is_err());
}

#[tokio::test]
async fn a_path_that_is_nearly_a_webhook_is_told_with_the_one_that_was_meant() {
    let app = TestApp::start().await;
    for (path, kind, meant) in [
        ("/webhook/sampel", "no-webhook", "did you mean /webhook/sample?"),
        ("/webhooks/sample", "unknown-route", "did you mean POST /webhook/{provider}?"),
        ("/webhok/sample", "unknown-route", "did you mean POST /webhook/{provider}?"),
    ] {
        let answer = call(&app, path, "right").await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::NOT_FOUND, kind), "{path}");
        assert!(answer.text.contains(meant), "{path}: {answer:?}");
    }
    let nobody = call(&app, "/webhook/nobody", "right").await;
    assert!(!nobody.text.contains("did you mean"), "{nobody:?}");
}

#[tokio::test]
async fn a_question_is_answered_and_changes_nothing() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let answer = app.get("/webhook/sample?word=ours", None).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "77"));
    let other = app.get("/webhook/sample?word=other", None).await;
    assert_eq!((other.status, other.kind().as_str()), (StatusCode::FORBIDDEN, "not-believed"), "{other:?}");
    assert_eq!(app.delete("/webhook/sample", None).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(published.try_recv().is_err());
}

#[tokio::test]
async fn what_the_broker_has_not_confirmed_is_to_be_sent_again() {
    let app = TestApp::start().await;
    let answer = call(&app, "/webhook/sample", "right").await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "broker-unavailable"));
    assert!(answer.headers.contains_key("retry-after"));
}
