//! Providers: in which order they are listed, and what is told of each.

use std::time::Duration;

use domain::{PauseKind, Tenant, Wanted, Window, WindowUnit};

use crate::pauses::{Asked, Reach, pause};
use crate::providers::{Carrier, Limited, list};
use crate::tests::fixtures::{NOW, Still, ledger, operator};

fn carrier(medium: &'static str, provider: &'static str) -> Carrier {
    let limits = vec![Window { unit: WindowUnit::Hour, messages: 100 }];
    Carrier { medium, provider, is_captured: false, limits }
}

#[tokio::test]
async fn the_order_of_the_settings_comes_first_and_what_only_workers_have_noted_behind_it() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let later = NOW.plus(Duration::from_secs(60));
    for (name, state, until) in [("sendgrid/email", "open", Some(later)), ("apns", "closed", None)] {
        store.note_provider(name, state, until).await.unwrap();
    }
    let window = Window { unit: WindowUnit::Hour, messages: 100 };
    // The hour has just begun.
    let wanted = Wanted { window, began: NOW, tokens: 7 };
    store.lease_tokens("smtp", "email", wanted).await.unwrap();
    let all = list(store, &[carrier("email", "smtp"), carrier("email", "sendgrid")], &Reach::Everybody, NOW).await;
    let all = all.unwrap();
    let names: Vec<_> = all.iter().map(|one| (one.provider.as_str(), one.is_configured)).collect();
    assert_eq!(names, [("smtp", true), ("sendgrid", true), ("apns", false)]);
    let ends = Some(WindowUnit::Hour.end(NOW));
    assert_eq!(all[0].limits, [Limited { unit: WindowUnit::Hour, messages: Some(100), used: 7, ends }]);
    assert!(!all[0].is_given_nothing(NOW) && all[1].is_given_nothing(NOW) && !all[1].is_given_nothing(later));
}

#[tokio::test]
async fn a_provider_is_told_with_its_own_pauses_that_are_in_force() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let later = Some(NOW.plus(Duration::from_secs(60)));
    for (kind, name, until) in [(PauseKind::Provider, "smtp", later), (PauseKind::Channel, "sms", None)] {
        let tenant = Some(Tenant::parse("acme").unwrap());
        let asked = Asked { kind, name: name.into(), tenant, why: "it is being moved".into(), until };
        pause(store, &operator("acme"), asked, &Still(NOW)).await.unwrap();
    }
    let carriers = [carrier("email", "smtp"), carrier("sms", "twilio")];
    let paused = async |reach: &Reach, now| {
        let all = list(store, &carriers, reach, now).await.unwrap();
        all.iter().map(|one| one.pauses.len()).collect::<Vec<_>>()
    };
    assert_eq!(paused(&Reach::Everybody, NOW).await, [1, 0]);
    assert_eq!(paused(&Reach::Everybody, NOW.plus(Duration::from_secs(60))).await, [0, 0]);
    assert_eq!(paused(&Reach::Only(Tenant::parse("other").unwrap()), NOW).await, [0, 0]);
}
