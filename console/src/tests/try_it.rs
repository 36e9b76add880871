//! One notification by hand.

use axum::body::Body;
use axum::http::header::COOKIE;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::site::Site;

const PATH: &str = "/console/try-it";
const TOKEN: &str = "/console/try-it/token";

#[tokio::test]
async fn the_form_says_what_would_be_refused_beside_each_field() {
    let site = Site::start().await;
    let form = "channel=sms&destination=%3Cnobody%3E&message=Hola&data=%7B&send_at=soon&do=send&begun=1";
    let page = site.post(PATH, "session=operator; chasqui_lang=es", form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
    assert!(page.text.contains("<code>/data</code> is not JSON"), "{}", page.text);
    assert!(page.text.contains("value=\"&lt;nobody&gt;\"") && page.text.contains("No se envió nada."), "{}", page.text);
    let form = form.replace("%7B&", "&");
    let page = site.post(PATH, "session=operator", &form).await;
    for part in ["<code>/destination</code>", "<code>/send_at</code>", "value=\"soon\"", "aria-invalid=\"true\""] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
}

#[tokio::test]
async fn a_form_that_is_only_checked_sends_nothing() {
    let site = Site::start().await;
    let form = "channel=sms&destination=%2B12025550143&message=Hola&do=check&begun=1";
    let page = site.post(PATH, "session=operator", form).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("it would be taken") && page.text.contains("Hola</textarea>"), "{}", page.text);
}

#[tokio::test]
async fn a_link_fills_the_form_in_and_no_field_is_made_up() {
    let site = Site::start().await;
    let page = site.get(&format!("{PATH}?channel=push&message=a%3C%2Ftextarea%3E"), "session=operator").await;
    assert!(page.text.contains("<option value=\"push\" selected>"), "{}", page.text);
    assert!(page.text.contains("a&lt;/textarea&gt;</textarea>"), "{}", page.text);
    let wrong = site.get(&format!("{PATH}?chanel=push"), "session=operator").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn whoever_may_not_publish_tries_nothing() {
    let site = Site::start().await;
    assert_eq!(site.get(PATH, "session=viewer").await.status, StatusCode::FORBIDDEN);
    let form = "channel=sms&destination=%2B12025550143&message=Hola&do=send&begun=1";
    assert_eq!(site.post(PATH, "session=viewer", form).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_bell_is_there_with_what_it_loads_and_names_the_inbox_of_whoever_looks() {
    let site = Site::start().await;
    let page = site.get(PATH, "session=operator; chasqui_lang=es").await;
    assert!(page.text.contains("<code>user:&lt;operator&gt;</code>"), "{}", page.text);
    assert!(page.text.contains("push-key=\"BPk-_\"") && page.text.contains("Su buzón"), "{}", page.text);
    let client = page.text.split('"').find(|text| text.starts_with("/console/assets/inbox-")).unwrap_or_default();
    assert!(site.get(client, "").await.text.contains("chasqui-bell"), "{client}");
    let worker = site.get("/console/try-it/worker.js", "").await;
    assert_eq!((worker.status, worker.header("cache-control")), (StatusCode::OK, "no-cache"));
    assert!(worker.text.contains("showNotification"), "{}", worker.text);
}

#[tokio::test]
async fn a_token_for_the_inbox_is_given_to_pages_of_the_console_alone() {
    let site = Site::start().await;
    let given = site.post(TOKEN, "session=operator", "").await;
    assert_eq!((given.status, given.header("cache-control")), (StatusCode::OK, "no-store"), "{}", given.text);
    let said: Value = serde_json::from_str(&given.text).unwrap();
    assert_eq!(said, json!({ "access_token": "token of <operator>", "token_type": "bearer" }));
    assert_eq!(site.post(TOKEN, "session=admin", "").await.status, StatusCode::NOT_FOUND);
    assert!(!site.post(TOKEN, "", "").await.status.is_success());
    let foreign = Request::post(TOKEN).header(COOKIE, "session=operator").header("sec-fetch-site", "cross-site");
    assert_eq!(site.send(foreign.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
}
