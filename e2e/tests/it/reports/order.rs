//! Of what a person writes the last word counts, whichever of their calls is heard first, for every tenant that writes to
//! them.

use std::time::Duration;

use domain::{Key, State, SuppressedFor, Tenant};
use e2e::fleet::until;
use e2e::{Database, TestFleet};
use serde_json::json;
use store::SuppressionFilter;
use testkit::NOW;
use topology::{Inbound, Publication, properties};

use super::{TO, list, sms};

/// What a person has written so many seconds after the tests began, as the API publishes it.
pub(super) async fn published(fleet: &TestFleet, sid: &str, words: &str, seconds: u64) {
    let body = format!("MessageSid={sid}&SmsStatus=received&From=%2B{}&To=%2B15005550006&Body={words}", &TO[1..]);
    let at = NOW.plus(Duration::from_secs(seconds));
    let inbound = Inbound::call("twilio", "/webhook/sms", at, body);
    let Publication { message_id, body, headers, publisher_properties, .. } =
        Publication::of_inbound(sid.to_owned(), inbound);
    let properties = properties(&message_id, &headers, &publisher_properties);
    fleet.publish_to("notifications.exchange", "notifications.key.inbound", body, properties).await;
}

/// What a person has written, heard.
async fn wrote(fleet: &TestFleet, sid: &str, words: &str, seconds: u64) {
    published(fleet, sid, words, seconds).await;
    // It is told after the list was changed.
    assert_eq!(fleet.event("seen").await.delivery(), format!("{sid}/received"));
}

async fn the_last_word_counts(database: Database) {
    let fleet = TestFleet::start(database, &[("SANDBOX", "all")]).await;
    fleet.subscribe("seen", "#.inbound").await;
    wrote(&fleet, "SM1", "START", 20).await;
    wrote(&fleet, "SM2", "STOP", 10).await;
    assert_eq!(list(&fleet).await, [], "the START came later");
    wrote(&fleet, "SM3", "STOP", 40).await;
    wrote(&fleet, "SM4", "START", 30).await;
    let reasons = async || list(&fleet).await.iter().map(|entry| entry.reason).collect::<Vec<_>>();
    assert_eq!(reasons().await, [SuppressedFor::Stop], "the STOP came later");
    wrote(&fleet, "SM5", "STOP", 60).await;
    wrote(&fleet, "SM6", "START", 50).await;
    assert_eq!(reasons().await, [SuppressedFor::Stop], "the second STOP came later still");
    wrote(&fleet, "SM7", "START", 70).await;
    assert_eq!(reasons().await, []);
    fleet.finish().await;
}

#[tokio::test]
async fn the_last_word_of_a_person_counts_in_whatever_order_it_is_heard_with_sqlite() {
    the_last_word_counts(Database::Sqlite).await;
}

#[tokio::test]
async fn the_last_word_of_a_person_counts_in_whatever_order_it_is_heard_with_postgres() {
    the_last_word_counts(Database::Postgres).await;
}

/// A tenant writes to the person.
async fn sent(fleet: &TestFleet, tenant: &Tenant, channel: &str) {
    let mut body = sms(TO);
    body["tenant"] = json!(tenant.as_str());
    body["channel"] = json!(channel);
    let key = Key { tenant: tenant.clone(), id: format!("{tenant}-1") };
    fleet.notify(&key.id, &body).await;
    let is_captured = async || {
        let found = fleet.store().delivery(&key).await.expect("the ledger answers");
        found.filter(|view| view.row.state == State::Captured)
    };
    until("captured", is_captured).await;
}

#[tokio::test]
async fn stop_stops_every_tenant_that_has_written_by_that_channel_and_no_other() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    fleet.subscribe("seen", "#.inbound").await;
    let tenant = |name| Tenant::parse(name).expect("a tenant");
    for (name, channel) in [("acme", "sms"), ("shop", "sms"), ("chat", "whatsapp")] {
        sent(&fleet, &tenant(name), channel).await;
    }
    wrote(&fleet, "SM1", "STOP", 10).await;
    for (name, expected) in [("acme", 1), ("shop", 1), ("default", 1), ("chat", 0), ("nobody", 0)] {
        let filter =
            SuppressionFilter { tenant: tenant(name), channel: None, recipient: Vec::new(), after: None, limit: 10 };
        let listed = fleet.store().suppressions(&filter).await.expect("the ledger answers").suppressions;
        assert_eq!(listed.len(), expected, "{name}");
    }
    fleet.finish().await;
}
