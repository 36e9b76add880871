//! Who may do what, and what the journal has of it.

use domain::{Actor, Denied, Outcome, Scope};
use serde_json::{Value, json};
use store::{JournalFilter, Store};
use uuid::Uuid;

use crate::dead_letters::{self, Change};
use crate::tests::fixtures::{DEFAULTS, NOW, Still, asking, attempted, key, ledger, operator, recipients};
use crate::{Calls, NotDone, cancel, endpoints, journal, pauses, schedules, suppressions};

/// What the journal has, the oldest first: kind, subject and what there is to tell.
async fn told(store: &Store) -> Vec<(String, String, Value)> {
    let page = journal::list(store, JournalFilter::default()).await.unwrap();
    let entry = |entry: store::JournalEntry| {
        let row = entry.row;
        assert!((row.actor == "ada" || row.actor == "eve") && row.tenant == "acme", "{row:?}");
        (row.kind, row.subject, serde_json::from_str(&row.data).unwrap())
    };
    let mut told: Vec<_> = page.entries.into_iter().map(entry).collect();
    told.reverse();
    told
}

fn suppression() -> suppressions::Entry {
    let body = json!({"channel": "sms", "destination": "+12025550143", "reason": "complaint", "note": "called us"});
    suppressions::Entry::read(&body.to_string(), NOW).unwrap()
}

fn pause() -> pauses::Asked {
    let body = json!({"kind": "channel", "name": "sms", "tenant": "acme", "why": "wrong text"});
    pauses::Asked::read(&body.to_string(), None, &[], NOW).unwrap()
}

fn schedule() -> schedules::Schedule {
    let body = json!({
        "cron": "0 9 * * *", "timezone": "Europe/Berlin", "name": "morning",
        "notification": {"channel": "sms", "destination": "+12025550143", "message": "Good morning."},
    });
    let zones = domain::Zones::bundled();
    schedules::Schedule::read(&body.to_string(), &asking(Some("daily")).rules(), &zones).unwrap()
}

fn endpoint() -> endpoints::Asked {
    let body = r#"{"url": "https://hooks.example.org/secret", "types": ["dead"]}"#;
    endpoints::read(body, &Calls::default()).unwrap()
}

#[tokio::test]
async fn each_action_is_in_the_journal_with_its_reason_and_without_a_recipient() {
    let ledger = ledger().await;
    let (store, clock, ada) = (&ledger.store, Still(NOW), operator("acme"));
    let listed = suppressions::suppress(store, &ada, suppression(), &recipients(), &clock).await.unwrap();
    let entry = suppressions::Lifted::Entry(listed.id.clone());
    suppressions::lift(store, &ada, entry, "asked us", &recipients(), &clock).await.unwrap();
    let pauses::Outcome::Paused(paused) = pauses::pause(store, &ada, pause(), &clock).await.unwrap() else {
        panic!("its own tenant")
    };
    assert!(pauses::resume(store, &ada, &paused.id, &clock).await.unwrap().is_some());
    let made = schedule();
    let id = made.job.key.id.clone();
    schedules::create(store, &ada, made, &clock).await.unwrap();
    assert!(schedules::delete(store, &ada, &id, &DEFAULTS, &recipients(), &clock).await.unwrap());
    let made = endpoints::create(store, &ada, endpoint(), None, NOW).await.unwrap();
    let endpoints::Created::New(made) = made else { panic!("new") };
    endpoints::rotate(store, &ada, &made.key.id, None, true, NOW).await.unwrap();
    assert!(endpoints::delete(store, &ada, &made.key.id, NOW).await.unwrap());
    attempted(store, &key("waiting"), false, &Outcome::PutAside).await;
    cancel(store, &ada, "waiting".into(), &DEFAULTS, &recipients(), NOW).await.unwrap();
    for _ in 0..2 {
        dead_letters::ask(store, &ada, NOW).await.unwrap();
    }

    let told = told(store).await;
    let done: Vec<(&str, &str)> = told.iter().map(|(kind, subject, _)| (kind.as_str(), subject.as_str())).collect();
    let endpoint = made.key.id.as_str();
    let expected = [
        ("suppression.added", listed.id.as_str()),
        ("suppression.lifted", listed.id.as_str()),
        ("pause.begun", paused.id.as_str()),
        ("pause.resumed", paused.id.as_str()),
        ("schedule.created", id.as_str()),
        ("schedule.deleted", id.as_str()),
        ("endpoint.created", endpoint),
        ("endpoint.rotated", endpoint),
        ("endpoint.deleted", endpoint),
        ("delivery.cancelled", "waiting"),
        ("dead_letters.read", "queue"),
    ];
    assert_eq!(done, expected);
    assert_eq!((&told[0].2["note"], &told[0].2["for"]), (&json!("called us"), &json!("complaint")));
    assert_eq!((&told[1].2["why"], &told[2].2["why"]), (&json!("asked us"), &json!("wrong text")));
    assert_eq!(told[3].2, json!({"kind": "channel", "name": "sms"}));
    let all = format!("{told:?}");
    assert!(!all.contains("2025550143") && !all.contains("hooks.example.org"), "{all}");
}

#[tokio::test]
async fn what_changes_nothing_is_not_in_the_journal() {
    let ledger = ledger().await;
    let (store, clock, ada) = (&ledger.store, Still(NOW), operator("acme"));
    let nobody = suppressions::Lifted::Entry("none".into());
    assert_eq!(suppressions::lift(store, &ada, nobody, "why", &recipients(), &clock).await.unwrap(), []);
    assert_eq!(pauses::resume(store, &ada, "none", &clock).await.unwrap(), None);
    assert!(!schedules::delete(store, &ada, "none", &DEFAULTS, &recipients(), &clock).await.unwrap());
    assert!(!endpoints::delete(store, &ada, "none", NOW).await.unwrap());
    assert!(!dead_letters::acknowledge(store, &ada, "1-a", None, &clock).await.unwrap());
    assert!(!dead_letters::change(store, &ada, "none", Change::Cancel, NOW).await.unwrap());
    attempted(store, &key("done"), false, &Outcome::Captured).await;
    cancel(store, &ada, "done".into(), &DEFAULTS, &recipients(), NOW).await.unwrap();
    assert!(told(store).await.is_empty());
}

#[tokio::test]
async fn whoever_may_not_is_refused_by_every_operation_and_that_is_noted_once() {
    let ledger = ledger().await;
    let (store, clock) = (&ledger.store, Still(NOW));
    let eve = Actor { name: "eve".into(), scopes: vec![Scope::Read], ..operator("acme") };
    let denied = NotDone::Denied(Denied { needed: Scope::Operate });
    for _ in 0..2 {
        let refused = [
            suppressions::suppress(store, &eve, suppression(), &recipients(), &clock).await.map(drop),
            suppressions::lift(store, &eve, suppressions::Lifted::Entry("s".into()), "why", &recipients(), &clock)
                .await
                .map(drop),
            pauses::pause(store, &eve, pause(), &clock).await.map(drop),
            pauses::resume(store, &eve, "p", &clock).await.map(drop),
            schedules::create(store, &eve, schedule(), &clock).await.map(drop),
            schedules::delete(store, &eve, "s", &DEFAULTS, &recipients(), &clock).await.map(drop),
            endpoints::create(store, &eve, endpoint(), None, NOW).await.map(drop),
            endpoints::rotate(store, &eve, "e", None, false, NOW).await.map(drop),
            endpoints::delete(store, &eve, "e", NOW).await.map(drop),
            cancel(store, &eve, "d".into(), &DEFAULTS, &recipients(), NOW).await.map(drop),
            dead_letters::acknowledge(store, &eve, "1-a", None, &clock).await.map(drop),
            dead_letters::start(store, &eve, &Uuid::nil().to_string(), 1, NOW).await.map(drop),
            dead_letters::change(store, &eve, "j", Change::Resume, NOW).await.map(drop),
            dead_letters::ask(store, &eve, NOW).await,
        ];
        assert_eq!(refused, [(); 14].map(|()| Err(denied.clone())));
    }
    let told = told(store).await;
    assert!(told.iter().all(|(kind, ..)| kind == "denied"), "{told:?}");
    assert_eq!(told.len(), 14, "each once: {told:?}");
    assert!(told.iter().any(|(_, asked, data)| asked == "pause" && data["needed"] == "operate"), "{told:?}");
}
