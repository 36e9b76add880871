//! What an operator has paused.

use super::*;

const WHY: &str = "the channel sms is paused: wrong text";

fn paused(until: Option<Timestamp>) -> Outcome {
    Outcome::Paused { why: WHY.into(), until }
}

#[test]
fn what_is_paused_waits_in_the_next_tier_and_spends_no_attempt() {
    for (seq, tier) in [(0, 1), (1, 2), (2, 3), (7, 3)] {
        let known = Row { attempt: 2, seq, provider: Some("twilio".into()), code: Some("503".into()), ..row() };
        let Transition { row, order, attempt, alarm } = decided(&known, &paused(None));
        assert_eq!((row.state, row.attempt, row.seq, attempt, alarm), (State::Waiting, 2, seq + 1, None, false));
        assert_eq!((&order, &row.order), (&Order::Retry { tier }, &order));
        assert_eq!((row.provider, row.code), (known.provider, known.code), "who answered the last one");
        assert_eq!(row.passed_over.as_deref(), Some(WHY));
    }
}

#[test]
fn what_is_paused_comes_back_sooner_where_its_pause_or_the_delivery_ends_sooner() {
    let known = |expires: Option<u64>| Row { seq: 5, expires_at: expires.map(in_seconds), ..row() };
    for (until, expires, tier) in [
        (None, None, 3),
        (Some(1), None, 1),
        (Some(20), None, 2),
        (Some(3_600), None, 3),
        (None, Some(1), 1),
        (Some(3_600), Some(20), 2),
        (Some(1), Some(3_600), 1),
    ] {
        let transition = decided(&known(expires), &paused(until.map(in_seconds)));
        assert_eq!(transition.order, Order::Retry { tier }, "{until:?} {expires:?}");
    }
    let past = decided(&known(None), &paused(Some(NOW)));
    assert_eq!(past.order, Order::Retry { tier: 1 }, "never at once");
}

#[test]
fn what_is_paused_for_long_neither_falls_back_nor_dies() {
    let known = Row { throttled_since: Some(NOW.minus(Duration::from_secs(1_000_000))), ..row() };
    let transition = decide(&known, true, &paused(None), &policy(), NOW);
    assert_eq!((transition.row.state, transition.row.throttled_since), (State::Waiting, None));
    let parked = Outcome::Parked { why: "smtp: it fails too often".into(), wait: Duration::ZERO, is_limit: false };
    let after = decided(&transition.row, &parked);
    assert_eq!(after.row.state, State::Waiting, "the time of the pause does not count as throttling");
}
