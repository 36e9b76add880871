//! The inbox over HTTP: whose it is, what is in it, and what a user does with that.

use axum::body::Body;
use axum::http::StatusCode;
use domain::{Outcome, Policy, Ways, decide};
use serde_json::{Value, json};
use store::{Claimed, Post};
use testkit::NOW;
use tokio_util::sync::CancellationToken;
use topology::Publisher;

use crate::tests::app::{Answer, TestApp, claims, request, settings, sign, token};
use crate::tests::deliveries::claimed;
use crate::tests::search::only_its_own_list_goes_on;

/// An API whose broker takes everything.
async fn app() -> TestApp {
    let (publisher, _) = Publisher::reporting();
    TestApp::over(settings(), publisher, CancellationToken::new()).await
}

async fn posted(app: &TestApp, id: &str, user: &str) {
    let Claimed::New(row) = claimed(app, id).await else { panic!("{id} is known") };
    let post = Post {
        user: user.into(),
        kind: "oferta_resultado".into(),
        title: Some("Oferta".into()),
        body: "Hola".into(),
        data: Some(r#"{"n":7}"#.into()),
        action: Some(r#"{"url":"/ofertas/7"}"#.into()),
        escalates: None,
    };
    let transition = decide(&row, Ways::default(), &Outcome::Posted, &Policy::without_retries(), NOW);
    app.store.record_posted(&transition, post).await.unwrap();
}

async fn act(app: &TestApp, path: &str, token: &str) -> Answer {
    app.send(request("POST", path, Some(token)).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_user_reads_the_own_inbox_and_says_what_was_done() {
    let app = app().await;
    for id in ["d-1", "d-2"] {
        posted(&app, id, "ada").await;
    }
    let mine = token("inbox");
    let page = app.get("/inbox", Some(&mine)).await.json();
    assert_eq!(
        (&page["complete"], &page["counters"]["unread"], &page["items"][0]["id"]),
        (&json!(true), &json!(2), &json!("d-2"))
    );
    let item = &page["items"][0];
    assert_eq!((&item["data"], &item["action"]), (&json!({"n": 7}), &json!({"url": "/ofertas/7"})));
    assert_eq!(
        (&item["kind"], &item["priority"], &item["read_at"]),
        (&json!("oferta_resultado"), &json!("normal"), &Value::Null)
    );
    let cursor = format!("/inbox?since={}&epoch={}", page["counters"]["seq"], page["counters"]["epoch"]);
    let read = act(&app, "/inbox/d-1/read", &mine).await;
    assert_eq!((read.status, &read.json()["counters"]["unread"]), (StatusCode::OK, &json!(1)), "{read:?}");
    let snoozed = app.post("/inbox/d-2/snooze", Some(&mine), &json!({"until": "2036-03-01T09:00:00Z"})).await;
    assert_eq!(snoozed.status, StatusCode::OK, "{snoozed:?}");
    let changes = app.get(&cursor, Some(&mine)).await.json();
    assert_eq!((changes["items"].as_array().unwrap().len(), &changes["complete"]), (2, &json!(true)));
    let all = app.post("/inbox/read", Some(&mine), &json!({"through": 2})).await.json();
    assert_eq!(all["counters"], app.get("/inbox/counts", Some(&mine)).await.json());
    assert_eq!((&all["counters"]["unread"], &all["counters"]["unseen"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_token_without_scopes_opens_the_inbox_of_its_user_and_nothing_else() {
    let app = app().await;
    posted(&app, "d-1", "ada").await;
    let mut plain = claims("");
    plain.as_object_mut().unwrap().remove("scope");
    let mut of_an_application = plain.clone();
    let plain = sign(&plain);
    let page = app.get("/inbox", Some(&plain)).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    posted(&app, "d-7", "4711").await;
    of_an_application["user_id"] = json!(4711);
    let page = app.get("/inbox", Some(&sign(&of_an_application))).await.json();
    assert_eq!(page["items"][0]["id"], "d-7", "what an application calls its user counts: {page}");
    assert_eq!(app.get("/deliveries", Some(&plain)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.get("/inbox?user=ben", Some(&plain)).await.status, StatusCode::FORBIDDEN);
    let support = token("read operate");
    posted(&app, "d-2", "ben").await;
    let page = app.get("/inbox?user=ben", Some(&support)).await.json();
    assert_eq!(page["items"][0]["id"], "d-2");
    assert_eq!(act(&app, "/inbox/d-2/seen?user=ben", &support).await.status, StatusCode::OK);
    assert_eq!(act(&app, "/inbox/d-2/seen", &support).await.kind(), "unknown-item");
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_its_place() {
    let app = app().await;
    let mine = token("inbox");
    for (path, parameter) in [
        ("/inbox?since=1", "epoch"),
        ("/inbox?epoch=1", "epoch"),
        ("/inbox?since=1&epoch=1&filter=unread", "filter"),
        ("/inbox?since=1&epoch=1&before=3", "before"),
        ("/inbox?filter=unraed", "filter"),
        ("/inbox?user=a%20b", "user"),
        ("/inbox?sicne=1", "sicne"),
    ] {
        let answer = app.get(path, Some(&mine)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {answer:?}");
        assert_eq!(answer.json()["errors"][0]["parameter"], parameter, "{path} {answer:?}");
    }
    let slip = act(&app, "/inbox/d-1/raed", &mine).await;
    assert!(slip.status == StatusCode::UNPROCESSABLE_ENTITY && slip.text.contains("did you mean read?"), "{slip:?}");
    let mut odd = claims("inbox");
    odd["sub"] = json!("a b");
    assert_eq!(app.get("/inbox", Some(&sign(&odd))).await.kind(), "no-user");
}

#[tokio::test]
async fn a_cursor_of_another_topic_is_refused() {
    let app = app().await;
    let may = token("operate read");
    for (topic, user) in [("ops", "ana"), ("ops", "ben"), ("analysts", "caro")] {
        let put = request("PUT", &format!("/topics/{topic}/members/{user}"), Some(&may));
        assert_eq!(app.send(put.body(Body::empty()).unwrap()).await.status, StatusCode::CREATED);
    }
    let others = ["/topics/analysts/members?limit=1", "/asks?limit=1"];
    only_its_own_list_goes_on(&app, "/topics/ops/members?limit=1", &others, &may).await;
    assert_eq!(app.get("/topics/ops/members?cursor=ana", Some(&may)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn members_are_put_into_a_topic_and_taken_out_again() {
    let app = app().await;
    let (may, path) = (token("operate read"), "/topics/role:ADMIN/members");
    let put = async |method: &str, user: &str| {
        let request = request(method, &format!("{path}/{user}"), Some(&may));
        app.send(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(put("PUT", "ana").await.status, StatusCode::CREATED);
    assert_eq!(put("PUT", "ana").await.status, StatusCode::OK);
    assert_eq!(put("PUT", "ben").await.status, StatusCode::CREATED);
    let page = app.get(&format!("{path}?limit=1"), Some(&may)).await.json();
    assert_eq!(page["members"], json!(["ana"]));
    let next = page["next"].as_str().expect("there is another page");
    let last = app.get(&format!("{path}?cursor={next}"), Some(&may)).await.json();
    assert_eq!(last, json!({"members": ["ben"]}));
    assert_eq!(put("DELETE", "ana").await.status, StatusCode::OK);
    assert_eq!(put("DELETE", "ana").await.kind(), "unknown-member");
    let odd = put("PUT", "a%20b").await;
    assert_eq!((odd.status, &odd.json()["errors"][0]["parameter"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("user")));
}
