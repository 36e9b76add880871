//! Showing, listing and cancelling: a tenant's own and no other's, along the chain of fallbacks.

use std::time::Duration;

use domain::{Failure, Outcome, Reason, State, child_id};
use serde_json::json;
use store::Store;

use crate::deliveries::{Fallback, NotKnown, Shown, Taken, Wanted, list, show};
use crate::tests::fixtures::{DEFAULTS, NOW, attempted, foreign, key, ledger, operator, recipients, tenant};
use crate::tests::schedules::stored;
use crate::{Cancellation, NotListed, cancel, explain};

async fn taken(store: &Store, id: &str) -> Taken {
    match show(store, &key(id)).await.unwrap() {
        Some(Shown::Taken(taken)) => *taken,
        other => panic!("{id}: {other:?}"),
    }
}

async fn cancelled(store: &Store, id: &str) -> Cancellation {
    cancel(store, &operator("acme"), id.into(), &DEFAULTS, &recipients(), NOW).await.unwrap()
}

async fn listed(store: &Store, whose: &str, wanted: Wanted) -> Vec<String> {
    let page = list(store, Some(tenant(whose)), wanted, &recipients()).await.unwrap();
    page.deliveries.into_iter().map(|view| view.row.key.id).collect()
}

#[tokio::test]
async fn a_tenant_sees_and_cancels_only_its_own() {
    let ledger = ledger().await;
    let store = &ledger.store;
    assert_eq!(cancelled(store, "later").await, Cancellation::Awaited { id: "later".into() });
    assert_eq!(taken(store, "later").await.view.row.state, State::Cancelled);
    assert_eq!(listed(store, "acme", Wanted::default()).await, ["later"]);
    assert_eq!(show(store, &foreign("later")).await.unwrap(), None);
    assert!(listed(store, "other", Wanted::default()).await.is_empty());

    attempted(store, &key("waiting"), false, &Outcome::PutAside).await;
    let others = cancel(store, &operator("other"), "waiting".into(), &DEFAULTS, &recipients(), NOW).await.unwrap();
    assert_eq!(others, Cancellation::Awaited { id: "waiting".into() }, "it has none of this id");
    assert_eq!(taken(store, "waiting").await.view.row.state, State::Waiting);
    let stopped = Cancellation::Stopped { id: "waiting".into(), maybe_sent: false };
    assert_eq!(cancelled(store, "waiting").await, stopped);
    assert_eq!(cancelled(store, "waiting").await, stopped, "again");
}

#[tokio::test]
async fn what_has_ended_cannot_be_cancelled_any_more() {
    let ledger = ledger().await;
    attempted(&ledger.store, &key("done"), false, &Outcome::Captured).await;
    let too_late = Cancellation::TooLate { id: "done".into(), state: State::Captured, maybe_sent: false };
    assert_eq!(cancelled(&ledger.store, "done").await, too_late);
}

#[tokio::test]
async fn the_chain_of_fallbacks_is_shown_and_cancelled_at_its_end() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let failure = Failure::new("smtp", None, "no such mailbox");
    let refused = Outcome::Permanent { reason: Reason::Permanent, failure };
    attempted(store, &key("parent"), true, &refused).await;
    let child = child_id(&key("parent"), 1);
    let on_its_way = Fallback { id: child.clone(), state: None, is_scheduled: false };
    assert_eq!(taken(store, "parent").await.fallbacks, [on_its_way]);
    assert_eq!(cancelled(store, "parent").await, Cancellation::Awaited { id: child.clone() });
    let stopped = Fallback { id: child, state: Some(State::Cancelled), is_scheduled: false };
    assert_eq!(taken(store, "parent").await.fallbacks, [stopped]);
}

#[tokio::test]
async fn a_job_is_its_delivery_and_leaves_its_recipient_when_it_is_cancelled() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let once = json!({
        "send_at": "2026-03-02T09:00:00Z",
        "notification": {"channel": "sms", "destination": "+12025550143", "message": "Now.", "id": "reminder"},
    });
    stored(store, &once).await;
    match show(store, &key("reminder")).await.unwrap() {
        Some(Shown::Scheduled { job, .. }) => assert_eq!(job.due_at.to_string(), "2026-03-02T09:00:00Z"),
        other => panic!("{other:?}"),
    }
    assert_eq!(show(store, &foreign("reminder")).await.unwrap(), None);
    let stopped = Cancellation::Stopped { id: "reminder".into(), maybe_sent: false };
    assert_eq!(cancelled(store, "reminder").await, stopped);
    let shown = taken(store, "reminder").await.view;
    assert_eq!((shown.row.channel.as_str(), shown.row.recipient_mask), ("sms", domain::mask("+12025550143")));
    for (recipient, found) in [("+12025550143", vec!["reminder"]), ("+12025550144", vec![])] {
        let wanted = Wanted { recipient: Some(recipient.into()), ..Wanted::default() };
        assert_eq!(listed(store, "acme", wanted).await, found);
    }
}

#[tokio::test]
async fn a_recipient_is_found_by_the_usual_forms_of_what_was_published() {
    let ledger = ledger().await;
    for (id, channel, published) in [
        ("bare", "whatsapp", "+12025550143"),
        ("prefixed", "whatsapp", "whatsapp:+12025550143"),
        ("mail", "email", "Ana@example.com"),
        ("loud", "email", "Bo@EXAMPLE.COM"),
        ("claimed", "email", "cy@example.com"),
    ] {
        let target = |_: Option<&[u8]>| {
            let channel = domain::ChannelName::parse(channel).ok()?;
            let recipient_hash = recipients().hash(published);
            Some(store::Target { channel, recipient_hash, recipient_mask: domain::mask(published) })
        };
        ledger.store.cancel(&key(id), NOW, &target, None).await.unwrap();
    }
    for (asked, expected) in [
        ("+12025550143", vec!["bare", "prefixed"]),
        ("whatsapp:+12025550143", vec!["bare", "prefixed"]),
        ("Ana@Example.COM", vec!["mail"]),
        ("ana@example.com", vec![]),
        ("Bo@EXAMPLE.COM", vec!["loud"]),
        ("Bo@example.com", vec![]),
        ("Cy@Example.com", vec!["claimed"]),
    ] {
        let wanted = Wanted { recipient: Some(asked.into()), ..Wanted::default() };
        let mut found = listed(&ledger.store, "acme", wanted).await;
        found.sort_unstable();
        assert_eq!(found, expected, "{asked}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused_also_of_another_tenant() {
    let ledger = ledger().await;
    for id in ["a", "b", "c"] {
        attempted(&ledger.store, &key(id), false, &Outcome::Captured).await;
    }
    let one = Wanted { limit: 1, state: Some(State::Captured), ..Wanted::default() };
    let acme = Some(tenant("acme"));
    let page = list(&ledger.store, acme.clone(), one.clone(), &recipients()).await.unwrap();
    let after = page.next.clone();
    let wanted = Wanted { after: after.clone(), limit: 2, ..one };
    let next = list(&ledger.store, acme.clone(), wanted.clone(), &recipients()).await.unwrap();
    assert_eq!((next.deliveries.len(), next.next), (2, None), "another limit is no other list");
    for (tenant, wanted) in [
        (acme.clone(), Wanted { state: None, ..wanted.clone() }),
        (acme, Wanted { code: Some("503".into()), ..wanted.clone() }),
        (Some(tenant("other")), wanted.clone()),
        (None, wanted),
    ] {
        let refused = list(&ledger.store, tenant, wanted, &recipients()).await;
        assert_eq!(refused, Err(NotListed::OtherFilter));
    }
}

#[tokio::test]
async fn a_delivery_is_explained_wherever_it_stands() {
    const DELAYS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];
    let ledger = ledger().await;
    let store = &ledger.store;
    let failure = Failure::new("smtp", Some("550".into()), "no such mailbox");
    let refused = Outcome::Permanent { reason: Reason::Permanent, failure };
    attempted(store, &key("parent"), true, &refused).await;
    let told = explain(store, &key("parent"), DELAYS).await.unwrap().expect("known");
    let all = told.sentences.iter().map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join("\n");
    assert!(told.summary.to_string().starts_with("It was handed on to its fallback"), "{told:?}");
    for words in ["the lane normal", "Attempt 1 by smtp was refused for good, code 550", "`fell_back`", "is on its way"]
    {
        assert!(all.contains(words), "{words}: {all}");
    }
    let once = json!({
        "send_at": "2026-03-02T09:00:00Z",
        "notification": {"channel": "sms", "destination": "+12025550143", "message": "Now.", "id": "reminder"},
    });
    stored(store, &once).await;
    let told = explain(store, &key("reminder"), DELAYS).await.unwrap().expect("known");
    assert_eq!(told.summary.to_string(), "It waits with the scheduler until 2026-03-02T09:00:00Z.");
    assert_eq!(explain(store, &foreign("reminder"), DELAYS).await.unwrap(), None);
}

#[test]
fn what_is_not_known_may_be_on_its_way_or_a_slip_or_forgotten() {
    let for_ever = NotKnown::of(None, NOW);
    assert_eq!(for_ever.remembered_since(), None);
    let told = for_ever.to_string();
    for words in ["still in its queue", "dead-letter queue", "check how it is written", "remembered for ever"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let a_month = NotKnown::of(Some(Duration::from_secs(30 * 86_400)), NOW);
    assert_eq!(a_month.remembered_since().map(|since| since.to_string()).as_deref(), Some("2026-01-30T12:00:00Z"));
    let told = a_month.to_string();
    assert!(told.contains("30 days (RETENTION_DAYS)") && told.contains("before 2026-01-30T12:00:00Z"), "{told}");
}
