//! Faults of the sandbox: each is taken as often as was asked, however many workers there are.

use std::time::Duration;

use domain::{ChannelName, Fault, Tenant};
use secrecy::SecretString;
use testkit::told;
use tokio::task::JoinSet;

use crate::tests::database::{Database, HOUR, arrival, at, candidate_at};
use crate::tests::on_both;
use crate::{NewUser, SandboxFault};

on_both!(
    racing_workers_take_a_fault_as_often_as_was_asked,
    a_fault_is_set_anew_in_its_place_and_cleared,
    each_tenant_has_its_own_faults,
    a_tenant_is_known_by_what_there_is_of_it,
);

fn fault(tenant: &str, channel: &str, next: u32) -> SandboxFault {
    SandboxFault {
        tenant: Tenant::parse(tenant).unwrap(),
        channel: ChannelName::parse(channel).unwrap(),
        next,
        left: next,
        fault: Fault { status: Some(429), retry_after: Some(Duration::from_secs(5)), ..Fault::default() },
        by: "ada".into(),
        at: at(7),
    }
}

async fn racing_workers_take_a_fault_as_often_as_was_asked(db: &Database) {
    let store = db.store().await;
    let set = fault("acme", "sms", 5);
    store.set_sandbox_fault(&set, &told()).await.unwrap();
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let (store, set) = (db.open().await, set.clone());
        workers.spawn(async move {
            let mut taken = 0;
            while let Some(fault) = store.take_sandbox_fault(&set.tenant, &set.channel).await.unwrap() {
                assert_eq!(fault, set.fault);
                taken += 1;
            }
            taken
        });
    }
    assert_eq!(workers.join_all().await.into_iter().sum::<u32>(), 5);
    assert_eq!(store.sandbox_faults(None).await.unwrap(), [], "nothing is left");
    assert_eq!(store.clear_sandbox_fault(&set.tenant, &set.channel, &told()).await.unwrap(), None);
}

async fn a_fault_is_set_anew_in_its_place_and_cleared(db: &Database) {
    let store = db.store().await;
    let first = fault("acme", "sms", 5);
    store.set_sandbox_fault(&first, &told()).await.unwrap();
    store.take_sandbox_fault(&first.tenant, &first.channel).await.unwrap().unwrap();
    let slow = Fault { latency: Duration::from_millis(250), cut: true, ..Fault::default() };
    let second = SandboxFault { fault: slow, by: "bob".into(), ..fault("acme", "sms", 2) };
    store.set_sandbox_fault(&second, &told()).await.unwrap();
    assert_eq!(store.sandbox_faults(None).await.unwrap(), std::slice::from_ref(&second));
    let cleared = store.clear_sandbox_fault(&second.tenant, &second.channel, &told()).await.unwrap();
    assert_eq!(cleared, Some(second.clone()));
    assert_eq!(store.take_sandbox_fault(&second.tenant, &second.channel).await.unwrap(), None);
}

async fn each_tenant_has_its_own_faults(db: &Database) {
    let store = db.store().await;
    let (acme, other) = (fault("acme", "sms", 1), fault("other", "sms", 2));
    for set in [&acme, &other] {
        store.set_sandbox_fault(set, &told()).await.unwrap();
    }
    assert_eq!(store.sandbox_faults(Some(&acme.tenant)).await.unwrap(), std::slice::from_ref(&acme));
    store.take_sandbox_fault(&acme.tenant, &acme.channel).await.unwrap().unwrap();
    assert_eq!(store.sandbox_faults(None).await.unwrap(), [other]);
}

async fn a_tenant_is_known_by_what_there_is_of_it(db: &Database) {
    let store = db.store().await;
    let known = async |tenant: &str| store.is_tenant_known(&Tenant::parse(tenant).unwrap()).await.unwrap();
    store.set_sandbox_fault(&fault("nosuch", "sms", 1), &told()).await.unwrap();
    let candidate = candidate_at("m", at(0));
    let of_the_delivery = candidate.key.tenant.to_string();
    assert!(!known(&of_the_delivery).await && !known("nosuch").await && !known("acme").await);
    store.claim(candidate, &arrival("m"), HOUR).await.unwrap();
    let ana = NewUser {
        name: "ana".into(),
        tenant: Tenant::parse("acme").unwrap(),
        password_hash: SecretString::from("$argon2id$hash"),
        scopes: vec!["read".into()],
    };
    assert!(store.create_user(ana, &told()).await.unwrap());
    assert!(known(&of_the_delivery).await && known("acme").await && !known("nosuch").await);
}
