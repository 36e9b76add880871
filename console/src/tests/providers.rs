//! The page of providers: in which order they are, and how the workers have found them.

use std::time::Duration;

use axum::http::StatusCode;
use testkit::NOW;

use super::site::Site;

#[tokio::test]
async fn each_provider_is_shown_as_it_was_found_in_both_languages() {
    let site = Site::start().await;
    let until = Some(NOW.plus(Duration::from_secs(60)));
    site.store.note_provider("smtp/email", "open", until).await.unwrap();
    site.store.note_provider("<b>/sms", "<i>", None).await.unwrap();
    for (lang, words) in [
        (
            "en",
            ["gets nothing", "in 60 s", "the sandbox captures its messages", "0 of 500 per h", "only noted by workers"],
        ),
        ("es", ["no recibe nada", "en 60 s", "el sandbox captura sus mensajes", "0 de 500 por h", "solo anotado"]),
    ] {
        let page = site.get("/console/providers", &format!("session=viewer; chasqui_lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK);
        for word in words {
            assert!(page.text.contains(word), "{word}: {}", page.text);
        }
        assert!(page.text.contains("<code>chasqui providers check</code> "), "{}", page.text);
        assert!(page.text.contains("&lt;i&gt;") && !page.text.contains("<i>"), "{}", page.text);
    }
    let email = site.get("/console/providers?medium=email", "session=viewer").await;
    assert!(email.text.contains("smtp") && !email.text.contains("&lt;i&gt;"), "{}", email.text);
}

#[tokio::test]
async fn a_paused_provider_says_why() {
    let site = Site::start().await;
    let form = "kind=provider&name=smtp&why=it+is+being+moved";
    assert_eq!(site.post("/console/pauses/new", "session=operator", form).await.status, StatusCode::SEE_OTHER);
    let page = site.get("/console/providers", "session=viewer").await;
    assert!(page.text.matches("it is being moved").count() >= 2, "over the page and beside it: {}", page.text);
}

#[tokio::test]
async fn who_may_not_read_sees_no_provider_and_a_wrong_filter_is_named() {
    let site = Site::start().await;
    assert_eq!(site.get("/console/providers", "session=nothing").await.status, StatusCode::FORBIDDEN);
    let wrong = site.get("/console/providers?medium=post", "session=viewer").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("must be one of email"), "{}", wrong.text);
}
