//! Searching and explaining: what is found by which parameter, what is refused, and what is said of one delivery.

use axum::http::StatusCode;
use domain::{Actor, Entry, Failure, Lane, Outcome, Reason, Tenant};
use store::{IndexedLetter, LetterEdit, Sort};

use crate::tests::app::{NOW, TestApp, token};
use crate::tests::deliveries::attempted;

#[tokio::test]
async fn deliveries_are_found_by_all_that_is_known_of_them() {
    let app = TestApp::start().await;
    let failure = || Failure::new("twilio", Some("21211".into()), "no such number");
    attempted(&app, "order-1", Outcome::Permanent { reason: Reason::Permanent, failure: failure() }, None).await;
    attempted(&app, "order-2", Outcome::Captured, None).await;
    attempted(&app, "other", Outcome::Retriable { failure: failure(), alarm: false, maybe_sent: false }, None).await;
    let found = async |query: &str| {
        let answer = app.get(&format!("/deliveries?{query}"), Some(&token("read"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {answer:?}");
        let deliveries = answer.json()["deliveries"].as_array().unwrap().clone();
        deliveries.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("channel=sms", vec!["other", "order-2", "order-1"]),
        ("channel=email", vec![]),
        ("channel=service", vec![]),
        ("provider=twilio", vec!["other", "order-1"]),
        ("reason=permanent", vec!["order-1"]),
        ("code=21211&state=waiting", vec!["other"]),
        ("template=welcome", vec![]),
        ("tenant=acme&state=captured", vec!["order-2"]),
        ("id=order", vec!["order-1", "order-2"]),
        ("id=order-2&recipient=%2B12025550143", vec!["order-2"]),
        ("from=2026-03-01T12:00:00Z", vec!["other", "order-2", "order-1"]),
        ("from=2026-03-01T09:00:00-03:00&to=2026-03-01T12:00:01%2B00:00&state=captured", vec!["order-2"]),
        ("to=2026-03-01T12:00:00Z", vec![]),
    ] {
        assert_eq!(found(query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_says_what_is_known() {
    let app = TestApp::start().await;
    for (query, parameter, words) in [
        ("channel=emial", "channel", "did you mean email?"),
        ("provider=twillio", "provider", "did you mean twilio?"),
        ("state=scheduled", "state", "GET /schedules"),
        ("reason=exausted", "reason", "did you mean exhausted?"),
        ("template=no%20word", "template", "1 to 64 letters"),
        ("code=", "code", "1 to 128 bytes"),
        ("code=a%0Ab", "code", "1 to 128 bytes"),
        ("id=", "id", "1 to 255 bytes"),
        ("from=yesterday", "from", "RFC 3339"),
        ("to=2026-03-01T09:00:00+00:00", "to", "write a + as %2B"),
        ("from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "to", "later than from"),
        ("chanel=sms", "chanel", "did you mean channel?"),
    ] {
        let answer = app.get(&format!("/deliveries?{query}"), Some(&token("read"))).await;
        let got = (answer.status, answer.kind());
        assert_eq!(got, (StatusCode::UNPROCESSABLE_ENTITY, "invalid-query".to_owned()), "{query}");
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["parameter"], parameter, "{query}");
        assert!(error["detail"].as_str().unwrap().contains(words), "{query}: {answer:?}");
    }
    let foreign = app.get("/deliveries?tenant=globex", Some(&token("read"))).await;
    assert_eq!((foreign.status, foreign.kind().as_str()), (StatusCode::FORBIDDEN, "foreign-tenant"));
}

/// Takes the first page of a list that has more, and asserts that its cursor goes on in this list and in none of the others.
pub(super) async fn only_its_own_list_goes_on(app: &TestApp, list: &str, others: &[&str], token: &str) {
    let first = app.get(list, Some(token)).await.json();
    let next = first["next"].as_str().expect("there are more").to_owned();
    let same = app.get(&format!("{list}&cursor={next}"), Some(token)).await;
    assert_eq!(same.status, StatusCode::OK, "{list}: {same:?}");
    for other in others {
        let answer = app.get(&format!("{other}&cursor={next}"), Some(token)).await;
        let got = (answer.status, answer.kind());
        assert_eq!(got, (StatusCode::UNPROCESSABLE_ENTITY, "invalid-query".to_owned()), "{other}: {answer:?}");
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["parameter"], "cursor", "{other}");
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains("a list of something else") && detail.contains("begin anew"), "{other}: {answer:?}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_filter_is_refused() {
    let app = TestApp::start().await;
    for id in ["a", "b", "c"] {
        attempted(&app, id, Outcome::Captured, None).await;
    }
    let first = app.get("/deliveries?state=captured&limit=1", Some(&token("read"))).await.json();
    let next = first["next"].as_str().expect("there are more").to_owned();
    let same = app.get(&format!("/deliveries?state=captured&cursor={next}"), Some(&token("read"))).await.json();
    let ids: Vec<_> = same["deliveries"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, ["b", "a"], "{first} {same}");
    for query in ["", "&state=dead", "&state=captured&channel=sms", "&id=a"] {
        let answer = app.get(&format!("/deliveries?cursor={next}{query}"), Some(&token("read"))).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid-query"));
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["parameter"], "cursor", "{query}");
        assert!(error["detail"].as_str().unwrap().contains("a list of something else"), "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn one_delivery_is_explained_in_words() {
    let app = TestApp::start().await;
    let failure = Failure::new("twilio", Some("503".into()), "service unavailable");
    attempted(&app, "waits", Outcome::Retriable { failure, alarm: false, maybe_sent: false }, None).await;
    let told = app.get("/deliveries/waits/explain", Some(&token("read"))).await.json();
    assert_eq!(told["summary"], "It waits in retry queue 1 until 2026-03-01T12:00:05Z.");
    let said = |topic: &str| {
        let of_it = told["sentences"].as_array().unwrap().iter().find(|sentence| sentence["topic"] == topic);
        of_it.map(|sentence| sentence["text"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    assert!(said("lane").contains("the lane normal"), "{told}");
    assert!(said("attempt").starts_with("Attempt 1 by twilio failed, and may work later, code 503"), "{told}");
    assert!(said("event").contains("`retrying`"), "{told}");
    let unknown = app.get("/deliveries/nobody/explain", Some(&token("read"))).await;
    assert_eq!((unknown.status, unknown.kind().as_str()), (StatusCode::NOT_FOUND, "not-taken-yet"));
}

/// A letter of `acme` in the index.
async fn indexed(app: &TestApp, letter: &str, id: &str, reason: Reason) {
    let sample = IndexedLetter {
        letter: letter.into(),
        tenant: Tenant::parse("acme").unwrap(),
        id: id.into(),
        epoch: 0,
        lane: Lane::Normal,
        channel: if reason == Reason::DecodeError { String::new() } else { "sms".into() },
        provider: String::new(),
        class: String::new(),
        code: String::new(),
        template: String::new(),
        reason: reason.as_str().into(),
        error: "/channel is missing".into(),
        fingerprint: "1-a".into(),
        attempts: 0,
        dead_at: NOW,
        expires_at: None,
        copies: 1,
    };
    let sort = Sort { sample, words: "/channel is missing".into() };
    app.store.index_letters(1, &[sort], NOW).await.unwrap();
}

#[tokio::test]
async fn what_has_no_row_is_explained_from_its_dead_letter() {
    let app = TestApp::start().await;
    indexed(&app, "0a", "torn", Reason::DecodeError).await;
    let told = app.get("/deliveries/torn/explain", Some(&token("read"))).await;
    assert_eq!(told.status, StatusCode::OK, "{told:?}");
    let told = told.json();
    assert_eq!(told["id"], "torn", "{told}");
    assert_eq!(told["letters"], serde_json::json!(["0a"]), "{told}");
    assert!(told["summary"].as_str().unwrap().starts_with("No delivery of this id is known"), "{told}");
    let letter = told["sentences"].as_array().unwrap().iter().find(|sentence| sentence["topic"] == "letter").unwrap();
    assert!(letter["text"].as_str().unwrap().contains("(/channel is missing)"), "{told}");
    let shown = app.get("/deliveries/torn", Some(&token("read"))).await;
    assert_eq!((shown.status, shown.kind().as_str()), (StatusCode::NOT_FOUND, "not-taken-yet"), "it is no delivery");
}

#[tokio::test]
async fn a_delivery_is_explained_with_the_letter_of_another_body() {
    let app = TestApp::start().await;
    attempted(&app, "order", Outcome::Captured, None).await;
    let told = app.get("/deliveries/order/explain", Some(&token("read"))).await.json();
    assert!(told.get("letters").is_none(), "{told}");
    indexed(&app, "0b", "order", Reason::IdConflict).await;
    let told = app.get("/deliveries/order/explain", Some(&token("read"))).await.json();
    assert_eq!(told["letters"], serde_json::json!(["0b"]), "{told}");
    assert!(told.to_string().contains("in the dead-letter queue as the letter `0b`"), "{told}");
}

#[tokio::test]
async fn what_is_dead_is_explained_by_what_was_sent_in_its_place() {
    let app = TestApp::start().await;
    let failure = Failure::new("twilio", Some("21211".into()), "no such number");
    attempted(&app, "order", Outcome::Permanent { reason: Reason::Permanent, failure }, None).await;
    indexed(&app, "0c", "order", Reason::Permanent).await;
    let before = app.get("/deliveries/order/explain", Some(&token("read"))).await.json();
    assert!(before["summary"].as_str().unwrap().ends_with("and is in the dead-letter queue."), "{before}");
    let edit = LetterEdit { id: "mended".into(), letter: "0c".into(), difference: "[]".into(), why: "a slip".into() };
    let tenant = Tenant::parse("acme").unwrap();
    let told = Entry::of(&Actor::on_this_machine("ada"), "dead_letter.edited", "mended", NOW);
    app.store.reserve_letter_edit(&tenant, &edit, &told).await.unwrap();
    app.store.confirm_letter_edit(&tenant, &edit, NOW).await.unwrap();
    let told = app.get("/deliveries/order/explain", Some(&token("read"))).await.json();
    assert!(told["summary"].as_str().unwrap().contains("`mended` was sent in its place"), "{told}");
    assert!(
        told.to_string().contains("it would be sent twice") && !told.to_string().contains("publish it anew"),
        "{told}"
    );
}
