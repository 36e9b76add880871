//! A service that takes its commands from a queue of its own, and says by a message how far it is.

use domain::CommandState;
use e2e::fleet::until;
use e2e::provider::Provider;
use e2e::receiver::Receiver;
use e2e::{Database, TestFleet};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};
use testkit::key;
use testkit::keys::service_token;

use super::{claims, command_in, dispatched, in_a_minute, registered};
use crate::api::admin;

/// The queue of the service.
const QUEUE: &str = "trading.commands";

/// Says of a command how far it is, as the service publishes it, with a token that is good for another one.
async fn report(fleet: &TestFleet, id: &str, of: &str, state: &str) {
    let token = service_token(&json!({ "sub": "trading", "aud": "chasqui", "exp": in_a_minute(), "command_id": of }));
    let mut headers = FieldTable::default();
    headers.insert("notify-token".into(), AMQPValue::LongString(token.into()));
    let body = json!({ "command_id": id, "state": state, "output": "seen" }).to_string();
    let properties = BasicProperties::default().with_headers(headers);
    fleet.publish_to("notifications.exchange", "notifications.key.inbound", body, properties).await;
}

fn header<'p>(properties: &'p BasicProperties, name: &str) -> &'p str {
    let table = properties.headers().as_ref().expect("headers");
    match table.inner().get(name) {
        Some(AMQPValue::LongString(text)) => std::str::from_utf8(text.as_bytes()).expect("UTF-8"),
        other => panic!("{name}: {other:?}"),
    }
}

async fn a_command_goes_over_the_broker_and_back(database: Database) {
    let (provider, trading) = (Provider::start().await, registered(Receiver::start().await, "amqp = true"));
    let fleet = TestFleet::start(database, &trading.settings(&provider)).await;
    let bearer = admin(&fleet).await;
    fleet.bind(QUEUE, "notifications.commands", "commands.trading").await;
    let id = dispatched(&fleet, &bearer).await;
    let taken = fleet.event(QUEUE).await;
    assert_eq!((&taken.json["command_id"], &taken.json["action"]), (&json!(id), &json!("look")));
    let message_id = taken.properties.message_id().as_ref().map(|id| id.as_str());
    assert_eq!((message_id, taken.routing_key.as_str()), (Some(id.as_str()), "commands.trading"));
    let claims: Value = claims(&fleet, header(&taken.properties, "notify-token")).await;
    assert_eq!((&claims["jti"], &claims["aud"]), (&json!(id), &json!("trading")));
    report(&fleet, &id, "c-other", "failed").await;
    assert_eq!(fleet.take_dead_letters(1).await[0].reason, "decode_error");
    for state in ["running", "succeeded"] {
        report(&fleet, &id, &id, state).await;
    }
    let ended = command_in(&fleet, &bearer, &id, "succeeded").await;
    assert_eq!(ended["output"], json!("seen"));
    assert!(trading.receiver.posted().is_empty());
    fleet.finish().await;
}

#[tokio::test]
async fn a_command_goes_to_the_queue_of_its_service_and_its_report_comes_by_a_message_with_sqlite() {
    a_command_goes_over_the_broker_and_back(Database::Sqlite).await;
}

#[tokio::test]
async fn a_command_goes_to_the_queue_of_its_service_and_its_report_comes_by_a_message_with_postgres() {
    a_command_goes_over_the_broker_and_back(Database::Postgres).await;
}

#[tokio::test]
async fn a_command_for_which_no_queue_is_bound_fails_and_its_dead_letter_says_why() {
    let (provider, trading) = (Provider::start().await, registered(Receiver::start().await, "amqp = true"));
    let fleet = TestFleet::start(Database::Sqlite, &trading.settings(&provider)).await;
    let bearer = admin(&fleet).await;
    let id = dispatched(&fleet, &bearer).await;
    let letter = until("a dead letter", async || fleet.take_dead_letter().await).await;
    assert_eq!(letter.reason, "exhausted");
    assert!(letter.error.contains("no queue is bound for commands.trading"), "{}", letter.error);
    command_in(&fleet, &bearer, &id, CommandState::Failed.as_str()).await;
    assert_eq!(fleet.store().command(&key(&id)).await.expect("read").expect("there").state, CommandState::Failed);
    fleet.finish().await;
}
