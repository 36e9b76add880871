//! The console behind the same edge as the API.

use axum::body::Body;
use axum::http::StatusCode;

use super::app::{TestApp, request, request_for};

#[tokio::test]
async fn the_console_is_behind_the_same_edge() {
    let app = TestApp::start().await;
    let page = app.get("/console", None).await;
    assert_eq!((page.status, &page.headers["location"]), (StatusCode::SEE_OTHER, &"/console/login".parse().unwrap()));
    let login = app.get("/console/login", None).await;
    assert_eq!(login.status, StatusCode::OK, "{}", login.text);
    assert!(login.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none';"));
    assert_eq!(login.headers["x-content-type-options"], "nosniff");
    assert_eq!(login.headers["cache-control"], "no-store");
    let elsewhere = request_for("rebound.example", "GET", "/console/login", None).body(Body::empty()).unwrap();
    assert_eq!(app.send(elsewhere).await.status, StatusCode::MISDIRECTED_REQUEST);
    let foreign = request("POST", "/console/login", None).header("sec-fetch-site", "cross-site");
    let foreign = app.send(foreign.body(Body::from("name=ada&password=x")).unwrap()).await;
    assert_eq!((foreign.status, foreign.kind().as_str()), (StatusCode::FORBIDDEN, "foreign-origin"));
}

#[tokio::test]
async fn every_answer_below_the_console_has_a_policy() {
    let app = TestApp::start().await;
    let of_others = request_for("rebound.example", "GET", "/console", None).body(Body::empty()).unwrap();
    let mut answers = vec![app.send(of_others).await];
    for (method, path) in
        [("DELETE", "/console/audit"), ("POST", "/console/nothing"), ("PUT", "/console"), ("GET", "/console/nothing")]
    {
        answers.push(app.send(request(method, path, None).body(Body::empty()).unwrap()).await);
    }
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [421, 405, 405, 405, 303]);
    for answer in answers {
        let policy = answer.headers.get("content-security-policy").and_then(|policy| policy.to_str().ok());
        assert!(policy.is_some_and(|policy| policy.starts_with("default-src 'none';")), "{answer:?}");
    }
}

#[tokio::test]
async fn a_password_that_nobody_has_opens_no_session() {
    let app = TestApp::start().await;
    let login = request("POST", "/console/login", None).header("sec-fetch-site", "same-origin");
    let answer = app.send(login.body(Body::from("name=ada&password=a-guess-that-is-long")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);
    assert!(!answer.headers.contains_key("set-cookie") && answer.text.contains("value=\"ada\""), "{}", answer.text);
}
