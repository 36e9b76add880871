//! The page of an inbox: what whoever supports a user sees of it, and that the journal has who looked.

use axum::http::StatusCode;
use domain::{InboxAct, Tenant};
use store::{JournalFilter, Post};
use testkit::{NOW, key};

use super::ended::posted;
use super::site::{Site, refused_of_another_filter};

const ANA: &str = "/console/inbox?user=ana";
const VIEWER: &str = "session=viewer";

fn post(title: Option<&str>) -> Post {
    Post {
        user: "ana".into(),
        kind: "oferta_resultado".into(),
        title: title.map(str::to_owned),
        body: "Tienes una <oferta>".into(),
        data: None,
        action: None,
        escalates: None,
    }
}

/// A site on which ana has an item that she has read, one that is archived and one that nobody has seen.
async fn with_three() -> Site {
    let site = Site::start().await;
    for (id, title) in [("d-1", Some("<b>Primera</b>")), ("d-2", Some("Segunda")), ("d/3", None)] {
        posted(&site.store, id, post(title)).await;
    }
    for (id, act) in [("d-1", InboxAct::Read), ("d-2", InboxAct::Archive)] {
        site.store.change_inbox_item(&key(id), "ana", act, NOW).await.unwrap().expect("the item");
    }
    site
}

async fn looks(site: &Site) -> Vec<(String, String)> {
    let filter = JournalFilter { kind: Some("inbox.opened".into()), limit: 10, ..JournalFilter::default() };
    let page = site.store.journal_page(&filter).await.unwrap();
    page.entries.into_iter().map(|entry| (entry.row.actor, entry.row.subject)).collect()
}

#[tokio::test]
async fn an_inbox_is_shown_in_both_languages_and_nothing_of_it_as_markup() {
    let site = with_three().await;
    for (lang, parts) in [
        ("en", ["Unread1", "Unseen1", "Archived1", "Items3", "unseen", "archived"]),
        ("es", ["Sin leer1", "Sin ver1", "Archivados1", "Elementos3", "sin ver", "archivado"]),
    ] {
        let page = site.get(ANA, &format!("{VIEWER}; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        for part in parts {
            assert!(page.words().contains(part), "{part}: {}", page.words());
        }
        assert!(page.text.contains("&lt;b&gt;Primera&lt;/b&gt;") && !page.text.contains("<b>Primera"), "{}", page.text);
        assert!(page.text.contains("Tienes una &lt;oferta&gt;"), "one without a title has its words: {}", page.text);
        assert!(page.text.contains("href=\"/console/deliveries/d%2F3\""), "{}", page.text);
        assert!(page.text.contains("href=\"/console/gateways?user=ana\""), "{}", page.text);
    }
    let order: Vec<usize> = {
        let page = site.get(ANA, VIEWER).await;
        ["id=\"item-d-2f3\"", "id=\"item-d-2d2\"", "id=\"item-d-2d1\""].map(|id| page.text.find(id).unwrap()).into()
    };
    assert!(order.is_sorted(), "the newest first: {order:?}");
}

#[tokio::test]
async fn a_long_word_leaves_the_end_of_an_items_row_in_sight() {
    let (site, long) = (Site::start().await, "x".repeat(54));
    posted(&site.store, "d-1", Post { kind: long.clone(), ..post(Some(&long)) }).await;
    let page = site.get(ANA, VIEWER).await;
    let title = "<td data-label=\"Title\"><span class=\"most\"><a href=\"/console/deliveries/d-1\"";
    let kind = format!("<td data-label=\"Kind\"><span class=\"most\">{long}</span></td>");
    assert!(page.text.contains(title) && page.text.contains(&kind), "{}", page.text);
}

#[tokio::test]
async fn an_inbox_is_narrowed_by_what_its_user_has_done() {
    let site = with_three().await;
    for (query, found) in [("", 3), ("&filter=unread", 1), ("&filter=archived", 1), ("&filter=current", 2)] {
        let page = site.get(&format!("{ANA}{query}"), VIEWER).await;
        assert_eq!(page.text.matches("id=\"item-").count(), found, "{query}: {}", page.text);
    }
    let nobody = site.get("/console/inbox?user=+ben+&filter=", VIEWER).await;
    assert!(nobody.status == StatusCode::OK && nobody.text.contains("Nothing fits."), "{}", nobody.text);
    let unnamed = site.get("/console/inbox", VIEWER).await;
    assert!(unnamed.text.contains("Type the id of a user") && !unnamed.text.contains("Unseen"), "{}", unnamed.text);
    let wrong = site.get("/console/inbox?user=a%20b&filter=unraed&after=x&usr=1", VIEWER).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["<code>user</code>", "did you mean unread?", "<code>after</code>", "did you mean user?"] {
        assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
    }
    assert_eq!(looks(&site).await.len(), 2, "ana's and ben's; nobody was shown anything of the others");
}

#[tokio::test]
async fn items_follow_one_another_page_by_page_with_the_same_filter() {
    let site = Site::start().await;
    for number in 0..51 {
        posted(&site.store, &format!("d-{number}"), post(Some("Oferta"))).await;
    }
    let first = site.get("/console/inbox?user=ana&filter=unread", VIEWER).await;
    assert_eq!(first.text.matches("id=\"item-").count(), 50);
    let (_, rest) = first.text.split_once("rel=\"next\" href=\"").expect("a next page");
    let path = rest.split('"').next().unwrap().replace("&amp;", "&");
    assert!(path.starts_with("/console/inbox?user=ana&filter=unread&after="), "{path}");
    let second = site.get(&path, VIEWER).await;
    assert_eq!(second.text.matches("id=\"item-").count(), 1, "{}", second.text);
    assert!(second.text.contains("id=\"item-d-2d0\"") && !second.text.contains("rel=\"next\""), "{}", second.text);
    for (own, other) in [("filter=unread", "filter=archived"), ("filter=unread", "filter="), ("user=ana", "user=ben")] {
        refused_of_another_filter(&site.get(&path.replace(own, other), VIEWER).await);
    }
    assert_eq!(looks(&site).await.len(), 1, "nobody was shown anything of ben's");
}

#[tokio::test]
async fn whoever_looks_into_an_inbox_is_in_the_journal_once_and_whoever_may_not_sees_nothing() {
    let site = with_three().await;
    let denied = site.get(ANA, "session=nothing").await;
    assert!(denied.status == StatusCode::FORBIDDEN && !denied.text.contains("Primera"), "{}", denied.text);
    assert_eq!(looks(&site).await, []);
    for _ in 0..2 {
        assert!(site.get(ANA, VIEWER).await.text.contains("The journal has that you looked"));
    }
    site.get(ANA, "session=operator").await;
    let mut told = looks(&site).await;
    told.sort_unstable();
    let expected = ["<operator>", "<viewer>"].map(|actor| (actor.to_owned(), "ana".to_owned()));
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_inbox_is_shown_to_its_tenant_alone() {
    let site = with_three().await;
    let kept = site.store.inbox_kept(&Tenant::parse("acme").unwrap(), "ana").await.unwrap();
    assert_eq!(kept.items, 0);
    let page = site.get("/console/inbox?user=ana&tenant=acme", VIEWER).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody names another: {}", page.text);
}
