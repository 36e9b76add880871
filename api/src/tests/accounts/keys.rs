//! `/keys`: made, shown once, believed, rotated, revoked.

use super::*;

const KEY: &str = r#"{"name": "orders", "scope": "notify read"}"#;

async fn make(app: &TestApp, token: &str) -> Value {
    let answer = app.post_text("/keys", Some(token), KEY).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.json()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[tokio::test]
async fn a_key_is_shown_once_and_does_what_its_scopes_say() {
    let app = TestApp::start().await;
    let admin = token("notify read operate admin");
    let made = make(&app, &admin).await;
    let secret = text(&made, "secret");
    assert!(secret.starts_with(&format!("{}_", text(&made, "prefix"))), "{made}");
    assert_eq!(app.get("/deliveries", Some(secret)).await.status, StatusCode::OK);
    assert_eq!(app.get("/endpoints", Some(secret)).await.status, StatusCode::FORBIDDEN);
    let listed = app.get("/keys", Some(&admin)).await;
    assert_eq!(listed.json()["keys"][0]["id"], made["id"]);
    assert!(!listed.text.contains(secret) && listed.json()["keys"][0].get("secret").is_none(), "{listed:?}");
    let own = app.post("/password", Some(secret), &json!({"old_password": "x", "new_password": "correct horse"})).await;
    assert_eq!((own.status, own.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-user"));
}

#[tokio::test]
async fn a_key_that_is_unknown_revoked_expired_or_changed_gets_the_answer_of_a_bad_token() {
    let app = TestApp::start().await;
    let admin = token("notify read operate admin");
    let (one, two) = (make(&app, &admin).await, make(&app, &admin).await);
    let expected = app.get("/deliveries", Some("x")).await;
    let refused = async |key: &str| {
        let answer = app.get("/deliveries", Some(key)).await;
        assert_eq!((answer.status, &answer.text), (StatusCode::UNAUTHORIZED, &expected.text), "{key}");
    };
    let secret = text(&one, "secret");
    let (begin, end) = secret.rsplit_once('_').unwrap();
    let other = text(&two, "secret").rsplit_once('_').unwrap().1;
    for key in ["chq_", "chq_0123456789ab", &format!("{begin}_{other}"), &format!("chq_000000000000_{end}")] {
        refused(key).await;
    }
    assert_eq!(app.delete(&format!("/keys/{}", text(&one, "id")), Some(&admin)).await.status, StatusCode::OK);
    refused(secret).await;
    let path = format!("/keys/{}/rotate?overlap_seconds=60", text(&two, "id"));
    let rotated = app.send(request("POST", &path, Some(&admin)).body(Body::empty()).unwrap()).await;
    assert_eq!(rotated.status, StatusCode::CREATED, "{rotated:?}");
    let next = rotated.json();
    for key in [text(&two, "secret"), text(&next, "secret")] {
        assert_eq!(app.get("/deliveries", Some(key)).await.status, StatusCode::OK);
    }
    app.clock.advance(std::time::Duration::from_secs(60));
    refused(text(&two, "secret")).await;
    assert_eq!(app.get("/deliveries", Some(text(&next, "secret"))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_makes_a_key_that_may_do_more_than_its_maker() {
    let app = TestApp::start().await;
    let answer = app.post_text("/keys", Some(&token("admin read")), KEY).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::FORBIDDEN, "missing-scope"), "{answer:?}");
    assert_eq!(answer.pointers(), ["/scope"]);
    let wrong = app.post("/keys", Some(&token("admin")), &json!({"nam": "x", "role": "admn"})).await;
    assert_eq!(
        (wrong.status, wrong.pointers()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["/name".into(), "/role".into(), "/nam".into()])
    );
}
