//! What is paused: one row for each thing, until it is resumed or ends by itself.

use domain::{Pause, PauseKind, Tenant};
use testkit::told;

use crate::tests::database::{Database, HOUR, arrival, at, candidate};
use crate::tests::on_both;
use crate::{MAX_PAUSES, NewUser, PauseMade, Store};

on_both!(
    what_is_paused_is_known_to_every_process_until_it_is_resumed,
    what_is_paused_again_stays_paused_since_then,
    a_tenant_resumes_only_its_own_pauses,
    a_tenant_neither_resumes_nor_renews_what_the_platform_has_paused,
    what_has_ended_by_itself_is_forgotten_with_the_next_pause,
    there_are_not_more_pauses_than_every_worker_can_keep,
    a_kind_of_a_newer_version_hides_no_other_pause,
    a_tenant_is_known_by_its_users_and_its_deliveries,
);

fn acme() -> Tenant {
    Tenant::parse("acme").unwrap()
}

fn pause(kind: PauseKind, name: &str, tenant: Option<Tenant>) -> Pause {
    Pause {
        id: Pause::id_of(kind, name, tenant.as_ref()),
        kind,
        name: name.into(),
        tenant,
        why: "wrong text".into(),
        by: "ada".into(),
        by_platform: false,
        since: at(0),
        until: None,
    }
}

fn sms() -> Pause {
    pause(PauseKind::Channel, "sms", None)
}

async fn paused(store: &Store, pause: &Pause, now: i64) -> Option<Pause> {
    match store.pause(pause, at(now), &testkit::told()).await.unwrap() {
        PauseMade::Made(pause) => Some(pause),
        PauseMade::TooMany | PauseMade::OfPlatform => None,
    }
}

async fn what_is_paused_is_known_to_every_process_until_it_is_resumed(db: &Database) {
    let (one, another) = (db.store().await, db.open().await);
    assert_eq!(one.pauses().await.unwrap(), []);
    let template = Pause { until: Some(at(60)), since: at(1), ..pause(PauseKind::Template, "welcome", Some(acme())) };
    for pause in [&sms(), &template] {
        assert_eq!(paused(&one, pause, 1).await.as_ref(), Some(pause));
    }
    assert_eq!(another.pauses().await.unwrap(), [template.clone(), sms()]);
    assert_eq!(another.resume(&sms().id, None, &testkit::told()).await.unwrap(), Some(sms()));
    assert_eq!(one.resume(&sms().id, None, &testkit::told()).await.unwrap(), None);
    assert_eq!(one.resume("a\0b", None, &testkit::told()).await.unwrap(), None);
    assert_eq!(one.pauses().await.unwrap(), [template]);
}

async fn what_is_paused_again_stays_paused_since_then(db: &Database) {
    let store = db.store().await;
    paused(&store, &sms(), 0).await;
    let again = Pause { why: "still".into(), by: "bob".into(), since: at(5), until: Some(at(60)), ..sms() };
    let stands = Pause { since: at(0), ..again.clone() };
    assert_eq!(paused(&store, &again, 5).await, Some(stands.clone()));
    assert_eq!(store.pauses().await.unwrap(), [stands]);
    let after_its_end = Pause { since: at(60), until: None, ..again };
    assert_eq!(paused(&store, &after_its_end, 60).await, Some(after_its_end), "it had ended, and begins anew");
}

async fn a_tenant_resumes_only_its_own_pauses(db: &Database) {
    let store = db.store().await;
    let own = pause(PauseKind::Channel, "sms", Some(acme()));
    paused(&store, &sms(), 0).await;
    paused(&store, &own, 0).await;
    let other = Tenant::parse("other").unwrap();
    for (id, tenant) in [(&own.id, &other), (&sms().id, &acme())] {
        assert_eq!(store.resume(id, Some(tenant), &testkit::told()).await.unwrap(), None);
    }
    assert_eq!(store.resume(&own.id, Some(&acme()), &testkit::told()).await.unwrap(), Some(own));
    assert_eq!(store.pauses().await.unwrap(), [sms()]);
}

async fn a_tenant_neither_resumes_nor_renews_what_the_platform_has_paused(db: &Database) {
    let store = db.store().await;
    let own = pause(PauseKind::Tenant, "acme", Some(acme()));
    let of_platform = Pause { by_platform: true, until: Some(at(60)), ..own.clone() };
    paused(&store, &own, 0).await;
    assert_eq!(paused(&store, &of_platform, 0).await, Some(of_platform.clone()), "it is the platform's from now on");
    assert_eq!(store.pause(&own, at(1), &testkit::told()).await.unwrap(), PauseMade::OfPlatform);
    assert_eq!(store.resume(&own.id, Some(&acme()), &testkit::told()).await.unwrap(), None);
    assert_eq!(store.pauses().await.unwrap(), std::slice::from_ref(&of_platform));
    assert_eq!(store.resume(&own.id, None, &testkit::told()).await.unwrap(), Some(of_platform.clone()));
    paused(&store, &of_platform, 2).await;
    assert_eq!(paused(&store, &own, 60).await, Some(own), "that of the platform has ended");
}

async fn what_has_ended_by_itself_is_forgotten_with_the_next_pause(db: &Database) {
    let store = db.store().await;
    let ends = Pause { until: Some(at(60)), ..pause(PauseKind::Provider, "twilio", None) };
    paused(&store, &ends, 0).await;
    paused(&store, &sms(), 59).await;
    assert_eq!(store.pauses().await.unwrap().len(), 2);
    paused(&store, &sms(), 60).await;
    assert_eq!(store.pauses().await.unwrap(), [sms()]);
}

async fn there_are_not_more_pauses_than_every_worker_can_keep(db: &Database) {
    let store = db.store().await;
    let nth = |n: usize| pause(PauseKind::Template, &format!("template-{n}"), Some(acme()));
    for n in 0..MAX_PAUSES {
        assert!(paused(&store, &nth(n), 0).await.is_some(), "{n}");
    }
    assert_eq!(paused(&store, &nth(MAX_PAUSES), 0).await, None);
    assert!(paused(&store, &nth(0), 0).await.is_some(), "what is paused already can be paused again");
    assert!(paused(&store, &sms(), 0).await.is_some(), "those of others have room of their own");
}

async fn a_kind_of_a_newer_version_hides_no_other_pause(db: &Database) {
    let store = db.store().await;
    paused(&store, &sms(), 0).await;
    paused(&store, &pause(PauseKind::Template, "welcome", None), 0).await;
    db.execute("UPDATE pauses SET kind = 'moon phase' WHERE name = 'welcome'").await;
    assert_eq!(store.pauses().await.unwrap(), [sms()]);
}

async fn a_tenant_is_known_by_its_users_and_its_deliveries(db: &Database) {
    let store = db.store().await;
    let knows = async |tenant: &Tenant| store.knows_tenant(tenant).await.unwrap();
    assert!(!knows(&acme()).await && !knows(&Tenant::default()).await);
    store.claim(candidate("d-1"), &arrival("d-1"), HOUR).await.unwrap();
    assert!(!knows(&acme()).await && knows(&Tenant::default()).await);
    let user = NewUser { name: "ada".into(), tenant: acme(), password_hash: "hash".into(), scopes: Vec::new() };
    assert!(store.create_user(user, &told()).await.unwrap());
    assert!(knows(&acme()).await);
}
