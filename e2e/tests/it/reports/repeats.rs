//! A provider that gets no answer calls again: what follows is told again as it was told at first.

use std::collections::BTreeSet;

use domain::State;
use e2e::fleet::until;
use e2e::provider::Provider;
use e2e::receiver::Receiver;
use e2e::{Database, TestFleet};

use super::order::published;
use super::{TO, called, settings, sms, target, until_all_are_taken};
use crate::callbacks::{endpoint, until_bound};

async fn a_repeat_is_told_as_before(database: Database) {
    let (provider, receiver) = (Provider::start().await, Receiver::start().await);
    let webhooks = vec![("WEBHOOKS", "true"), ("OUTBOUND_ALLOW", "127.0.0.1")];
    let fleet = TestFleet::start(database, &[settings(&provider), webhooks].concat()).await;
    endpoint(&fleet, "all", &receiver, &[]).await;
    until_bound(&fleet, true).await;
    fleet.subscribe("seen", "#.read").await;
    fleet.notify("order-1", &sms(TO)).await;
    fleet.until("order-1", State::Sent).await;
    // Twilio says no time, so that the event has the one at which the call came.
    let read = [("MessageSid", "SM1"), ("MessageStatus", "read")];
    called(&fleet, &target(&provider), &read).await;
    let first = fleet.event("seen").await;
    for _ in 0..2 {
        called(&fleet, &target(&provider), &read).await;
        assert_eq!(fleet.event("seen").await.text, first.text);
    }
    until_all_are_taken(&fleet).await;
    for queue in ["notifications.queue.callbacks", "notifications.queue.bulk"] {
        until("nothing left", async || (fleet.depth(queue).await == 0).then_some(())).await;
    }
    let told = || receiver.posted().iter().filter(|posted| posted.json()["type"] == "chasqui.sms.read").count();
    until("the endpoint is told", async || (told() > 0).then_some(())).await;
    assert_eq!(told(), 1, "one delivery, however often its event came");
    assert_eq!(fleet.depth("notifications.queue.dlq").await, 0, "no repeat is a conflict");
    fleet.finish().await;
}

#[tokio::test]
async fn a_reaction_that_is_reported_again_is_told_as_it_was_before_with_sqlite() {
    a_repeat_is_told_as_before(Database::Sqlite).await;
}

#[tokio::test]
async fn a_reaction_that_is_reported_again_is_told_as_it_was_before_with_postgres() {
    a_repeat_is_told_as_before(Database::Postgres).await;
}

/// Both are in hand at once, so that neither may be known as a repeat.
#[tokio::test]
async fn words_that_come_twice_at_once_are_told_in_the_same_bytes() {
    let fleet = TestFleet::start(Database::Postgres, &[("SANDBOX", "all")]).await;
    fleet.subscribe("seen", "#.inbound").await;
    let sids: Vec<String> = (0..10).map(|n| format!("SM{n}")).collect();
    for sid in &sids {
        tokio::join!(published(&fleet, sid, "thanks", 1), published(&fleet, sid, "thanks", 2));
    }
    let mut told = BTreeSet::new();
    for _ in &sids {
        told.insert(fleet.event("seen").await.text);
    }
    until_all_are_taken(&fleet).await;
    while let Some(event) = fleet.try_event("seen").await {
        told.insert(event.text);
    }
    assert_eq!(told.len(), sids.len(), "each in one way: {told:?}");
    fleet.finish().await;
}
