//! `GET /audit`: who did what, who was refused, and who may know.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::tests::app::{TestApp, claims, sign, token};
use crate::tests::search::only_its_own_list_goes_on;

fn sms() -> Value {
    json!({"kind": "channel", "name": "sms", "why": "wrong text"})
}

/// What is listed of each entry.
async fn listed(app: &TestApp, query: &str, token: &str) -> Vec<(String, String)> {
    let answer = app.get(&format!("/audit{query}"), Some(token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let entries = answer.json()["entries"].as_array().unwrap().clone();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    entries.iter().map(|entry| (text(entry, "kind"), text(entry, "subject"))).collect()
}

#[tokio::test]
async fn what_was_done_is_listed_with_who_did_it_and_why() {
    let app = TestApp::start().await;
    let paused = app.post("/pauses", Some(&token("operate")), &sms()).await;
    assert_eq!(paused.status, StatusCode::OK, "{paused:?}");
    let audit = app.get("/audit", Some(&token("admin"))).await.json();
    let entry = &audit["entries"][0];
    assert_eq!((&entry["actor"], &entry["tenant"]), (&json!("ada"), &json!("acme")), "{audit}");
    assert_eq!((&entry["kind"], &entry["at"]), (&json!("pause.begun"), &json!("2026-03-01T12:00:00Z")), "{audit}");
    assert_eq!((&entry["data"]["why"], &entry["seq"]), (&json!("wrong text"), &Value::Null), "{audit}");
    assert_eq!(entry["subject"], paused.json()["id"]);
    assert_eq!(audit.get("head"), None, "the chain is of all tenants");
}

#[tokio::test]
async fn who_is_refused_is_noted_once_with_what_was_asked_for() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        let refused = app.post("/pauses", Some(&token("read")), &sms()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
        let refused = app.delete("/pauses/p-1", Some(&token("read"))).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    }
    app.post("/pauses", None, &sms()).await;
    app.post("/pauses", Some("forged"), &sms()).await;
    let denied = |asked: &str| ("denied".to_owned(), asked.to_owned());
    let mut noted = listed(&app, "?kind=denied", &token("admin")).await;
    noted.sort();
    assert_eq!(noted, [denied("DELETE /pauses/{id}"), denied("POST /pauses")]);
    let audit = app.get("/audit?subject=POST%20/pauses", Some(&token("admin"))).await.json();
    assert_eq!(audit["entries"][0]["data"]["needed"], "operate", "{audit}");
}

#[tokio::test]
async fn an_administrator_sees_the_own_tenant_and_whoever_acts_for_all_sees_all() {
    let app = TestApp::start().await;
    let mut others = claims("operate admin");
    others["tenant"] = json!("other");
    let others = sign(&others);
    app.post("/pauses", Some(&others), &sms()).await;
    app.post("/pauses", Some(&token("operate")), &sms()).await;
    assert_eq!(listed(&app, "", &others).await.len(), 1);
    assert_eq!(listed(&app, "", &token("admin")).await.len(), 1);
    assert_eq!(listed(&app, "", &token("admin tenants")).await.len(), 2);
    let page = app.get("/audit?limit=1", Some(&token("admin tenants"))).await.json();
    let next = format!("?limit=1&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(listed(&app, &next, &token("admin tenants")).await.len(), 1);
}

#[tokio::test]
async fn every_slip_of_a_query_is_told() {
    let app = TestApp::start().await;
    let refused = app.get("/audit?knd=x&since=yesterday&cursor=x&actor=", Some(&token("admin"))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    for name in ["knd", "since", "cursor", "actor"] {
        assert!(refused.text.contains(name), "{name}: {refused:?}");
    }
    let backwards = "/audit?since=2026-03-02T09:00:00Z&until=2026-03-02T09:00:00Z";
    let refused = app.get(backwards, Some(&token("admin"))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert!(refused.text.contains("must be later than since"), "{refused:?}");
    let read = app.get("/audit", Some(&token("read operate"))).await;
    assert_eq!(read.status, StatusCode::FORBIDDEN, "{read:?}");
}

#[tokio::test]
async fn a_cursor_of_another_filter_of_the_journal_is_refused() {
    let app = TestApp::start().await;
    for channel in ["sms", "email"] {
        let pause = json!({"kind": "channel", "name": channel, "why": "wrong text"});
        app.post("/pauses", Some(&token("operate")), &pause).await;
    }
    let others = ["/audit?limit=1", "/audit?kind=denied", "/audit?kind=pause.begun&since=2026-03-01T12:00:00Z"];
    only_its_own_list_goes_on(&app, "/audit?kind=pause.begun&limit=1", &others, &token("admin")).await;
}
