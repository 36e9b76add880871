//! The journal as its page shows it.

use axum::http::StatusCode;
use domain::{Entry, Tenant};

use super::site::Site;
use crate::words::Lang;

async fn told(site: &Site) {
    let form = "username=ada&password=correct+horse&role=viewer&scope=&tenant=";
    assert_eq!(site.post("/console/users", "session=admin", form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/console/keys", "session=operator").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_journal_is_listed_and_narrowed() {
    let site = Site::start().await;
    told(&site).await;
    let page = site.get("/console/audit", "session=everything").await;
    for words in ["user.added", "denied", "&lt;admin&gt;", "&lt;operator&gt;", "not yet sealed", "chasqui audit verify"]
    {
        assert!(page.words().contains(words), "{words}: {}", page.text);
    }
    assert!(!page.text.contains("<admin>"), "{}", page.text);
    let query = "/console/audit?actor=%3Cadmin%3E&kind=user.added&subject=ada&since=2020-01-01T00:00:00Z&until=";
    let narrowed = site.get(query, "session=everything").await;
    assert!(narrowed.text.contains("value=\"user.added\"") && !narrowed.text.contains(">denied<"), "{}", narrowed.text);
    let nothing = site.get("/console/audit?until=2020-01-01T00:00:00Z", "session=everything").await;
    assert!(nothing.text.contains("There is nothing here."), "{}", nothing.text);
}

#[tokio::test]
async fn an_entry_has_its_instant_and_the_beginning_and_the_end_of_an_id() {
    let site = Site::start().await;
    let mut entry = testkit::told_by("<ada>", testkit::at("2026-02-28T23:59:58Z"));
    (entry.kind, entry.subject) = ("suppression.added", "01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10".to_owned());
    site.store.journal(&entry).await.unwrap();
    let page = site.get("/console/audit", "session=everything").await;
    assert!(page.words().contains("2026-02-28 23:59:58 UTC"), "{}", page.text);
    for part in [
        "<span class=\"one-line\">suppression.<wbr>added</span>",
        ">01933f5e…1b8a10</code>",
        "title=\"01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10\"",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
}

#[tokio::test]
async fn what_a_job_was_started_for_is_told_in_words() {
    let site = Site::start().await;
    let mut entry = testkit::told_by("<ada>", testkit::NOW);
    entry.data.insert("wanted".to_owned(), r#"{"action":"replay","group":"<1-a>"}"#.into());
    site.store.journal(&entry).await.unwrap();
    for (lang, noted) in [("en", "As it was noted"), ("es", "Como se anotó")] {
        let page = site.get("/console/audit", &format!("session=everything; chasqui_lang={lang}")).await;
        assert!(page.words().contains("wanted action = replay, group = &lt;1-a&gt;"), "{}", page.text);
        assert!(page.text.contains(noted), "{}", page.text);
    }
}

#[tokio::test]
async fn an_entry_leads_to_what_it_tells_about_where_that_has_a_page_of_the_own_tenant() {
    let site = Site::start().await;
    for (kind, of, subject, way) in [
        ("dead_letters.replayed", "default", "job-1", Some("/console/dead-letters/jobs/job-1")),
        ("dead_letters.job_cancelled", "default", "job-<2>", Some("/console/dead-letters/jobs/job-%3C2%3E")),
        ("dead_letters.acknowledged", "default", "group-1", Some("/console/dead-letters/groups/group-1")),
        ("dead_letters.read", "default", "queue", None),
        ("dead_letter.opened", "default", "letter-1", Some("/console/dead-letters/letters/letter-1")),
        ("dead_letter.edited", "default", "order-1", Some("/console/deliveries/order-1")),
        ("delivery.cancelled", "default", "order-2", Some("/console/deliveries/order-2")),
        ("delivery.cancelled", "other", "order-3", None),
    ] {
        let told = testkit::told_by("<ada>", testkit::NOW);
        let told = Entry { tenant: Tenant::parse(of).unwrap(), kind, subject: subject.to_owned(), ..told };
        site.store.journal(&told).await.unwrap();
        let page = site.get(&format!("/console/audit?kind={kind}"), "session=everything").await;
        let cells = page.text.split("<td data-label=\"To what\">").skip(1);
        let mut cells = cells.filter_map(|cell| cell.split("</td>").next());
        let cell = cells.find(|cell| cell.contains(&subject.replace('<', "&lt;").replace('>', "&gt;")));
        let cell = cell.unwrap_or_else(|| panic!("{kind}: {}", page.text));
        let expected = way.map(|way| format!("href=\"{way}\"")).unwrap_or_default();
        assert!(cell.contains(&expected) && cell.contains("href=") == way.is_some(), "{kind}: {cell}");
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_told_and_nothing_is_searched() {
    let site = Site::start().await;
    told(&site).await;
    let page = site.get("/console/audit?since=yesterday&unti=x&after=1", "session=everything").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["<code>since</code>", "<code>unti</code>", "<code>after</code>", "value=\"yesterday\""] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(!page.words().contains("user.added"), "{}", page.text);
    let backwards = "/console/audit?since=2026-03-02T09:00:00Z&until=2026-03-01T09:00:00Z";
    let page = site.get(backwards, "session=everything").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.text.contains("<code>until</code>") && page.text.contains("must be later than since"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn the_journal_needs_the_scope_and_the_chain_is_for_those_who_see_all_of_it() {
    let site = Site::start().await;
    told(&site).await;
    assert_eq!(site.get("/console/audit", "session=operator").await.status, StatusCode::FORBIDDEN);
    for lang in Lang::ALL {
        let page = site.get("/console/audit", &format!("session=admin; chasqui_lang={}", lang.code())).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.words().contains("user.added") && !page.text.contains("chasqui audit verify"), "{}", page.text);
    }
}

#[tokio::test]
async fn what_was_confirmed_is_told_with_who_has_asked_by_what_and_with_which_evidence() {
    let site = Site::start().await;
    let mut entry = testkit::told_by("<ben>", testkit::NOW);
    (entry.kind, entry.subject) = ("command.confirmed", "c-1".to_owned());
    for (name, told) in [("requested_by", "<ana>"), ("via", "telegram"), ("evidence", r#"{"event":"<7>"}"#)] {
        entry.data.insert(name.to_owned(), told.into());
    }
    site.store.journal(&entry).await.unwrap();
    let page = site.get("/console/audit?kind=command.confirmed", "session=everything").await;
    for part in ["href=\"/console/commands/c-1\"", "&lt;ben&gt;", "&lt;ana&gt;", "telegram", "&lt;7&gt;"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
}
