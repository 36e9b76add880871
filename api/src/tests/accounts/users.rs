//! `/users` and `/password`: what is changed about users counts for their tokens at once.

use super::*;

/// The token of somebody who has just logged in.
async fn token_of(app: &TestApp, name: &str, password: &str) -> String {
    let answer = login(app, name, password).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// The first user, and her token.
async fn with_ada(app: &TestApp) -> String {
    assert_eq!(register(app, HERE, &[], &ada()).await.status, StatusCode::CREATED);
    token_of(app, "ada", "correct horse battery").await
}

async fn with_grace(app: &TestApp, root: &str) -> String {
    let grace = json!({"username": "grace", "password": "correct horse", "scope": "read", "tenant": "acme"});
    assert_eq!(app.post("/register", Some(root), &grace).await.status, StatusCode::CREATED);
    token_of(app, "grace", "correct horse").await
}

async fn put(app: &TestApp, path: &str, token: &str, body: &Value) -> Answer {
    let request = request("PUT", path, Some(token)).header("content-type", "application/json");
    app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn post(app: &TestApp, path: &str, token: &str) -> Answer {
    app.send(request("POST", path, Some(token)).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_token_of_before_is_refused_after_each_change_and_one_of_after_is_not() {
    let app = TestApp::start().await;
    let root = with_ada(&app).await;
    let grace = with_grace(&app, &root).await;
    let reads = async |token: &str| app.get("/deliveries", Some(token)).await.status;
    assert_eq!(reads(&grace).await, StatusCode::OK);
    // The clock stands still: the token is of the second of the change, and the next one of the same login counts.
    assert_eq!(post(&app, "/users/grace/revoke", &root).await.json()["status"], "revoked");
    let refused = app.get("/deliveries", Some(&grace)).await;
    assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::UNAUTHORIZED, "invalid-token"));
    let grace = token_of(&app, "grace", "correct horse").await;
    assert_eq!(reads(&grace).await, StatusCode::OK);
    app.clock.advance(std::time::Duration::from_secs(5));
    let changed = put(&app, "/users/grace/password", &root, &json!({"password": "another horse"})).await;
    assert_eq!((changed.status, reads(&grace).await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    assert_eq!(login(&app, "grace", "correct horse").await.status, StatusCode::UNAUTHORIZED);
    let grace = token_of(&app, "grace", "another horse").await;
    assert_eq!(post(&app, "/users/grace/disable", &root).await.status, StatusCode::OK);
    assert_eq!(reads(&grace).await, StatusCode::UNAUTHORIZED);
    assert_eq!(login(&app, "grace", "another horse").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(post(&app, "/users/grace/enable", &root).await.status, StatusCode::OK);
    assert_eq!(reads(&grace).await, StatusCode::UNAUTHORIZED, "what was refused stays refused");
    let grace = token_of(&app, "grace", "another horse").await;
    assert_eq!(app.delete("/users/grace", Some(&root)).await.json()["status"], "deleted");
    assert_eq!(reads(&grace).await, StatusCode::UNAUTHORIZED);
    assert_eq!(reads(&root).await, StatusCode::OK);
}

#[tokio::test]
async fn everybody_changes_the_own_password_with_the_old_one() {
    let app = TestApp::start().await;
    let root = with_ada(&app).await;
    let grace = with_grace(&app, &root).await;
    let change = async |old: &str, new: &str| {
        let body = json!({"old_password": old, "new_password": new});
        app.post("/password", Some(&grace), &body).await
    };
    assert_eq!(change("wrong", "another horse").await.pointers(), ["/old_password"]);
    assert_eq!(change("correct horse", "short").await.pointers(), ["/new_password"]);
    let unread = app.post("/password", Some(&grace), &json!({"old_pasword": "x", "new_password": "s3cr3t"})).await;
    assert!(unread.text.contains("did you mean old_password?") && !unread.text.contains("s3cr3t"), "{unread:?}");
    assert_eq!(change("correct horse", "another horse").await.status, StatusCode::OK);
    assert_eq!(change("another horse", "a third horse").await.status, StatusCode::UNAUTHORIZED, "its token has ended");
    assert_eq!(login(&app, "grace", "another horse").await.status, StatusCode::OK);
}

#[tokio::test]
async fn users_are_listed_in_pages_without_their_hashes() {
    let app = TestApp::start().await;
    let root = with_ada(&app).await;
    with_grace(&app, &root).await;
    let first = app.get("/users?limit=1", Some(&root)).await;
    assert!(!first.text.contains("argon2"), "{first:?}");
    let page = first.json();
    assert_eq!((&page["users"][0]["username"], &page["next"]), (&json!("ada"), &json!("ada")));
    let second = app.get("/users?limit=1&cursor=ada", Some(&root)).await.json();
    assert_eq!(second["users"][0]["scope"], "read");
    assert_eq!(second.get("next"), None);
    let of_acme = app.get("/users", Some(&token("admin"))).await.json();
    assert_eq!(of_acme["users"].as_array().unwrap().len(), 1, "{of_acme}");
}

#[tokio::test]
async fn the_last_who_manages_all_users_stays() {
    let app = TestApp::start().await;
    let root = with_ada(&app).await;
    for answer in [post(&app, "/users/ada/disable", &root).await, app.delete("/users/ada", Some(&root)).await] {
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::CONFLICT, "last-administrator"));
    }
    let unknown = post(&app, "/users/a%20b/disable", &root).await;
    assert_eq!((unknown.status, unknown.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-user"));
}
