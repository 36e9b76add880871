//! Once a cancel is answered, the delivery is never sent.

use crate::{Cancel, Claimed, Hurried, Put, Recorded};
use domain::{Claim, Escalation, State, When};
use std::time::Duration;
use tokio::task::JoinSet;

use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, key, refused, sent};
use crate::tests::jobs::job;
use crate::tests::on_both;

on_both!(
    a_cancel_and_a_claim_never_both_win,
    each_state_gets_its_answer,
    a_cancel_says_whether_an_attempt_before_it_may_have_gone_out,
    a_job_is_cancelled_with_its_delivery,
    a_parent_whose_child_waits_says_so_and_the_child_is_hurried_or_called_off,
);

async fn a_cancel_and_a_claim_never_both_win(db: &Database) {
    let stores = [db.store().await, db.open().await];
    let mut races = JoinSet::new();
    for n in 0..100 {
        let [one, other] = stores.clone();
        let id = format!("race {n}");
        races.spawn(async move {
            let (key, candidate, arrival) = (key(&id), candidate(&id), arrival(&id));
            let claim = one.claim(candidate, &arrival, HOUR);
            let (claimed, cancelled) = if n % 2 == 0 {
                tokio::join!(claim, other.cancel(&key, at(1), &|_| None, None))
            } else {
                let (cancelled, claimed) = tokio::join!(other.cancel(&key, at(1), &|_| None, None), claim);
                (claimed, cancelled)
            };
            (claimed.unwrap(), cancelled.unwrap())
        });
    }
    for outcome in races.join_all().await {
        assert!(
            matches!(
                outcome,
                (Claimed::New(_), Cancel::TooLate { state: State::Sending, .. })
                    | (Claimed::Known(Claim::Ended(_)), Cancel::Unknown)
            ),
            "{outcome:?}"
        );
    }
}

async fn each_state_gets_its_answer(db: &Database) {
    let store = db.store().await;
    assert_eq!(store.cancel(&key("unknown"), at(1), &|_| None, None).await.unwrap(), Cancel::Unknown);
    assert_eq!(store.cancel(&key("unknown"), at(2), &|_| None, None).await.unwrap(), Cancel::Unknown);

    let Claimed::New(row) = store.claim(candidate("known"), &arrival("known"), HOUR).await.unwrap() else { panic!() };
    let too_late = |state| Cancel::TooLate { state, maybe_sent: false };
    assert_eq!(store.cancel(&key("known"), at(1), &|_| None, None).await.unwrap(), too_late(State::Sending));
    store.record(&decide(&row, &refused()), None).await.unwrap();
    let cancelled = Cancel::Cancelled { maybe_sent: false };
    assert_eq!(store.cancel(&key("known"), at(20), &|_| None, None).await.unwrap(), cancelled);
    assert_eq!(store.cancel(&key("known"), at(21), &|_| None, None).await.unwrap(), cancelled);
    let copy = domain::Arrival { seq: 1, published_by: domain::PublishedBy::Fleet, ..arrival("known") };
    let claimed = store.claim(candidate("known"), &copy, HOUR).await.unwrap();
    assert!(matches!(claimed, Claimed::Known(Claim::Ended(_))), "{claimed:?}");

    let Claimed::New(row) = store.claim(candidate("sent"), &arrival("sent"), HOUR).await.unwrap() else { panic!() };
    assert_eq!(store.record(&decide(&row, &sent()), None).await.unwrap(), Recorded::Written);
    assert_eq!(store.cancel(&key("sent"), at(20), &|_| None, None).await.unwrap(), too_late(State::Sent));
}

async fn a_cancel_says_whether_an_attempt_before_it_may_have_gone_out(db: &Database) {
    let store = db.store().await;
    let Claimed::New(row) = store.claim(candidate("lost"), &arrival("lost"), HOUR).await.unwrap() else { panic!() };
    let failure = domain::Failure::new("twilio", None, "no answer");
    store.record(&decide(&row, &domain::Outcome::Ambiguous { failure }), None).await.unwrap();
    for second in [20, 21] {
        let cancelled = store.cancel(&key("lost"), at(second), &|_| None, None).await.unwrap();
        assert_eq!(cancelled, Cancel::Cancelled { maybe_sent: true });
    }
}

async fn a_job_is_cancelled_with_its_delivery(db: &Database) {
    let store = db.store().await;
    store.put_job(job("later", 60)).await.unwrap();
    for second in [1, 2] {
        let cancelled = store.cancel(&key("later"), at(second), &|_| None, None).await.unwrap();
        assert_eq!(cancelled, Cancel::Cancelled { maybe_sent: false });
    }
    assert_eq!(store.job(&key("later")).await.unwrap(), None);
    assert_eq!(store.put_job(job("later", 60)).await.unwrap(), Put::Cancelled);
    // A scheduler had published the job just before.
    let claimed = store.claim(candidate("later"), &arrival("later"), HOUR).await.unwrap();
    assert!(matches!(claimed, Claimed::Known(Claim::Ended(_))), "{claimed:?}");
}

async fn a_parent_whose_child_waits_says_so_and_the_child_is_hurried_or_called_off(db: &Database) {
    let store = db.store().await;
    let Claimed::New(row) = store.claim(candidate("parent"), &arrival("parent"), HOUR).await.unwrap() else { panic!() };
    let escalation = Escalation { when: When::Undelivered, after: Duration::from_secs(300) };
    let sent = decide(&row, &sent()).escalating(Some(escalation));
    assert_eq!(store.record(&sent, None).await.unwrap(), Recorded::Written);
    let cancelled = store.cancel(&key("parent"), at(20), &|_| None, None).await.unwrap();
    assert_eq!(cancelled, Cancel::Escalates(State::Sent));

    let child = key("child");
    assert_eq!(store.hurry_job(&child, at(30)).await.unwrap(), Hurried::Unknown);
    store.put_job(job("child", 60)).await.unwrap();
    for second in [30, 31] {
        assert_eq!(store.hurry_job(&child, at(second)).await.unwrap(), Hurried::Known);
        assert_eq!(store.job(&child).await.unwrap().unwrap().due_at, at(30), "the first one counts");
    }
    let cancelled = store.cancel(&child, at(40), &|_| None, None).await.unwrap();
    assert_eq!(cancelled, Cancel::Cancelled { maybe_sent: false });
    assert_eq!(store.hurry_job(&child, at(50)).await.unwrap(), Hurried::Cancelled);
    assert_eq!(store.put_job(job("child", 60)).await.unwrap(), Put::Cancelled);
    let Claimed::New(_) = store.claim(candidate("gone"), &arrival("gone"), HOUR).await.unwrap() else { panic!() };
    assert_eq!(store.hurry_job(&key("gone"), at(50)).await.unwrap(), Hurried::Known, "a worker has it");
}
