//! Faults of the sandbox: who may set and clear them, and what is told of it.

use domain::{Actor, ChannelName};
use serde_json::{Value, json};
use store::JournalFilter;

use crate::NotDone;
use crate::faults::{Asked, clear, is_known, list, set};
use crate::tests::fixtures::{NOW, Still, ledger, operator, tenant};

fn asked() -> Asked {
    Asked::read(&json!({"channel": "sms", "next": 3, "status": 503}).to_string()).unwrap()
}

#[tokio::test]
async fn who_has_set_and_cleared_a_fault_is_in_the_journal() {
    let ledger = ledger().await;
    let (store, sms) = (&ledger.store, ChannelName::parse("sms").unwrap());
    let made = set(store, &operator("acme"), asked(), &Still(NOW)).await.unwrap();
    assert_eq!((made.left, made.next, made.by.as_str()), (3, 3, "ada"));
    assert!(is_known(store, &tenant("default")).await.unwrap() && !is_known(store, &tenant("acme")).await.unwrap());
    assert_eq!(list(store, Some(&tenant("acme"))).await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(list(store, Some(&tenant("other"))).await.unwrap(), []);
    assert_eq!(clear(store, &operator("other"), &sms, &Still(NOW)).await.unwrap(), None);
    assert_eq!(clear(store, &operator("acme"), &sms, &Still(NOW)).await.unwrap(), Some(made));
    let told = store.journal_page(&JournalFilter { limit: 10, ..JournalFilter::default() }).await.unwrap();
    let mut kinds: Vec<&str> = told.entries.iter().map(|entry| entry.row.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["sandbox_fault.cleared", "sandbox_fault.set"]);
    let set = told.entries.iter().find(|entry| entry.row.kind == "sandbox_fault.set").unwrap();
    let data: Value = serde_json::from_str(&set.row.data).unwrap();
    assert_eq!((set.row.subject.as_str(), data), ("sms", json!({"next": 3, "fault": "status 503"})));
}

#[tokio::test]
async fn who_may_not_operate_sets_and_clears_nothing() {
    let ledger = ledger().await;
    let (store, sms) = (&ledger.store, ChannelName::parse("sms").unwrap());
    let viewer = Actor { scopes: Vec::new(), ..operator("acme") };
    let refused = set(store, &viewer, asked(), &Still(NOW)).await;
    assert!(matches!(refused, Err(NotDone::Denied(_))), "{refused:?}");
    let refused = clear(store, &viewer, &sms, &Still(NOW)).await;
    assert!(matches!(refused, Err(NotDone::Denied(_))), "{refused:?}");
    assert_eq!(list(store, None).await.unwrap(), []);
}
