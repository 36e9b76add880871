//! Dead letters over HTTP: which are found, what an edit sends, and what is downloaded of a job.

use std::time::Duration;

use axum::http::StatusCode;
use bytes::Bytes;
use domain::{
    ChannelName, DeadMark, Failure, Headers, Interactive, Key, Keyring, Lane, Outcome, Purpose, Reason, Secrets, Seed,
    Shown, Tenant, letter_headers,
};
use serde_json::json;
use store::{
    Archived, IndexedLetter, Item, JobState, LetterAction, LetterFilter, LetterPlan, OpenedLetter, ReplayRule, Sort,
};
use tokio_util::sync::CancellationToken;
use topology::{Letter, Owner, Publisher, PublisherProperties};
use uuid::Uuid;

use crate::tests::app::{NOW, SECRET, TestApp, request, settings, token};
use crate::tests::deliveries::attempted;
use crate::tests::search::only_its_own_list_goes_on;

const LETTER: &str = "0a";
const BODY: &str = r#"{"id":"order-7","channel":"sms","destination":"+12025550143","message":"Hola"}"#;

fn indexed(letter: &str, epoch: u32) -> Sort {
    let sample = IndexedLetter {
        letter: letter.into(),
        tenant: Tenant::parse("acme").unwrap(),
        id: "order-7".into(),
        epoch,
        lane: Lane::Normal,
        channel: "sms".into(),
        provider: "twilio".into(),
        class: "permanent".into(),
        code: "21211".into(),
        template: String::new(),
        reason: "permanent".into(),
        error: "no such number".into(),
        fingerprint: "1-a".into(),
        attempts: 1,
        dead_at: NOW,
        expires_at: None,
        copies: 1,
    };
    Sort { sample, words: "no such number".into() }
}

/// A letter of `acme` that a scheduler has read for whoever edits it.
async fn give_acme_an_opened_letter(app: &TestApp) {
    give_acme_an_opened_letter_of(app, BODY).await;
}

async fn give_acme_an_opened_letter_of(app: &TestApp, body: &str) {
    let acme = Tenant::parse("acme").unwrap();
    app.store.index_letters(1, &[indexed(LETTER, 0)], NOW).await.unwrap();
    assert!(app.store.open_letter(&acme, LETTER, NOW).await.unwrap());
    let headers: Headers = letter_headers(0, Lane::Normal, DeadMark::new(Reason::Permanent, "21211", 1, NOW));
    let letter = Letter {
        reference: LETTER.into(),
        message_id: "order-7".into(),
        owner: Owner::Tenant(acme),
        lane: Lane::Normal,
        headers,
        body: Bytes::from(body.to_owned()),
        publisher_properties: PublisherProperties::default(),
    };
    let sealer = Keyring::new(SECRET.as_bytes(), None).letters();
    let (kept, body) = (sealer.seal(&letter.kept(), LETTER), sealer.seal(&letter.body, LETTER));
    let opened = OpenedLetter { kept, body };
    app.store.keep_opened_letters(&[(LETTER.into(), opened)]).await.unwrap();
}

/// A scheduler takes the letter out of the queue for the job of an edit, and keeps it.
async fn take_out(app: &TestApp, job: &str) {
    let acme = Tenant::parse("acme").unwrap();
    let opened = app.store.opened_letter(&acme, LETTER).await.unwrap().expect("it was opened");
    let items = [Item { letter: LETTER.into(), job: job.into() }];
    let item = items[0].clone();
    let archived = Archived { item, tenant: acme, kept: opened.kept, body: opened.body, is_one_of_many: false };
    app.store.take_letters(&items, NOW).await.unwrap();
    app.store.archive_letters(&[archived], NOW).await.unwrap();
    app.store.finish_letters(&items, NOW).await.unwrap();
    app.store.forget_letters(&[LETTER.into()]).await.unwrap();
    app.store.forget_opened_letters(NOW.plus(Duration::from_secs(1))).await.unwrap();
}

#[tokio::test]
async fn a_redirect_to_a_provider_is_planned_by_its_name() {
    let app = TestApp::start().await;
    app.store.index_letters(1, &[indexed(LETTER, 0)], NOW).await.unwrap();
    let plan = |to: &str| json!({"action": "redirect", "all": true, "to_provider": to, "why": "one is down"});
    let made = app.post("/dead-letters/plans", Some(&token("operate")), &plan("twilio")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let told = made.json();
    assert_eq!((&told["letters"], &told["to"], &told["to_provider"]), (&json!(1), &json!(null), &json!("twilio")));
    let other = app.post("/dead-letters/plans", Some(&token("operate")), &plan("smtp")).await.json();
    assert_eq!((&other["letters"], &other["counts"][0]["why"]), (&json!(0), &json!("another_address")), "{other}");
    let unknown = app.post("/dead-letters/plans", Some(&token("operate")), &plan("twillio")).await;
    assert_eq!((unknown.status, unknown.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/to_provider".into()]));
    assert!(unknown.text.contains("did you mean twilio?"), "{unknown:?}");
}

#[tokio::test]
async fn an_edit_whose_answer_was_lost_gives_the_recorded_delivery_again() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    give_acme_an_opened_letter(&app).await;
    let edit = json!({"set": {"/destination": "+14155550100"}, "why": "a slip"});
    let first = app.post("/dead-letters/0a/edit", Some(&token("admin")), &edit).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{first:?}");
    assert!(published.recv().await.is_some());
    give_acme_an_opened_letter(&app).await;
    take_out(&app, first.json()["id"].as_str().unwrap()).await;
    let again = app.post("/dead-letters/0a/edit", Some(&token("admin")), &edit).await;
    assert_eq!((again.status, again.json()), (StatusCode::ACCEPTED, first.json()));
    assert!(published.try_recv().is_err(), "nothing is sent a second time");
    let other = json!({"set": {"/destination": "+14155550199"}, "why": "another slip"});
    let gone = app.post("/dead-letters/0a/edit", Some(&token("admin")), &other).await;
    assert_eq!((gone.status, gone.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-letter"));
}

#[tokio::test]
async fn a_letter_that_is_there_again_is_sent_in_the_same_way_as_another_copy() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    give_acme_an_opened_letter(&app).await;
    let edit = json!({"set": {"/destination": "+14155550100"}, "why": "a slip"});
    let first = app.post("/dead-letters/0a/edit", Some(&token("admin")), &edit).await.json();
    give_acme_an_opened_letter(&app).await;
    let items = [Item { letter: LETTER.into(), job: first["id"].as_str().unwrap().to_owned() }];
    app.store.take_letters(&items, NOW).await.unwrap();
    app.store.finish_letters(&items, NOW).await.unwrap();
    let refused = app.post("/dead-letters/0a/edit", Some(&token("admin")), &edit).await;
    assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::CONFLICT, "edited-before"));
    assert_eq!((&refused.json()["id"], &refused.json()["copy"]), (&first["id"], &json!(2)));
    let copy = json!({"set": {"/destination": "+14155550100"}, "why": "a slip", "copy": 2});
    let second = app.post("/dead-letters/0a/edit", Some(&token("admin")), &copy).await;
    assert_eq!(second.status, StatusCode::ACCEPTED, "{second:?}");
    assert_ne!(second.json()["id"], first["id"]);
    assert_eq!(json!(published.recv().await.unwrap().message_id), first["id"]);
    assert_eq!(json!(published.recv().await.unwrap().message_id), second.json()["id"]);
}

#[tokio::test]
async fn an_edit_sends_a_delivery_of_its_own_and_tells_what_differs_without_what_is_personal() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    give_acme_an_opened_letter(&app).await;
    let edit = json!({"set": {"/destination": "+14155550100", "/priority": "high"}, "why": "a slip"});
    let answer = app.post("/dead-letters/0a/edit", Some(&token("admin")), &edit).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let told = answer.json();
    assert_eq!(told["edited_from"], "order-7");
    assert_eq!(
        told["difference"],
        json!([{"field": "/destination"}, {"field": "/priority", "from": null, "to": "high"}])
    );
    let sent = published.recv().await.unwrap();
    assert_eq!(json!(sent.message_id), told["id"]);
    let body: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!((&body["destination"], &body["id"]), (&json!("+14155550100"), &told["id"]));
    let acme = Tenant::parse("acme").unwrap();
    let job = app.store.letter_job(&acme, told["id"].as_str().unwrap()).await.unwrap().unwrap();
    assert_eq!((job.action, job.state), (LetterAction::Edit, JobState::Running));

    give_acme_an_opened_letter(&app).await;
    let again = app.post("/dead-letters/0a/edit", Some(&token("admin")), &edit).await;
    assert_eq!(again.json()["id"], told["id"], "the same edit is the same delivery");
    give_acme_an_opened_letter(&app).await;
    let other = json!({"set": {"/destination": "+14155550199"}, "why": "another slip"});
    let taken = app.post("/dead-letters/0a/edit", Some(&token("admin")), &other).await;
    assert_eq!((taken.status, taken.kind().as_str()), (StatusCode::CONFLICT, "letter-in-job"));
    assert_eq!(taken.json()["by"], "ada");
}

#[tokio::test]
async fn an_edit_is_checked_as_any_notification_and_needs_an_administrator() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    give_acme_an_opened_letter(&app).await;
    for (edit, pointer) in [
        (json!({"set": {"/destination": "nobody"}, "why": "x"}), "/destination"),
        (json!({"set": {"/message": "Hola"}, "why": "x"}), "/set/~1message"),
        (json!({"set": {"/nope": 1}, "why": "x"}), "/set/~1nope"),
        (json!({"set": {"/priority": "high"}, "why": "x", "copy": 0}), "/copy"),
        (json!({"set": {"/id": "another"}, "why": "x"}), "/set/~1id"),
        (json!({"body": {"channel": "sms", "message": "Hola"}, "why": "x"}), "/destination"),
        (json!({"set": {"/priority": "high"}}), "/why"),
    ] {
        let answer = app.post("/dead-letters/0a/edit", Some(&token("admin")), &edit).await;
        assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec![pointer.to_owned()]));
    }
    let edit = json!({"set": {"/priority": "high"}, "why": "x"});
    let refused = app.post("/dead-letters/0a/edit", Some(&token("operate read notify")), &edit).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let gone = app.post("/dead-letters/0b/edit", Some(&token("admin")), &edit).await;
    assert_eq!((gone.status, gone.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-letter"));
    assert!(published.try_recv().is_err(), "nothing was sent");
}

#[tokio::test]
async fn an_edit_shows_a_question_or_a_code_to_nobody_else() {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let secrets = Secrets::new(&Keyring::new(SECRET.as_bytes(), None));
    let key = Key { tenant: Tenant::parse("acme").unwrap(), id: "v-1".into() };
    let seed = Seed { key: &key, salt: &[9; 16], key_id: secrets.key_id() };
    let sms = ChannelName::parse("sms").unwrap();
    let (destination, data) = ("+12025550143", serde_json::Map::new());
    let shown = Shown { channel: &sms, destination, template: None, message: Some("x"), subject: None, data: &data };
    let made = Interactive::new(&secrets, &seed, Purpose::Verify, 0, &[], &shown).unwrap();
    let mut body: serde_json::Value = serde_json::from_str(BODY).unwrap();
    body["interactive"] = made.to_value();
    give_acme_an_opened_letter_of(&app, &body.to_string()).await;
    for set in [json!({"/destination": "+14155550100"}), json!({"/channel": "whatsapp"}), json!({"/priority": "high"})]
    {
        let edit = json!({"set": set, "why": "x"});
        let answer = app.post("/dead-letters/0a/edit", Some(&token("admin")), &edit).await;
        let told = (answer.status, answer.pointers());
        assert_eq!(told, (StatusCode::UNPROCESSABLE_ENTITY, vec!["/interactive".to_owned()]), "{edit}");
        assert!(answer.json().to_string().contains("written by the fleet alone"), "{answer:?}");
    }
    assert!(published.try_recv().is_err(), "nothing was sent");
}

#[tokio::test]
async fn what_a_job_could_not_do_is_downloaded_as_lines_or_as_a_table() {
    let app = TestApp::start().await;
    let sorts: Vec<Sort> = (0..3).map(|n| indexed(&format!("a{n}"), 9)).collect();
    app.store.index_letters(1, &sorts, NOW).await.unwrap();
    let acme = Tenant::parse("acme").unwrap();
    let plan = LetterPlan {
        id: "p-1".into(),
        action: LetterAction::Replay,
        filter: LetterFilter { tenant: acme.clone(), ..LetterFilter::default() },
        of_job: None,
        wanted: "{}".into(),
        why: "it is mended".into(),
        by: "ada".into(),
        rate: 50,
        canary: 0,
        rule: ReplayRule { max_moves: 3, even_waiting: false },
        redirect: None,
    };
    app.store.plan_letters(&acme, &plan, NOW).await.unwrap();
    let lines = app.get("/dead-letters/jobs/p-1/failures", Some(&token("read"))).await;
    assert_eq!((lines.status, lines.text.lines().count()), (StatusCode::OK, 3), "{lines:?}");
    assert!(lines.text.lines().all(|line| line.contains("replayed_too_often")), "{lines:?}");
    let table = app.get("/dead-letters/jobs/p-1/failures?format=csv", Some(&token("read"))).await;
    assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert!(table.text.starts_with("letter,id,") && table.text.lines().count() == 4, "{table:?}");
    let wrong = app.get("/dead-letters/jobs/p-1/failures?format=xls", Some(&token("read"))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = app.get("/dead-letters/jobs/p-2/failures", Some(&token("read"))).await;
    assert_eq!((unknown.status, unknown.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-job"));
}

#[tokio::test]
async fn whoever_lists_dead_letters_has_the_queue_read_and_is_told_when_it_was() {
    for path in ["/dead-letters", "/dead-letters/groups"] {
        let app = TestApp::start().await;
        app.store.index_letters(1, &[indexed(LETTER, 0)], NOW).await.unwrap();
        let never = app.get(path, Some(&token("read"))).await.json();
        assert_eq!((&never["being_read"], never.get("read")), (&json!(true), None), "{path}: {never}");
        assert!(app.store.reading().await.unwrap().is_asked_for, "{path}");
        // The reader is not away yet: whoever looks by then does not have it read again.
        let owner = Uuid::new_v4();
        assert!(app.store.lead_letters(owner, Duration::from_secs(3_600)).await.unwrap());
        let pass = app.store.begin_letter_pass(owner).await.unwrap().unwrap();
        app.store.end_letter_pass(owner, pass, NOW).await.unwrap();
        let read = app.get(path, Some(&token("read"))).await.json();
        assert_eq!(read["being_read"], json!(false), "{path}: {read}");
        assert_eq!(read["read"], json!(pass.began.to_string()), "{path}: {read}");
        assert!(!app.store.reading().await.unwrap().is_asked_for, "{path}");
    }
}

/// An app that knows the delivery of the first of two letters, and not that of the second, which has died a minute later.
async fn app_with_two_letters() -> TestApp {
    let app = TestApp::start().await;
    let failure = Failure::new("twilio", Some("21211".into()), "no such number");
    attempted(&app, "order-7", Outcome::Permanent { reason: Reason::Permanent, failure }, None).await;
    let mut later = indexed("0b", 0);
    (later.sample.id, later.sample.dead_at) = ("order-8".into(), NOW.plus(Duration::from_secs(60)));
    app.store.index_letters(1, &[indexed(LETTER, 0), later], NOW).await.unwrap();
    app
}

#[tokio::test]
async fn letters_are_found_by_a_time_a_delivery_and_a_recipient() {
    let app = app_with_two_letters().await;
    for (query, expected) in [
        ("", vec!["0b", "0a"]),
        ("id=order-7", vec!["0a"]),
        ("id=order", vec![]),
        ("from=2026-03-01T12:00:00Z&to=2026-03-01T12:01:00Z", vec!["0a"]),
        ("from=2026-03-01T12:00:01Z", vec!["0b"]),
        ("to=2026-03-01T09:00:00-03:00", vec![]),
        ("recipient=%2B12025550143", vec!["0a"]),
        ("recipient=whatsapp:%2B12025550143&code=21211", vec!["0a"]),
        ("recipient=%2B14155550100", vec![]),
        ("recipient=%2B12025550143&id=order-8", vec![]),
    ] {
        let answer = app.get(&format!("/dead-letters?{query}"), Some(&token("read"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {answer:?}");
        let letters = answer.json()["letters"].as_array().unwrap().clone();
        let found: Vec<_> = letters.iter().map(|one| one["letter"].as_str().unwrap().to_owned()).collect();
        assert_eq!(found, expected, "{query}");
    }
    for (query, parameter, words) in [
        ("from=02:00", "from", "RFC 3339"),
        ("from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:00Z", "to", "later than from"),
        ("id=", "id", "1 to 255 bytes"),
        ("recipient=", "recipient", "as it was published"),
        ("recipent=ana", "recipent", "did you mean recipient?"),
        ("provider=twillio", "provider", "did you mean twilio?"),
    ] {
        let answer = app.get(&format!("/dead-letters?{query}"), Some(&token("read"))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {answer:?}");
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["parameter"], parameter, "{query}");
        assert!(error["detail"].as_str().unwrap().contains(words), "{query}: {answer:?}");
    }
    for query in ["channel=smss", "reason=broker"] {
        let answer = app.get(&format!("/dead-letters?{query}"), Some(&token("read"))).await;
        assert_eq!(answer.status, StatusCode::OK, "only letters know which there are: {answer:?}");
    }
}

#[tokio::test]
async fn a_job_says_how_many_letters_it_waits_for_while_its_canary_is_under_way() {
    let app = app_with_two_letters().await;
    for (canary, expected) in [(0, json!(null)), (1, json!(1)), (2, json!(null))] {
        let body = json!({"action": "replay", "all": true, "canary": canary, "why": "it is mended"});
        let planned = app.post("/dead-letters/plans", Some(&token("operate")), &body).await;
        assert_eq!((planned.status, &planned.json()["waits_for"]), (StatusCode::CREATED, &json!(null)), "{planned:?}");
        let job = format!("/dead-letters/jobs/{}", planned.json()["id"].as_str().unwrap());
        let start = request("POST", &format!("{job}/start?letters=2"), Some(&token("operate")));
        let started = app.send(start.body("".into()).unwrap()).await;
        assert_eq!((started.status, &started.json()["waits_for"]), (StatusCode::ACCEPTED, &expected), "{started:?}");
        let shown = app.get(&job, Some(&token("read"))).await;
        assert_eq!((shown.status, &shown.json()["waits_for"]), (StatusCode::OK, &expected), "{canary}: {shown:?}");
        // The next job may have the same letters.
        assert!(app.delete(&job, Some(&token("operate"))).await.status.is_success());
    }
}

#[tokio::test]
async fn a_cursor_of_another_filter_of_letters_is_refused() {
    let app = app_with_two_letters().await;
    let others = [
        "/dead-letters?limit=1",
        "/dead-letters?code=21211&lane=normal",
        "/dead-letters?code=21211&recipient=%2B12025550143",
        "/dead-letters?code=21211&from=2026-03-01T12:00:00Z",
        "/asks?limit=1",
    ];
    only_its_own_list_goes_on(&app, "/dead-letters?code=21211&limit=1", &others, &token("read")).await;
    let bare = app.get("/dead-letters?cursor=1772366400000000.0b", Some(&token("read"))).await;
    assert_eq!((bare.status, bare.kind().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid-query"));
}

#[tokio::test]
async fn a_plan_goes_by_a_time_and_a_recipient_whose_address_it_does_not_keep() {
    let app = app_with_two_letters().await;
    let body = json!({
        "action": "drop", "from": "2026-03-01T12:00:00Z", "until": "2026-03-01T13:00:00Z",
        "recipient": "+12025550143", "why": "they asked for it",
    });
    let planned = app.post("/dead-letters/plans", Some(&token("operate")), &body).await;
    assert_eq!(planned.status, StatusCode::CREATED, "{planned:?}");
    let id = planned.json()["id"].as_str().unwrap().to_owned();
    let counted = app.store.count_letter_job(&id).await.unwrap();
    assert_eq!(counted.iter().map(|one| (one.state.as_str(), one.letters)).collect::<Vec<_>>(), [("pending", 1)]);
    let job = app.store.letter_job(&Tenant::parse("acme").unwrap(), &id).await.unwrap().unwrap();
    assert!(!job.wanted.contains("2025550143") && job.wanted.contains("recipient_hash"), "{}", job.wanted);
    // What it keeps is read again as it was asked for.
    let again =
        app.post("/dead-letters/plans", Some(&token("operate")), &serde_json::from_str(&job.wanted).unwrap()).await;
    assert_eq!((again.status, &again.json()["counts"]), (StatusCode::CREATED, &planned.json()["counts"]));
    let wrong = json!({"action": "drop", "from": "02:00", "recipient": 7, "to": "2026-03-01T13:00:00Z", "why": "x"});
    let refused = app.post("/dead-letters/plans", Some(&token("operate")), &wrong).await;
    assert_eq!(refused.pointers(), ["/recipient", "/from", "/to"], "{refused:?}");
}
