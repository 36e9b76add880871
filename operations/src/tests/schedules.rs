//! Schedules: what may be one, what is stored of it, whose it is, and what is left when it is deleted.

use domain::{Failure, Key, Outcome, Reason, State, Timestamp, Zones, fire_id};
use serde_json::{Value, json};
use store::{Put, Store};

use crate::Refused;
use crate::deliveries::{self, Shown};
use crate::schedules::{
    Paused, Resumed, Schedule, Why, create, delete, list, next_run, pause, resume, runs_after, show,
};
use crate::tests::fixtures::{
    DEFAULTS, NOW, Still, asking, attempted, attempted_with, foreign, key, ledger, operator, recipients, tenant,
};

fn daily(id: &'static str) -> Schedule {
    let body = json!({
        "cron": "0 9 * * *", "timezone": "Europe/Berlin",
        "notification": {"channel": "sms", "destination": "+12025550143", "message": "Good morning."},
    });
    Schedule::read(&body.to_string(), &asking(Some(id)).rules(), &Zones::bundled()).unwrap()
}

fn once(message: &str) -> Value {
    json!({
        "send_at": "2026-03-02T09:00:00Z",
        "notification": {"channel": "sms", "destination": "+12025550143", "message": message, "id": "once"},
    })
}

/// Of the tenant `acme`.
pub(crate) async fn stored(store: &Store, body: &Value) -> Put {
    let schedule = Schedule::read(&body.to_string(), &asking(None).rules(), &Zones::bundled()).unwrap();
    create(store, &operator("acme"), schedule, &Still(NOW)).await.unwrap()
}

async fn deleted(store: &Store, key: &Key, now: Timestamp) -> bool {
    let actor = operator(key.tenant.as_str());
    delete(store, &actor, &key.id, &DEFAULTS, &recipients(), &Still(now)).await.unwrap()
}

#[test]
fn a_field_that_no_schedule_has_is_told_with_what_is_to_be_done_at_once() {
    let told = |when: Value, name: &str| {
        let mut body = when;
        body["notification"] = json!({"channel": "sms", "destination": "+12025550143", "message": "Good morning."});
        body[name] = json!("2027-01-01T00:00:00Z");
        match Schedule::read(&body.to_string(), &asking(None).rules(), &Zones::bundled()) {
            Err(Refused::Fields(errors)) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            other => panic!("{name}: {other:?}"),
        }
    };
    let (cron, once) = (json!({"cron": "0 9 * * *"}), json!({"send_at": "2026-03-02T09:00:00Z"}));
    for (name, words) in [
        ("id", "must be left out with cron: every run has an id of its own"),
        ("expires_at", "must be left out with cron: give ttl_seconds"),
        ("end_at", "a schedule goes on until it is deleted"),
        ("until", "a schedule goes on until it is deleted"),
    ] {
        let said = told(cron.clone(), name);
        assert!(said.contains(words) && !said.contains("did you mean") && !said.contains("belongs"), "{name}: {said}");
    }
    assert!(told(once.clone(), "id").contains("it belongs into notification"));
    assert!(told(once.clone(), "end_at").contains("give expires_at in notification"));
    assert!(told(once, "sendat").contains("did you mean send_at?"));
}

#[test]
fn a_zone_whose_sign_is_the_other_way_round_is_taken_with_a_warning_that_says_what_it_is() {
    let warnings = |zone: &str| {
        let notification = json!({"channel": "sms", "destination": "+12025550143", "message": "Good morning."});
        let body = json!({"cron": "0 9 * * *", "timezone": zone, "notification": notification});
        Schedule::read(&body.to_string(), &asking(None).rules(), &Zones::bundled()).unwrap().warnings
    };
    let told = warnings("Etc/GMT-3");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].pointer == "/timezone" && told[0].detail.contains("(UTC+3)"), "{told:?}");
    assert!(warnings("America/Argentina/Buenos_Aires").is_empty());
}

#[test]
fn everything_that_no_schedule_may_be_is_told_at_once() {
    let refused = |body: &Value| match Schedule::read(&body.to_string(), &asking(None).rules(), &Zones::bundled()) {
        Err(Refused::Fields(errors)) => errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>(),
        other => panic!("{body}: {other:?}"),
    };
    let recurring = json!({"cron": "61 * * * *", "timezone": "Mars/Base", "notification": {"id": "x"}, "nam": "x"});
    let told = refused(&recurring);
    for pointer in ["/cron", "/timezone", "/notification/id", "/notification/channel", "/nam"] {
        assert!(told.iter().any(|one| one == pointer), "{pointer}: {told:?}");
    }
    let mut past = once("Now.");
    past["send_at"] = json!("2026-03-01T11:58:59Z");
    assert_eq!(refused(&past), ["/send_at"]);
    past["send_at"] = json!("2062-03-01T12:00:00Z");
    assert_eq!(refused(&past), ["/send_at"], "a slip in the year");
    past["send_at"] = json!("2026-03-01T11:59:00Z");
    assert!(Schedule::read(&past.to_string(), &asking(None).rules(), &Zones::bundled()).is_ok(), "clocks differ");
    let text = Schedule::read("[]", &asking(None).rules(), &Zones::bundled());
    assert!(matches!(text, Err(Refused::Text(_))));
}

#[test]
fn what_has_no_effect_on_a_schedule_is_told() {
    let warned = |fields: Value, of_the_notification: Value| {
        let mut body = once("Now.");
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body["notification"].as_object_mut().unwrap().extend(of_the_notification.as_object().unwrap().clone());
        let schedule = Schedule::read(&body.to_string(), &asking(None).rules(), &Zones::bundled()).unwrap();
        schedule.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let none = || json!({});
    assert_eq!(warned(none(), none()), [""; 0]);
    assert_eq!(
        warned(json!({"name": "greeting"}), none()),
        ["/name has no effect with send_at: only what repeats has a name"]
    );
    for at in ["2026-03-02T09:00:00Z", "2026-03-02T08:59:59Z"] {
        let told = "/notification/expires_at is not after send_at: it will not be sent";
        assert_eq!(warned(none(), json!({"expires_at": at})), [told]);
    }
    assert_eq!(warned(none(), json!({"expires_at": "2026-03-02T09:00:01Z"})), [""; 0]);
    let passed = warned(none(), json!({"expires_at": "2026-03-01T11:59:59Z"}));
    assert_eq!(passed, ["/notification/expires_at has passed: it will not be sent"], "once");
}

#[tokio::test]
async fn a_schedule_is_stored_once_for_each_id() {
    let ledger = ledger().await;
    let store = &ledger.store;
    assert_eq!(stored(store, &once("Now.")).await, Put::Stored);
    assert_eq!(stored(store, &once("Now.")).await, Put::Known);
    assert_eq!(stored(store, &once("Later.")).await, Put::Conflict);
    assert!(deleted(store, &key("once"), NOW).await);
    assert_eq!(stored(store, &once("Now.")).await, Put::Cancelled, "cancelled stays cancelled");
}

#[tokio::test]
async fn a_schedule_that_fires_once_is_not_stored_beside_its_delivery_or_anothers_of_its_id() {
    let body = Schedule::read(&once("Now.").to_string(), &asking(None).rules(), &Zones::bundled()).unwrap().job.body;
    let failure = Failure::new("twilio", None, "no such number");
    let dead = Outcome::Permanent { reason: Reason::Permanent, failure };
    for outcome in [Outcome::Captured, Outcome::PutAside, dead] {
        let ledger = ledger().await;
        let store = &ledger.store;
        attempted_with(store, &key("once"), &body, false, &outcome).await;
        assert_eq!(stored(store, &once("Later.")).await, Put::Conflict, "{outcome:?}");
        assert_eq!(stored(store, &once("Now.")).await, Put::Known, "{outcome:?}");
        assert_eq!(show(store, &key("once")).await.unwrap(), None, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_recurring_schedule_may_have_the_id_of_a_delivery_for_its_runs_have_their_own() {
    let ledger = ledger().await;
    let schedule = daily("morning");
    attempted(&ledger.store, &schedule.job.key, false, &Outcome::Captured).await;
    assert_eq!(create(&ledger.store, &operator("acme"), schedule, &Still(NOW)).await.unwrap(), Put::Stored);
}

#[tokio::test]
async fn a_tenant_sees_and_deletes_only_its_own() {
    let ledger = ledger().await;
    let store = &ledger.store;
    stored(store, &once("Now.")).await;
    assert_eq!(show(store, &foreign("once")).await.unwrap(), None);
    assert!(!deleted(store, &foreign("once"), NOW).await);
    assert!(list(store, tenant("other"), None, 10).await.unwrap().jobs.is_empty());
    assert_eq!(show(store, &key("once")).await.unwrap().unwrap().key, key("once"));
    assert!(deleted(store, &key("once"), NOW).await);
    assert!(!deleted(store, &key("once"), NOW).await, "there is none any more");
}

#[tokio::test]
async fn a_page_goes_on_after_the_id_of_the_page_before() {
    let ledger = ledger().await;
    let store = &ledger.store;
    for id in ["a", "b", "c"] {
        create(store, &operator("acme"), daily(id), &Still(NOW)).await.unwrap();
    }
    let (mut ids, mut after) = (Vec::new(), None);
    for more in [true, true, false] {
        let page = list(store, tenant("acme"), after, 1).await.unwrap();
        assert_eq!((page.jobs.len(), page.more), (1, more));
        ids.push(page.jobs[0].key.id.clone());
        after = ids.last().cloned();
    }
    assert!(ids.is_sorted(), "{ids:?}");
}

#[test]
fn the_runs_after_the_next_are_those_of_its_rule_in_its_zone() {
    let Schedule { job, .. } = daily("morning");
    assert_eq!(job.due_at.to_string(), "2026-03-02T08:00:00Z");
    let runs: Vec<String> = runs_after(&job, &Zones::bundled()).take(2).map(|at| at.to_string()).collect();
    assert_eq!(runs, ["2026-03-03T08:00:00Z", "2026-03-04T08:00:00Z"]);
    let body = once("Now.").to_string();
    let once = Schedule::read(&body, &asking(None).rules(), &Zones::bundled()).unwrap();
    assert_eq!(runs_after(&once.job, &Zones::bundled()).count(), 0);
}

#[tokio::test]
async fn a_run_that_is_due_when_its_schedule_is_deleted_is_not_sent() {
    let ledger = ledger().await;
    let store = &ledger.store;
    for (id, early, stopped) in [("due", 0, true), ("ahead", 1, false)] {
        let schedule = daily(id);
        let (key, due) = (schedule.job.key.clone(), schedule.job.due_at);
        create(store, &operator("acme"), schedule, &Still(NOW)).await.unwrap();
        assert!(deleted(store, &key, Timestamp::from_micros(due.as_micros() - early)).await);
        let run = Key { id: fire_id(&key, due), ..key };
        let tombstone = match deliveries::show(store, &run).await.unwrap() {
            Some(Shown::Taken(taken)) => Some(taken.view.row.state),
            _ => None,
        };
        assert_eq!(tombstone, stopped.then_some(State::Cancelled), "{id}");
    }
}

async fn paused(store: &Store, id: &str, why: &str, now: Timestamp) -> Paused {
    let why = Why::read(&json!({"why": why}).to_string()).unwrap();
    pause(store, &operator("acme"), id, why, (&DEFAULTS, &recipients()), &Still(now)).await.unwrap()
}

async fn resumed(store: &Store, id: &str, now: Timestamp) -> Resumed {
    resume(store, &operator("acme"), id, &Zones::bundled(), &Still(now)).await.unwrap()
}

#[tokio::test]
async fn what_a_paused_schedule_misses_is_not_sent_when_it_is_resumed() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let schedule = daily("morning");
    let (key, due) = (schedule.job.key.clone(), schedule.job.due_at);
    create(store, &operator("acme"), schedule, &Still(NOW)).await.unwrap();
    let Paused::Paused(job) = paused(store, &key.id, "wrong words", NOW).await else { panic!("it is paused") };
    assert_eq!((next_run(&job), runs_after(&job, &Zones::bundled()).count()), (None, 0));
    let told = job.paused.map(|pause| (pause.since, pause.by, pause.why));
    assert_eq!(told, Some((NOW, "ada".to_owned(), "wrong words".to_owned())));
    let two_days_later = due.plus(std::time::Duration::from_secs(2 * 86_400));
    let Resumed::Resumed(job) = resumed(store, &key.id, two_days_later).await else { panic!("it runs") };
    assert_eq!(next_run(&job).map(|at| at.to_string()).as_deref(), Some("2026-03-05T08:00:00Z"));
    let Resumed::Runs(_) = resumed(store, &key.id, two_days_later).await else { panic!("it runs already") };
    let run = Key { id: fire_id(&key, due), ..key };
    assert!(deliveries::show(store, &run).await.unwrap().is_none(), "nothing was due when it was paused");
}

#[tokio::test]
async fn a_run_that_is_due_when_its_schedule_is_paused_is_not_sent() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let schedule = daily("morning");
    let (key, due) = (schedule.job.key.clone(), schedule.job.due_at);
    create(store, &operator("acme"), schedule, &Still(NOW)).await.unwrap();
    paused(store, &key.id, "wrong words", due).await;
    let run = Key { id: fire_id(&key, due), ..key };
    let Some(Shown::Taken(taken)) = deliveries::show(store, &run).await.unwrap() else { panic!("a tombstone") };
    assert_eq!(taken.view.row.state, State::Cancelled);
}

#[tokio::test]
async fn only_a_schedule_of_the_own_tenant_that_repeats_is_paused_and_with_a_reason() {
    let ledger = ledger().await;
    let store = &ledger.store;
    stored(store, &once("Now.")).await;
    assert_eq!(paused(store, "once", "x", NOW).await, Paused::FiresOnce);
    assert_eq!(paused(store, "none", "x", NOW).await, Paused::Unknown);
    assert_eq!(resumed(store, "none", NOW).await, Resumed::Unknown);
    let (why, viewer) = (json!({"why": "x"}).to_string(), domain::Actor { scopes: vec![], ..operator("acme") });
    let why = Why::read(&why).unwrap();
    let refused = pause(store, &viewer, "once", why, (&DEFAULTS, &recipients()), &Still(NOW)).await;
    assert!(matches!(refused, Err(crate::NotDone::Denied(_))), "{refused:?}");
    let wrong = Why::read(&json!({"reason": "x", "why": "a\nb"}).to_string()).unwrap_err().errors();
    let told: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|one| one.contains("did you mean why?")), "{told:?}");
    assert!(told.iter().any(|one| one.starts_with("/why must be one line")), "{told:?}");
}
