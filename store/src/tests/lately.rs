//! What stands and what ended lately is counted: by minute, by tenant, and never more than the newest.

use std::time::Duration;

use crate::{Ahead, Lately, LatelyGroup, Store, Took};
use domain::{Bounce, Lane, Order, Origin, Outcome, Reported, Row, State, Tenant};

use crate::tests::database::{Database, HOUR, arrival, at, candidate_at, decide, key, refused, sent};
use crate::tests::jobs::job;
use crate::tests::ledger::taken;
use crate::tests::on_both;
use crate::tests::receipts::moved;

on_both!(
    deliveries_are_counted_by_what_became_of_them_and_in_which_minute,
    what_is_reported_later_changes_nothing_of_how_long_the_sending_took,
    no_more_than_the_newest_are_counted,
    what_is_due_next_is_counted_by_tenant
);

/// A delivery of the lane bulk that was first seen at one second, and whose attempt ended like this at another.
async fn ended(store: &Store, id: &str, seen: i64, outcome: &Outcome, second: i64) {
    let origin = Origin { lane: Some(Lane::Bulk), ..Origin::default() };
    let candidate = Row { origin, ..candidate_at(id, at(seen)) };
    let row = taken(store.claim(candidate, &arrival(id), HOUR).await.unwrap());
    let mut transition = decide(&row, outcome);
    transition.row.updated_at = at(second);
    store.record(&transition, None).await.unwrap();
}

async fn some_of_each(store: &Store) {
    ended(store, "first", 0, &sent(), 1).await;
    ended(store, "second", 61, &sent(), 63).await;
    ended(store, "refused", 62, &refused(), 64).await;
    ended(store, "of before", -10, &refused(), 5).await;
    store.claim(candidate_at("now", at(63)), &arrival("now"), HOUR).await.unwrap();
}

fn all(lately: &Lately) -> u64 {
    lately.groups.iter().map(|group| group.deliveries).sum()
}

async fn deliveries_are_counted_by_what_became_of_them_and_in_which_minute(db: &Database) {
    let store = db.store().await;
    some_of_each(&store).await;
    let tenant = key("first").tenant;
    for whose in [None, Some(&tenant)] {
        let mut lately = store.lately(whose, at(-100), at(0)).await.unwrap();
        lately.groups.sort_by_key(|group| (group.state.as_str(), group.came));
        let group = |state, tier, came, ended, oldest| LatelyGroup {
            channel: "sms".into(),
            lane: Some(Lane::Bulk),
            state,
            tier,
            came,
            ended,
            deliveries: 1,
            retries: 0,
            oldest: at(oldest),
        };
        let expected = [
            LatelyGroup { lane: None, ..group(State::Sending, None, Some(1), None, 63) },
            group(State::Sent, None, Some(0), Some(0), 0),
            group(State::Sent, None, Some(1), Some(1), 61),
            group(State::Waiting, Some(1), None, None, -10),
            group(State::Waiting, Some(1), Some(1), None, 62),
        ];
        assert_eq!(lately.groups, expected, "{whose:?}");
        let took = Took { channel: "sms".into(), p50: Duration::from_secs(1), p99: Duration::from_secs(2) };
        assert_eq!(lately.took, [took]);
        assert_eq!((lately.since, lately.is_cut), (at(-100), false));
    }
    let nobody = Tenant::parse("nobody").unwrap();
    assert_eq!(store.lately(Some(&nobody), at(-100), at(0)).await.unwrap().groups, []);
}

async fn report(store: &Store, id: &str, said: Reported) {
    let row = store.delivery(&key(id)).await.unwrap().unwrap().row;
    assert!(store.merge_report(&moved(&row, said)).await.unwrap(), "{id}");
}

async fn what_is_reported_later_changes_nothing_of_how_long_the_sending_took(db: &Database) {
    let store = db.store().await;
    for (id, seconds) in [("stays", 1), ("arrives", 2), ("comes back", 3), ("arrives after all", 5)] {
        ended(&store, id, 0, &sent(), seconds).await;
    }
    ended(&store, "in doubt", 0, &refused(), 9).await;
    let took = async || store.lately(None, at(-100), at(0)).await.unwrap().took;
    let before = [Took { channel: "sms".into(), p50: Duration::from_secs(2), p99: Duration::from_secs(5) }];
    assert_eq!(took().await, before);

    report(&store, "arrives", Reported::Delivered).await;
    report(&store, "comes back", Reported::Bounced { class: Bounce::Address }).await;
    assert_eq!(took().await, before);
    report(&store, "arrives after all", Reported::FailedLater { retriable: true, alarm: false }).await;
    report(&store, "arrives after all", Reported::Delivered).await;
    report(&store, "comes back", Reported::Delivered).await;
    assert_eq!(took().await, before, "it is told of when the provider had them first");
    report(&store, "in doubt", Reported::Delivered).await;
    assert_eq!(took().await, before, "nobody knows when its provider had it");
}

async fn no_more_than_the_newest_are_counted(db: &Database) {
    let store = db.store().await;
    some_of_each(&store).await;
    let lately = store.lately_of(None, at(-100), at(0), 2).await.unwrap();
    assert_eq!((lately.is_cut, all(&lately)), (true, 2), "{lately:?}");
    assert!(at(61) < lately.since && lately.since < at(62));
    let lately = store.lately_of(None, at(-100), at(0), 5).await.unwrap();
    assert_eq!((lately.is_cut, all(&lately)), (false, 5), "{lately:?}");
    assert_eq!(all(&store.lately(None, at(62), at(0)).await.unwrap()), 2);
    // What is tried again for the third time has taken two more attempts.
    let row = taken(store.claim(candidate_at("again", at(200)), &arrival("again"), HOUR).await.unwrap());
    let mut transition = decide(&row, &refused());
    transition.row = Row { attempt: 3, order: Order::Retry { tier: 3 }, ..transition.row };
    store.record(&transition, None).await.unwrap();
    let lately = store.lately(None, at(200), at(0)).await.unwrap();
    let [again] = &lately.groups[..] else { panic!("{lately:?}") };
    assert_eq!((again.retries, again.tier, again.came), (2, Some(3), Some(3)));
}

async fn what_is_due_next_is_counted_by_tenant(db: &Database) {
    let store = db.store().await;
    assert_eq!(store.jobs_ahead(None).await.unwrap(), Ahead::default());
    store.put_job(job("later", 2_000)).await.unwrap();
    store.put_job(job("sooner", 1_000)).await.unwrap();
    let ahead = Ahead { jobs: 2, next_due: Some(at(1_000)) };
    assert_eq!(store.jobs_ahead(None).await.unwrap(), ahead);
    assert_eq!(store.jobs_ahead(Some(&key("later").tenant)).await.unwrap(), ahead);
    let nobody = Tenant::parse("nobody").unwrap();
    assert_eq!(store.jobs_ahead(Some(&nobody)).await.unwrap(), Ahead::default());
    assert_eq!(store.open_letter_groups(None).await.unwrap(), 0);
    assert_eq!(store.open_letter_groups(Some(&nobody)).await.unwrap(), 0);
}
