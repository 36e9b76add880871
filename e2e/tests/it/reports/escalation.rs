//! What a provider reports of a delivery whose child waits: that it arrived, so that the child is called off, or that it
//! failed, so that the child is sent at once.

use domain::{Key, Order, State};
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::key;

use super::{called, settings, target, until_all_are_taken};
use crate::api::{admin, ask};
use crate::escalation::{child_of, escalating, is_scheduled};

const FIRST: &str = "+12025550143";
const NEXT: &str = "whatsapp:+12025550144";
/// Longer than any test waits.
const LONG_SECONDS: u64 = 600;

fn form(status: &str) -> [(&str, &str); 4] {
    [("MessageSid", "SM1"), ("MessageStatus", status), ("To", FIRST), ("From", "+15005550006")]
}

async fn is_called_off(fleet: &TestFleet, child: &str) {
    fleet.until(child, State::Cancelled).await;
    let key = Key { id: child.to_owned(), ..key("any") };
    assert_eq!(fleet.store().job(&key).await.expect("the ledger answers"), None);
}

async fn arrived(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &settings(&provider)).await;
    fleet.subscribe("seen", "#").await;
    fleet.notify("parent", &escalating(LONG_SECONDS)).await;
    fleet.until("parent", State::Sent).await;
    let (child, target) = (child_of("parent"), target(&provider));
    is_scheduled(&fleet, &child).await;
    called(&fleet, &target, &form("sent")).await;
    called(&fleet, &target, &form("delivered")).await;
    let view = fleet.until("parent", State::Delivered).await;
    assert_eq!(view.row.order, Order::Nothing, "nobody sends the child any more");
    is_called_off(&fleet, &child).await;
    let events = fleet.events_until("seen", "parent", "delivered").await;
    let data = &events.last().expect("an event").json["data"];
    assert_eq!((data.get("child"), data.get("escalates_at")), (None, None), "{data}");
    // Whatever is reported then, and a copy of the parent, sends nothing.
    called(&fleet, &target, &form("undelivered")).await;
    until_all_are_taken(&fleet).await;
    fleet.notify("parent", &escalating(LONG_SECONDS)).await;
    fleet.notify("after", &json!({"channel": "sms", "destination": "+12025550145", "message": "m"})).await;
    fleet.until("after", State::Sent).await;
    assert_eq!((provider.count(FIRST), provider.count(NEXT)), (1, 0));
    fleet.finish().await;
}

async fn failed(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &settings(&provider)).await;
    fleet.subscribe("seen", "#").await;
    fleet.notify("parent", &escalating(LONG_SECONDS)).await;
    fleet.until("parent", State::Sent).await;
    let (child, target) = (child_of("parent"), target(&provider));
    is_scheduled(&fleet, &child).await;
    called(&fleet, &target, &form("undelivered")).await;
    let view = fleet.until("parent", State::Bounced).await;
    let due = view.row.order.escalates_at().expect("its child is still ordered");
    let sent = fleet.until(&child, State::Sent).await;
    assert!(sent.row.updated_at >= due && provider.count(NEXT) == 1, "{:?}", sent.row);
    let events = fleet.events_until("seen", "parent", "bounced").await;
    let data = &events.last().expect("an event").json["data"];
    assert_eq!((&data["child"], &data["escalates_at"]), (&json!(child), &json!(due.to_string())));
    until_all_are_taken(&fleet).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_signed_report_that_it_arrived_calls_the_child_off_with_sqlite() {
    arrived(Database::Sqlite).await;
}

#[tokio::test]
async fn a_signed_report_that_it_arrived_calls_the_child_off_with_postgres() {
    arrived(Database::Postgres).await;
}

#[tokio::test]
async fn a_signed_report_that_it_failed_sends_the_child_at_once_with_sqlite() {
    failed(Database::Sqlite).await;
}

#[tokio::test]
async fn a_signed_report_that_it_failed_sends_the_child_at_once_with_postgres() {
    failed(Database::Postgres).await;
}

async fn failed_without_its_child(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &settings(&provider)).await;
    let bearer = admin(&fleet).await;
    fleet.subscribe("seen", "#").await;
    fleet.notify("parent", &escalating(LONG_SECONDS)).await;
    fleet.until("parent", State::Sent).await;
    let (child, target) = (child_of("parent"), target(&provider));
    is_scheduled(&fleet, &child).await;
    let (status, _) = ask(&fleet, Method::DELETE, &format!("/notify/{child}"), &bearer).await;
    assert_eq!(status, StatusCode::OK);
    called(&fleet, &target, &form("undelivered")).await;
    let view = fleet.until("parent", State::Bounced).await;
    assert_eq!(view.row.order, Order::Nothing);
    let events = fleet.events_until("seen", "parent", "bounced").await;
    let data = &events.last().expect("an event").json["data"];
    assert_eq!((data.get("child"), data.get("escalates_at")), (None, None), "{data}");
    is_called_off(&fleet, &child).await;
    until_all_are_taken(&fleet).await;
    assert_eq!((provider.count(FIRST), provider.count(NEXT)), (1, 0));
    fleet.finish().await;
}

#[tokio::test]
async fn a_report_that_it_failed_names_no_child_that_was_cancelled_with_sqlite() {
    failed_without_its_child(Database::Sqlite).await;
}

#[tokio::test]
async fn a_report_that_it_failed_names_no_child_that_was_cancelled_with_postgres() {
    failed_without_its_child(Database::Postgres).await;
}

#[tokio::test]
async fn a_signed_report_about_what_was_in_doubt_calls_the_child_off() {
    let provider = Provider::start().await;
    let settings = [settings(&provider), vec![("AMBIGUITY", "sms=hold")]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    provider.answer_for(FIRST, Answer::Vanish);
    fleet.notify("doubt", &escalating(LONG_SECONDS)).await;
    fleet.until("doubt", State::FellBack).await;
    let child = child_of("doubt");
    is_scheduled(&fleet, &child).await;
    called(&fleet, &target(&provider), &form("delivered")).await;
    let view = fleet.until("doubt", State::Delivered).await;
    assert!(view.row.ambiguous, "that stays true");
    is_called_off(&fleet, &child).await;
    until_all_are_taken(&fleet).await;
    assert_eq!((provider.count(FIRST), provider.count(NEXT)), (1, 0));
    fleet.finish().await;
}
