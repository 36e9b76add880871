//! The page of pauses: what waits, how it is made to, and how it goes on.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Pause, PauseKind, Tenant};
use futures_util::StreamExt;
use tower::ServiceExt;

use super::site::Site;

const NEW: &str = "/console/pauses/new";
const OPERATOR: &str = "session=operator";
const SMS: &str = "kind=channel&name=sms&why=an+outage+%3Cscript%3E";

async fn with_sms() -> Site {
    let site = Site::start().await;
    let answer = site.post(NEW, OPERATOR, SMS).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/console/pauses"));
    site
}

fn id() -> String {
    Pause::id_of(PauseKind::Channel, "sms", Some(&Tenant::default()))
}

#[tokio::test]
async fn what_is_paused_is_shown_in_both_languages_and_nothing_as_markup() {
    let site = with_sms().await;
    for (lang, word, until) in [("en", "Resume", "until it is resumed"), ("es", "Reanudar", "hasta que se reanude")] {
        let page = site.get("/console/pauses", &format!("{OPERATOR}; chasqui_lang={lang}")).await;
        assert!(page.text.contains(&format!("<span class=\"one-line\">{until}</span>")), "{}", page.text);
        assert!(page.status == StatusCode::OK && page.text.contains(word), "{}", page.text);
        assert!(page.text.contains("an outage &lt;script&gt;") && !page.text.contains("<script>"), "{}", page.text);
    }
    let others = site.get("/console/pauses?kind=template", OPERATOR).await;
    assert!(others.text.contains("Nothing is paused."), "{}", others.text);
    let wrong = site.get("/console/pauses?kind=chanel&kin=x", OPERATOR).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn every_bad_field_is_named_beside_what_was_written() {
    let site = Site::start().await;
    let page = site.post(NEW, OPERATOR, "kind=provider&name=%3Ctwili%3E&until=soon").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["value=\"&lt;twili&gt;\"", "must be one of smtp, twilio", "RFC 3339", "the reason, in one line"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
}

#[tokio::test]
async fn what_can_be_paused_is_offered_beside_the_name() {
    let site = Site::start().await;
    let page = site.get(NEW, OPERATOR).await;
    assert!(page.text.contains("list=\"field-name-known\""), "{}", page.text);
    for name in ["sms", "twilio", "receipt", "default"] {
        assert!(page.text.contains(&format!("<option value=\"{name}\"></option>")), "{name}: {}", page.text);
    }
}

#[tokio::test]
async fn a_pause_that_may_be_a_slip_is_said_to_be_one() {
    let site = Site::start().await;
    let page = site.post(NEW, OPERATOR, "kind=template&name=recipt&why=wrong").await;
    assert!(page.status == StatusCode::OK && page.text.contains("did you mean receipt?"), "{}", page.text);
}

#[tokio::test]
async fn nobody_pauses_for_others_without_the_scope() {
    let site = Site::start().await;
    let page = site.post(NEW, OPERATOR, "kind=channel&name=sms&why=x&tenant=*").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("own tenant"), "{}", page.text);
    let answer = site.post(NEW, "session=everything", "kind=channel&name=sms&why=x&tenant=*").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let seen = site.get("/console/pauses", OPERATOR).await;
    assert!(seen.text.contains("who acts for all tenants") && !seen.text.contains(">Resume<"), "{}", seen.text);
    let seen = site.get("/console/pauses", "session=everything").await;
    assert!(seen.text.contains(">Resume<"), "{}", seen.text);
    let id = Pause::id_of(PauseKind::Channel, "sms", None);
    let refused = site.post("/console/pauses/resume", OPERATOR, &format!("id={id}&confirmed=1")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
}

#[tokio::test]
async fn what_is_paused_is_resumed_when_somebody_has_confirmed_it() {
    let site = with_sms().await;
    let (path, id) = ("/console/pauses/resume", id());
    let page = site.get(&format!("{path}?id={id}"), OPERATOR).await;
    assert!(page.status == StatusCode::OK && page.text.contains("an outage &lt;script&gt;"), "{}", page.text);
    let refused = site.post(path, OPERATOR, &format!("id={id}")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = site.post(path, OPERATOR, &format!("id={id}&confirmed=1")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let page = site.get("/console/pauses", OPERATOR).await;
    assert!(page.text.contains("Nothing is paused."), "{}", page.text);
}

#[tokio::test]
async fn who_may_not_sees_and_changes_nothing() {
    let site = with_sms().await;
    let page = site.get("/console/pauses", "session=nothing").await;
    assert!(page.status == StatusCode::FORBIDDEN && !page.text.contains("an outage"), "{}", page.text);
    assert_eq!(site.get(NEW, "session=viewer").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.post(NEW, "session=viewer", SMS).await.status, StatusCode::FORBIDDEN);
    let form = format!("id={}&confirmed=1", id());
    assert_eq!(site.post("/console/pauses/resume", "session=viewer", &form).await.status, StatusCode::FORBIDDEN);
    let unsure = site.post("/console/pauses/resume", "session=nothing", &format!("id={}", id())).await;
    assert_eq!(unsure.status, StatusCode::FORBIDDEN, "{}", unsure.text);
}

#[tokio::test]
async fn what_is_paused_comes_and_goes_with_the_live_part_of_the_overview() {
    let site = with_sms().await;
    let page = site.get("/console", OPERATOR).await;
    let (around, live) = page.text.split_once("<div id=\"live\"").unwrap();
    assert!(live.contains("an outage &lt;script&gt;") && !around.contains("an outage"), "{}", page.text);
    let other = site.get("/console/deliveries", OPERATOR).await;
    assert!(other.text.contains("an outage &lt;script&gt;"), "{}", other.text);
    for page in [&page, &other] {
        let (heading, paused) = (page.text.find("<h1>"), page.text.find("an outage"));
        assert!(heading < paused, "it stands at the same place, below the heading: {}", page.text);
    }
    let request = Request::get("/console/overview/stream").header("cookie", OPERATOR);
    let answer = site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let mut events = answer.into_body().into_data_stream();
    let first = events.next().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("an outage &lt;script&gt;"), "{first:?}");
}
