//! In the app over a whole fleet: what nobody reads goes out by the next channel, what somebody has read does not, and a topic
//! reaches each of its members once.

use domain::{State, Tenant};
use e2e::provider::Provider;
use e2e::{Database, TestFleet};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::{admin, ask};
use crate::escalation::{child_of, is_scheduled};

const ON: (&str, &str) = ("INBOX", "true");

fn unread(after_seconds: u64) -> Value {
    json!({
        "channel": "inapp", "destination": "user:ana", "subject": "Oferta", "message": "Hola", "fallback": [{
            "channel": "whatsapp", "destination": "+12025550144", "when": "unread", "after_seconds": after_seconds,
        }],
    })
}

async fn what_is_read_in_time_goes_no_further(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &[provider.settings(), vec![ON]].concat()).await;
    fleet.subscribe("told", "default.inapp.*").await;
    let bearer = admin(&fleet).await;
    fleet.notify("read", &unread(600)).await;
    fleet.until("read", State::Delivered).await;
    is_scheduled(&fleet, &child_of("read")).await;
    let (status, answer) = ask(&fleet, Method::POST, "/inbox/read/read?user=ana", &bearer).await;
    assert_eq!((status, &answer["counters"]["unread"]), (StatusCode::OK, &json!(0)), "{answer}");
    fleet.until(&child_of("read"), State::Cancelled).await;
    fleet.notify("unread", &unread(1)).await;
    let delivered = fleet.until("unread", State::Delivered).await;
    let sent = fleet.until(&child_of("unread"), State::Sent).await;
    assert!(sent.row.updated_at >= delivered.row.order.escalates_at().expect("a child waits"), "before its time");
    assert_eq!(provider.count("whatsapp:+12025550144"), 1);
    let (_, page) = ask(&fleet, Method::GET, "/inbox?user=ana", &bearer).await;
    let shown: Vec<&Value> = page["items"].as_array().expect("items").iter().map(|item| &item["id"]).collect();
    assert_eq!((shown, &page["counters"]["unread"]), (vec![&json!("unread"), &json!("read")], &json!(1)));
    let events = fleet.events_until("told", "unread", "delivered").await;
    let told: Vec<(&str, &Value)> =
        events.iter().map(|event| (event.name(), &event.json["data"]["inbox"]["unread"])).collect();
    assert_eq!(told, [("delivered", &json!(1)), ("read", &json!(0)), ("delivered", &json!(1))]);
    fleet.finish().await;
}

#[tokio::test]
async fn what_nobody_reads_goes_out_by_the_next_channel_and_what_is_read_does_not_with_sqlite() {
    what_is_read_in_time_goes_no_further(Database::Sqlite).await;
}

#[tokio::test]
async fn what_nobody_reads_goes_out_by_the_next_channel_and_what_is_read_does_not_with_postgres() {
    what_is_read_in_time_goes_no_further(Database::Postgres).await;
}

/// Makes so many users members of the topic `all`.
async fn members(fleet: &TestFleet, count: usize) {
    let told = testkit::told();
    for n in 0..count {
        fleet.store().put_topic_member(&Tenant::default(), "all", &format!("u-{n:04}"), &told).await.expect("a member");
    }
}

#[tokio::test]
async fn a_topic_is_in_the_inbox_of_each_member() {
    let fleet = TestFleet::start(Database::Postgres, &[ON]).await;
    members(&fleet, 3).await;
    let body = json!({"channel": "inapp", "destination": "topic:all", "message": "Hola"});
    fleet.notify("topic", &body).await;
    fleet.until("topic", State::Sent).await;
    for n in 0..3 {
        let user = format!("u-{n:04}");
        let unread = async || {
            let counters = fleet.store().inbox_counters(&Tenant::default(), &user).await.ok()?;
            (counters.unread == 1).then_some(())
        };
        e2e::fleet::until("the member is told", unread).await;
    }
    fleet.finish().await;
}

#[cfg(feature = "failpoints")]
mod crashes;
