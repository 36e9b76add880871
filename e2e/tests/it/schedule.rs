//! What is due later: by HTTP, by AMQP, by cron, and cancelled.

use std::time::Duration;

use chasqui::clock::SystemClock;
use domain::{ChannelName, Clock, Lane, State, Timestamp, content_of};
use e2e::provider::Provider;
use e2e::{Database, TestFleet};
use lapin::BasicProperties;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor as _;
use store::{Filter, Job, JobKind, JobSummary, Patience, StuckCounts};
use testkit::{at, key};

fn in_seconds(seconds: u64) -> String {
    SystemClock.now().plus(Duration::from_secs(seconds)).to_string()
}

fn later(seconds: u64) -> Value {
    json!({"channel": "sms", "destination": "+12025550143", "message": "later", "send_at": in_seconds(seconds)})
}

async fn a_send_at_waits_for_its_time(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &provider.settings()).await;
    let (by_lane, by_scheduled, by_http) = (later(3), later(3), later(3));
    fleet.notify("by-lane", &by_lane).await;
    let properties = BasicProperties::default().with_message_id("by-scheduled".into());
    let body = by_scheduled.to_string();
    fleet.publish_to("notifications.exchange", "notifications.key.scheduled", body, properties).await;
    let answer = fleet.http.post(fleet.url("/notify")).json(&by_http).send().await.expect("answered");
    let accepted: Value = answer.json().await.expect("JSON");
    assert_eq!(accepted["status"], "scheduled");
    let http_id = accepted["id"].as_str().expect("an id").to_owned();
    for (id, body) in [("by-lane", &by_lane), ("by-scheduled", &by_scheduled), (&http_id, &by_http)] {
        let view = fleet.until(id, State::Sent).await;
        let due = at(body["send_at"].as_str().expect("text"));
        assert!(view.row.updated_at >= due, "{id} was sent before its time");
    }
    assert_eq!(provider.received().len(), 3);
    fleet.finish().await;
}

#[tokio::test]
async fn a_send_at_waits_for_its_time_by_every_way_in_with_sqlite() {
    a_send_at_waits_for_its_time(Database::Sqlite).await;
}

#[tokio::test]
async fn a_send_at_waits_for_its_time_by_every_way_in_with_postgres() {
    a_send_at_waits_for_its_time(Database::Postgres).await;
}

#[tokio::test]
async fn anonymous_messages_are_deferred_too() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let body = later(2).to_string();
    fleet.publish(&body, BasicProperties::default()).await;
    let key = "notifications.key.scheduled";
    fleet.publish_to("notifications.exchange", key, &body, BasicProperties::default()).await;
    e2e::fleet::until("both sent", async || (provider.received().len() == 2).then_some(())).await;
    e2e::fleet::until("both recorded", async || {
        let page = fleet.running().store.deliveries(store::Filter::default()).await.expect("read");
        page.deliveries.iter().all(|view| view.row.state == State::Sent).then_some(())
    })
    .await;
    fleet.finish().await;
}

#[tokio::test]
async fn what_is_too_late_is_not_sent() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let mut body = later(0);
    body["send_at"] = json!("2026-01-01T00:00:00Z");
    body["max_lateness_seconds"] = json!(60);
    fleet.notify("late", &body).await;
    fleet.until("late", State::Expired).await;
    assert!(provider.received().is_empty());
    fleet.finish().await;
}

#[tokio::test]
async fn a_cancelled_job_is_never_sent() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.notify("cancelled", &later(3)).await;
    let key = key("cancelled");
    e2e::fleet::until("a job", async || fleet.running().store.job(&key).await.expect("read")).await;
    let cancelled = fleet.running().store.cancel(&key, SystemClock.now(), &|_| None, None).await.expect("cancelled");
    assert_eq!(cancelled, store::Cancel::Cancelled { maybe_sent: false });
    fleet.notify("after", &later(3)).await;
    fleet.until("after", State::Sent).await;
    assert_eq!(provider.received().len(), 1, "only the one after it");
    fleet.finish().await;
}

#[tokio::test]
async fn a_delivery_that_was_cancelled_before_it_came_is_not_sent() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Postgres, &provider.settings()).await;
    let key = key("tombstone");
    let cancelled = fleet.running().store.cancel(&key, SystemClock.now(), &|_| None, None).await.expect("cancelled");
    assert_eq!(cancelled, store::Cancel::Unknown);
    let body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"});
    fleet.notify("tombstone", &body).await;
    fleet.notify("after", &body).await;
    fleet.until("after", State::Sent).await;
    fleet.until("tombstone", State::Cancelled).await;
    assert_eq!(provider.received().len(), 1);
    fleet.finish().await;
}

/// More than two batches of the scheduler.
const UNROUTABLE: usize = 2100;

#[tokio::test]
async fn jobs_that_cannot_be_published_do_not_hold_up_the_others() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let binding = format!("bindings/{}/e/notifications.exchange/q/notifications.queue.bulk", fleet.vhost);
    let path = format!("{binding}/notifications.key.bulk");
    fleet.manage(Method::DELETE, &path, None).await;
    let store = &fleet.running().store;
    let due = SystemClock.now();
    let mut putting = tokio::task::JoinSet::new();
    for n in 0..UNROUTABLE {
        let (store, job) = (store.clone(), job(&format!("bulk-{n}"), Lane::Bulk, due));
        putting.spawn(async move { store.put_job(job).await.expect("stored") });
    }
    putting.join_all().await;
    let later = SystemClock.now();
    for n in 0..5 {
        store.put_job(job(&format!("normal-{n}"), Lane::Normal, later)).await.expect("stored");
    }
    for n in 0..5 {
        fleet.until(&format!("normal-{n}"), State::Captured).await;
    }
    let waiting = store.job(&key("bulk-0")).await.expect("read");
    assert!(waiting.is_some(), "what cannot be published is kept");
    fleet.manage(Method::POST, &binding, Some(json!({"routing_key": "notifications.key.bulk"}))).await;
    fleet.until("bulk-0", State::Captured).await;
    fleet.remove().await;
}

pub(crate) fn job(id: &str, lane: Lane, due_at: Timestamp) -> Job {
    let body = json!({"channel": "sms", "destination": "+12025550143", "message": "due"}).to_string().into_bytes();
    let to = (ChannelName::parse("sms").expect("a name"), "+12025550143");
    let new = JobSummary::new(key(id), JobKind::OneShot, to, content_of(&body), due_at, due_at);
    Job { summary: JobSummary { lane, ..new }, body, carried: Vec::new() }
}

#[tokio::test]
async fn the_demo_schedule_fires_every_second() {
    let settings = [
        ("SANDBOX", "all"),
        ("SCHEDULER_DEMO_ENABLED", "true"),
        ("SCHEDULER_DEMO_CRON", "* * * * * *"),
        ("SCHEDULER_DEMO_CHANNEL", "sms"),
        ("SCHEDULER_DEMO_DESTINATION", "+12025550143"),
    ];
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    let captures = e2e::fleet::until("three fires", async || {
        let captures = fleet.running().store.captures(None, 100).await.expect("read");
        (captures.len() >= 3).then_some(captures)
    })
    .await;
    let mut ids: Vec<&str> = captures.iter().map(|captured| captured.key.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), captures.len(), "every fire is a delivery of its own");
    fleet.remove().await;
}

/// Makes the ledger refuse every job.
const REFUSE: &str = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$; \
     CREATE TRIGGER refuse BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION refuse()";

#[tokio::test]
async fn a_job_that_cannot_be_stored_is_dead_under_its_id_and_a_move_back_sends_it() {
    let fleet = TestFleet::start(Database::Postgres, &[("SANDBOX", "all")]).await;
    fleet.database().await.execute(REFUSE).await.expect("refused");
    let anonymous = json!({"channel": "sms", "destination": "+12025550143", "message": "later"});
    let mut named = anonymous.clone();
    named["id"] = json!("by-body");
    for body in [anonymous, named] {
        let key = "notifications.key.scheduled";
        fleet.publish_to("notifications.exchange", key, body.to_string(), BasicProperties::default()).await;
    }
    let dead_letters = "notifications.queue.dlq";
    e2e::fleet::until("two dead letters", async || (fleet.depth(dead_letters).await == 2).then_some(())).await;
    let store = &fleet.running().store;
    let rows = async || store.deliveries(Filter::default()).await.expect("read").deliveries;
    let before = rows().await;
    assert_eq!((before.len(), before[0].row.state), (1, State::Dead), "a message without an id has a row");
    assert_eq!(before[0].attempts[0].provider, "scheduler");
    let patience = Patience { after: Duration::ZERO, delays: [Duration::ZERO; 3] };
    let stuck = store.count_stuck(patience, SystemClock.now().plus(Duration::from_secs(3600))).await.expect("counted");
    assert_eq!(stuck, StuckCounts::default());
    fleet.move_messages(dead_letters, "notifications.queue").await;
    fleet.until(&before[0].row.key.id, State::Captured).await;
    fleet.until("by-body", State::Captured).await;
    assert_eq!(rows().await.len(), 2, "no other id was made");
    fleet.finish().await;
}

/// As a fault of the disk, or a hand in the ledger, would leave it; it is due at once.
const SPOIL: &str = "UPDATE jobs SET carried = '?', due_at = 0";

#[tokio::test]
async fn a_job_whose_properties_cannot_be_read_is_dead_under_its_id() {
    let fleet = TestFleet::start(Database::Postgres, &[("SANDBOX", "all")]).await;
    fleet.notify("by-lane", &later(3600)).await;
    let properties = BasicProperties::default().with_message_id("by-scheduled".into());
    let body = later(3600).to_string();
    fleet.publish_to("notifications.exchange", "notifications.key.scheduled", body, properties).await;
    let store = &fleet.running().store;
    for id in ["by-lane", "by-scheduled"] {
        e2e::fleet::until("a job", async || store.job(&key(id)).await.expect("read")).await;
    }
    fleet.database().await.execute(SPOIL).await.expect("spoiled");
    let mut letters = fleet.take_dead_letters(2).await;
    letters.sort_by_key(|letter| letter.message_id.clone());
    for (letter, id) in letters.iter().zip(["by-lane", "by-scheduled"]) {
        assert_eq!((letter.message_id.as_deref(), letter.reason.as_str()), (Some(id), "internal_error"));
        assert!(letter.error.contains("cannot be read"), "{}", letter.error);
        e2e::fleet::until("the job is gone", async || store.job(&key(id)).await.expect("read").is_none().then_some(()))
            .await;
    }
    let view = fleet.until("by-lane", State::Dead).await;
    assert_eq!(view.attempts[0].provider, "scheduler");
    assert!(fleet.delivery("by-scheduled").await.is_none(), "nothing had been claimed for it");
    fleet.finish().await;
}
