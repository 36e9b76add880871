//! What no provider takes now.

use super::*;

/// Nobody works that could take the message, and for so long nobody will.
fn parked(seconds: u64) -> Outcome {
    Outcome::Parked {
        why: "smtp: it refuses our credentials".into(),
        wait: Duration::from_secs(seconds),
        is_limit: false,
    }
}

/// Somebody works, and is at its limit for so long.
fn limited(seconds: u64) -> Outcome {
    Outcome::Parked { why: "smtp: its limit is reached".into(), wait: Duration::from_secs(seconds), is_limit: true }
}

#[test]
fn what_nobody_takes_now_waits_long_enough_and_spends_no_attempt() {
    let known = Row { attempt: 2, seq: 5, provider: Some("sendgrid".into()), code: Some("503".into()), ..row() };
    // The longest delay is long enough to look again, and needs no date that a wrong clock would have put elsewhere.
    for (wait, tier) in [(1, 1), (20, 2), (600, 3)] {
        let order = Order::Retry { tier };
        let Transition { row, order: ordered, attempt, .. } = decided(&known, &parked(wait));
        assert_eq!((row.state, row.attempt, row.seq, attempt), (State::Waiting, 2, 6, None));
        assert_eq!((ordered, row.throttled_since), (order, Some(NOW)));
        assert_eq!((row.provider, row.code), (known.provider.clone(), known.code.clone()), "who answered the last one");
        assert_eq!(row.passed_over.as_deref(), Some("smtp: it refuses our credentials"));
    }
}

#[test]
fn what_has_a_fallback_waits_for_a_provider_no_longer_than_its_attempts_would_have_taken() {
    let since = |seconds| Row { throttled_since: Some(NOW.minus(Duration::from_secs(seconds))), ..row() };
    let decided = |row: &Row, has_fallback| decide(row, has_fallback, &parked(5), &policy(), NOW);
    for (waited, has_fallback, state) in
        [(150, true, State::Waiting), (151, true, State::FellBack), (151, false, State::Waiting)]
    {
        let transition = decided(&since(waited), has_fallback);
        assert_eq!((transition.row.state, transition.row.attempt), (state, 0), "{waited} s");
        assert!(transition.row.passed_over.is_some() && transition.attempt.is_none());
    }
    let ambiguous = Row { ambiguous: true, ..since(151) };
    assert_eq!(
        decided(&ambiguous, true).row.state,
        State::Waiting,
        "what may have gone out goes out on no other channel"
    );
}

#[test]
fn what_has_waited_for_long_comes_back_less_often_but_for_a_fallback() {
    let since = |seconds| Row { throttled_since: Some(NOW.minus(Duration::from_secs(seconds))), ..row() };
    let tier =
        |waited, outcome: &Outcome, has_fallback| decide(&since(waited), has_fallback, outcome, &policy(), NOW).order;
    for (waited, expected) in [(0, 1), (40, 1), (48, 2), (240, 2), (248, 3), (80_000, 3), (86_300, 1)] {
        assert_eq!(tier(waited, &parked(5), false), Order::Retry { tier: expected }, "{waited} s");
    }
    for (waited, expected) in [(0, 1), (239, 1), (240, 2), (959, 2), (960, 3), (80_000, 3), (86_300, 1)] {
        for has_fallback in [false, true] {
            let order = tier(waited, &limited(5), has_fallback);
            assert_eq!(order, Order::Retry { tier: expected }, "{waited} s for a limit");
        }
    }
    assert_eq!(tier(120, &parked(5), true), Order::Retry { tier: 1 }, "it does not wait for long anyway");
}

#[test]
fn what_waits_for_a_limit_comes_back_early_rather_than_late() {
    for (wait, order) in [
        (1, Order::Retry { tier: 1 }),
        (29, Order::Retry { tier: 1 }),
        (31, Order::Retry { tier: 2 }),
        (60, Order::Retry { tier: 2 }),
        (120, Order::Retry { tier: 3 }),
        (121, Order::Schedule { due: in_seconds(121) }),
    ] {
        assert_eq!(decided(&row(), &limited(wait)).order, order, "{wait} s");
    }
}

#[test]
fn what_has_waited_for_a_limit_for_long_does_not_wait_until_it_has_expired() {
    let known = |expires| Row {
        throttled_since: Some(NOW.minus(Duration::from_secs(960))),
        expires_at: Some(in_seconds(expires)),
        ..row()
    };
    assert_eq!(decided(&known(121), &limited(5)).order, Order::Retry { tier: 3 });
    assert_eq!(decided(&known(120), &limited(5)).order, Order::Retry { tier: 1 });
}

#[test]
fn a_limit_of_a_provider_that_works_leads_to_a_fallback_only_where_the_wait_is_too_long() {
    for (waited, wait, expires_at, state) in [
        (0, 5, None, State::Waiting),
        (151, 5, None, State::Waiting),
        (80_000, 5, None, State::Waiting),
        (0, 120, None, State::Waiting),
        (0, 121, None, State::FellBack),
        (0, 60, Some(in_seconds(60)), State::FellBack),
        (0, 60, Some(in_seconds(61)), State::Waiting),
        (0, 1, Some(in_seconds(5)), State::FellBack),
        (900, 5, Some(in_seconds(100)), State::Waiting),
        (86_400, 5, None, State::FellBack),
    ] {
        let throttled_since = Some(NOW.minus(Duration::from_secs(waited)));
        let known = Row { throttled_since, expires_at, ..row() };
        let ends = |row: &Row| decide(row, true, &limited(wait), &policy(), NOW).row.state;
        assert_eq!(ends(&known), state, "{waited} s, {wait} s, {expires_at:?}");
        let in_doubt = ends(&Row { ambiguous: true, ..known });
        assert_ne!(in_doubt, State::FellBack, "what may have gone out goes out on no other channel");
    }
}

#[test]
fn what_has_a_fallback_goes_on_by_it_before_it_is_too_old_or_has_expired() {
    let falls_back =
        |row: &Row, policy: &Policy, wait| decide(row, true, &parked(wait), policy, NOW).row.state == State::FellBack;
    let short = Policy { throttle_max_age: Duration::from_secs(60), ..policy() };
    let waited = |seconds| Row { throttled_since: Some(NOW.minus(Duration::from_secs(seconds))), ..row() };
    assert!(!falls_back(&waited(30), &short, 5));
    assert!(falls_back(&waited(58), &short, 5), "the limit of age is shorter than its attempts would have taken");
    let expiring = |seconds| Row { expires_at: Some(in_seconds(seconds)), ..row() };
    assert!(!falls_back(&expiring(31), &policy(), 20));
    assert!(falls_back(&expiring(30), &policy(), 20), "it would be back when it has expired");
    let expired = Row { expires_at: Some(NOW), ..row() };
    assert!(!falls_back(&expired, &policy(), 5), "the next channel could not send it either");
}

#[test]
fn what_nobody_takes_for_too_long_is_dead() {
    let known = Row { throttled_since: Some(NOW.minus(Duration::from_secs(86_400))), ..row() };
    let letter = |error: &str| Order::DeadLetter { reason: Reason::ThrottledTooLong, error: error.to_owned() };
    assert_eq!(decided(&known, &parked(5)).order, letter("smtp: it refuses our credentials"));
    assert_eq!(decided(&known, &limited(5)).order, letter("smtp: its limit is reached"));
}

#[test]
fn what_expires_while_nobody_takes_it_comes_back_for_that_end_and_is_no_dead_letter() {
    let expiring = |seconds| Row { expires_at: Some(in_seconds(seconds)), ..row() };
    for (expires, wait, order) in [
        (60, 20, Order::Retry { tier: 2 }),
        (60, 100, Order::Retry { tier: 3 }),
        (20, 100, Order::Retry { tier: 2 }),
        (1, 600, Order::Retry { tier: 1 }),
        (600, 900, Order::Retry { tier: 3 }),
    ] {
        let transition = decided(&expiring(expires), &parked(wait));
        assert_eq!((transition.row.state, transition.order), (State::Waiting, order), "{expires} s, {wait} s");
    }
    let almost_too_long = Row { throttled_since: Some(NOW.minus(Duration::from_secs(86_390))), ..expiring(5) };
    assert_eq!(decided(&almost_too_long, &parked(100)).row.state, State::Waiting, "it expires before that");
}
