//! The page of a link: what opening it shows, what its button does, and what is no link of ours.

use axum::http::StatusCode;
use serde_json::json;

use super::{START, URL, app, confirm, is, mail, posted, revealed, seen, started, token};
use crate::tests::app::request;

#[tokio::test]
async fn opening_a_link_does_nothing_and_its_button_approves() {
    let (app, mut published) = app().await;
    let (path, code, link) = started(&app, &mut published).await;
    for (method, language, word) in [
        ("GET", "en", "Yes, it is me"),
        ("GET", "en", "If it is not you, do not press the button"),
        ("GET", "es-AR", "Sí, soy yo"),
        ("GET", "es-AR", "Si no eres tú, no pulses el botón"),
        ("HEAD", "en", ""),
        ("GET", "en", "login"),
    ] {
        let request = request(method, &link, None).header("accept-language", language);
        let page = app.send(request.body("".into()).unwrap()).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        assert!(page.text.contains(word) && !page.text.contains(&code), "{page:?}");
        assert!(!page.text.to_lowercase().contains("script") && !page.text.contains("ada@"), "{page:?}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("x-robots-tag", "noindex"),
        ] {
            assert_eq!(page.headers[name], value);
        }
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("script"), "{policy}");
    }
    assert_eq!(app.get(&path, Some(&token("notify"))).await.json()["status"], "pending");
    let style = app.get("/v/page.css", None).await;
    assert_eq!(
        (style.status, style.headers["content-type"].to_str().unwrap()),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
    let foreign = request("POST", &link, None).header("origin", "https://evil.example").body("".into()).unwrap();
    assert_eq!(app.send(foreign).await.status, StatusCode::FORBIDDEN);
    for _ in 0..2 {
        let page = posted(&app, &link).await;
        assert!(page.status == StatusCode::OK && page.text.contains("<h1>It is confirmed</h1>"), "{page:?}");
        assert!(page.text.contains("Thank you") && !page.text.contains("Is it you?"), "{page:?}");
    }
    assert_eq!(app.get(&path, Some(&token("notify"))).await.json()["status"], "approved");
    is(&confirm(&app, &path, &json!({ "code": code }), None).await, 409, "verification-used");
    let page = app.get(&link, None).await;
    assert!(page.status == StatusCode::OK && !page.text.contains("<form"), "{page:?}");
    assert!(page.text.contains("<h1>It is confirmed</h1>"), "{page:?}");
    assert_eq!(app.delete(&link, None).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_page_speaks_the_language_of_the_message_to_a_browser_that_names_none_of_ours() {
    let (app, mut published) = app().await;
    let mut asked = mail();
    asked["locale"] = json!("es-AR");
    let answer = app.post(START, Some(&token("notify")), &asked).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let link = revealed(&seen(&mut published)).link.unwrap();
    let link = link.trim_start_matches(URL);
    assert!(app.get(link, None).await.text.contains("Sí, soy yo"));
    for (language, word) in [("de-DE,de;q=0.9", "Sí, soy yo"), ("en", "Yes, it is me")] {
        let request = request("GET", link, None).header("accept-language", language);
        let page = app.send(request.body("".into()).unwrap()).await;
        assert!(page.text.contains(word), "{language}: {page:?}");
    }
    assert!(posted(&app, link).await.text.contains("<h1>Está confirmado</h1>"));
}

#[tokio::test]
async fn what_is_no_link_of_ours_is_told_as_such() {
    let (app, mut published) = app().await;
    let (path, _, link) = started(&app, &mut published).await;
    let changed = format!("{}{}", &link[..link.len() - 1], if link.ends_with('A') { 'Q' } else { 'A' });
    for wrong in [changed.as_str(), &link[..link.len() - 1], "/v/x", "/v/%3Cb%3E"] {
        for page in [app.get(wrong, None).await, posted(&app, wrong).await] {
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{wrong}: {page:?}");
            assert!(
                page.text.contains("Nothing has changed") && page.text.contains("<h1>This link confirms nothing</h1>"),
                "{page:?}"
            );
            assert!(!page.text.contains("login") && !page.text.contains("Is it you?"), "{page:?}");
        }
    }
    assert_eq!(app.get(&path, Some(&token("notify"))).await.json()["attempts_left"], 5);
}

#[tokio::test]
async fn the_purpose_is_shown_as_text() {
    let (app, mut published) = app().await;
    let body = json!({"channel": "email", "to": "ada@example.com", "purpose": "<b>{recipient}</b>"});
    assert_eq!(app.post(START, Some(&token("notify")), &body).await.status, StatusCode::ACCEPTED);
    let link = revealed(&seen(&mut published)).link.unwrap();
    let page = app.get(link.strip_prefix(URL).unwrap(), None).await;
    assert!(page.text.contains("&lt;b&gt;{recipient}&lt;/b&gt;"), "{page:?}");
}
