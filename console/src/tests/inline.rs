//! Nothing inline: neither in what is sent, nor in what is written.

use axum::http::StatusCode;

use super::site::Site;
use crate::section::Section;

/// What the policy would block, or what would need a weaker one.
pub(super) const INLINE: [&str; 6] = [" style=\"", " onclick", "<script>", "hx-on", "hx-vals=\"js:", "javascript:"];

#[tokio::test]
async fn no_page_has_anything_inline_and_each_has_the_policy() {
    let site = Site::start().await;
    let paths = Section::ALL.into_iter().map(Section::path).chain(["/console/login", "/console/nothing"]);
    for path in paths {
        let page = site.get(path, "session=everything").await;
        let found: Vec<_> = INLINE.into_iter().filter(|word| page.text.contains(word)).collect();
        assert!(found.is_empty(), "{path}: {found:?}");
        assert_eq!(
            page.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-src 'self'; frame-ancestors 'none'",
            "{path}",
        );
        assert!(page.text.contains("&lt;everything&gt;") || !page.text.contains("everything"), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn what_a_page_loads_is_there_and_kept_for_ever() {
    let site = Site::start().await;
    let page = site.get("/console/login", "").await;
    let loaded: Vec<&str> = page.text.split('"').filter(|text| text.starts_with("/console/assets/")).collect();
    assert_eq!(loaded.len(), 4, "{loaded:?}");
    for path in loaded {
        let file = site.get(path, "").await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert!(file.header("cache-control").contains("immutable"), "{path}");
    }
    assert_eq!(site.get("/console/assets/htmx-0.js", "").await.status, StatusCode::NOT_FOUND);
}
