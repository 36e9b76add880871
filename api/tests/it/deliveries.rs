//! Reading and cancelling: only what is the token's tenant's own.

use axum::http::StatusCode;
use serde_json::json;

use crate::app::{TestApp, claims, sign, token};

#[tokio::test]
async fn what_no_worker_has_taken_is_not_taken_yet() {
    let app = TestApp::start().await;
    for id in ["unknown", "a%2Fb", "%00"] {
        let answer = app.get(&format!("/deliveries/{id}"), Some(&token("read"))).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::NOT_FOUND, "not-taken-yet"), "{id}");
    }
}

#[tokio::test]
async fn a_query_that_is_not_valid_names_its_parameter() {
    let app = TestApp::start().await;
    let queries =
        [("state=lost", "state"), ("cursor=foreign", "cursor"), ("limit=0", "limit"), ("limit=1001", "limit")];
    for (query, parameter) in queries {
        let answer = app.get(&format!("/deliveries?{query}"), Some(&token("read"))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(answer.json()["errors"][0]["parameter"], parameter, "{query}");
    }
    for query in ["limit=many", "ambiguous=perhaps", "sort=up"] {
        let answer = app.get(&format!("/deliveries?{query}"), Some(&token("read"))).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid-query"),
            "{query}"
        );
    }
}

#[tokio::test]
async fn cancelling_what_is_not_known_leaves_a_tombstone_that_others_do_not_see() {
    let app = TestApp::start().await;
    let answer = app.delete("/notify/later", Some(&token("notify"))).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json(), json!({"id": "later", "status": "cancelled", "known": false}));
    let shown = app.get("/deliveries/later", Some(&token("read"))).await;
    assert_eq!((shown.status, shown.json()["state"].clone()), (StatusCode::OK, json!("cancelled")));
    let listed = app.get("/deliveries?state=cancelled", Some(&token("read"))).await.json();
    assert_eq!(listed["deliveries"][0]["id"], "later");
    let again = app.delete("/notify/later", Some(&token("notify"))).await;
    assert_eq!((again.status, again.json()["known"].clone()), (StatusCode::ACCEPTED, json!(false)));

    let mut other = claims("read operate notify");
    other["tenant"] = json!("other");
    let other = sign(&other);
    assert_eq!(app.get("/deliveries/later", Some(&other)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/deliveries", Some(&other)).await.json()["deliveries"], json!([]));
    assert_eq!(app.delete("/notify/later", Some(&other)).await.status, StatusCode::ACCEPTED, "it has none of this id");
}

#[tokio::test]
async fn an_id_that_no_delivery_can_have_is_refused() {
    let app = TestApp::start().await;
    for id in ["%00", &"x".repeat(256)] {
        let answer = app.delete(&format!("/notify/{id}"), Some(&token("operate"))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
