//! `/endpoints`: what is refused, what is shown, and when a secret is.

use axum::http::StatusCode;
use serde_json::json;

use crate::tests::app::{TestApp, request, token};

#[tokio::test]
async fn a_secret_is_shown_when_it_is_new_and_never_again() {
    let app = TestApp::start().await;
    let token = token("operate");
    let body = json!({"url": "https://hooks.example.org/acme?key=s3cret", "types": ["held", "dead"]});
    let made = app.post("/endpoints", Some(&token), &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let (mut shown, id) = (made.json(), made.json()["id"].as_str().unwrap().to_owned());
    let secret = shown["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && !made.text.contains("s3cret"), "{made:?}");
    assert_eq!((&shown["types"], &shown["disabled_at"]), (&json!(["dead", "held"]), &json!(null)));

    shown.as_object_mut().unwrap().remove("secret");
    assert_eq!(app.get("/endpoints", Some(&token)).await.json(), json!({ "endpoints": [shown] }));
    let again = app.post("/endpoints", Some(&token), &body).await;
    assert_eq!((again.status, again.kind().as_str()), (StatusCode::CONFLICT, "endpoint-exists"), "{again:?}");

    let rotated = app.post(&format!("/endpoints/{id}/rotate"), Some(&token), &json!({})).await;
    assert_eq!(rotated.status, StatusCode::OK, "{rotated:?}");
    assert_ne!(rotated.json()["secret"], json!(secret));
    assert_eq!(rotated.json()["previous_secret_until"], "2026-03-02T12:00:00Z", "a day");
    let deleted = app.delete(&format!("/endpoints/{id}"), Some(&token)).await;
    assert_eq!(deleted.json(), json!({"id": id, "status": "deleted"}));
    for gone in [
        app.delete(&format!("/endpoints/{id}"), Some(&token)).await,
        app.post(&format!("/endpoints/{id}/rotate"), Some(&token), &json!({})).await,
    ] {
        assert_eq!((gone.status, gone.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-endpoint"), "{gone:?}");
    }
}

#[tokio::test]
async fn a_secret_is_changed_once_a_day_unless_by_force_and_a_repeat_gets_the_same() {
    let app = TestApp::start().await;
    let body = json!({"url": "https://hooks.example.org/a"});
    let made = app.post("/endpoints", Some(&token("operate")), &body).await.json();
    let path = format!("/endpoints/{}/rotate", made["id"].as_str().unwrap());
    let rotate = async |query: &str, key: &str| {
        let request =
            request("POST", &format!("{path}{query}"), Some(&token("operate"))).header("idempotency-key", key);
        app.send(request.body("".into()).unwrap()).await
    };
    let first = rotate("", "a").await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    assert_eq!(rotate("", "a").await.text, first.text, "the same secret, of the same generation");
    let refused = rotate("", "b").await;
    assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::CONFLICT, "rotated-lately"), "{refused:?}");
    assert_eq!(refused.json()["previous_secret_until"], "2026-03-02T12:00:00Z");
    assert!(refused.text.contains("force=true"), "{refused:?}");
    let forced = rotate("?force=true", "b").await;
    assert_eq!(forced.status, StatusCode::OK, "{forced:?}");
    assert_ne!(forced.json()["secret"], first.json()["secret"]);
    assert_eq!(rotate("?force=true", "b").await.text, forced.text);
    for query in ["", "?force=true"] {
        let late = rotate(query, "a").await;
        assert_eq!((late.status, late.kind().as_str()), (StatusCode::CONFLICT, "rotated-since"), "{late:?}");
    }
    assert_eq!(rotate("?force=true", "b").await.text, forced.text, "the late repeat has changed nothing");
    assert_eq!(rotate("?force=1", "c").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_request_that_is_repeated_with_its_key_makes_one_endpoint_and_gets_the_same_answer() {
    let app = TestApp::start().await;
    let ask = async |url: &str| {
        let request = request("POST", "/endpoints", Some(&token("operate"))).header("idempotency-key", "k");
        let body = json!({ "url": url }).to_string();
        app.send(request.header("content-type", "application/json").body(body.into()).unwrap()).await
    };
    let (first, second) = (ask("https://hooks.example.org/a").await, ask("https://hooks.example.org/a").await);
    assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.text, second.text);
    assert_eq!(ask("https://hooks.example.org/b").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_create_that_is_repeated_shows_no_later_secret_and_none_of_a_deleted_endpoint() {
    let app = TestApp::start().await;
    let ask = async |path: &str, body: &str| {
        let request = request("POST", path, Some(&token("operate"))).header("idempotency-key", "k");
        app.send(request.header("content-type", "application/json").body(body.to_owned().into()).unwrap()).await
    };
    let body = json!({"url": "https://hooks.example.org/a"}).to_string();
    let first = ask("/endpoints", &body).await.json();
    let id = first["id"].as_str().unwrap();
    let rotated = ask(&format!("/endpoints/{id}/rotate"), "").await;
    assert_eq!(rotated.status, StatusCode::OK, "its key may be that of the create: {rotated:?}");
    let again = ask("/endpoints", &body).await;
    assert_eq!((again.status, again.kind().as_str()), (StatusCode::CONFLICT, "endpoint-exists"), "{again:?}");
    assert!(again.text.contains(id) && !again.text.contains("whsec_"), "{again:?}");

    let deleted = app.delete(&format!("/endpoints/{id}"), Some(&token("operate"))).await;
    assert_eq!(deleted.status, StatusCode::OK, "{deleted:?}");
    let second = ask("/endpoints", &body).await;
    assert_eq!(second.status, StatusCode::CREATED, "{second:?}");
    assert_ne!(second.json()["id"], first["id"]);
    for former in [&first["secret"], &rotated.json()["secret"]] {
        assert_ne!(&second.json()["secret"], former);
    }
}

#[tokio::test]
async fn the_document_lets_an_endpoint_ask_for_every_event() {
    let app = TestApp::start().await;
    let document = app.get("/openapi.json", None).await.json();
    let most = &document["components"]["schemas"]["EndpointBody"]["properties"]["types"]["maxItems"];
    assert_eq!(most, &json!(domain::EventName::ALL.len()));
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_endpoint_is_told_at_once() {
    let app = TestApp::start().await;
    let refused = app.post("/endpoints", Some(&token("operate")), &json!({"urll": 1, "types": ["deat"]})).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert_eq!(refused.pointers(), ["/url", "/types/0", "/urll"]);
}
