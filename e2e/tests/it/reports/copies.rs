//! What SendGrid reports of a mail with copies, in another order than it happened, and in batches of which a part cannot be
//! read.

use std::collections::BTreeSet;

use domain::{Keyring, State, SuppressedFor};
use e2e::fleet::until;
use e2e::mail_server::MailServer;
use e2e::{Database, TestFleet};
use serde_json::{Value, json};
use testkit::NOW;

use super::{handed_on, list, said};

async fn reported(fleet: &TestFleet, id: &str, batch: String) {
    handed_on(fleet, id, "sendgrid", batch).await;
}

fn event(kind: &str, id: &str, email: &str) -> Value {
    json!({
        "event": kind, "type": "bounce", "sg_event_id": id, "email": email, "chasqui_tenant": "default",
        "chasqui_id": "mail-1", "chasqui_epoch": "0", "chasqui_attempt": "1",
    })
}

/// A fleet that has sent one mail, to Ana, with a copy to Bob.
async fn sent(mail: &MailServer) -> TestFleet {
    let fleet = TestFleet::start(Database::Sqlite, &mail.settings()).await;
    fleet.subscribe("seen", "#").await;
    let body = json!({
        "channel": "email", "destination": "Ana@example.org", "cc": ["bob@example.org"], "subject": "Hi", "message": "Hi",
    });
    fleet.notify("mail-1", &body).await;
    fleet.until("mail-1", State::Sent).await;
    fleet
}

#[tokio::test]
async fn what_is_reported_of_a_copy_is_about_its_own_recipient_and_moves_nothing() {
    let mail = MailServer::start(&[]).await;
    let fleet = sent(&mail).await;
    let of_bob = json!([event("bounce", "e-1", "bob@example.org"), event("spamreport", "e-2", "bob@example.org")]);
    reported(&fleet, "call-1", of_bob.to_string()).await;
    until("two receipts", async || (said(&fleet, "mail-1").await.len() == 2).then_some(())).await;
    reported(&fleet, "call-2", json!([event("spamreport", "e-3", "ana@example.org")]).to_string()).await;
    fleet.until("mail-1", State::Delivered).await;
    let told = fleet.events_until("seen", "mail-1", "complained").await;
    let names: Vec<&str> = told.iter().map(|event| event.name()).filter(|name| *name != "sent").collect();
    assert_eq!(names, ["delivered", "complained"], "of Ana's alone");
    let hasher = Keyring::new(testkit::SECRET.as_bytes(), None).recipients();
    let bob = hasher.hash("bob@example.org");
    let entries = list(&fleet).await;
    let listed: BTreeSet<_> = entries.iter().map(|one| (one.reason.as_str(), one.recipient == bob)).collect();
    let (bounce, complaint) = (SuppressedFor::HardBounce.as_str(), SuppressedFor::Complaint.as_str());
    assert_eq!(listed, BTreeSet::from([(bounce, true), (complaint, true), (complaint, false)]));
    fleet.finish().await;
}

#[tokio::test]
async fn an_odd_event_of_a_batch_is_a_dead_letter_and_the_others_are_taken() {
    let mail = MailServer::start(&[]).await;
    let fleet = sent(&mail).await;
    let batch = json!([7, event("delivered", "e-1", "ana@example.org"), { "event": "open", "sg_event_id": "e\n2" }]);
    reported(&fleet, "call-1", batch.to_string()).await;
    fleet.until("mail-1", State::Delivered).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    let why = "2 of 3 events cannot be read, of which number 1 is the first: it is no JSON object";
    assert_eq!((letter.reason.as_str(), letter.error.as_str()), ("decode_error", why));
    assert_eq!(letter.body, batch.to_string().into_bytes(), "all of it, for whoever can read it later");
    assert_eq!(said(&fleet, "mail-1").await, ["delivered"]);
    fleet.finish().await;
}

#[tokio::test]
async fn of_unsubscribing_and_subscribing_again_at_sendgrid_the_last_counts_by_its_own_time() {
    let mail = MailServer::start(&[]).await;
    let fleet = sent(&mail).await;
    let at = |kind: &str, id: &str, seconds: i64| {
        let mut event = event(kind, id, "ana@example.org");
        event["timestamp"] = json!(NOW.as_micros() / 1_000_000 - 100 + seconds);
        event
    };
    let kept = async |count: usize| {
        until("receipts", async || (said(&fleet, "mail-1").await.len() == count).then_some(())).await;
    };
    reported(&fleet, "call-1", json!([at("group_resubscribe", "e-1", 20)]).to_string()).await;
    kept(1).await;
    reported(&fleet, "call-2", json!([at("group_unsubscribe", "e-2", 10)]).to_string()).await;
    kept(2).await;
    assert_eq!(list(&fleet).await, [], "she has subscribed again after it");
    let batch = json!([at("group_unsubscribe", "e-3", 40), at("group_resubscribe", "e-4", 30)]);
    reported(&fleet, "call-3", batch.to_string()).await;
    kept(4).await;
    let reasons: Vec<SuppressedFor> = list(&fleet).await.iter().map(|entry| entry.reason).collect();
    assert_eq!(reasons, [SuppressedFor::Unsubscribe]);
    fleet.until("mail-1", State::Delivered).await;
    fleet.finish().await;
}
