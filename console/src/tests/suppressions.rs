//! The page of suppressions: who is on it, how somebody comes there by hand, and how they leave it.

use axum::http::StatusCode;

use super::site::Site;

const NEW: &str = "/console/suppressions/new";
const OPERATOR: &str = "session=operator";
const ANA: &str = "channel=email&destination=ana%40example.com&reason=manual&note=%3Cscript%3E";

async fn with_ana() -> Site {
    let site = Site::start().await;
    let answer = site.post(NEW, OPERATOR, ANA).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/console/suppressions"));
    site
}

/// The id of the only entry.
async fn id(site: &Site) -> String {
    let page = site.get("/console/suppressions", OPERATOR).await;
    let (_, rest) = page.text.split_once("/console/suppressions/lift?id=").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_list_shows_a_mask_in_both_languages_and_nothing_as_markup() {
    let site = with_ana().await;
    for (lang, word) in [("en", "Take off"), ("es", "Sacar")] {
        let page = site.get("/console/suppressions", &format!("{OPERATOR}; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains(word) && page.text.contains("&lt;script&gt;"), "{}", page.text);
        assert!(page.text.contains("<span class=\"whole\">***@example.com</span>"), "{}", page.text);
        assert!(
            page.text.contains(&format!("\">{word}</a>")) && page.text.contains("<a class=\"whole\""),
            "{}",
            page.text
        );
        assert!(!page.text.contains("ana@example.com") && !page.text.contains("<script>"), "{}", page.text);
    }
    let viewer = site.get("/console/suppressions", "session=viewer").await;
    assert!(viewer.text.contains("&lt;script&gt;") && !viewer.text.contains("Take off"), "{}", viewer.text);
}

#[tokio::test]
async fn a_recipient_is_found_and_a_filter_that_is_wrong_is_named() {
    let site = with_ana().await;
    let search = async |query: &str| site.get(&format!("/console/suppressions?{query}"), OPERATOR).await;
    let found = search("channel=email&destination=ana%40EXAMPLE.com").await;
    assert!(found.text.contains("&lt;script&gt;"), "{}", found.text);
    let other = search("channel=email&destination=other%40example.com&lifted=").await;
    assert!(!other.text.contains("&lt;script&gt;") && other.text.contains("Nobody fits"), "{}", other.text);
    let wrong = search("channel=post&chanel=x&after=nowhere").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["must be one of email", "did you mean channel?", "is no place in this list"] {
        assert!(wrong.text.contains(words), "{words}: {}", wrong.text);
    }
}

#[tokio::test]
async fn every_bad_field_is_named_beside_what_was_written() {
    let site = Site::start().await;
    let page = site.post(NEW, OPERATOR, "channel=email&destination=%22nobody%22&until=soon").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("value=\"&quot;nobody&quot;\"") && page.text.contains("RFC 3339"), "{}", page.text);
    assert_eq!(page.text.matches("aria-invalid=\"true\"").count(), 2, "{}", page.text);
}

#[tokio::test]
async fn an_entry_is_lifted_with_a_reason_that_is_kept() {
    let site = with_ana().await;
    let id = id(&site).await;
    let path = "/console/suppressions/lift";
    let page = site.get(&format!("{path}?id={id}"), OPERATOR).await;
    assert!(page.text.contains("***@example.com") && page.text.contains("name=\"reason\""), "{}", page.text);
    let page = site.post(path, OPERATOR, &format!("id={id}&confirmed=1")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = site.post(path, OPERATOR, &format!("id={id}&confirmed=1&reason=asked+by+%3Cana%3E")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let lifted = site.get("/console/suppressions?lifted=true", OPERATOR).await;
    for part in ["asked by &lt;ana&gt;", "<span class=\"whole\">***@example.com</span>"] {
        assert!(lifted.text.contains(part), "{part}: {}", lifted.text);
    }
    let again = site.post(path, OPERATOR, &format!("id={id}&confirmed=1&reason=again")).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_may_not_sees_and_changes_nothing() {
    let site = with_ana().await;
    assert_eq!(site.get("/console/suppressions", "session=nothing").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.get(NEW, "session=viewer").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.post(NEW, "session=viewer", ANA).await.status, StatusCode::FORBIDDEN);
    let form = format!("id={}&confirmed=1&reason=x", id(&site).await);
    let answer = site.post("/console/suppressions/lift", "session=viewer", &form).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let unsure = format!("id={}", id(&site).await);
    let answer = site.post("/console/suppressions/lift", "session=nothing", &unsure).await;
    assert!(answer.status == StatusCode::FORBIDDEN && !answer.text.contains("***@"), "{}", answer.text);
}
