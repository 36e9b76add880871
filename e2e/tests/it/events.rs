//! What the fleet tells of its deliveries, as subscribers receive it.

use std::collections::{BTreeMap, BTreeSet};

use chasqui::clock::SystemClock;
use domain::{Clock as _, State, child_id};
use e2e::fleet::{Event, until};
use e2e::processes::{run, run_unread, with};
use e2e::provider::{Answer, Provider};
use e2e::{Database, Process, TestFleet};
use lapin::options::{QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::key;

const QUEUE: &str = "books.events";
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn sms(to: &str) -> Value {
    json!({"channel": "sms", "destination": to, "message": "the code is 481930", "metadata": {"order": 7}})
}

fn broken() -> Answer {
    Answer::Refuse { status: 503, code: 0, retry_after: None }
}

/// The names of the events of one delivery, in the order in which they came.
fn names<'a>(events: &'a [Event], delivery: &str) -> Vec<&'a str> {
    events.iter().filter(|event| event.delivery() == delivery).map(Event::name).collect()
}

/// So many events, and then none: the next one is that of a delivery that comes after them.
async fn exactly(fleet: &TestFleet, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count {
        events.push(fleet.event(QUEUE).await);
    }
    fleet.notify("marker", &sms("+12025550100")).await;
    let after = fleet.events_until(QUEUE, "marker", "sent").await;
    assert_eq!(after.len(), 1, "{after:?}");
    events
}

/// Deliveries that end in every way, and what must have been told of each.
async fn end_in_every_way(fleet: &TestFleet, provider: &Provider) -> BTreeMap<&'static str, Vec<&'static str>> {
    provider.answer_for("+12025550102", broken());
    provider.answer_for("+12025550103", Answer::Vanish);
    provider.answer_for("+12025550104", Answer::Refuse { status: 400, code: 21_211, retry_after: None });
    fleet.notify("sent", &sms("+12025550101")).await;
    fleet.notify("dead", &sms("+12025550102")).await;
    fleet.notify("held", &sms("+12025550103")).await;
    let mut with_a_fallback = sms("+12025550104");
    with_a_fallback["fallback"] = json!([{"channel": "whatsapp", "destination": "+12025550105"}]);
    fleet.notify("handed-on", &with_a_fallback).await;
    let mut late = sms("+12025550106");
    late["expires_at"] = json!("2020-01-01T00:00:00Z");
    fleet.notify("late", &late).await;
    fleet.store().cancel(&key("unwanted"), SystemClock.now(), &|_| None, None).await.expect("cancelled");
    fleet.notify("unwanted", &sms("+12025550107")).await;
    fleet.until("dead", State::Dead).await;
    BTreeMap::from([
        ("sent", vec!["sent"]),
        ("dead", vec!["retrying", "retrying", "retrying", "dead"]),
        ("held", vec!["held"]),
        ("handed-on", vec!["fell_back"]),
        ("late", vec!["expired"]),
        ("unwanted", vec!["cancelled"]),
    ])
}

async fn every_transition_is_told_once(database: Database) {
    let provider = Provider::start().await;
    let settings = [provider.settings(), vec![("AMBIGUITY", "sms=hold")]].concat();
    let fleet = TestFleet::start(database, &settings).await;
    fleet.subscribe(QUEUE, "#").await;
    let expected = end_in_every_way(&fleet, &provider).await;
    let child = child_id(&key("handed-on"), 1);
    let count = 1 + expected.values().map(Vec::len).sum::<usize>();
    let events = exactly(&fleet, count).await;
    fleet.take_dead_letters(2).await;
    for (delivery, expected) in &expected {
        assert_eq!(&names(&events, delivery), expected, "{delivery}");
    }
    assert_eq!(names(&events, &child), ["sent"]);
    let ids: BTreeSet<&str> = events.iter().map(Event::id).collect();
    assert_eq!(ids.len(), count, "each by an id of its own");
    for event in &events {
        let channel = if event.delivery() == child { "whatsapp" } else { "sms" };
        assert_eq!(event.routing_key, format!("default.{channel}.{}", event.name()));
        assert_eq!(event.json["data"]["metadata"], json!({"order": 7}));
        for hidden in ["20255501", "481930", "a token of the tests"] {
            assert!(!event.text.contains(hidden), "{hidden} in {}", event.text);
        }
    }
    let of =
        |delivery: &str| events.iter().rfind(|event| event.delivery() == delivery).expect("told").json["data"].clone();
    assert_eq!((&of("dead")["reason"], &of("dead")["attempt"]), (&json!("exhausted"), &json!(4)));
    assert_eq!((&of("held")["reason"], &of("held")["ambiguous"]), (&json!("ambiguous"), &json!(true)));
    assert_eq!((&of("handed-on")["child"], &of(&child)["parent"]), (&json!(child), &json!("handed-on")));
    fleet.finish().await;
}

#[tokio::test]
async fn every_transition_is_told_once_and_without_a_recipient_with_sqlite() {
    every_transition_is_told_once(Database::Sqlite).await;
}

#[tokio::test]
async fn every_transition_is_told_once_and_without_a_recipient_with_postgres() {
    every_transition_is_told_once(Database::Postgres).await;
}

#[tokio::test]
async fn what_the_sandbox_keeps_and_what_a_publisher_repeats_is_told_once() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    fleet.subscribe(QUEUE, "#").await;
    fleet.notify("kept", &sms("+12025550101")).await;
    fleet.until("kept", State::Captured).await;
    for _ in 0..3 {
        fleet.notify("kept", &sms("+12025550101")).await;
    }
    fleet.notify("marker", &sms("+12025550100")).await;
    let events = fleet.events_until(QUEUE, "marker", "captured").await;
    assert_eq!(names(&events, "kept"), ["captured"]);
    fleet.finish().await;
}

#[tokio::test]
async fn a_lost_answer_that_is_sent_again_is_told_and_a_move_back_is_told_as_a_new_budget() {
    let provider = Provider::start().await;
    provider.answer(Answer::Vanish);
    let settings = [provider.settings(), vec![("AMBIGUITY", "sms=resend"), ("WORKER_MAX_RETRIES", "1")]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    fleet.subscribe(QUEUE, "*.*.*").await;
    fleet.notify("unsure", &sms("+12025550101")).await;
    let first = fleet.events_until(QUEUE, "unsure", "dead").await;
    assert_eq!(names(&first, "unsure"), ["ambiguous", "dead"]);
    until("the letter", async || (fleet.depth("notifications.queue.dlq").await == 1).then_some(())).await;
    provider.answer(Answer::Accept);
    fleet.move_messages("notifications.queue.dlq", "notifications.queue").await;
    let second = fleet.events_until(QUEUE, "unsure", "sent").await;
    assert_eq!(names(&second, "unsure"), ["replayed", "sent"]);
    assert!(second.iter().all(|event| event.json["data"]["epoch"] == 1), "{second:?}");
    fleet.finish().await;
}

#[tokio::test]
async fn an_event_carries_what_connects_it_with_its_request_and_an_id_that_stays() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.subscribe(QUEUE, "#").await;
    let headers = [("traceparent", TRACE), ("tracestate", "congo=t61rcWkgMzE"), ("own", "dropped")];
    let headers = headers.map(|(name, value)| (name.into(), AMQPValue::LongString(value.into())));
    let properties = BasicProperties::default()
        .with_message_id("traced".into())
        .with_correlation_id("order-7".into())
        .with_headers(FieldTable::from(BTreeMap::from(headers)));
    fleet.publish(sms("+12025550101").to_string(), properties).await;
    let event = fleet.event(QUEUE).await;
    let properties = &event.properties;
    assert_eq!(properties.message_id().as_ref().map(ToString::to_string).as_deref(), Some(event.id()));
    assert_eq!(properties.correlation_id().as_ref().map(ToString::to_string).as_deref(), Some("order-7"));
    let named: Vec<String> =
        properties.headers().iter().flat_map(|table| table.inner().keys()).map(ToString::to_string).collect();
    assert_eq!(named, ["traceparent", "tracestate"]);
    let told = &event.json;
    assert_eq!((&told["correlationid"], &told["traceparent"]), (&json!("order-7"), &json!(TRACE)));
    assert_eq!((&told["specversion"], &told["source"]), (&json!("1.0"), &json!("/chasqui")));
    let row = fleet.until("traced", State::Sent).await.row;
    assert_eq!(event.id(), domain::events_of(&row, &row.order)[0].id().to_string());
    fleet.finish().await;
}

#[tokio::test]
async fn a_subscriber_of_one_tenant_is_told_of_no_other() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.subscribe("acme.books", "acme.#").await;
    fleet.subscribe("globex.books", "globex.#").await;
    for (id, tenant) in [("a-1", "acme"), ("g-1", "globex"), ("a-2", "acme"), ("x-1", "acme-2"), ("g-2", "globex")] {
        let mut body = sms("+12025550101");
        body["tenant"] = json!(tenant);
        fleet.notify(id, &body).await;
    }
    for (queue, tenant, ids) in [("acme.books", "acme", ["a-1", "a-2"]), ("globex.books", "globex", ["g-1", "g-2"])] {
        let events = [fleet.event(queue).await, fleet.event(queue).await];
        let told: BTreeSet<&str> = events.iter().map(Event::delivery).collect();
        assert_eq!(told, BTreeSet::from(ids));
        assert!(events.iter().all(|event| event.json["tenant"] == tenant), "{events:?}");
    }
    until("all are sent", async || (provider.requests() == 5).then_some(())).await;
    fleet.finish().await;
}

/// The URL of a RabbitMQ user of its own, which may do this and nothing else.
async fn user_who_may(fleet: &TestFleet, name: &str, may: Value) -> String {
    let (user, password) = (format!("{name}-{}", fleet.vhost), "a-password-of-the-tests");
    let put = async |path: String, body: Value| fleet.manage(Method::PUT, &path, Some(body)).await;
    put(format!("users/{user}"), json!({"password": password, "tags": ""})).await;
    put(format!("permissions/{}/{user}", fleet.vhost), may).await;
    let url = fleet.sources.get("AMQP_URL").expect("a broker");
    let (_, place) = url.rsplit_once('@').expect("a URL with a user");
    format!("amqp://{user}:{password}@{place}")
}

async fn remove_user(fleet: &TestFleet, name: &str) {
    fleet.manage(Method::DELETE, &format!("users/{name}-{}", fleet.vhost), None).await;
}

#[tokio::test]
async fn a_fleet_that_may_not_tell_delivers_all_the_same_and_says_so() {
    let provider = Provider::start().await;
    let mut fleet = TestFleet::prepare(Database::Sqlite, &provider.settings()).await.expect("a place");
    let (code, said) = run(&["topology", "apply"], &fleet.environment).await;
    assert_eq!(code, 0, "{said}");
    let may = json!({"configure": ".*", "write": r"^notifications\.(exchange|queue)", "read": ".*"});
    let url = user_who_may(&fleet, "fleet", may).await;
    let worker = Process::ready("worker", &with(&fleet.environment, &[("AMQP_URL", &url)])).await;
    fleet.open_store().await;
    for id in ["d-1", "d-2", "d-3"] {
        let properties = BasicProperties::default().with_message_id(id.into()).with_reply_to("orders.replies".into());
        fleet.publish(sms("+12025550101").to_string(), properties).await;
        fleet.until(id, State::Sent).await;
    }
    worker.until_output("no event is told any more").await;
    until("nothing left", async || (fleet.depth("notifications.queue").await == 0).then_some(())).await;
    assert_eq!((provider.requests(), worker.output().matches("no event is told any more").count()), (3, 1));
    drop(worker);
    remove_user(&fleet, "fleet").await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_topic_permission_holds_a_subscriber_to_its_own_tenant() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let may = json!({"configure": r"^acme\.", "write": r"^acme\.", "read": r"^(notifications\.events$|acme\.)"});
    let url = user_who_may(&fleet, "acme", may).await;
    let may = json!({"exchange": "notifications.events", "write": "^$", "read": r"^acme\."});
    let path = format!("topic-permissions/{0}/acme-{0}", fleet.vhost);
    fleet.manage(Method::PUT, &path, Some(may)).await;
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.expect("connected");
    for (pattern, may_hear) in [("acme.#", true), ("#", false), ("*.sms.dead", false), ("globex.#", false)] {
        let amqp = connection.create_channel().await.expect("a channel");
        let (declared, none) = (QueueDeclareOptions::default(), FieldTable::default());
        amqp.queue_declare("acme.books".into(), declared, none.clone()).await.expect("its own queue");
        let (queue, exchange) = ("acme.books".into(), "notifications.events".into());
        let bound = amqp.queue_bind(queue, exchange, pattern.into(), QueueBindOptions::default(), none).await;
        assert_eq!(bound.is_ok(), may_hear, "{pattern}: {bound:?}");
    }
    let _ = connection.close(200, "done".into()).await;
    remove_user(&fleet, "acme").await;
    fleet.finish().await;
}

#[tokio::test]
async fn the_end_is_told_to_the_queue_that_reply_to_names_unless_it_is_one_of_ours_or_none() {
    let provider = Provider::start().await;
    provider.answer_for("+12025550102", broken());
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.subscribe(QUEUE, "#").await;
    fleet.declare("orders.replies").await;
    let publish = async |id: &str, to: &str, reply_to: &str| {
        let properties = BasicProperties::default().with_message_id(id.into()).with_reply_to(reply_to.into());
        fleet.publish(sms(to).to_string(), properties.with_correlation_id(format!("of {id}").into())).await;
    };
    publish("d-1", "+12025550101", "orders.replies").await;
    let (told, reply) = (fleet.event(QUEUE).await, fleet.event("orders.replies").await);
    assert_eq!((reply.text.as_str(), reply.routing_key.as_str()), (told.text.as_str(), "orders.replies"));
    assert_eq!(reply.properties.correlation_id(), told.properties.correlation_id());
    publish("d-2", "+12025550102", "orders.replies").await;
    let reply = fleet.event("orders.replies").await;
    assert_eq!((reply.delivery(), reply.name()), ("d-2", "dead"), "no retry is an end");
    fleet.take_dead_letters(1).await;
    publish("d-3", "+12025550103", "notifications.queue").await;
    publish("d-4", "+12025550104", "nobody.is.here").await;
    // Of the second: three retries and its end, one of which was told to the queue as well.
    let events = exactly(&fleet, 4 + 2).await;
    assert_eq!((names(&events, "d-3"), names(&events, "d-4")), (vec!["sent"], vec!["sent"]));
    assert!(fleet.try_event("orders.replies").await.is_none());
    // And the lane got nothing, which would be a dead letter by now.
    fleet.finish().await;
}

async fn told_with(setting: &str) -> Vec<String> {
    let provider = Provider::start().await;
    provider.answer(broken());
    let fleet = TestFleet::start(Database::Sqlite, &[provider.settings(), vec![("EVENTS", setting)]].concat()).await;
    fleet.subscribe(QUEUE, "#").await;
    fleet.declare("orders.replies").await;
    let properties = BasicProperties::default().with_message_id("d-1".into()).with_reply_to("orders.replies".into());
    fleet.publish(sms("+12025550101").to_string(), properties).await;
    fleet.take_dead_letters(1).await;
    until("its message is gone", async || (fleet.depth("notifications.queue").await == 0).then_some(())).await;
    let mut told = Vec::new();
    while let Some(event) = fleet.try_event(QUEUE).await {
        told.push(event.name().to_owned());
    }
    let replies = u64::from(fleet.try_event("orders.replies").await.is_some());
    assert_eq!(replies, u64::from(setting != "off"));
    fleet.finish().await;
    told
}

#[tokio::test]
async fn the_setting_events_tells_all_or_ends_or_nothing() {
    assert_eq!(told_with("all").await, ["retrying", "retrying", "retrying", "dead"]);
    assert_eq!(told_with("ended").await, ["dead"]);
    assert_eq!(told_with("off").await, [""; 0]);
}

/// Until the command `chasqui events` has its queue.
async fn watched(fleet: &TestFleet) {
    until("somebody watches", async || {
        let queues = fleet.manage(Method::GET, &format!("queues/{}", fleet.vhost), None).await;
        let is_watched = |queue: &Value| {
            let name = queue["name"].as_str().unwrap_or_default();
            name.starts_with("notifications.events.watch.") && queue["consumers"].as_u64() == Some(1)
        };
        queues.as_array().into_iter().flatten().any(is_watched).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_command_events_prints_the_next_event_that_is_wanted() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let words = ["events", "--json", "--channel", "sms", "--event", "sent", "--event", "dead"];
    let published = async {
        watched(&fleet).await;
        let body = json!({"channel": "whatsapp", "destination": "+12025550102", "message": "Hola"});
        fleet.notify("unwanted", &body).await;
        fleet.until("unwanted", State::Sent).await;
        let mut wanted = sms("+12025550101");
        wanted["metadata"] = json!({"note": "a\u{202e}b"});
        fleet.notify("wanted", &wanted).await;
    };
    let ((code, said), ()) = tokio::join!(run(&words, &fleet.environment), published);
    assert_eq!(code, 0, "{said}");
    let line = said.lines().find(|line| line.starts_with('{')).expect("an event");
    let event: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!((&event["type"], &event["subject"]), (&json!("chasqui.sms.sent"), &json!("wanted")));
    assert_eq!(event["data"]["metadata"]["note"], "a\u{202e}b");
    assert!(!said.contains('\u{202e}') && !said.contains("unwanted"), "{said}");
    let (code, said) = run(&["events", "--event", "ded"], &fleet.environment).await;
    assert!(code == 2 && said.contains("did you mean dead?"), "{said}");
    fleet.finish().await;
}

#[tokio::test]
async fn the_command_events_ends_when_nobody_reads_it_any_more() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(run_unread(dir.path(), &["events", "--follow"], &fleet.environment).await, 0);
    fleet.finish().await;
}

#[cfg(feature = "failpoints")]
mod crashes;
