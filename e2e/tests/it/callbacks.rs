//! Endpoints: who is told of what by webhook, by whose secret, and when no more.

use domain::{EventName, Key, Keyring, State, webhook_id};
use e2e::fleet::until;
use e2e::provider::Provider;
use e2e::receiver::{Posted, Receiver};
use e2e::{Database, TestFleet};
use reqwest::Method;
use serde_json::{Value, json};
use store::{Endpoint, Rotated, Rotation};
use testkit::{NOW, key};

#[cfg(feature = "failpoints")]
mod crashes;

const QUEUE: &str = "notifications.queue.callbacks";

fn sms(to: &str) -> Value {
    json!({"channel": "sms", "destination": to, "message": "the code is 481930", "metadata": {"order": 7}})
}

/// The settings of a fleet that sends webhooks to this machine.
fn settings(provider: &Provider) -> Vec<(&'static str, &str)> {
    [provider.settings(), vec![("WEBHOOKS", "true"), ("OUTBOUND_ALLOW", "127.0.0.1")]].concat()
}

/// An endpoint of the tenant `default`.
pub(crate) async fn endpoint(fleet: &TestFleet, id: &str, receiver: &Receiver, types: &[EventName]) -> Endpoint {
    let endpoint = Endpoint {
        key: key(id),
        url: receiver.url.clone(),
        types: types.to_vec(),
        created_at: NOW,
        disabled: None,
        generation: 1,
        previous_until: None,
    };
    fleet.store().create_endpoint(&endpoint, None, &testkit::told()).await.expect("the ledger answers");
    endpoint
}

pub(crate) async fn until_bound(fleet: &TestFleet, wanted: bool) {
    until(&format!("bound: {wanted}"), async || (is_bound(fleet).await == wanted).then_some(())).await;
}

async fn is_bound(fleet: &TestFleet) -> bool {
    let path = format!("queues/{}/{QUEUE}/bindings", fleet.vhost);
    let found = fleet.manage(Method::GET, &path, None).await;
    let mut bindings = found.as_array().into_iter().flatten();
    bindings.any(|binding| binding["source"] == "notifications.events" && binding["routing_key"] == "#")
}

pub(crate) async fn posted(receiver: &Receiver, count: usize) -> Vec<Posted> {
    until(&format!("{count} webhooks"), async || Some(receiver.posted()).filter(|all| all.len() >= count)).await
}

/// The key of the event that a webhook tells of, as the id of its delivery is made of it: these have metadata.
fn event_of(posted: &Posted) -> Key {
    key(&format!("{}/details", posted.json()["id"].as_str().expect("an event")))
}

async fn an_endpoint_is_told(database: Database) {
    let (provider, receiver, other) = (Provider::start().await, Receiver::start().await, Receiver::start().await);
    let fleet = TestFleet::start(database, &settings(&provider)).await;
    assert!(!is_bound(&fleet).await, "nobody wants anything yet");
    endpoint(&fleet, "all", &receiver, &[]).await;
    endpoint(&fleet, "dead-only", &other, &[EventName::Dead]).await;
    until_bound(&fleet, true).await;
    fleet.notify("order-1", &sms("+12025550101")).await;
    let first = posted(&receiver, 1).await.remove(0);
    let (event, body) = (event_of(&first), first.json());
    assert_eq!((&body["type"], &body["subject"]), (&json!("chasqui.sms.sent"), &json!("order-1")));
    assert_eq!(body["data"]["metadata"], json!({"order": 7}), "as over AMQP");
    let keys = Keyring::new(testkit::SECRET.as_bytes(), None).webhooks();
    let secret = &keys.of_endpoint(&key("all"), &[1])[0];
    let seconds = first.header("webhook-timestamp").parse().expect("seconds");
    let expected = secret.signature(first.header("webhook-id"), seconds, &first.body);
    assert_eq!(first.header("webhook-signature"), expected);

    let id = webhook_id(&event, "all", 1);
    let told = fleet.until(&id, State::Sent).await;
    assert_eq!(told.row.channel.as_str(), "webhook");
    assert!(told.row.recipient_mask.starts_with("http://127.0.0.1:"), "{}", told.row.recipient_mask);
    assert!(!told.row.recipient_mask.contains("s3cret"), "{}", told.row.recipient_mask);
    // What is told of the first webhook has been read before the second event.
    fleet.notify("order-2", &sms("+12025550102")).await;
    let second = posted(&receiver, 2).await.remove(1);
    fleet.until(&webhook_id(&event_of(&second), "all", 1), State::Sent).await;
    until("nothing left", async || (fleet.depth(QUEUE).await == 0).then_some(())).await;
    let kinds: Vec<Value> = receiver.posted().iter().map(|posted| posted.json()["type"].clone()).collect();
    assert_eq!(kinds, ["chasqui.sms.sent", "chasqui.sms.sent"], "no webhook is about a webhook");
    assert!(other.posted().is_empty(), "it wants others");
    fleet.finish().await;
}

#[tokio::test]
async fn an_endpoint_is_told_of_what_it_wants_and_of_no_webhook_with_sqlite() {
    an_endpoint_is_told(Database::Sqlite).await;
}

#[tokio::test]
async fn an_endpoint_is_told_of_what_it_wants_and_of_no_webhook_with_postgres() {
    an_endpoint_is_told(Database::Postgres).await;
}

#[tokio::test]
async fn an_endpoint_that_answers_410_is_told_nothing_more_until_its_secret_is_changed() {
    let (provider, receiver) = (Provider::start().await, Receiver::start().await);
    let fleet = TestFleet::start(Database::Sqlite, &settings(&provider)).await;
    let orders = endpoint(&fleet, "orders", &receiver, &[]).await;
    until_bound(&fleet, true).await;
    receiver.answer(410);
    fleet.notify("order-1", &sms("+12025550101")).await;
    let disabled = async || {
        let found = fleet.store().endpoint(&orders.key).await.expect("the ledger answers");
        found.and_then(|found| found.disabled)
    };
    let (_, why) = until("a disabled endpoint", disabled).await;
    assert!(why.starts_with("gone"), "{why}");
    let letters = fleet.take_dead_letters(1).await;
    assert_eq!(letters[0].reason, "permanent", "{letters:?}");
    until_bound(&fleet, false).await;

    receiver.answer(204);
    let rotation = Rotation { by: None, now: NOW, until: NOW, is_forced: false };
    let rotated =
        fleet.store().rotate_endpoint(&orders.key, &rotation, &testkit::told()).await.expect("the ledger answers");
    assert!(matches!(rotated, Rotated::New(_)), "{rotated:?}");
    until_bound(&fleet, true).await;
    fleet.notify("order-2", &sms("+12025550102")).await;
    let second = posted(&receiver, 2).await.remove(1);
    assert_eq!(second.json()["subject"], "order-2");
    fleet.until(&webhook_id(&event_of(&second), "orders", 2), State::Sent).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_delivery_that_only_looks_like_one_to_an_endpoint_disables_nothing() {
    let (provider, receiver, gone) = (Provider::start().await, Receiver::start().await, Receiver::start().await);
    let fleet = TestFleet::start(Database::Sqlite, &settings(&provider)).await;
    let orders = endpoint(&fleet, "orders", &receiver, &[]).await;
    until_bound(&fleet, true).await;
    gone.answer(410);
    let forged = json!({
        "channel": "webhook", "destination": gone.url, "message": "Hi",
        "metadata": {"endpoint": "orders", "mark": "forged"},
    });
    fleet.notify("forged", &forged).await;
    fleet.until("forged", State::Dead).await;
    fleet.take_dead_letters(1).await;
    fleet.notify("order-1", &sms("+12025550101")).await;
    let told = posted(&receiver, 1).await.remove(0);
    fleet.until(&webhook_id(&event_of(&told), "orders", 1), State::Sent).await;
    let found = fleet.store().endpoint(&orders.key).await.expect("the ledger answers").expect("it is there");
    assert_eq!(found.disabled, None);
    fleet.finish().await;
}
