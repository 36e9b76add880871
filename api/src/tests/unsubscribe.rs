//! The link of a mail of a list: what its page shows, that opening it does nothing, and who leaves by it.

use axum::http::StatusCode;
use domain::{ChannelName, Keyring, Subscriber, SuppressedFor, SuppressionScope, Tenant, UnsubscribeLinks};
use store::SuppressionFilter;

use crate::tests::app::{Answer, SECRET, TestApp, request};

/// The path of the link of one subscriber.
fn path(list: &str, destination: &str) -> String {
    let links = UnsubscribeLinks::new(String::new(), Keyring::new(SECRET.as_bytes(), None).links());
    let (tenant, channel) = (Tenant::default(), ChannelName::parse("email").unwrap());
    links.to(&Subscriber { tenant, channel, list: list.into(), destination: destination.into() })
}

const ENGLISH_LEAD: &str = "<p class=\"lead\">This link takes ***@example.org off the list news.</p>";
const SPANISH_LEAD: &str = "<p class=\"lead\">Este enlace saca a ***@example.org de la lista news.</p>";
/// What the button sends is what mail programs send.
const BUTTON: &str = "<form method=\"post\">\n<button name=\"List-Unsubscribe\" value=\"One-Click\">";

/// Whether it is a page as the other links of messages have: one landmark, the style beside it, nothing of another host.
fn is_framed(page: &Answer) {
    for part in ["<main>\n<h1>", "</main>", "<link rel=\"stylesheet\" href=\"page.css\">"] {
        assert_eq!(page.text.matches(part).count(), 1, "{part} in {page:?}");
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("inline"), "{policy}");
    for (name, value) in [
        ("referrer-policy", "same-origin"),
        ("x-robots-tag", "noindex"),
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(page.headers[name], value);
    }
}

async fn opened(app: &TestApp, path: &str, language: &str) -> Answer {
    app.send(request("GET", path, None).header("accept-language", language).body("".into()).unwrap()).await
}

#[tokio::test]
async fn the_page_of_a_link_shows_the_list_and_hides_the_address() {
    let app = TestApp::start().await;
    let path = path("news", "ana@example.org");
    let english = ["<html lang=\"en\">", "<h1>Leave a list</h1>", ENGLISH_LEAD, ">Leave the list</button>"];
    let spanish = ["<html lang=\"es\">", "<h1>Dejar una lista</h1>", SPANISH_LEAD, ">Dejar la lista</button>"];
    for (language, parts) in
        [("en-GB,es;q=0.5", english), ("es-AR,es;q=0.9", spanish), ("de,es;q=0.5", spanish), ("", english)]
    {
        let page = opened(&app, &path, language).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        for part in parts.into_iter().chain([BUTTON]) {
            assert!(page.text.contains(part), "{part} in {page:?}");
        }
        is_framed(&page);
        assert!(!page.text.contains("ana@"), "{page:?}");
        assert!(
            ["{list}", "{recipient}", "{title}", "{text}"].iter().all(|place| !page.text.contains(place)),
            "{page:?}"
        );
    }
    let style = app.get("/unsubscribe/page.css", None).await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8", "{style:?}");
    assert_eq!(style.text, app.get("/a/page.css", None).await.text, "all pages of links look alike");
    let twice = opened(&app, &path, "en").await;
    assert_eq!(
        (twice.status, &twice.text),
        (StatusCode::OK, &opened(&app, &path, "en").await.text),
        "nothing has changed"
    );
}

#[tokio::test]
async fn what_is_no_link_of_ours_is_told_as_such_and_shows_nothing() {
    let app = TestApp::start().await;
    let path = path("news", "ana@example.org");
    let changed = path.replace("news", "offers");
    for wrong in
        [changed.as_str(), &path[..path.len() - 1], "/unsubscribe/x", "/unsubscribe/%3Cscript%3E", "/unsubscribe/..."]
    {
        let page = opened(&app, wrong, "en").await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{wrong}: {page:?}");
        assert!(page.text.contains("Nothing has changed") && !page.text.contains("offers"), "{page:?}");
        assert!(page.text.contains("<h1>This link takes nobody off a list</h1>"), "{page:?}");
        is_framed(&page);
        assert!(!page.text.to_lowercase().contains("script"), "{page:?}");
    }
}

#[tokio::test]
async fn an_address_with_marks_of_html_is_shown_as_text() {
    let app = TestApp::start().await;
    let page = opened(&app, &path("news", "x@<b>&.example"), "en").await;
    assert!(page.text.contains("***@&lt;b&gt;&amp;.example"), "{page:?}");
}

async fn posted(app: &TestApp, path: &str, body: &'static str) -> Answer {
    let form = "application/x-www-form-urlencoded";
    app.send(request("POST", path, None).header("content-type", form).body(body.into()).unwrap()).await
}

#[tokio::test]
async fn who_leaves_by_one_click_is_on_the_list_once_however_often_it_is_asked() {
    let app = TestApp::start().await;
    let path = path("news", "Ana@example.org");
    opened(&app, &path, "en").await;
    let wanted = || SuppressionFilter {
        tenant: Tenant::default(),
        channel: None,
        recipient: Vec::new(),
        after: None,
        limit: 10,
    };
    assert!(app.store.suppressions(&wanted()).await.unwrap().suppressions.is_empty(), "a GET changes nothing");
    let other = posted(&app, &path, "a=b").await;
    assert_eq!((other.status, other.kind().as_str()), (StatusCode::BAD_REQUEST, "not-one-click"));
    for _ in 0..2 {
        let left = posted(&app, &path, "List-Unsubscribe=One-Click").await;
        assert_eq!(left.status, StatusCode::OK, "{left:?}");
        assert!(left.text.contains("has left") && !left.text.contains("Ana@"), "{left:?}");
        assert!(left.text.contains("<h1>You have left the list</h1>") && !left.text.contains("<button"), "{left:?}");
        is_framed(&left);
    }
    let listed = app.store.suppressions(&wanted()).await.unwrap().suppressions;
    let [entry] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((entry.reason, entry.scope), (SuppressedFor::Unsubscribe, SuppressionScope::Marketing));
    assert_eq!((entry.by.as_str(), entry.note.as_deref()), ("the recipient", Some("left the list news")));
    let other = app.delete(&path, None).await;
    assert_eq!(other.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(other.text.contains("It knows GET and POST"), "{other:?}");
    let forged = posted(&app, &path.replace("news", "all"), "List-Unsubscribe=One-Click").await;
    assert_eq!(forged.status, StatusCode::NOT_FOUND, "{forged:?}");
}
