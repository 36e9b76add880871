//! Verifications: five attempts and no more however many come at once, and what the guard counts of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::{
    BlockReason, CODE_LIVES, ChannelName, Checked, Content, Conversion, Counters, Purpose, RecipientHash,
    RecipientHasher, Sending, Verification, VerificationState,
};
use tokio::task::JoinSet;

use crate::tests::database::{Database, at, key, recipient};
use crate::tests::on_both;
use crate::{ConversionBy, Converted, Store, VerificationCursor, VerificationFilter, VerificationMade};

on_both!(
    a_verification_is_begun_once_and_read_as_it_was_made,
    of_attempts_at_once_five_are_looked_at,
    a_code_is_approved_once_however_many_show_it_at_once,
    an_attempt_is_decided_anew_where_the_code_is_sent_again_meanwhile,
    a_code_is_sent_once_of_several_wishes_at_once,
    what_is_not_wanted_any_more_is_never_approved,
    verifications_expire_and_are_told_until_that_is_noted,
    the_guard_counts_what_was_begun_lately_and_how_much_of_it_was_approved,
    of_starts_at_once_as_many_go_through_as_may,
    the_addresses_of_a_verification_are_forgotten_with_it,
    verifications_are_listed_the_newest_first_and_by_what_is_asked_for,
    conversion_is_told_by_country_and_by_prefix,
);

fn hash(text: &str) -> Content {
    domain::content_of(text.as_bytes())
}

fn verification(id: &str) -> Verification {
    Verification {
        key: key(id),
        purpose: "login".into(),
        locale: Some("es-AR".into()),
        channel: ChannelName::parse("sms").unwrap(),
        recipient: recipient(),
        recipient_mask: "***43".into(),
        addresses: recipient(),
        prefix: Some(hash("prefix")),
        client: Some(hash("client")),
        session: None,
        dial_code: Some("+1".into()),
        state: VerificationState::Pending,
        version: 1,
        salt: *b"0123456789abcdef",
        key_id: "0a0b0c0d".into(),
        checks: 0,
        sends: 0,
        last_sent_at: None,
        approved_by: None,
        reasons: Vec::new(),
        created_at: at(0),
        expires_at: at(0).plus(CODE_LIVES),
        ended_at: None,
    }
}

async fn begun(store: &Store, verification: &Verification) {
    let made = store.begin_verification(verification, &[verification.recipient], at(0), |_| Vec::new()).await.unwrap();
    assert_eq!(made, VerificationMade::New(Box::new(verification.clone())));
}

/// What is counted beside a verification that goes to these addresses, which is blocked then.
async fn counted(store: &Store, of: &Verification, addresses: &[RecipientHash], second: i64) -> Counters {
    let mut seen = Counters::default();
    let judge = |counters: &Counters| {
        seen = *counters;
        vec![BlockReason::Prefix]
    };
    let made = store.begin_verification(of, addresses, at(second), judge).await.unwrap();
    assert!(matches!(made, VerificationMade::New(blocked) if blocked.state == VerificationState::Blocked));
    seen
}

async fn check(store: &Store, id: &str, by: Option<&str>, is_right: bool) -> Checked {
    let checked = store.check_verification(&key(id), by, at(1), |_| is_right).await.unwrap();
    checked.expect("a verification").0
}

async fn read(store: &Store, id: &str) -> Verification {
    store.verification(&key(id)).await.unwrap().expect("a verification")
}

async fn a_verification_is_begun_once_and_read_as_it_was_made(db: &Database) {
    let store = db.store().await;
    begun(&store, &verification("v-1")).await;
    let other = Verification { salt: [0; 16], purpose: "payment".into(), ..verification("v-1") };
    let known = store.begin_verification(&other, &[recipient()], at(0), |_| Vec::new()).await.unwrap();
    assert_eq!(known, VerificationMade::Known(Box::new(verification("v-1"))), "its code stays the same");
    let reasons = || vec![BlockReason::Country, BlockReason::Budget];
    let blocked = verification("v-2").guarded(reasons());
    let made = store.begin_verification(&verification("v-2"), &[], at(0), |_| reasons()).await.unwrap();
    assert_eq!(made, VerificationMade::New(Box::new(blocked.clone())));
    assert_eq!(read(&store, "v-2").await, blocked);
    let again = store.begin_verification(&verification("v-2"), &[], at(0), |_| Vec::new()).await.unwrap();
    assert_eq!(again, VerificationMade::Known(Box::new(blocked.clone())), "it stays blocked");
    let untold = store.untold_verifications().await.unwrap();
    assert_eq!(untold, std::slice::from_ref(&blocked), "nobody was told of it yet");
    let handle = Purpose::Verify.handle(&key("v-1"));
    assert_eq!(store.verification_of_ticket(handle).await.unwrap(), Some(verification("v-1")));
    assert_eq!(store.verification_of_ticket(Purpose::Answer.handle(&key("v-1"))).await.unwrap(), None);
    for none in [key("v-3"), key("v\0"), testkit::key_of("acme", "v-1")] {
        assert_eq!(store.verification(&none).await.unwrap(), None);
        assert_eq!(store.check_verification(&none, None, at(1), |_| true).await.unwrap(), None);
        assert_eq!(store.send_verification(&none, at(1)).await.unwrap(), None);
    }
}

async fn of_attempts_at_once_five_are_looked_at(db: &Database) {
    let stores = [db.store().await, db.open().await];
    begun(&stores[0], &verification("v-1")).await;
    let looked_at = Arc::new(AtomicU32::new(0));
    let mut attempts = JoinSet::new();
    for n in 0..20 {
        let (store, looked_at) = (stores[n % 2].clone(), Arc::clone(&looked_at));
        attempts.spawn(async move {
            let wrong = |_: &Verification| {
                looked_at.fetch_add(1, Ordering::SeqCst);
                false
            };
            store.check_verification(&key("v-1"), None, at(1), wrong).await.unwrap().unwrap().0
        });
    }
    let checked = attempts.join_all().await;
    let wrong = checked.iter().filter(|checked| matches!(checked, Checked::Wrong { .. })).count();
    let too_many = checked.iter().filter(|checked| **checked == Checked::TooMany).count();
    assert!(wrong <= 5 && wrong + too_many == 20, "{checked:?}");
    assert!(looked_at.load(Ordering::SeqCst) <= 5);
    let exhausted = read(&stores[0], "v-1").await;
    assert_eq!((exhausted.state, exhausted.checks), (VerificationState::Exhausted, 20));
    assert_eq!(check(&stores[0], "v-1", None, true).await, Checked::TooMany);
}

async fn a_code_is_approved_once_however_many_show_it_at_once(db: &Database) {
    let stores = [db.store().await, db.open().await];
    begun(&stores[0], &verification("v-1")).await;
    let mut attempts = JoinSet::new();
    for n in 0..5 {
        let store = stores[n % 2].clone();
        attempts.spawn(async move { check(&store, "v-1", Some(&format!("r-{n}")), true).await });
    }
    let checked = attempts.join_all().await;
    let approved = checked.iter().filter(|checked| **checked == Checked::Approved).count();
    let used = checked.iter().filter(|checked| **checked == Checked::Used).count();
    assert_eq!((approved, used), (1, 4));
    let by = read(&stores[0], "v-1").await.approved_by.unwrap();
    assert_eq!(check(&stores[1], "v-1", Some(&by), true).await, Checked::AlreadyApproved);
}

async fn an_attempt_is_decided_anew_where_the_code_is_sent_again_meanwhile(db: &Database) {
    let store = db.store().await;
    begun(&store, &Verification { checks: 4, ..verification("v-1") }).await;
    let other = db.open().await;
    // While the code is looked at, it is sent again: the row has another version then.
    let wrong = |_: &Verification| {
        let sending = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(other.send_verification(&key("v-1"), at(1)))
        });
        assert!(sending.unwrap().is_some());
        false
    };
    let (checked, _) = store.check_verification(&key("v-1"), None, at(1), wrong).await.unwrap().unwrap();
    assert_eq!(checked, Checked::Wrong { left: 0 });
    let ended = read(&store, "v-1").await;
    assert_eq!((ended.state, ended.sends, ended.version), (VerificationState::Exhausted, 1, 3));
}

async fn a_code_is_sent_once_of_several_wishes_at_once(db: &Database) {
    let stores = [db.store().await, db.open().await];
    begun(&stores[0], &verification("v-1")).await;
    let mut wishes = JoinSet::new();
    for n in 0..8 {
        let store = stores[n % 2].clone();
        wishes.spawn(async move { store.send_verification(&key("v-1"), at(1)).await.unwrap().unwrap() });
    }
    let sendings = wishes.join_all().await;
    assert_eq!(sendings.iter().filter(|sending| matches!(sending, Sending::Now(_))).count(), 1);
    assert_eq!(sendings.iter().filter(|sending| matches!(sending, Sending::Wait(_))).count(), 7);
    let sent = read(&stores[0], "v-1").await;
    assert_eq!((sent.sends, sent.last_sent_at, sent.version), (1, Some(at(1)), 2));
}

async fn what_is_not_wanted_any_more_is_never_approved(db: &Database) {
    let store = db.store().await;
    begun(&store, &verification("v-1")).await;
    let cancelled = store.cancel_verification(&key("v-1"), at(1)).await.unwrap().unwrap();
    assert_eq!(cancelled.verification, read(&store, "v-1").await);
    assert_eq!(store.cancel_verification(&key("v-1"), at(2)).await.unwrap(), None);
    assert_eq!(check(&store, "v-1", None, true).await, Checked::Cancelled);
}

async fn verifications_expire_and_are_told_until_that_is_noted(db: &Database) {
    let store = db.store().await;
    for id in ["v-1", "v-2", "v-3"] {
        begun(&store, &verification(id)).await;
    }
    check(&store, "v-2", None, true).await;
    assert_eq!(store.expire_verifications(at(599)).await.unwrap(), 0);
    assert_eq!(store.expire_verifications(at(600)).await.unwrap(), 2);
    let untold = store.untold_verifications().await.unwrap();
    let shown: Vec<_> = untold.iter().map(|one| (one.key.id.as_str(), one.state, one.ended_at)).collect();
    let expired = |id| (id, VerificationState::Expired, Some(at(600)));
    assert_eq!(shown, [("v-2", VerificationState::Approved, Some(at(1))), expired("v-1"), expired("v-3")]);
    store.verifications_told(&[key("v-1"), key("v-2"), key("v-3")]).await.unwrap();
    assert_eq!(store.untold_verifications().await.unwrap(), []);
    assert_eq!(read(&store, "v-2").await.state, VerificationState::Approved);
}

async fn the_guard_counts_what_was_begun_lately_and_how_much_of_it_was_approved(db: &Database) {
    let store = db.store().await;
    let none = counted(&store, &verification("w-1"), &[recipient()], 0).await;
    let (zero, conversion) = (Some(0), Some(Conversion::default()));
    let expected = Counters {
        address: zero,
        client: zero,
        session: None,
        prefix: zero,
        country: zero,
        prefix_conversion: conversion,
        country_conversion: conversion,
    };
    assert_eq!(none, expected);

    let (minute, sent) = (60, |id: &str| Verification { sends: 1, ..verification(id) });
    let of = |state, id: &str| Verification { state, ..sent(id) };
    let old = |id: &str, seconds: i64, state| Verification { created_at: at(-seconds), ..of(state, id) };
    for one in [
        of(VerificationState::Approved, "v-1"),
        of(VerificationState::Expired, "v-2"),
        of(VerificationState::Pending, "v-3"),
        old("v-4", 11 * minute, VerificationState::Exhausted),
        old("v-5", 61 * minute, VerificationState::Approved),
        old("v-6", 25 * 60 * minute, VerificationState::Expired),
        Verification { sends: 0, ..of(VerificationState::Expired, "v-7") },
        of(VerificationState::Blocked, "v-8"),
        Verification { prefix: Some(hash("other")), client: None, ..of(VerificationState::Expired, "v-9") },
        Verification { key: testkit::key_of("acme", "v-1"), ..sent("v-1") },
    ] {
        begun(&store, &one).await;
    }
    let of_session = Verification { session: Some(hash("session")), ..verification("v-10") };
    begun(&store, &of_session).await;
    let looking = Verification { key: key("w-2"), ..of_session };
    let expected = Counters {
        address: Some(6),
        client: Some(6),
        session: Some(1),
        prefix: Some(6),
        country: Some(8),
        prefix_conversion: Some(Conversion { sent: 4, approved: 2 }),
        country_conversion: Some(Conversion { sent: 5, approved: 2 }),
    };
    assert_eq!(counted(&store, &looking, &[recipient()], 1).await, expected);
    let mail = |id: &str| Verification { prefix: None, client: None, dial_code: None, ..verification(id) };
    let of_address = |count| Counters { address: Some(count), ..Counters::default() };
    let other = RecipientHasher::new(b"secret").hash("another address");
    assert_eq!(counted(&store, &mail("w-3"), &[recipient()], 1).await, of_address(6));
    assert_eq!(counted(&store, &mail("w-4"), &[other, recipient()], 1).await, of_address(6), "the most of them");
    assert_eq!(counted(&store, &mail("w-5"), &[other], 1).await, of_address(0));
}

async fn of_starts_at_once_as_many_go_through_as_may(db: &Database) {
    let stores = [db.store().await, db.open().await];
    let mut starts = JoinSet::new();
    for n in 0..20 {
        let store = stores[n % 2].clone();
        starts.spawn(async move {
            let judge = |counters: &Counters| match counters.address {
                Some(0..3) => Vec::new(),
                _ => vec![BlockReason::Address],
            };
            let of = verification(&format!("v-{n}"));
            match store.begin_verification(&of, &[of.recipient], at(0), judge).await.unwrap() {
                VerificationMade::New(made) => made.state,
                VerificationMade::Known(known) => panic!("{known:?}"),
            }
        });
    }
    let states = starts.join_all().await;
    assert_eq!(states.iter().filter(|state| **state == VerificationState::Pending).count(), 3, "{states:?}");
}

async fn the_addresses_of_a_verification_are_forgotten_with_it(db: &Database) {
    let store = db.store().await;
    begun(&store, &verification("v-1")).await;
    assert!(store.cancel_verification(&key("v-1"), at(1)).await.unwrap().is_some());
    store.verifications_told(&[key("v-1")]).await.unwrap();
    let count = async |id: &str| counted(&store, &verification(id), &[recipient()], 2).await.address;
    assert_eq!(count("w-1").await, Some(1));
    store.verifications_told(&[key("w-1")]).await.unwrap();
    assert_eq!(store.forget_verifications(at(100), 10).await.unwrap(), 2);
    assert_eq!(count("w-2").await, Some(0));
}

fn all() -> VerificationFilter {
    VerificationFilter {
        tenant: key("v").tenant,
        state: None,
        channel: None,
        purpose: None,
        since: None,
        until: None,
        after: None,
        limit: 100,
    }
}

async fn listed(store: &Store, filter: &VerificationFilter) -> Vec<String> {
    let page = store.verifications(filter).await.unwrap();
    page.verifications.into_iter().map(|one| one.key.id).collect()
}

async fn verifications_are_listed_the_newest_first_and_by_what_is_asked_for(db: &Database) {
    let store = db.store().await;
    let of = |id: &str, second| Verification { created_at: at(second), ..verification(id) };
    let email = ChannelName::parse("email").unwrap();
    begun(&store, &of("v-1", 1)).await;
    begun(&store, &of("v-2", 2)).await;
    begun(&store, &Verification { purpose: "payment".into(), channel: email.clone(), ..of("v-3", 2) }).await;
    begun(&store, &Verification { state: VerificationState::Approved, ..of("v-4", 3) }).await;
    begun(&store, &Verification { key: testkit::key_of("acme", "v-5"), ..of("v-5", 3) }).await;
    assert_eq!(listed(&store, &all()).await, ["v-4", "v-3", "v-2", "v-1"]);
    for (filter, ids) in [
        (VerificationFilter { state: Some(VerificationState::Approved), ..all() }, &["v-4"][..]),
        (VerificationFilter { channel: Some(email), ..all() }, &["v-3"]),
        (VerificationFilter { purpose: Some("payment".into()), ..all() }, &["v-3"]),
        (VerificationFilter { purpose: Some("\0".into()), ..all() }, &[]),
        (VerificationFilter { since: Some(at(2)), until: Some(at(3)), ..all() }, &["v-3", "v-2"]),
    ] {
        assert_eq!(listed(&store, &filter).await, ids, "{filter:?}");
    }
    let (mut filter, mut read) = (VerificationFilter { limit: 3, ..all() }, Vec::new());
    loop {
        let page = store.verifications(&filter).await.unwrap();
        read.extend(page.verifications.into_iter().map(|one| one.key.id));
        let Some(next) = page.next else { break };
        filter.after = VerificationCursor::parse(&next.to_string());
        assert!(filter.after.is_some(), "{next}");
    }
    assert_eq!(read, ["v-4", "v-3", "v-2", "v-1"]);
    for none in ["", "1", "1.", "x.v", "1.\0"] {
        assert_eq!(VerificationCursor::parse(none), None, "{none:?}");
    }
}

async fn conversion_is_told_by_country_and_by_prefix(db: &Database) {
    let store = db.store().await;
    let of = |id: &str, state| Verification { state, sends: 1, ..verification(id) };
    let spain =
        |id: &str, state| Verification { dial_code: Some("+34".into()), prefix: Some(hash("madrid")), ..of(id, state) };
    for one in [
        of("v-1", VerificationState::Approved),
        of("v-2", VerificationState::Expired),
        of("v-3", VerificationState::Pending),
        Verification { prefix: Some(hash("other")), ..of("v-4", VerificationState::Exhausted) },
        spain("v-5", VerificationState::Approved),
        Verification { sends: 0, ..spain("v-6", VerificationState::Blocked) },
        Verification { created_at: at(-60), ..of("v-7", VerificationState::Approved) },
    ] {
        begun(&store, &one).await;
    }
    let told = |dial_code: &str, prefix: Option<&str>, sent, approved, blocked| Converted {
        dial_code: Some(dial_code.into()),
        prefix: prefix.map(hash),
        conversion: Conversion { sent, approved },
        blocked,
    };
    let of_tenant = key("v").tenant;
    let found = store.verification_conversions(&of_tenant, at(-1), ConversionBy::DialCode).await.unwrap();
    assert_eq!(found, [told("+1", None, 3, 1, 0), told("+34", None, 1, 1, 1)]);
    let found = store.verification_conversions(&of_tenant, at(-1), ConversionBy::Prefix).await.unwrap();
    let expected =
        [told("+1", Some("prefix"), 2, 1, 0), told("+34", Some("madrid"), 1, 1, 1), told("+1", Some("other"), 1, 0, 0)];
    assert_eq!(found, expected);
}
