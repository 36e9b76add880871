//! From a publisher to a provider, by every way in.

use domain::State;
use e2e::provider::Provider;
use e2e::{Database, TestFleet};
use lapin::BasicProperties;
use serde_json::json;
use testkit::key;

const BODY: &str =
    r#"{"channel":"SMS","destination":"+12025550143","subject":"Aviso","message":"Su pedido está listo"}"#;

async fn the_four_field_body_is_delivered_by_amqp(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &provider.settings()).await;
    fleet.publish(BODY, BasicProperties::default().with_message_id("order-1".into())).await;
    let view = fleet.until("order-1", State::Sent).await;
    assert_eq!(view.attempts.len(), 1);
    assert!(view.row.provider_id.is_some());
    let received = provider.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].to, "+12025550143");
    assert!(received[0].body.contains("Su pedido está listo"));
    fleet.finish().await;
}

#[tokio::test]
async fn the_four_field_body_is_delivered_by_amqp_with_sqlite() {
    the_four_field_body_is_delivered_by_amqp(Database::Sqlite).await;
}

#[tokio::test]
async fn the_four_field_body_is_delivered_by_amqp_with_postgres() {
    the_four_field_body_is_delivered_by_amqp(Database::Postgres).await;
}

#[tokio::test]
async fn a_message_without_an_id_is_delivered_once() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    fleet.publish(BODY, BasicProperties::default()).await;
    fleet.publish(BODY, BasicProperties::default()).await;
    e2e::fleet::until("two deliveries", async || (provider.received().len() == 2).then_some(())).await;
    let page = e2e::fleet::until("two sent rows", async || {
        let page = fleet.running().store.deliveries(store::Filter::default()).await.expect("read");
        page.deliveries.iter().all(|view| view.row.state == State::Sent).then_some(page)
    })
    .await;
    assert_eq!(page.deliveries.len(), 2, "each anonymous message is a delivery of its own");
    fleet.finish().await;
}

#[tokio::test]
async fn a_known_id_is_not_sent_twice_and_another_body_under_it_is_a_conflict() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Postgres, &provider.settings()).await;
    let body = json!({"channel": "sms", "destination": "+12025550143", "message": "one"});
    fleet.notify("twice", &body).await;
    fleet.until("twice", State::Sent).await;
    fleet.notify("twice", &body).await;
    let other = json!({"channel": "sms", "destination": "+12025550143", "message": "two"});
    fleet.notify("twice", &other).await;
    let letters = fleet.take_dead_letters(1).await;
    assert_eq!(letters[0].reason, "id_conflict");
    assert_eq!(letters[0].body, other.to_string().into_bytes(), "the body is kept as it was");
    assert_eq!(provider.received().len(), 1);
    fleet.finish().await;
}

#[tokio::test]
async fn what_is_posted_to_the_api_is_delivered() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let body = json!({"channel": "whatsapp", "destination": "+12025550143", "message": "Hola"});
    let answer = fleet.http.post(fleet.url("/notify")).json(&body).send().await.expect("answered");
    assert_eq!(answer.status(), 202);
    let accepted: serde_json::Value = answer.json().await.expect("JSON");
    let id = accepted["id"].as_str().expect("an id").to_owned();
    fleet.until(&id, State::Sent).await;
    assert_eq!(provider.received()[0].to, "whatsapp:+12025550143");
    fleet.finish().await;
}

#[tokio::test]
async fn fields_that_are_not_known_kill_no_message_and_are_told_of() {
    let provider = Provider::start().await;
    for database in [Database::Sqlite, Database::Postgres] {
        let fleet = TestFleet::start(database, &provider.settings()).await;
        let body = json!({
            "channel": "sms", "destination": "+12025550143", "message": "Hola", "sendAt": "2099-01-01T00:00:00Z",
            "order": 7, "fallback": [{"channel": "sms", "destination": "+12025550144", "ttl_seconds": 5}],
        });
        fleet.notify("extra", &body).await;
        fleet.notify("plain", &json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"})).await;
        fleet.until("extra", State::Sent).await;
        fleet.until("plain", State::Sent).await;
        let warnings = e2e::fleet::until("warnings", async || {
            let warnings = fleet.running().store.warnings(&key("extra")).await.expect("read");
            (!warnings.is_empty()).then_some(warnings)
        })
        .await;
        let pointers: Vec<&str> = warnings.iter().map(|warning| warning.pointer.as_str()).collect();
        assert_eq!(pointers, ["/fallback/0/ttl_seconds", "/order", "/sendAt"]);
        assert_eq!(warnings[2].detail, "is not known and was not read: did you mean send_at?");
        assert_eq!(fleet.running().store.warnings(&key("plain")).await, Ok(Vec::new()));
        let by_http = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola", "order": 7});
        let answer = fleet.http.post(fleet.url("/notify")).json(&by_http).send().await.expect("answered");
        assert_eq!(answer.status(), 202);
        let accepted: serde_json::Value = answer.json().await.expect("JSON");
        assert_eq!(accepted["warnings"][0]["pointer"], "/order");
        fleet.until(accepted["id"].as_str().expect("an id"), State::Sent).await;
        fleet.finish().await;
    }
}

#[tokio::test]
async fn an_idempotency_key_makes_one_delivery_of_many_requests() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"});
    let mut ids = Vec::new();
    for _ in 0..5 {
        let request = fleet.http.post(fleet.url("/notify")).header("Idempotency-Key", "checkout-7").json(&body);
        let accepted: serde_json::Value = request.send().await.expect("answered").json().await.expect("JSON");
        ids.push(accepted["id"].as_str().expect("an id").to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    fleet.until(&ids[0], State::Sent).await;
    fleet.notify("after", &body).await;
    fleet.until("after", State::Sent).await;
    assert_eq!(provider.received().len(), 2, "one for the key, one for the message after it");
    fleet.finish().await;
}

#[tokio::test]
async fn an_expired_notification_is_never_sent() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let body = json!({
        "channel": "sms", "destination": "+12025550143", "message": "too late", "expires_at": "2020-01-01T00:00:00Z",
    });
    fleet.notify("late", &body).await;
    fleet.until("late", State::Expired).await;
    assert_eq!(provider.received().len(), 0);
    fleet.finish().await;
}

#[tokio::test]
async fn a_channel_without_credentials_ends_in_the_dead_letter_queue_with_what_to_set() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let body = json!({"channel": "push", "destination": "a-device-token-0123456789", "message": "Hola"});
    fleet.notify("unset", &body).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!(letter.reason, "channel_not_configured");
    assert!(letter.error.contains("FIREBASE_SERVICE_ACCOUNT_KEY"), "{}", letter.error);
    assert_eq!(fleet.until("unset", State::Dead).await.attempts.len(), 1);
    fleet.finish().await;
}

#[tokio::test]
async fn the_sandbox_captures_every_channel() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let recipients = [
        ("email", "ana@example.com"),
        ("sms", "+12025550143"),
        ("whatsapp", "+12025550143"),
        ("push", "a-device-token-0123456789"),
        ("webpush", media::webpush::MEDIUM.example),
        ("telegram", media::telegram::MEDIUM.example),
    ];
    for (channel, destination) in recipients {
        let body = json!({
            "channel": channel, "destination": destination, "template": "otp", "locale": "es-AR",
            "data": templates_sample("otp"),
        });
        fleet.notify(channel, &body).await;
    }
    for (channel, _) in recipients {
        fleet.until(channel, State::Captured).await;
    }
    let captures = fleet.running().store.captures(None, 10).await.expect("read");
    assert_eq!(captures.len(), recipients.len());
    assert!(captures.iter().any(|captured| captured.capture.html.is_some()), "the mail has an HTML part");
    fleet.finish().await;
}

fn templates_sample(name: &str) -> serde_json::Value {
    let templates = templates::Templates::embedded("en").expect("the shipped templates compile");
    let description = templates.describe().into_iter().find(|description| description.template == name);
    serde_json::Value::Object(description.expect("a shipped template").sample)
}

#[tokio::test]
async fn a_missing_template_variable_is_permanent_and_named() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let body = json!({"channel": "sms", "destination": "+12025550143", "template": "otp", "data": {}});
    fleet.notify("no-code", &body).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!(letter.reason, "template");
    assert!(letter.error.contains("code"), "{}", letter.error);
    fleet.finish().await;
}
