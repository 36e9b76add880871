//! Equal letters without an id have one name, and each is a message of its own: none is lost by what is done with them.

use domain::State;
use e2e::fleet::until;
use e2e::provider::Provider;
use e2e::{Database, TestFleet};
use lapin::BasicProperties;
use serde_json::{Value, json};
use store::Filter;

use super::{DLQ, count, dead, letters, number, text};

/// More than a reading has in hand at once, and more than are put back at once.
const MANY: u64 = 60;
const FEW: u64 = 5;
const WHY: [&str; 2] = ["--why", "it is mended"];

/// Puts so many equal messages without an id into the queue, without any mark of when they died.
async fn equal_letters(fleet: &TestFleet, wanted: u64) {
    let body = json!({"channel": "sms", "destination": number(1), "message": "Hola"}).to_string();
    for _ in 0..wanted {
        fleet.publish_to("", DLQ, &body, BasicProperties::default()).await;
    }
    letters(fleet, wanted).await;
}

/// Does it with everything that there is, and gives the job once it has ended.
async fn done_with_all(fleet: &TestFleet, words: &[&str], wanted: u64) -> Value {
    let (code, said) = dead(fleet, &[words, &["--yes"], &WHY].concat()).await;
    let job = said.last().expect("the job").clone();
    assert_eq!((code, count(&job, "done")), (0, wanted), "{job:#}");
    job
}

async fn sent(fleet: &TestFleet, provider: &Provider, wanted: u64) {
    until("each was sent", async || {
        let filter = Filter { state: Some(State::Sent), limit: 1000, ..Filter::default() };
        let page = fleet.store().deliveries(filter).await.ok()?;
        (page.deliveries.len() as u64 == wanted).then_some(())
    })
    .await;
    assert_eq!(provider.requests() as u64, wanted);
    letters(fleet, 0).await;
}

async fn equal_letters_without_an_id_are_dropped_restored_and_replayed_each(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &provider.settings()).await;
    equal_letters(&fleet, MANY).await;
    let (_, listed) = dead(&fleet, &["list"]).await;
    assert_eq!((listed.len(), listed[0]["copies"].as_u64()), (1, Some(MANY)), "{listed:#?}");
    let (_, groups) = dead(&fleet, &["groups"]).await;
    assert_eq!(groups[0]["letters"].as_u64(), Some(MANY), "{groups:#?}");
    let (_, planned) = dead(&fleet, &[&["plan", "replay", "--all"][..], &WHY].concat()).await;
    assert_eq!(planned[0]["letters"].as_u64(), Some(MANY), "{planned:#?}");

    let dropped = done_with_all(&fleet, &["drop", "--all", "--rate", "500"], MANY).await;
    letters(&fleet, 0).await;
    done_with_all(&fleet, &["restore", "--job", text(&dropped, "id")], MANY).await;
    letters(&fleet, MANY).await;
    done_with_all(&fleet, &["replay", "--all", "--canary", "0", "--rate", "500"], MANY).await;
    sent(&fleet, &provider, MANY).await;
    fleet.finish().await;
}

#[tokio::test]
async fn equal_letters_without_an_id_are_moved_each_with_sqlite() {
    equal_letters_without_an_id_are_dropped_restored_and_replayed_each(Database::Sqlite).await;
}

#[tokio::test]
async fn equal_letters_without_an_id_are_moved_each_with_postgres() {
    equal_letters_without_an_id_are_dropped_restored_and_replayed_each(Database::Postgres).await;
}

#[tokio::test]
async fn a_slow_job_moves_equal_letters_without_an_id_one_after_the_other() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    equal_letters(&fleet, FEW).await;
    done_with_all(&fleet, &["replay", "--all", "--canary", "0", "--rate", "2"], FEW).await;
    sent(&fleet, &provider, FEW).await;
    fleet.finish().await;
}
