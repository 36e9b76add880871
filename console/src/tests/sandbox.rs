//! The captures, as their recipients would have seen them.

use axum::http::StatusCode;
use domain::{ChannelName, Outcome};
use store::Capture;

use super::ended::ended;
use super::site::{Answer, Site};

const MAIL: &str = "<style>p{color:red}</style><p onclick=\"x()\">Hola</p>";

async fn captured(site: &Site, id: &str, channel: &str, text: &str, html: Option<&str>) {
    let capture = Capture {
        channel: ChannelName::parse(channel).unwrap(),
        destination: format!("<{id}>@example.com"),
        subject: html.map(|_| "Your <order>".to_owned()),
        text: text.to_owned(),
        html: html.map(str::to_owned),
    };
    ended(&site.store, testkit::row(id), &Outcome::Captured, Some(capture)).await;
}

/// The path of the first capture of a list.
fn first(list: &Answer) -> String {
    let mut ids = list.text.split("href=\"/console/sandbox/").skip(1).filter_map(|rest| rest.split('"').next());
    let id = ids.find(|id| id.starts_with(|first: char| first.is_ascii_digit())).unwrap();
    format!("/console/sandbox/{id}")
}

#[tokio::test]
async fn captures_are_found_by_what_they_say() {
    let site = Site::start().await;
    captured(&site, "mail", "email", "Hola Ana", Some(MAIL)).await;
    captured(&site, "text", "sms", "Código 123", None).await;
    let found = site.get("/console/sandbox?q=c%C3%B3DIGO&channel=", "session=viewer").await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text);
    assert!(found.text.contains("Código 123") && !found.text.contains("Your &lt;order&gt;"), "{}", found.text);
    assert!(found.text.contains("&lt;text&gt;@example.com"), "{}", found.text);
    let none = site.get("/console/sandbox?channel=push", "session=viewer; chasqui_lang=es").await;
    assert!(none.text.contains("Nada coincide con todo esto."), "{}", none.text);
    let wrong = site.get("/console/sandbox?channel=fax", "session=viewer").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_mail_is_framed_under_a_policy_of_its_own() {
    let site = Site::start().await;
    captured(&site, "mail", "email", "Hola", Some(MAIL)).await;
    let path = first(&site.get("/console/sandbox", "session=viewer").await);
    let page = site.get(&format!("{path}?width=phone"), "session=viewer").await;
    assert!(page.text.contains(&format!("src=\"{path}/mail\"")), "{}", page.text);
    assert!(page.text.contains("class=\"preview phone\"") && !page.text.contains("<style>"), "{}", page.text);
    let mail = site.get(&format!("{path}/mail"), "session=viewer").await;
    assert_eq!((mail.text.as_str(), mail.header("referrer-policy")), (MAIL, "no-referrer"));
    assert_eq!(
        mail.header("content-security-policy"),
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
         img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    );
    let source = site.get(&format!("{path}?view=source"), "session=viewer; chasqui_lang=es").await;
    assert!(source.text.contains("&lt;p onclick=&quot;x()&quot;&gt;Hola"), "{}", source.text);
    assert!(source.text.contains("Fuente"), "{}", source.text);
}

#[tokio::test]
async fn each_medium_is_shown_in_its_own_way() {
    let site = Site::start().await;
    captured(&site, "text", "sms", &"ñandú ".repeat(40), None).await;
    let page = site.get(&first(&site.get("/console/sandbox", "session=viewer").await), "session=viewer").await;
    assert!(page.text.contains("Segments: ") && page.text.contains(", UCS-2"), "{}", page.text);
    captured(&site, "hook", "webhook", "{\"a\":\"<b>\"}", None).await;
    let page = site.get(&first(&site.get("/console/sandbox", "session=viewer").await), "session=viewer").await;
    assert!(page.text.contains("POST &lt;hook&gt;@example.com"), "{}", page.text);
    assert!(page.text.contains("{&quot;a&quot;:&quot;&lt;b&gt;&quot;}"), "{}", page.text);
}

#[tokio::test]
async fn a_capture_that_is_not_there_is_not_found() {
    let site = Site::start().await;
    for path in ["/console/sandbox/7", "/console/sandbox/x", "/console/sandbox/7/mail"] {
        assert_eq!(site.get(path, "session=viewer").await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

const FAULTS: &str = "/console/sandbox/faults";
const OPERATOR: &str = "session=operator";

#[tokio::test]
async fn a_fault_is_set_shown_on_every_page_and_cleared() {
    let site = Site::start().await;
    let form = "channel=sms&next=3&answer=429&retry_after=5&latency_ms=";
    let answer = site.post(FAULTS, OPERATOR, form).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, FAULTS), "{}", answer.text);
    for (lang, left) in [("en", "3 of 3 left"), ("es", "quedan 3 de 3")] {
        for path in [FAULTS, "/console/deliveries", "/console"] {
            let page = site.get(path, &format!("session=viewer; chasqui_lang={lang}")).await;
            assert!(page.text.contains("<code>status 429, retry_after 5</code>"), "{path}: {}", page.text);
            assert!(page.text.contains(left), "{path}: {}", page.text);
        }
    }
    let list = site.get(FAULTS, "session=viewer; chasqui_lang=es").await;
    assert!(list.text.contains("<td data-label=\"Quedan\">3 de 3</td>"), "{}", list.text);
    assert!(site.get(FAULTS, OPERATOR).await.text.contains("value=\"503\""));
    assert!(!site.get(FAULTS, "session=viewer").await.text.contains("value=\"503\""), "who may not gets no form");
    let cleared = site.post("/console/sandbox/faults/clear", OPERATOR, "channel=sms").await;
    assert_eq!(cleared.status, StatusCode::SEE_OTHER, "{}", cleared.text);
    let page = site.get(FAULTS, OPERATOR).await;
    assert!(page.text.contains("Nothing goes wrong on demand.") && !page.text.contains("3 of 3"), "{}", page.text);
}

#[tokio::test]
async fn what_is_wrong_with_a_fault_stands_beside_its_field_and_nobody_sets_one_who_may_not() {
    let site = Site::start().await;
    let page = site.post(FAULTS, OPERATOR, "channel=fax&next=many&answer=200").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for id in ["said-channel", "said-next", "said-answer"] {
        assert!(page.text.contains(&format!("id=\"{id}\"><p class=\"wrong\">")), "{id}: {}", page.text);
    }
    let form = "channel=sms&next=3&answer=503";
    assert_eq!(site.post(FAULTS, "session=viewer", form).await.status, StatusCode::FORBIDDEN);
    let cleared = site.post("/console/sandbox/faults/clear", "session=viewer", "channel=sms").await;
    assert_eq!(cleared.status, StatusCode::FORBIDDEN);
    assert_eq!(site.get(FAULTS, "session=nothing").await.status, StatusCode::FORBIDDEN);
}
