//! The tenant of what is published over AMQP, told from the RabbitMQ user who published it.

use std::collections::BTreeMap;
use std::time::Duration;

use chasqui::clock::SystemClock;
use domain::{Clock, Key, State, child_id};
use e2e::fleet::until;
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use lapin::options::{BasicGetOptions, BasicPublishOptions, BasicRejectOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use reqwest::Method;
use serde_json::{Value, json};
use store::{DeliveryView, Filter};

const DLQ: &str = "notifications.queue.dlq";
const LANE: &str = "notifications.queue";
/// Late retries: a provider that recovers does so in time.
pub(crate) const SETTINGS: [(&str, &str); 3] =
    [("AMQP_TENANT_FROM_USER_ID", "true"), ("WORKER_RETRY_DELAY_2", "3"), ("WORKER_RETRY_DELAY_3", "3")];

/// A RabbitMQ user of its own, which may write to the exchange and nothing else.
struct Publisher {
    name: String,
    amqp: Channel,
    connection: Connection,
}

impl Publisher {
    async fn new(fleet: &TestFleet, name: &str) -> Self {
        let name = format!("{name}-{}", fleet.vhost);
        let in_urls = in_urls(&name);
        let password = "a-password-of-the-tests";
        let user = json!({"password": password, "tags": ""});
        fleet.manage(Method::PUT, &format!("users/{in_urls}"), Some(user)).await;
        let may = json!({"configure": "", "write": r"^notifications\.exchange$", "read": ""});
        fleet.manage(Method::PUT, &format!("permissions/{}/{in_urls}", fleet.vhost), Some(may)).await;
        let (_, url) = fleet.environment.iter().find(|(name, _)| name == "AMQP_URL").expect("a broker");
        let (_, place) = url.rsplit_once('@').expect("a URL with a user");
        let url = format!("amqp://{in_urls}:{password}@{place}");
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.expect("connected");
        let amqp = connection.create_channel().await.expect("a channel");
        amqp.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
        Self { name, amqp, connection }
    }

    /// The properties that say who publishes.
    fn itself(&self) -> BasicProperties {
        BasicProperties::default().with_user_id(self.name.as_str().into())
    }

    async fn publish(&self, id: &str, body: &Value, properties: BasicProperties) -> lapin::Result<Confirmation> {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let (exchange, key) = ("notifications.exchange".into(), "notifications.key".into());
        let properties = properties.with_message_id(id.into()).with_delivery_mode(2);
        self.amqp.basic_publish(exchange, key, options, body.to_string().as_bytes(), properties).await?.await
    }

    fn key(&self, id: &str) -> Key {
        testkit::key_of(&self.name, id)
    }

    async fn delivery(&self, fleet: &TestFleet, id: &str) -> Option<DeliveryView> {
        fleet.store().delivery(&self.key(id)).await.expect("read")
    }

    async fn sent(&self, fleet: &TestFleet, id: &str) -> DeliveryView {
        let sent = async || self.delivery(fleet, id).await.filter(|view| view.row.state == State::Sent);
        until(&format!("{id} of {} is sent", self.name), sent).await
    }

    async fn leave(self, fleet: &TestFleet) {
        let _ = self.connection.close(200, "done".into()).await;
        fleet.manage(Method::DELETE, &format!("users/{}", in_urls(&self.name)), None).await;
    }
}

/// The names of these tests have a space and a `!` at most.
fn in_urls(name: &str) -> String {
    name.replace(' ', "%20").replace('!', "%21")
}

fn to(destination: &str) -> Value {
    json!({"channel": "sms", "destination": destination, "message": "Hola"})
}

async fn fleet_with_tenants_by_user_id(provider: &Provider) -> TestFleet {
    let settings = [provider.settings(), SETTINGS.to_vec()].concat();
    TestFleet::start(Database::Sqlite, &settings).await
}

async fn two_publishers(fleet: &TestFleet) -> [Publisher; 2] {
    [Publisher::new(fleet, "acme").await, Publisher::new(fleet, "globex").await]
}

async fn leave(publishers: [Publisher; 2], fleet: &TestFleet) {
    for publisher in publishers {
        publisher.leave(fleet).await;
    }
}

async fn letters(fleet: &TestFleet, count: u64) {
    until(&format!("{count} dead letters"), async || (fleet.depth(DLQ).await == count).then_some(())).await;
}

#[tokio::test]
async fn a_delivery_is_of_the_tenant_of_its_publishers_user_also_when_it_is_retried_scheduled_or_moved() {
    const PATIENT: &str = "+12025550144";
    const GONE: &str = "+12025550145";
    let provider = Provider::start().await;
    let fleet = fleet_with_tenants_by_user_id(&provider).await;
    let publishers = two_publishers(&fleet).await;
    provider.answer_for(PATIENT, Answer::Refuse { status: 503, code: 0, retry_after: None });
    provider.answer_for(GONE, Answer::Refuse { status: 400, code: 21211, retry_after: None });
    let mut later = to("+12025550146");
    later["send_at"] = json!(SystemClock.now().plus(Duration::from_secs(2)).to_string());
    let bodies = [("immediate", to("+12025550143")), ("retried", to(PATIENT)), ("later", later), ("moved", to(GONE))];
    for publisher in &publishers {
        for (id, body) in &bodies {
            publisher.publish(id, body, publisher.itself()).await.expect("confirmed");
        }
    }
    for publisher in &publishers {
        let tried = async || publisher.delivery(&fleet, "retried").await.filter(|view| !view.attempts.is_empty());
        until("a first attempt", tried).await;
    }
    provider.answer_for(PATIENT, Answer::Accept);
    letters(&fleet, 2).await;
    provider.answer_for(GONE, Answer::Accept);
    fleet.move_messages(DLQ, LANE).await;
    for publisher in &publishers {
        for (id, _) in &bodies {
            let view = publisher.sent(&fleet, id).await;
            assert_eq!(view.row.epoch, u32::from(*id == "moved"), "{id}");
            assert!(*id != "retried" || view.attempts.len() > 1, "it was sent by a copy of the fleet's");
        }
    }
    // What the fleet publishes for itself belongs to whom the API says.
    let answer = fleet.http.post(fleet.url("/notify")).json(&to("+12025550143")).send().await.expect("answered");
    let accepted: Value = answer.json().await.expect("JSON");
    fleet.until(accepted["id"].as_str().expect("an id"), State::Sent).await;
    leave(publishers, &fleet).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_publisher_is_given_no_other_tenant_by_its_body_its_headers_or_a_foreign_user_id() {
    let provider = Provider::start().await;
    let fleet = fleet_with_tenants_by_user_id(&provider).await;
    let [acme, globex] = two_publishers(&fleet).await;
    for another in [globex.name.as_str(), "default"] {
        let mut body = to("+12025550143");
        body["tenant"] = json!(another);
        acme.publish("another", &body, acme.itself()).await.expect("confirmed");
        let letter = fleet.take_dead_letters(1).await.remove(0);
        assert_eq!((letter.message_id.as_deref(), letter.reason.as_str()), (Some("another"), "decode_error"));
        assert!(letter.error.starts_with("/tenant is another than acme-"), "{}", letter.error);
    }

    acme.publish("nobodys", &to("+12025550143"), BasicProperties::default()).await.expect("confirmed");
    let get = async || {
        let options = BasicGetOptions { no_ack: true };
        fleet.amqp.basic_get(DLQ.into(), options).await.expect("get")
    };
    let letter = until("a dead letter", get).await.delivery;
    assert!(letter.properties.user_id().is_some(), "the fleet says who it is");
    // As a move does: the letter is the fleet's own now, and nobody's all the same.
    fleet.publish(&letter.data, letter.properties.clone()).await;
    let again = fleet.take_dead_letters(1).await.remove(0);
    assert!(again.error.contains("a move does not change that"), "{}", again.error);
    assert!(provider.received().is_empty(), "nothing of all that was sent");

    let forged = [
        ("notify-tenant", AMQPValue::LongString(globex.name.as_str().into())),
        ("notify-epoch", AMQPValue::LongLongInt(5)),
        ("notify-seq", AMQPValue::LongLongInt(5)),
        ("notify-dead-reason", AMQPValue::LongString("permanent".into())),
    ];
    let forged = forged.into_iter().map(|(name, value)| (name.into(), value));
    let properties = acme.itself().with_headers(FieldTable::from(forged.collect::<BTreeMap<_, _>>()));
    acme.publish("forged", &to("+12025550143"), properties).await.expect("confirmed");
    assert_eq!(acme.sent(&fleet, "forged").await.row.epoch, 0);
    assert!(globex.delivery(&fleet, "forged").await.is_none());
    let refused = acme.publish("stolen", &to("+12025550143"), globex.itself()).await;
    assert!(refused.is_err(), "RabbitMQ lets nobody name another user");
    leave([acme, globex], &fleet).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_message_of_a_user_whose_name_is_no_tenants_is_a_dead_letter_that_says_so() {
    let provider = Provider::start().await;
    let fleet = fleet_with_tenants_by_user_id(&provider).await;
    let billing = Publisher::new(&fleet, "Billing Team!").await;
    let mut naming = to("+12025550143");
    naming["tenant"] = json!("acme");
    for (id, body) in [("silent", to("+12025550143")), ("naming", naming)] {
        billing.publish(id, &body, billing.itself()).await.expect("confirmed");
        let letter = fleet.take_dead_letters(1).await.remove(0);
        assert_eq!((letter.message_id.as_deref(), letter.reason.as_str()), (Some(id), "decode_error"));
        let is_told = letter.error.contains(&billing.name) && letter.error.contains("is no name of a tenant");
        assert!(is_told, "{}", letter.error);
    }
    assert!(provider.received().is_empty(), "nothing was sent");
    assert!(deliveries(&fleet).await.is_empty(), "no tenant has a delivery of it");
    billing.leave(&fleet).await;
    fleet.finish().await;
}

/// Of all tenants.
async fn deliveries(fleet: &TestFleet) -> Vec<DeliveryView> {
    fleet.store().deliveries(Filter::default()).await.expect("read").deliveries
}

#[tokio::test]
async fn a_fallback_is_of_the_tenant_of_the_user_who_published_what_failed() {
    const GONE: &str = "+12025550145";
    let provider = Provider::start().await;
    let fleet = fleet_with_tenants_by_user_id(&provider).await;
    let publishers = two_publishers(&fleet).await;
    provider.answer_for(GONE, Answer::Refuse { status: 400, code: 21211, retry_after: None });
    let mut body = to(GONE);
    body["fallback"] = json!([{"channel": "whatsapp", "destination": "+12025550144"}]);
    for publisher in &publishers {
        publisher.publish("parent", &body, publisher.itself()).await.expect("confirmed");
    }
    for publisher in &publishers {
        let child = child_id(&publisher.key("parent"), 1);
        assert_eq!(publisher.sent(&fleet, &child).await.row.parent.as_deref(), Some("parent"));
        let parent = publisher.delivery(&fleet, "parent").await.expect("a row");
        assert_eq!(parent.row.state, State::FellBack);
    }
    assert_eq!(provider.count("whatsapp:+12025550144"), 2);
    assert_eq!(deliveries(&fleet).await.len(), 4, "no other tenant has any");
    leave(publishers, &fleet).await;
    fleet.finish().await;
}

/// Takes messages out of the lane, which nobody else consumes: what is called `too-often` goes back until the broker's
/// limit of deliveries is over, the others are rejected. Until the broker has dead-lettered `count`.
async fn the_broker_gives_up(fleet: &TestFleet, count: u64) {
    until("the broker has given up", async || {
        let got = fleet.amqp.basic_get(LANE.into(), BasicGetOptions::default()).await.expect("get");
        if let Some(got) = got {
            let id = got.delivery.properties.message_id();
            let requeue = id.as_ref().is_some_and(|id| id.as_str() == "too-often");
            got.delivery.acker.reject(BasicRejectOptions { requeue }).await.expect("rejected");
        }
        (fleet.depth(DLQ).await == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_the_broker_itself_gave_up_has_the_tenant_of_its_user_after_a_move_and_without_a_user_none() {
    let provider = Provider::start().await;
    let mut fleet = fleet_with_tenants_by_user_id(&provider).await;
    let [acme, globex] = two_publishers(&fleet).await;
    fleet.fleet.take().expect("running").stop().await;
    // The first to be given up is the first to be moved: it has left when the others are sent.
    acme.publish("nobodys", &to("+12025550143"), BasicProperties::default()).await.expect("confirmed");
    acme.publish("rejected", &to("+12025550144"), acme.itself()).await.expect("confirmed");
    globex.publish("too-often", &to("+12025550145"), globex.itself()).await.expect("confirmed");
    the_broker_gives_up(&fleet, 3).await;
    fleet.run().await.expect("started again");
    fleet.move_messages(DLQ, LANE).await;
    for (publisher, id) in [(&acme, "rejected"), (&globex, "too-often")] {
        assert_eq!(publisher.sent(&fleet, id).await.row.epoch, 1, "{id} was moved");
    }
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!((letter.message_id.as_deref(), letter.reason.as_str()), (Some("nobodys"), "decode_error"));
    assert!(letter.error.contains("it has no user_id"), "{}", letter.error);
    assert_eq!(provider.received().len(), 2);
    assert_eq!(deliveries(&fleet).await.len(), 2, "no other tenant has any");
    leave([acme, globex], &fleet).await;
    fleet.finish().await;
}

/// On whichever broker: sent at once, and after a move out of the dead-letter queue; never as another.
pub(crate) async fn each_user_has_a_tenant(fleet: &TestFleet, provider: &Provider) {
    const GONE: &str = "+12025550145";
    let publishers = two_publishers(fleet).await;
    provider.answer_for(GONE, Answer::Refuse { status: 400, code: 21211, retry_after: None });
    for publisher in &publishers {
        for (id, body) in [("immediate", to("+12025550143")), ("moved", to(GONE))] {
            publisher.publish(id, &body, publisher.itself()).await.expect("confirmed");
        }
    }
    letters(fleet, 2).await;
    provider.answer_for(GONE, Answer::Accept);
    fleet.move_messages(DLQ, LANE).await;
    for publisher in &publishers {
        for (id, epoch) in [("immediate", 0), ("moved", 1)] {
            assert_eq!(publisher.sent(fleet, id).await.row.epoch, epoch, "{id}");
        }
    }
    let [acme, globex] = &publishers;
    let stolen = acme.publish("stolen", &to("+12025550143"), globex.itself()).await;
    assert!(stolen.is_err(), "RabbitMQ lets nobody name another user");
    assert_eq!(deliveries(fleet).await.len(), 4, "no other tenant has any");
    leave(publishers, fleet).await;
}
