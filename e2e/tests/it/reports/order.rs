//! Of what a person writes the last word counts, whichever of their calls is heard first.

use std::time::Duration;

use domain::SuppressedFor;
use e2e::{Database, TestFleet};
use testkit::NOW;
use topology::{Inbound, Publication, properties};

use super::{TO, list};

/// What a person has written so many seconds after the tests began, as the API publishes it.
async fn wrote(fleet: &TestFleet, sid: &str, words: &str, seconds: u64) {
    let body = format!("MessageSid={sid}&SmsStatus=received&From=%2B{}&To=%2B15005550006&Body={words}", &TO[1..]);
    let at = NOW.plus(Duration::from_secs(seconds));
    let inbound =
        Inbound { provider: "twilio".into(), target: "/webhook/sms".into(), at, body: body.into_bytes().into() };
    let Publication { message_id, body, headers, publisher_properties, .. } =
        Publication::of_inbound(sid.to_owned(), inbound);
    let properties = properties(&message_id, &headers, &publisher_properties);
    fleet.publish_to("notifications.exchange", "notifications.key.inbound", body, properties).await;
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
