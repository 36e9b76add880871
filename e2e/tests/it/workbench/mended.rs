//! What operators do beyond moving letters: they edit one, redirect some, and close the rows of those that are lost.

use std::collections::BTreeMap;

use domain::State;
use e2e::mail_server::MailServer;
use e2e::processes::run;
use e2e::provider::{Answer, Provider};
use e2e::sendgrid::SendGrid;
use e2e::{Database, TestFleet};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::json;

use super::{count, dead, die, letters, number, text};

/// The names of all letters in the queue.
async fn names(fleet: &TestFleet) -> Vec<String> {
    let (_, listed) = dead(fleet, &["list"]).await;
    listed.iter().map(|letter| text(letter, "letter").to_owned()).collect()
}

async fn the_letter_of_a_slip_is_edited_and_sent(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &provider.settings()).await;
    die(&fleet, &provider, 0..2, 21_211).await;
    provider.answer(Answer::Accept);
    let (_, listed) = dead(&fleet, &["list"]).await;
    let letter = listed.iter().find(|letter| text(letter, "id") == "m0").expect("the letter of m0");
    let (letter, right) = (text(letter, "letter"), number(99));
    let set = format!("/destination={right}");
    let (code, _) = dead(&fleet, &["edit", letter, "--set", &set, "--why", "a slip"]).await;
    assert_eq!(code, 0);
    letters(&fleet, 1).await;
    let edits = fleet.store().letter_edits(&testkit::key("m0")).await.expect("the ledger");
    assert_eq!(edits.len(), 1, "{edits:?}");
    let edit = &edits[0];
    assert_eq!((edit.edited_from.as_str(), edit.difference.as_str()), ("m0", r#"[{"field":"/destination"}]"#));
    fleet.until(&edit.id, State::Sent).await;
    assert_eq!(provider.count(&right), 1);
    let (code, said) = run(&["dead", "edit", letter, "--set", &set, "--why", "again"], &fleet.environment).await;
    assert!(code == 0 && said.contains(&format!("accepted {}", edit.id)), "its answer was lost: {code} {said}");
    assert_eq!(provider.count(&right), 1, "nothing is sent a second time");
    let other = format!("/destination={}", number(98));
    let (code, said) = run(&["dead", "edit", letter, "--set", &other, "--why", "again"], &fleet.environment).await;
    assert!(code == 1 && said.contains("not in the queue any more"), "{code} {said}");

    let (code, _) = dead(&fleet, &["restore", "--job", &edit.id, "--yes", "--why", "it was right before"]).await;
    assert_eq!(code, 0);
    letters(&fleet, 2).await;
    fleet.take_dead_letters(2).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_letter_is_edited_and_restored_with_sqlite() {
    the_letter_of_a_slip_is_edited_and_sent(Database::Sqlite).await;
}

#[tokio::test]
async fn a_letter_is_edited_and_restored_with_postgres() {
    the_letter_of_a_slip_is_edited_and_sent(Database::Postgres).await;
}

#[tokio::test]
async fn what_cannot_be_sent_as_it_was_edited_is_refused_and_stays() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    die(&fleet, &provider, 0..1, 21_211).await;
    let letter = names(&fleet).await.remove(0);
    let words = ["dead", "edit", &letter, "--set", "/destination=nobody", "--why", "a slip"];
    let (code, said) = run(&words, &fleet.environment).await;
    assert!(code == 2 && said.contains("/destination"), "{code} {said}");
    letters(&fleet, 1).await;
    assert_eq!(provider.requests(), 1);
    fleet.take_dead_letters(1).await;
    fleet.finish().await;
}

#[tokio::test]
async fn letters_are_redirected_to_a_channel_that_reaches_the_same_people() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    die(&fleet, &provider, 0..5, 21_211).await;
    provider.answer(Answer::Accept);
    let redirect = ["redirect", "--all", "--to", "whatsapp", "--canary", "2", "--yes", "--why", "SMS is down"];
    let (code, ended) = dead(&fleet, &redirect).await;
    let ended = ended.last().expect("the job");
    assert_eq!((code, count(ended, "done")), (0, 5), "{ended:#}");
    letters(&fleet, 0).await;
    for n in 0..5 {
        let edits = fleet.store().letter_edits(&testkit::key(&format!("m{n}"))).await.expect("the ledger");
        assert_eq!(edits.len(), 1, "{edits:?}");
        let sent = fleet.until(&edits[0].id, State::Sent).await;
        assert_eq!(sent.row.channel.as_str(), "whatsapp");
    }
    fleet.finish().await;
}

#[tokio::test]
async fn letters_are_redirected_to_a_provider_that_alone_carries_them_to_the_same_people() {
    let (server, sendgrid) = (MailServer::start(&[]).await, SendGrid::start().await);
    let fleet = TestFleet::start(Database::Sqlite, &[server.settings(), sendgrid.settings()].concat()).await;
    let to = "data-554@example.org";
    fleet.notify("m0", &json!({"channel": "email", "destination": to, "subject": "Order 7", "message": "Hola"})).await;
    letters(&fleet, 1).await;
    let unknown = ["dead", "redirect", "--all", "--to-provider", "sengrid", "--yes", "--why", "SMTP refuses it"];
    let (code, said) = run(&unknown, &fleet.environment).await;
    assert!(code == 2 && said.contains("--to-provider") && said.contains("did you mean sendgrid?"), "{code} {said}");
    let redirect =
        ["redirect", "--all", "--to-provider", "sendgrid", "--canary", "0", "--yes", "--why", "SMTP refuses it"];
    let (code, ended) = dead(&fleet, &redirect).await;
    let ended = ended.last().expect("the job");
    assert_eq!((code, count(ended, "done"), text(ended, "to_provider")), (0, 1, "sendgrid"), "{ended:#}");
    letters(&fleet, 0).await;
    let edits = fleet.store().letter_edits(&testkit::key("m0")).await.expect("the ledger");
    assert_eq!(edits.len(), 1, "{edits:?}");
    let sent = fleet.until(&edits[0].id, State::Sent).await;
    let carriers: Vec<&str> = sent.attempts.iter().map(|attempt| attempt.provider.as_str()).collect();
    assert_eq!((sent.row.channel.as_str(), carriers), ("email", vec!["sendgrid"]), "SMTP is preferred");
    assert_eq!(sendgrid.recipients(), [to]);
    fleet.finish().await;
}

/// What was purged in the middle of a job is told, listed, and closed; a letter that turns up all the same is tried.
#[tokio::test]
async fn what_is_purged_in_the_middle_of_a_job_is_told_and_can_be_closed() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    die(&fleet, &provider, 0..30, 21_211).await;
    let replay = ["replay", "--all", "--canary", "5", "--yes", "--why", "is it mended?"];
    let (_, paused) = dead(&fleet, &replay).await;
    let paused = paused.last().expect("the job");
    assert_eq!((text(paused, "state"), count(paused, "done")), ("paused", 5), "{paused:#}");
    letters(&fleet, 30).await;
    let purged = fleet.take_dead_letters(30).await;
    let (code, ended) = dead(&fleet, &["resume", text(paused, "id")]).await;
    let ended = ended.last().expect("the job");
    assert_eq!((code, text(ended, "state"), count(ended, "missing")), (1, "done", 25), "{ended:#}");
    let (code, failures) = dead(&fleet, &["failures", text(paused, "id")]).await;
    assert_eq!((code, failures.len()), (0, 25));
    assert!(failures.iter().all(|one| text(one, "why") == "not_in_the_queue"), "{failures:#?}");
    let (_, table) = run(&["dead", "failures", text(paused, "id"), "--csv"], &fleet.environment).await;
    assert_eq!(table.lines().filter(|line| line.contains(",missing,")).count(), 25, "{table}");

    let (_, plan) = dead(&fleet, &["plan", "close", "--all", "--why", "purged"]).await;
    assert_eq!(plan[0]["letters"], 30, "{plan:#?}");
    let (code, closed) = dead(&fleet, &["close-missing", "--yes", "--why", "purged"]).await;
    assert_eq!((code, count(closed.last().expect("the job"), "done")), (0, 30), "{closed:#?}");
    let row = fleet.until("m7", State::Cancelled).await.row;
    assert!(!row.has_letter, "{row:?}");

    provider.answer(Answer::Accept);
    let late = purged.iter().find(|letter| letter.message_id.as_deref() == Some("m7")).expect("the letter of m7");
    let again = FieldTable::from(BTreeMap::from([("notify-again".into(), AMQPValue::Boolean(true))]));
    fleet.publish(&late.body, BasicProperties::default().with_message_id("m7".into()).with_headers(again)).await;
    fleet.until("m7", State::Sent).await;
    letters(&fleet, 0).await;
    fleet.finish().await;
}
