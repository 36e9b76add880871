//! The overview over HTTP: of one's own tenant, or of all; what is not known is said.

use axum::http::StatusCode;
use domain::Outcome;
use serde_json::{Value, json};

use crate::tests::app::{TestApp, claims, sign, token};
use crate::tests::deliveries::attempted;

async fn seen(app: &TestApp, token: &str) -> Value {
    let answer = app.get("/overview", Some(token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn the_numbers_are_of_the_tenant_or_of_all_and_the_lost_broker_is_told() {
    let app = TestApp::start().await;
    attempted(&app, "order-7", Outcome::Captured, None).await;
    let paused = json!({"kind": "channel", "name": "sms", "why": "x"});
    assert_eq!(app.post("/pauses", Some(&token("operate")), &paused).await.status, StatusCode::OK);

    let own = seen(&app, &token("read")).await;
    assert_eq!((&own["tenant"], &own["at"]), (&json!("acme"), &json!("2026-03-01T12:00:00Z")));
    let [channel] = &own["channels"].as_array().unwrap()[..] else { panic!("{own}") };
    assert_eq!((&channel["accepted"], &channel["sent"], &channel["dead"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(own["pauses"][0]["name"], "sms");
    let minutes = own["history"].as_array().unwrap();
    assert_eq!((minutes.len(), &minutes[59]["accepted"]), (60, &json!(1)));
    assert_eq!(own["ledger"], json!({"known_at": "2026-03-01T12:00:00Z", "problem": null}));
    assert_eq!(own["broker"]["known_at"], Value::Null);
    assert!(own["broker"]["problem"].as_str().unwrap().starts_with("it does not answer"), "{own}");
    assert_eq!((&own["lanes"][0]["lane"], &own["lanes"][0]["depth"]), (&json!("urgent"), &Value::Null));

    let mut claims = claims("read");
    claims["tenant"] = json!("other");
    let others = seen(&app, &sign(&claims)).await;
    assert_eq!((&others["tenant"], &others["channels"], &others["pauses"]), (&json!("other"), &json!([]), &json!([])));
    let all = seen(&app, &token("read tenants")).await;
    assert_eq!((&all["tenant"], &all["channels"][0]["accepted"]), (&Value::Null, &json!(1)));
}
