//! One notification by hand.

use axum::http::StatusCode;

use super::site::Site;

const PATH: &str = "/console/try-it";

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
