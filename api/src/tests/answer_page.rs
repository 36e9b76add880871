//! The link by which somebody answers: what its page shows, that opening it decides nothing, and what pressing a button does.

use axum::http::StatusCode;
use domain::{Ask, AskChoice, ChannelName, GivenAnswer, Key, Purpose, RecipientHash};
use serde_json::Value;
use store::{AskCopy, AskOpened};
use tokio_util::sync::CancellationToken;
use topology::{Publisher, To};

use crate::tests::app::{Answer, NOW, TestApp, request, settings};
use crate::tests::asks::{ask, given, opened, secrets};

/// The path of the link of Ana, who has the place 0, or of Ben.
fn path(ask: &Ask, place: u16) -> String {
    format!("/a/{}", secrets().link(&ask.seed(), Purpose::Answer, place).unwrap())
}

async fn opened_by(app: &TestApp, method: &str, path: &str, language: &str) -> Answer {
    app.send(request(method, path, None).header("accept-language", language).body("".into()).unwrap()).await
}

async fn posted(app: &TestApp, path: &str, body: &str) -> Answer {
    let form = "application/x-www-form-urlencoded";
    app.send(request("POST", path, None).header("content-type", form).body(body.to_owned().into()).unwrap()).await
}

#[tokio::test]
async fn the_page_shows_the_question_with_a_button_for_each_choice_and_decides_nothing() {
    let app = TestApp::start().await;
    let ask = ask("a-1");
    opened(&app.store, &ask).await;
    let path = path(&ask, 0);
    for (language, parts) in [
        ("en", ["A question for you", "Asked by trading.", "Open until 2026-03-01 12:10 UTC."]),
        ("es-AR,es;q=0.9", ["Una pregunta para ti", "Lo pide trading.", "Abierta hasta 2026-03-01 12:10 UTC."]),
    ] {
        let page = opened_by(&app, "GET", &path, language).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        let buttons = [
            r#"<button name="choice" value="yes">Sí, ya</button>"#,
            r#"<button name="choice" value="no" class="refuses">No</button>"#,
        ];
        for part in parts.into_iter().chain(buttons).chain(["Deploy &lt;b&gt;version 7&lt;/b&gt;?"]) {
            assert!(page.text.contains(part), "{part} in {page:?}");
        }
        assert!(!page.text.to_lowercase().contains("<script") && !page.text.contains("<b>"), "{page:?}");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("x-robots-tag", "noindex"),
        ] {
            assert_eq!(page.headers[name], value);
        }
    }
    let head = opened_by(&app, "HEAD", &path, "en").await;
    assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
    let row = app.store.ask(&ask.key).await.unwrap().unwrap();
    assert_eq!((row.version, row.end), (1, None), "it was opened, and nothing was decided");
}

#[tokio::test]
async fn a_browser_that_names_no_language_reads_that_of_the_message_and_names_of_people() {
    let app = TestApp::start().await;
    let names = [("ana".to_owned(), "Ana María".to_owned()), ("trading".to_owned(), "Mesa".to_owned())].into();
    let choice = |id: &str, label: &str| AskChoice { id: id.into(), label: label.into(), refuses: false };
    let ask = Ask { names, choices: vec![choice("yes", "Yes"), choice("no", "No")], ..ask("a-1") };
    let copy = AskCopy {
        delivery: "d-1".into(),
        place: 0,
        step: 0,
        rung: 0,
        channel: ChannelName::parse("email").unwrap(),
        destination: Some("ana@example.com".into()),
        recipient: RecipientHash::UNKNOWN,
        locale: Some("es-AR".into()),
        due_at: NOW,
    };
    assert_eq!(app.store.open_ask(&ask, &[copy], None).await.unwrap(), AskOpened::New);
    for (place, language, parts) in [
        (0, None, ["Una pregunta para ti", "Lo pide Mesa. Abierta hasta", ">Sí</button>"]),
        (0, Some("de"), ["Una pregunta para ti", "Lo pide Mesa. Abierta hasta", ">Sí</button>"]),
        (0, Some("en"), ["A question for you", "Asked by Mesa. Open until", ">Yes</button>"]),
        (1, None, ["A question for you", "Asked by Mesa. Open until", ">Yes</button>"]),
    ] {
        let path = path(&ask, place);
        let page = match language {
            Some(language) => opened_by(&app, "GET", &path, language).await,
            None => app.get(&path, None).await,
        };
        for part in parts {
            assert!(page.text.contains(part), "{part} for {language:?} in {page:?}");
        }
    }
    app.store.answer_ask(&ask.key, &given("ana", "yes", "t-1")).await.unwrap();
    let page = opened_by(&app, "GET", &path(&ask, 1), "en").await;
    assert!(page.text.contains("By Ana María, at"), "{page:?}");
}

#[tokio::test]
async fn the_words_of_a_choice_are_text_in_the_heading() {
    let app = TestApp::start().await;
    let odd = AskChoice { id: "yes".into(), label: "<b>{text}</b>".into(), refuses: false };
    let choices = vec![odd, AskChoice { id: "no".into(), label: "No".into(), refuses: true }];
    let ask = Ask { choices, ..ask("a-1") };
    opened(&app.store, &ask).await;
    app.store.answer_ask(&ask.key, &given("ana", "yes", "t-1")).await.unwrap();
    let page = opened_by(&app, "GET", &path(&ask, 0), "en").await;
    assert!(page.text.contains("<h1>It is decided: &lt;b&gt;{text}&lt;/b&gt;</h1>"), "{page:?}");
}

#[tokio::test]
async fn what_is_no_link_to_an_answer_is_told_alike_and_shows_nothing() {
    let app = TestApp::start().await;
    let ask = ask("a-1");
    opened(&app.store, &ask).await;
    let genuine = path(&ask, 0);
    let other = Ask { salt: [1; 16], ..ask.clone() };
    let of_nobody = Ask { key: Key { id: "a-2".into(), ..ask.key.clone() }, ..ask.clone() };
    let button = format!("/a/{}", secrets().button(&ask.seed(), 0, 0).unwrap());
    let of_a_code = format!("/a/{}", secrets().link(&ask.seed(), Purpose::Verify, 0).unwrap());
    let mut texts = Vec::new();
    for wrong in [
        path(&other, 0),
        path(&of_nobody, 0),
        path(&ask, 7),
        button,
        of_a_code,
        genuine[..genuine.len() - 1].to_owned(),
        "/a/x".to_owned(),
        "/a/%3Cscript%3E".to_owned(),
    ] {
        for page in [opened_by(&app, "GET", &wrong, "en").await, posted(&app, &wrong, "choice=yes").await] {
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{wrong}: {page:?}");
            texts.push(page.text);
        }
    }
    assert!(texts.iter().all(|text| *text == texts[0] && text.contains("Nothing was decided")), "{texts:?}");
    assert!(texts[0].contains("<h1>This link leads to no question</h1>"), "{texts:?}");
}

#[tokio::test]
async fn pressing_a_button_publishes_the_answer_and_shows_what_became_of_it() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let ask = ask("a-1");
    opened(&app.store, &ask).await;
    let (store, key) = (app.store.clone(), ask.key.clone());
    // Does what the role does that hears of it.
    let heard = tokio::spawn(async move {
        let publication = published.recv().await.unwrap();
        let body: Value = serde_json::from_slice(&publication.body).unwrap();
        let of = |name: &str| body[name].as_str().unwrap().to_owned();
        let given = GivenAnswer {
            id: of("id"),
            approver: of("approver"),
            choice: of("choice"),
            via: of("via"),
            at: NOW,
            evidence: of("evidence"),
        };
        store.answer_ask(&key, &given).await.unwrap().unwrap();
        (publication, published)
    });
    let page = posted(&app, &path(&ask, 0), "choice=yes").await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    for part in ["<h1>It is decided: Sí, ya</h1>", "By you, at 2026-03-01 12:00 UTC."] {
        assert!(page.text.contains(part), "{part} in {page:?}");
    }
    assert!(!page.text.contains("<button"), "{page:?}");
    let (publication, mut published) = heard.await.unwrap();
    let body: Value = serde_json::from_slice(&publication.body).unwrap();
    assert_eq!((&publication.to, &body["ask"], &body["tenant"]), (&To::Inbound, &"a-1".into(), &"acme".into()));
    assert_eq!((&body["approver"], &body["choice"], &body["via"]), (&"ana".into(), &"yes".into(), &"link".into()));
    let text = String::from_utf8_lossy(&publication.body).into_owned();
    assert!(!text.contains(path(&ask, 0).trim_start_matches("/a/")), "the ticket goes nowhere");

    let late = posted(&app, &path(&ask, 1), "choice=no").await;
    assert!(late.text.contains("<h1>It is decided: Sí, ya</h1>") && late.text.contains("By ana, at"), "{late:?}");
    assert!(published.try_recv().is_ok(), "a late answer is told");
}

#[tokio::test]
async fn a_question_that_has_ended_meanwhile_says_how_and_not_that_it_has_the_answer() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let ask = ask("a-1");
    opened(&app.store, &ask).await;
    let (store, key) = (app.store.clone(), ask.key.clone());
    // Another answer of theirs is quicker.
    let heard = tokio::spawn(async move {
        published.recv().await.unwrap();
        store.answer_ask(&key, &given("ana", "yes", "t-1")).await.unwrap().unwrap();
        published
    });
    let page = posted(&app, &path(&ask, 0), "choice=yes").await;
    assert!(page.text.contains("<h1>It is decided: Sí, ya</h1>") && page.text.contains("By you, at"), "{page:?}");
    assert!(!page.text.contains("Open this page again"), "{page:?}");
    heard.await.unwrap();
}

#[tokio::test]
async fn the_same_choice_once_more_publishes_nothing_and_shows_the_same() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let ask = Ask { quorum: 2, ..ask("a-1") };
    opened(&app.store, &ask).await;
    app.store.answer_ask(&ask.key, &given("ana", "yes", "t-1")).await.unwrap();
    for _ in 0..2 {
        let page = posted(&app, &path(&ask, 0), "choice=yes").await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        assert!(page.text.contains("You have answered: Sí, ya. 1 have answered; 2 must agree."), "{page:?}");
        assert!(!page.text.contains("<button"), "it may not be changed: {page:?}");
    }
    assert!(published.try_recv().is_err());
}

#[tokio::test]
async fn a_form_without_a_choice_of_the_question_decides_nothing() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let ask = ask("a-1");
    opened(&app.store, &ask).await;
    let long = format!("choice=yes&x={}", "x".repeat(2_000));
    for (body, status) in [
        ("", StatusCode::BAD_REQUEST),
        ("choice=", StatusCode::BAD_REQUEST),
        ("choice=yes&choice=no", StatusCode::BAD_REQUEST),
        ("choice=maybe", StatusCode::UNPROCESSABLE_ENTITY),
        (long.as_str(), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let page = posted(&app, &path(&ask, 0), body).await;
        assert_eq!(page.status, status, "{body:.40}: {page:?}");
        assert!(page.text.contains("Nothing was decided"), "{page:?}");
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{page:?}");
    }
    assert!(published.try_recv().is_err());
    let other = app.delete(&path(&ask, 0), None).await;
    assert_eq!(other.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn without_a_broker_the_page_says_that_nothing_was_decided() {
    let app = TestApp::start().await;
    let ask = ask("a-1");
    opened(&app.store, &ask).await;
    let page = posted(&app, &path(&ask, 0), "choice=yes").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{page:?}");
    assert!(page.text.contains("nothing was decided") && page.headers.contains_key("retry-after"), "{page:?}");
}

#[tokio::test]
async fn a_question_that_has_ended_says_how() {
    let app = TestApp::start().await;
    let expired = Ask { expires_at: NOW, ..ask("a-1") };
    let cancelled = ask("a-2");
    let own = Ask { four_eyes: true, requested_by: Some("ana".into()), ..ask("a-3") };
    for one in [&expired, &cancelled, &own] {
        assert_eq!(app.store.open_ask(one, &[], None).await.unwrap(), AskOpened::New);
    }
    app.store.cancel_ask(&cancelled.key, "ada", NOW, &testkit::told()).await.unwrap();
    for (ask, expected) in [
        (&expired, ["<h1>Nothing was decided</h1>", "Its time is over."]),
        (&cancelled, ["<h1>Nothing was decided</h1>", "The question was taken back."]),
        (&own, ["<h1>A question for you</h1>", "You have asked this yourself: others decide."]),
    ] {
        let page = opened_by(&app, "GET", &path(ask, 0), "en").await;
        assert!(expected.iter().all(|part| page.text.contains(part)), "{expected:?} in {page:?}");
        assert!(!page.text.contains("<button"), "{page:?}");
    }
}
