//! The next channel is tried although the one before it has sent, unless somebody reports in time; and everything but
//! a report that calls that off or hurries it.

use domain::{Key, State, child_id};
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::key;

use crate::api::{admin, ask};

pub(crate) fn escalating(after_seconds: u64) -> Value {
    json!({
        "channel": "sms", "destination": "+12025550143", "message": "Hola", "fallback": [{
            "channel": "whatsapp", "destination": "+12025550144", "when": "undelivered", "after_seconds": after_seconds,
        }],
    })
}

pub(crate) fn child_of(parent: &str) -> String {
    child_id(&key(parent), 1)
}

pub(crate) async fn is_scheduled(fleet: &TestFleet, child: &str) {
    let key = Key { id: child.to_owned(), ..key("any") };
    e2e::fleet::until("the child is with the scheduler", async || fleet.store().job(&key).await.ok().flatten()).await;
}

async fn nobody_reports(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &provider.settings()).await;
    fleet.subscribe("told", "#").await;
    fleet.notify("parent", &escalating(2)).await;
    let child = child_of("parent");
    let sent = fleet.until("parent", State::Sent).await;
    let due = sent.row.order.escalates_at().expect("a child waits");
    let view = fleet.until(&child, State::Sent).await;
    assert!(view.row.updated_at >= due, "it was sent before its time");
    assert_eq!(view.row.parent.as_deref(), Some("parent"));
    // A copy of the parent orders the child once more, which is known.
    fleet.notify("parent", &escalating(2)).await;
    fleet.notify("after", &json!({"channel": "sms", "destination": "+12025550145", "message": "m"})).await;
    fleet.until("after", State::Sent).await;
    assert_eq!((provider.count("+12025550143"), provider.count("whatsapp:+12025550144")), (1, 1));
    let events = fleet.events_until("told", "after", "sent").await;
    let told = events.iter().find(|event| event.delivery() == "parent").expect("told");
    assert_eq!((told.name(), &told.json["data"]["child"]), ("sent", &json!(child)));
    assert_eq!(told.json["data"]["escalates_at"], json!(due.to_string()));
    fleet.finish().await;
}

#[tokio::test]
async fn when_nobody_reports_the_next_channel_is_tried_once_with_sqlite() {
    nobody_reports(Database::Sqlite).await;
}

#[tokio::test]
async fn when_nobody_reports_the_next_channel_is_tried_once_with_postgres() {
    nobody_reports(Database::Postgres).await;
}

#[tokio::test]
async fn a_child_that_waits_is_called_off_by_a_cancel_of_its_parent() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Postgres, &provider.settings()).await;
    let bearer = admin(&fleet).await;
    fleet.notify("parent", &escalating(600)).await;
    fleet.until("parent", State::Sent).await;
    let child = child_of("parent");
    is_scheduled(&fleet, &child).await;
    let children = async || ask(&fleet, Method::GET, "/deliveries/parent", &bearer).await.1;
    let shown = children().await;
    assert_eq!(shown["children"], json!([{"id": child, "state": "scheduled"}]));
    assert!(shown["escalates_at"].is_string() && shown["due_at"].is_null(), "{shown}");
    let (status, answer) = ask(&fleet, Method::DELETE, "/notify/parent", &bearer).await;
    assert_eq!((status, &answer["fallback"]), (StatusCode::OK, &json!(child)));
    assert_eq!(children().await["children"], json!([{"id": child, "state": "cancelled"}]));
    fleet.until(&child, State::Cancelled).await;
    assert_eq!(provider.count("whatsapp:+12025550144"), 0);
    fleet.finish().await;
}

#[tokio::test]
async fn a_parent_that_fails_hands_on_at_once_and_one_in_doubt_waits_first() {
    let provider = Provider::start().await;
    let settings = [provider.settings(), vec![("AMBIGUITY", "sms=hold")]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    provider.answer_for("+12025550143", Answer::Refuse { status: 400, code: 21_211, retry_after: None });
    fleet.notify("refused", &escalating(600)).await;
    assert_eq!(fleet.until("refused", State::FellBack).await.row.order, domain::Order::Fallback);
    fleet.until(&child_of("refused"), State::Sent).await;
    provider.answer_for("+12025550143", Answer::Vanish);
    fleet.notify("doubt", &escalating(1)).await;
    let doubt = fleet.until("doubt", State::FellBack).await;
    assert!(doubt.row.ambiguous && doubt.row.order.escalates_at().is_some(), "{:?}", doubt.row);
    fleet.until(&child_of("doubt"), State::Sent).await;
    assert_eq!(provider.count("whatsapp:+12025550144"), 2);
    fleet.finish().await;
}

#[cfg(feature = "failpoints")]
mod crashes;
