//! Limits of a provider: however many processes lease at once, a window gives no more than its limit.

use std::time::Duration;

use domain::{Purse, Wanted, Window, WindowUnit};
use tokio::task::JoinSet;

use crate::tests::database::{Database, at};
use crate::tests::on_both;
use crate::{Leased, Store};

on_both!(
    stores_that_lease_at_once_never_lease_more_than_a_window_has,
    each_window_of_each_medium_is_counted_by_itself,
    windows_that_have_ended_are_forgotten
);

const MINUTE: i64 = 60;

fn wanted(messages: u32, unit: WindowUnit, began: i64, tokens: u32) -> Wanted {
    Wanted { window: Window { unit, messages }, began: at(began), tokens }
}

async fn stores_that_lease_at_once_never_lease_more_than_a_window_has(db: &Database) {
    let stores = [db.store().await, db.open().await];
    let mut leases = JoinSet::new();
    for n in 0..40 {
        let store: Store = stores[n % 2].clone();
        leases.spawn(async move {
            store.lease_tokens("twilio", "sms", wanted(100, WindowUnit::Minute, 0, 7)).await.unwrap().tokens
        });
    }
    let mut leased = leases.join_all().await;
    leased.sort_unstable();
    assert_eq!((leased.iter().sum::<u32>(), leased[25], leased[26]), (100, 2, 7), "{leased:?}");
    let used_up = stores[1].lease_tokens("twilio", "sms", wanted(100, WindowUnit::Minute, 0, 1)).await.unwrap();
    assert_eq!(used_up, Leased { tokens: 0, used: 100 });
    let lowered = stores[1].lease_tokens("twilio", "sms", wanted(50, WindowUnit::Minute, 0, 1)).await.unwrap();
    assert_eq!(lowered.tokens, 0, "the operator has lowered the limit");
    let raised = stores[0].lease_tokens("twilio", "sms", wanted(103, WindowUnit::Minute, 0, 5)).await.unwrap();
    assert_eq!(raised, Leased { tokens: 3, used: 103 });
}

async fn each_window_of_each_medium_is_counted_by_itself(db: &Database) {
    let (store, other) = (db.store().await, db.open().await);
    for (provider, medium, unit, began) in [
        ("twilio", "sms", WindowUnit::Minute, 0),
        ("twilio", "sms", WindowUnit::Minute, MINUTE),
        ("twilio", "sms", WindowUnit::Hour, 0),
        ("twilio", "whatsapp", WindowUnit::Minute, 0),
        ("smtp", "email", WindowUnit::Minute, 0),
    ] {
        let leased = store.lease_tokens(provider, medium, wanted(10, unit, began, 4)).await.unwrap();
        assert_eq!(leased, Leased { tokens: 4, used: 4 }, "{provider} {medium} {unit:?} {began}");
    }
    other.lease_tokens("twilio", "sms", wanted(10, WindowUnit::Hour, 0, 1)).await.unwrap();
    let present = async |seconds: i64| {
        let found = other.limits(at(seconds)).await.unwrap().into_iter();
        found.map(|one| (one.provider, one.medium, one.window_seconds, one.began, one.used)).collect::<Vec<_>>()
    };
    let one = |provider: &str, medium: &str, seconds: u32, began: i64, used: u32| {
        (provider.to_owned(), medium.to_owned(), seconds, at(began), used)
    };
    let expected = [
        one("smtp", "email", 60, 0, 4),
        one("twilio", "sms", 60, 0, 4),
        one("twilio", "sms", 3600, 0, 5),
        one("twilio", "whatsapp", 60, 0, 4),
    ];
    assert_eq!(present(MINUTE - 1).await, expected);
    assert_eq!(present(MINUTE).await, [one("twilio", "sms", 60, MINUTE, 4), one("twilio", "sms", 3600, 0, 5)]);
}

async fn windows_that_have_ended_are_forgotten(db: &Database) {
    let store = db.store().await;
    let mut purse = Purse::new(&[Window { unit: WindowUnit::Minute, messages: 10 }]).expect("it has a window");
    let [wanted] = purse.wants(at(0))[..] else { panic!("it is empty") };
    let wanted = Wanted { tokens: 1, ..wanted };
    let lease = async || store.lease_tokens("twilio", "sms", wanted).await.unwrap().used;
    assert_eq!(lease().await, 1);
    let end = wanted.window.unit.end(wanted.began);
    store.forget_limits(end.plus(Duration::from_secs(600))).await.unwrap();
    assert_eq!(lease().await, 2, "a clock may be behind");
    store.forget_limits(end.plus(Duration::from_secs(601))).await.unwrap();
    assert_eq!(lease().await, 1);
}
