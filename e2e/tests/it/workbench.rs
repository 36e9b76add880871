//! The dead-letter workbench: groups, plans, jobs, and what becomes of them when others take letters and processes die.

use e2e::fleet::until;
use e2e::processes::run;
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use serde_json::{Value, json};

mod equal;
#[cfg(feature = "failpoints")]
mod interrupted;
mod mended;
mod turns;

const DLQ: &str = "notifications.queue.dlq";

fn number(n: usize) -> String {
    format!("+1202555{n:04}")
}

fn refused(code: u32) -> Answer {
    Answer::Refuse { status: 400, code, retry_after: None }
}

/// Publishes to these numbers what is refused with this code, and waits until their letters are in the queue.
async fn die(fleet: &TestFleet, provider: &Provider, numbers: std::ops::Range<usize>, code: u32) {
    let before = fleet.depth(DLQ).await;
    provider.answer(refused(code));
    let wanted = before + numbers.len() as u64;
    for n in numbers {
        let body = json!({"channel": "sms", "destination": number(n), "message": "Hola"});
        fleet.notify(&format!("m{n}"), &body).await;
    }
    letters(fleet, wanted).await;
}

async fn letters(fleet: &TestFleet, count: u64) {
    until(&format!("{count} letters"), async || (fleet.depth(DLQ).await == count).then_some(())).await;
}

/// Runs `chasqui dead … --json`: the exit code, and what it has printed, a value a line.
async fn dead(fleet: &TestFleet, words: &[&str]) -> (i32, Vec<Value>) {
    let words = [&["dead"][..], words, &["--json"]].concat();
    let (code, said) = run(&words, &fleet.environment).await;
    let values: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(!values.is_empty() || code == 0, "{words:?}: {code} {said}");
    (code, values)
}

fn count(job: &Value, state: &str) -> u64 {
    let counts = job["counts"].as_array().expect("counts");
    counts.iter().filter(|one| one["state"] == state).filter_map(|one| one["letters"].as_u64()).sum()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

async fn the_letters_of_one_group_are_replayed_and_those_of_another_dropped_and_restored(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &provider.settings()).await;
    die(&fleet, &provider, 0..200, 21_211).await;
    die(&fleet, &provider, 200..300, 29_999).await;

    let (_, groups) = dead(&fleet, &["groups"]).await;
    let counted: Vec<_> = groups.iter().map(|group| (group["letters"].as_u64(), text(group, "code"))).collect();
    assert_eq!(counted, [(Some(200), "21211"), (Some(100), "29999")], "{groups:#?}");
    assert!(!groups.iter().any(|group| group.to_string().contains("1202555")), "{groups:#?}");
    let (first, second) = (text(&groups[0], "group"), text(&groups[1], "group"));

    let why = ["--why", "the number was mended"];
    let plan = [&["plan", "replay", "--group", first, "--canary", "0", "--rate", "500"][..], &why].concat();
    let (code, planned) = dead(&fleet, &plan).await;
    assert_eq!((code, planned[0]["letters"].as_u64()), (0, Some(200)));
    let moved = fleet.take_dead_letters(1).await.remove(0);
    provider.answer(Answer::Accept);
    let id = text(&planned[0], "id");
    let (code, said) = run(&["dead", "start", id, "--letters", "300"], &fleet.environment).await;
    assert!(code == 1 && said.contains("has 200 letters"), "{code} {said}");

    let (code, ended) = dead(&fleet, &["start", id, "--letters", "200"]).await;
    let ended = ended.last().expect("the job");
    assert_eq!((code, count(ended, "done"), count(ended, "missing")), (1, 199, 1), "{ended:#}");
    let by_hand = moved.message_id.expect("an id");
    for n in 0..200 {
        let id = format!("m{n}");
        let sent = if id == by_hand { 0 } else { 1 };
        until(&format!("{id} was sent"), async || (provider.count(&number(n)) == 1 + sent).then_some(())).await;
    }
    letters(&fleet, 100).await;

    let drop = [&["drop", "--group", second, "--yes"][..], &why].concat();
    let (code, dropped) = dead(&fleet, &drop).await;
    let dropped = dropped.last().expect("the job");
    assert_eq!((code, count(dropped, "done")), (0, 100), "{dropped:#}");
    letters(&fleet, 0).await;
    let restore = [&["restore", "--job", text(dropped, "id"), "--yes"][..], &why].concat();
    let (code, restored) = dead(&fleet, &restore).await;
    assert_eq!((code, count(restored.last().expect("the job"), "done")), (0, 100));
    letters(&fleet, 100).await;
    let replay = [&["replay", "--group", second, "--canary", "0", "--rate", "500", "--yes"][..], &why].concat();
    let (code, replayed) = dead(&fleet, &replay).await;
    assert_eq!((code, count(replayed.last().expect("the job"), "done")), (0, 100), "{replayed:#?}");
    for n in 200..300 {
        until(&format!("m{n} was sent"), async || (provider.count(&number(n)) == 2).then_some(())).await;
    }
    fleet.finish().await;
}

#[tokio::test]
async fn letters_are_replayed_dropped_and_restored_with_sqlite() {
    the_letters_of_one_group_are_replayed_and_those_of_another_dropped_and_restored(Database::Sqlite).await;
}

#[tokio::test]
async fn letters_are_replayed_dropped_and_restored_with_postgres() {
    the_letters_of_one_group_are_replayed_and_those_of_another_dropped_and_restored(Database::Postgres).await;
}

#[tokio::test]
async fn a_job_pauses_when_its_first_letters_fail_again_and_goes_on_when_told() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    die(&fleet, &provider, 0..30, 21_211).await;
    let replay = ["replay", "--all", "--canary", "5", "--yes", "--why", "is it mended?"];
    let (code, paused) = dead(&fleet, &replay).await;
    let paused = paused.last().expect("the job");
    assert_eq!((code, text(paused, "state"), count(paused, "done")), (1, "paused", 5), "{paused:#}");
    assert!(text(paused, "note").contains("of the first 5 failed again"), "{paused:#}");
    letters(&fleet, 30).await;
    assert_eq!(provider.requests(), 35, "the others were not touched");

    provider.answer(Answer::Accept);
    let (code, ended) = dead(&fleet, &["resume", text(paused, "id")]).await;
    let ended = ended.last().expect("the job");
    assert_eq!((code, text(ended, "state"), count(ended, "done")), (0, "done", 30), "{ended:#}");
    letters(&fleet, 5).await;
    let (_, plan) = dead(&fleet, &["plan", "replay", "--all", "--max-moves", "1", "--why", "once more"]).await;
    assert_eq!((plan[0]["letters"].as_u64(), count(&plan[0], "left_out")), (Some(0), 5), "{plan:#?}");
    assert_eq!(plan[0]["counts"][0]["why"], "replayed_too_often");
    fleet.take_dead_letters(5).await;
    fleet.finish().await;
}

#[tokio::test]
async fn what_has_no_row_is_shown_too() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let named = |id: &str| lapin::BasicProperties::default().with_message_id(id.into());
    fleet.publish("{", named("torn")).await;
    fleet.publish(r#"{"tenant": "acme", "ask": {"question": ""}}"#, named("acmes")).await;
    letters(&fleet, 2).await;
    let (_, listed) = dead(&fleet, &["list"]).await;
    assert_eq!((listed.len(), text(&listed[0], "reason")), (1, "decode_error"), "{listed:#?}");
    let (code, said) = run(&["explain", "torn"], &fleet.environment).await;
    assert!(code == 0 && said.contains(text(&listed[0], "letter")), "{code} {said}");
    assert!(said.contains("Nothing was ever sent") && said.contains("`decode_error`"), "{said}");
    let (code, said) = run(&["explain", "acmes", "--tenant", "acme"], &fleet.environment).await;
    assert!(code == 0 && said.contains("`decode_error`"), "it is of the tenant that it names: {code} {said}");
    assert_eq!(run(&["explain", "acmes"], &fleet.environment).await.0, 1, "and of no other");
    let (code, shown) = dead(&fleet, &["show", text(&listed[0], "letter")]).await;
    assert_eq!((code, &shown[0]), (0, &listed[0]));
    fleet.take_dead_letters(2).await;
    let (_, listed) = dead(&fleet, &["list"]).await;
    assert_eq!(listed, [] as [Value; 0], "it is not in the queue any more");
    fleet.finish().await;
}
