//! Pauses over HTTP: for one's own tenant, or for all with the scope `tenants`.

use axum::http::StatusCode;
use domain::{Pause, PauseKind, Tenant};
use serde_json::{Value, json};

use crate::tests::app::{TestApp, claims, sign, token};

fn sms() -> Value {
    json!({"kind": "channel", "name": "sms", "why": "wrong text", "until": "2026-03-01T13:00:00Z"})
}

#[tokio::test]
async fn what_is_paused_is_listed_until_it_is_resumed() {
    let app = TestApp::start().await;
    let token = token("operate read");
    let paused = app.post("/pauses", Some(&token), &sms()).await;
    assert_eq!(paused.status, StatusCode::OK, "{paused:?}");
    let pause = paused.json();
    let id = pause["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id, "kind": "channel", "name": "sms", "tenant": "acme", "why": "wrong text", "by": "ada",
        "by_platform": false, "since": "2026-03-01T12:00:00Z", "until": "2026-03-01T13:00:00Z",
    });
    assert_eq!(pause, expected);
    assert_eq!(app.get("/pauses", Some(&token)).await.json(), json!({"pauses": [pause]}));
    let resumed = app.delete(&format!("/pauses/{id}"), Some(&token)).await;
    assert_eq!((resumed.status, resumed.json()), (StatusCode::OK, pause));
    let again = app.delete(&format!("/pauses/{id}"), Some(&token)).await;
    assert_eq!((again.status, again.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-pause"));
    assert_eq!(app.get("/pauses", Some(&token)).await.json(), json!({"pauses": []}));
}

#[tokio::test]
async fn a_tenant_does_not_resume_what_whoever_acts_for_all_has_paused() {
    let app = TestApp::start().await;
    let mut root = claims("operate read tenants");
    root["tenant"] = json!("default");
    let (own, root) = (token("operate read"), sign(&root));
    let body = json!({"kind": "tenant", "name": "acme", "why": "they do not pay"});
    let put = app.post("/pauses", Some(&root), &body).await;
    let made = put.json();
    assert_eq!((put.status, &made["by_platform"]), (StatusCode::OK, &json!(true)), "{put:?}");
    let path = format!("/pauses/{}", made["id"].as_str().unwrap());
    for refused in [app.delete(&path, Some(&own)).await, app.post("/pauses", Some(&own), &body).await] {
        assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::FORBIDDEN, "missing-scope"), "{refused:?}");
        assert!(refused.text.contains("by somebody who acts for all"), "{refused:?}");
    }
    let seen = app.get("/pauses", Some(&own)).await.json();
    assert_eq!((&seen["pauses"][0]["id"], &seen["pauses"][0]["by_platform"]), (&made["id"], &json!(true)), "{seen}");
    assert_eq!(app.delete(&path, Some(&root)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_who_may_act_for_all_tenants_pauses_for_others() {
    let app = TestApp::start().await;
    let (own, all) = (token("operate read"), token("operate read tenants"));
    for (more, pointer) in [
        (json!({"tenant": "*"}), "/tenant"),
        (json!({"tenant": "other"}), "/tenant"),
        (json!({"kind": "tenant", "name": "other"}), "/name"),
    ] {
        let mut body = sms();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = app.post("/pauses", Some(&own), &body).await;
        assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::FORBIDDEN, "foreign-tenant"), "{more}");
        assert_eq!(refused.pointers(), [pointer]);
        let paused = app.post("/pauses", Some(&all), &body).await;
        assert_eq!(paused.status, StatusCode::OK, "{paused:?}");
    }
    let seen = app.get("/pauses", Some(&own)).await.json();
    assert_eq!(seen["pauses"].as_array().unwrap().len(), 1, "what concerns its own deliveries: {seen}");
    assert_eq!(seen["pauses"][0]["tenant"], Value::Null);
    let of_all = format!("/pauses/{}", seen["pauses"][0]["id"].as_str().unwrap());
    let refused = app.delete(&of_all, Some(&own)).await;
    assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::FORBIDDEN, "missing-scope"), "it is listed");
    let of_other = format!("/pauses/{}", Pause::id_of(PauseKind::Channel, "sms", Tenant::parse("other").as_ref()));
    assert_eq!(app.delete(&of_other, Some(&own)).await.status, StatusCode::NOT_FOUND, "it does not exist for it");
    assert_eq!(app.delete(&of_all, Some(&all)).await.status, StatusCode::OK);
    assert_eq!(app.get("/pauses", Some(&all)).await.json()["pauses"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn every_mistake_is_named_with_what_was_meant() {
    let app = TestApp::start().await;
    let token = token("operate read");
    for (body, pointers, said) in [
        (json!({}), &["/kind", "/name", "/why"][..], "one of channel, provider, template, tenant"),
        (json!({"kind": "provider", "name": "twillio", "why": "x"}), &["/name"], "did you mean twilio?"),
        (
            json!({"kind": "chanel", "name": "sms", "reason": "x"}),
            &["/kind", "/why", "/reason"],
            "did you mean channel?",
        ),
    ] {
        let answer = app.post("/pauses", Some(&token), &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        assert_eq!(answer.pointers(), pointers, "{answer:?}");
        assert!(answer.text.contains(said), "{answer:?}");
    }
    assert_eq!(app.post_text("/pauses", Some(&token), "[]").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(app.get("/pauses?kind=channel", Some(&token)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = app.delete("/pauses", Some(&token)).await;
    assert!(answer.text.contains("DELETE /pauses/{id}"), "{answer:?}");
}
