//! One letter: what is shown of it to whom, and how it is edited.

use axum::http::StatusCode;
use store::JournalFilter;

use super::{BODY, LETTER, has, open, open_with, site_with};

#[tokio::test]
async fn a_letter_is_shown_masked_unless_it_is_edited() {
    let site = site_with(1).await;
    open(&site).await;
    let page = site.get("/console/dead-letters/letters/000a", "session=viewer").await;
    has(&page, &["***43", "&quot;channel&quot;: &quot;sms&quot;", "What may be personal is masked"]);
    assert!(!page.text.contains("2025550143") && !page.text.contains("Hola Ana"), "{}", page.text);
    assert!(!page.text.contains("/edit\""), "{}", page.text);
    let edit = site.get("/console/dead-letters/letters/000a/edit", "session=admin").await;
    has(&edit, &["+12025550143", "Hola Ana"]);
    let again = site.get("/console/dead-letters/letters/000a/edit", "session=admin").await;
    assert_eq!(again.status, StatusCode::OK);
    let told = site.store.journal_page(&JournalFilter { limit: 10, ..JournalFilter::default() }).await.unwrap().entries;
    let told: Vec<_> = told.iter().map(|one| (one.row.kind.as_str(), one.row.subject.as_str())).collect();
    assert_eq!(told, [("dead_letter.opened", LETTER)], "whoever sees it is told of, and once");
}

#[tokio::test]
async fn an_edit_shows_the_difference_before_anything_is_sent() {
    let site = site_with(1).await;
    let path = "/console/dead-letters/letters/000a/edit";
    let unread = site.get(path, "session=admin").await;
    has(&unread, &["Read headers and body"]);
    let asked = site.post("/console/dead-letters/letters/000a/open", "session=admin", "edit=true").await;
    assert_eq!(asked.header("location"), "/console/dead-letters/letters/000a/edit?opening=true");
    has(&site.get(asked.header("location"), "session=admin").await, &["hx-trigger=\"every 2s\""]);
    open(&site).await;
    let body = r#"{"channel":"sms","destination":"+14155550100","message":"Hola Ana"}"#;
    let form = format!("body={}&why=a+slip", body.replace('+', "%2B"));
    let compared = site.post(path, "session=admin", &form).await;
    assert_eq!(compared.status, StatusCode::OK, "{}", compared.text);
    has(&compared, &["What differs", "/destination", "+12025550143", "+14155550100", "value=\"send\""]);
    assert!(!compared.text.contains("<code>/message"), "{}", compared.text);
    let same = site.post(path, "session=admin", &format!("body={}&why=x", BODY.replace('+', "%2B"))).await;
    assert_eq!(same.status, StatusCode::UNPROCESSABLE_ENTITY);
    let broken = site.post(path, "session=admin", "body=%7B&why=").await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
    has(&broken, &["Nothing was sent:"]);
}

#[tokio::test]
async fn whoever_edits_a_letter_to_an_endpoint_is_told_what_is_the_fleets_own() {
    let site = site_with(1).await;
    open_with(&site, r#"{"channel":"webhook","destination":"endpoint:e-1:1::seal:https://hooks.example/a"}"#).await;
    for (lang, told) in [("en", "are the fleet's own"), ("es", "son de la flota")] {
        let cookies = format!("session=admin; chasqui_lang={lang}");
        has(&site.get("/console/dead-letters/letters/000a/edit", &cookies).await, &["<code>metadata</code>", told]);
    }
}
