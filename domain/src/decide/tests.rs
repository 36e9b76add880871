//! One table for each way in which an attempt can end.

mod inbox;
mod others;
mod parked;
mod paused;

use super::*;
use crate::samples::{NOW, failure, policy, row};

fn retriable() -> Outcome {
    Outcome::Retriable { failure: failure(), alarm: false, maybe_sent: false }
}

fn throttled(retry_after: Option<u64>) -> Outcome {
    Outcome::Throttled { failure: failure(), retry_after: retry_after.map(Duration::from_secs) }
}

fn ambiguous() -> Outcome {
    Outcome::Ambiguous { failure: failure() }
}

fn permanent() -> Outcome {
    Outcome::Permanent { reason: Reason::Permanent, failure: failure() }
}

fn dead_letter(reason: Reason) -> Order {
    Order::DeadLetter { reason, error: failure().detail }
}

/// Of a delivery that only one provider may carry.
fn decide(row: &Row, has_fallback: bool, outcome: &Outcome, policy: &Policy, now: Timestamp) -> Transition {
    super::decide(row, Ways { has_fallback, other: None }, outcome, policy, now)
}

fn decided(row: &Row, outcome: &Outcome) -> Transition {
    decide(row, false, outcome, &policy(), NOW)
}

fn in_seconds(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

#[test]
fn retries_climb_the_tiers_and_stay_on_the_third() {
    let policy = Policy { max_retries: 5, ..policy() };
    let mut next = row();
    for (spent, tier) in [(1, 1), (2, 2), (3, 3), (4, 3), (5, 3)] {
        let transition = decide(&next, false, &retriable(), &policy, NOW);
        assert_eq!(transition.order, Order::Retry { tier });
        assert_eq!(transition.row.order, transition.order, "the row can order it again");
        assert_eq!((transition.row.state, transition.row.attempt, transition.row.seq), (State::Waiting, spent, spent));
        next = transition.row;
    }
    let last = decide(&next, false, &retriable(), &policy, NOW);
    assert_eq!((last.row.state, last.row.attempt, last.row.seq), (State::Dead, 6, 5));
    assert_eq!(last.order, dead_letter(Reason::Exhausted));
}

#[test]
fn the_default_budget_is_one_attempt_and_three_retries() {
    let mut next = row();
    let mut orders = Vec::new();
    while next.state != State::Dead {
        let transition = decided(&next, &retriable());
        orders.push(transition.order);
        next = transition.row;
    }
    let tiers = [1, 2, 3].map(|tier| Order::Retry { tier });
    assert_eq!(orders, [&tiers[..], &[dead_letter(Reason::Exhausted)]].concat());
}

#[test]
fn no_retries_means_one_attempt() {
    let policy = Policy { max_retries: 0, ..policy() };
    assert_eq!(decide(&row(), false, &retriable(), &policy, NOW).row.state, State::Dead);
}

#[test]
fn an_attempt_is_remembered_with_its_epoch_number_and_provider() {
    let transition = decided(&Row { epoch: 2, attempt: 1, ..row() }, &retriable());
    let attempt = transition.attempt.unwrap();
    assert_eq!((attempt.epoch, attempt.n, attempt.outcome), (2, 2, AttemptOutcome::Retriable));
    assert_eq!((attempt.provider.as_str(), attempt.code.as_deref(), attempt.at), ("twilio", Some("503"), NOW));
    assert_eq!(transition.row.provider.as_deref(), Some("twilio"));
    assert_eq!(transition.row.code.as_deref(), Some("503"));
}

#[test]
fn a_success_ends_without_an_attempt_of_its_own() {
    let sent = Outcome::Sent { provider: "smtp", provider_id: Some("q-7".into()), code: Some("250".into()) };
    for (outcome, state, provider) in [(sent, State::Sent, "smtp"), (Outcome::Captured, State::Captured, "sandbox")] {
        let done = decided(&Row { ambiguous: true, attempt: 1, seq: 1, ..row() }, &outcome);
        assert_eq!((done.row.state, done.row.attempt, done.row.seq), (state, 2, 1));
        assert_eq!((&done.order, done.attempt, done.alarm), (&Order::Nothing, None, false));
        assert_eq!(done.row.provider.as_deref(), Some(provider));
        assert!(done.row.ambiguous, "what may have gone out before stays visible");
    }
}

#[test]
fn refused_credentials_are_retried_and_alarmed() {
    let transition = decided(&row(), &Outcome::Retriable { failure: failure(), alarm: true, maybe_sent: false });
    assert!(transition.alarm);
    assert_eq!(transition.order, Order::Retry { tier: 1 });
    assert!(!transition.row.ambiguous);
}

#[test]
fn a_refusal_that_may_have_been_accepted_is_retried_and_stays_visible() {
    let maybe = Outcome::Retriable { failure: failure(), alarm: false, maybe_sent: true };
    let transition = decided(&row(), &maybe);
    assert_eq!(transition.attempt.unwrap().outcome, AttemptOutcome::MaybeSent);
    assert!(transition.row.ambiguous);
    assert_eq!(transition.order, Order::Retry { tier: 1 });
}

#[test]
fn a_time_that_the_provider_names_is_kept_even_where_the_attempt_is_spent() {
    let tier = |tier| Order::Retry { tier };
    for (attempt, seconds, expected) in [
        (0, 0, tier(1)),
        (0, 5, tier(1)),
        (0, 6, tier(2)),
        (1, 6, tier(2)),
        (0, 120, tier(3)),
        (0, 121, Order::Schedule { due: in_seconds(121) }),
    ] {
        let failure = failure().not_before(Some(Duration::from_secs(seconds)));
        for outcome in [
            Outcome::Retriable { failure: failure.clone(), alarm: false, maybe_sent: true },
            Outcome::Ambiguous { failure: failure.clone() },
        ] {
            let transition = decided(&Row { attempt, seq: attempt, ..row() }, &outcome);
            assert_eq!((&transition.order, transition.row.attempt), (&expected, attempt + 1), "{seconds} s");
            assert_eq!(transition.row.order, expected, "the row can order it again");
        }
    }
}

#[test]
fn throttling_waits_on_the_tier_that_is_long_enough_and_spends_no_attempt() {
    let check = |seq: u32, retry_after: Option<u64>, expected: Order| {
        let transition = decided(&Row { seq, attempt: 1, ..row() }, &throttled(retry_after));
        assert_eq!(transition.order, expected, "seq {seq}, Retry-After {retry_after:?}");
        assert_eq!((transition.row.attempt, transition.row.seq), (1, seq + 1));
        assert_eq!(transition.row.throttled_since, Some(NOW));
        assert_eq!(transition.attempt.unwrap().outcome, AttemptOutcome::Throttled);
    };
    let tier = |tier| Order::Retry { tier };
    let schedule = |seconds| Order::Schedule { due: in_seconds(seconds) };
    for (retry_after, expected) in [
        (0, tier(1)),
        (3, tier(1)),
        (5, tier(1)),
        (6, tier(2)),
        (30, tier(2)),
        (45, tier(3)),
        (120, tier(3)),
        (121, schedule(121)),
        (86_400, schedule(86_400)),
    ] {
        check(0, Some(retry_after), expected.clone());
        check(7, Some(retry_after), expected);
    }
    for (seq, expected) in [(0, tier(1)), (1, tier(2)), (2, tier(3)), (900, tier(3))] {
        check(seq, None, expected);
    }
}

#[test]
fn throttling_past_its_limit_is_dead() {
    let day = 86_400;
    let check = |since: Option<u64>, expires: Option<u64>, retry_after: Option<u64>, dead: bool| {
        let throttled_since = since.map(|ago| Timestamp::from_micros(NOW.as_micros() - 1_000_000 * ago as i64));
        let known = Row { throttled_since, expires_at: expires.map(in_seconds), ..row() };
        let transition = decide(&known, false, &throttled(retry_after), &policy(), NOW);
        let about = format!("since {since:?}, expires in {expires:?}, Retry-After {retry_after:?}");
        if dead {
            assert_eq!(transition.order, dead_letter(Reason::ThrottledTooLong), "{about}");
            assert_eq!(transition.row.state, State::Dead, "{about}");
        } else {
            assert_eq!(transition.row.state, State::Waiting, "{about}");
            assert_eq!(transition.row.throttled_since, throttled_since.or(Some(NOW)), "{about}");
        }
    };
    check(None, None, None, false);
    check(Some(day - 200), None, None, false);
    check(Some(day), None, None, true);
    check(Some(day + 1), None, Some(1), true);
    check(Some(day - 200), None, Some(300), true);
    check(None, None, Some(day + 1), true);
    check(None, None, Some(u64::MAX), true);
    check(None, Some(6), Some(3), false);
    check(None, Some(5), Some(3), true);
    check(None, Some(10), Some(30), true);
    check(None, Some(100), Some(200), true);
}

#[test]
fn throttling_that_ends_starts_its_clock_anew() {
    let known = Row { throttled_since: Some(NOW), ..row() };
    assert_eq!(decided(&known, &retriable()).row.throttled_since, None);
}

#[test]
fn the_policy_decides_what_an_ambiguous_attempt_is_followed_by() {
    use Ambiguity::{Hold, Resend, ResendIfFresh};
    let check = |ambiguity: Ambiguity, expires_at: Option<Timestamp>, expected: State| {
        let policy = Policy { ambiguity, ..policy() };
        let transition = decide(&Row { expires_at, ..row() }, true, &ambiguous(), &policy, NOW);
        assert_eq!(transition.row.state, expected, "{ambiguity:?} {expires_at:?}");
        assert!(transition.row.ambiguous);
        assert_eq!(transition.row.attempt, 1);
        assert_eq!(transition.attempt.unwrap().outcome, AttemptOutcome::Ambiguous);
        let order = match expected {
            State::Held => dead_letter(Reason::Ambiguous),
            _ => Order::Retry { tier: 1 },
        };
        assert_eq!(transition.order, order);
    };
    check(Resend, None, State::Waiting);
    check(Hold, None, State::Held);
    check(Hold, Some(in_seconds(60)), State::Held);
    check(ResendIfFresh, Some(in_seconds(60)), State::Waiting);
    check(ResendIfFresh, None, State::Held);
    check(ResendIfFresh, Some(NOW), State::Held);
    check(ResendIfFresh, Some(Timestamp::default()), State::Held);
}

#[test]
fn an_ambiguous_attempt_spends_the_budget() {
    let last = decided(&Row { attempt: 3, seq: 3, ..row() }, &ambiguous());
    assert_eq!((last.row.state, last.row.attempt), (State::Dead, 4));
    assert_eq!(last.order, dead_letter(Reason::Exhausted));
}

#[test]
fn permanent_failures_skip_the_ladder() {
    for reason in [Reason::Permanent, Reason::Unsupported, Reason::Template, Reason::ChannelNotConfigured] {
        let transition = decided(&row(), &Outcome::Permanent { reason, failure: failure() });
        assert_eq!((transition.row.state, transition.row.attempt, transition.row.seq), (State::Dead, 1, 0));
        assert_eq!(transition.order, dead_letter(reason));
        assert_eq!(transition.attempt.unwrap().outcome, AttemptOutcome::Permanent);
    }
}

#[test]
fn what_ends_its_workers_goes_to_no_other_channel() {
    let outcome = Outcome::Permanent { reason: Reason::RedeliveredTooOften, failure: failure() };
    let transition = decide(&row(), true, &outcome, &policy(), NOW);
    assert_eq!((transition.row.state, transition.order), (State::Dead, dead_letter(Reason::RedeliveredTooOften)));
}

#[test]
fn permanent_and_exhausted_fall_back_to_the_next_channel() {
    let last = Row { attempt: 3, seq: 3, ..row() };
    for (known, outcome) in [(row(), permanent()), (last, retriable())] {
        let transition = decide(&known, true, &outcome, &policy(), NOW);
        assert_eq!(transition.row.state, State::FellBack);
        assert_eq!((&transition.order, &transition.row.order), (&Order::Fallback, &Order::Fallback));
        assert_eq!(transition.row.attempt, known.attempt + 1);
        assert!(transition.attempt.is_some());
    }
}

#[test]
fn what_may_have_gone_out_never_falls_back() {
    let maybe = Outcome::Retriable { failure: failure(), alarm: false, maybe_sent: true };
    let last = Row { attempt: 3, seq: 3, ..row() };
    let once = Row { ambiguous: true, ..last.clone() };
    for (known, outcome) in
        [(&last, ambiguous()), (&last, maybe), (&once, retriable()), (&once, permanent()), (&once, ambiguous())]
    {
        let transition = decide(known, true, &outcome, &policy(), NOW);
        assert_eq!(transition.row.state, State::Dead, "{outcome:?}");
        assert!(transition.row.ambiguous);
    }
    let throttled_for_ever = decide(&Row { expires_at: Some(NOW), ..row() }, true, &throttled(None), &policy(), NOW);
    assert_eq!(throttled_for_ever.row.state, State::Dead, "throttling is not a failure of the channel");
}

#[test]
fn a_child_that_waits_is_ordered_by_what_was_sent_or_may_have_been_and_by_nothing_else() {
    let escalation = Escalation { when: crate::When::Undelivered, after: Duration::from_secs(300) };
    let waits = Order::Escalate { when: crate::When::Undelivered, due: in_seconds(300) };
    let hold = Policy { ambiguity: Ambiguity::Hold, ..policy() };
    let sent = Outcome::Sent { provider: "twilio", provider_id: None, code: None };
    let (last, doubt) = (Row { attempt: 3, seq: 3, ..row() }, Row { ambiguous: true, attempt: 3, seq: 3, ..row() });
    let too_often = Outcome::Permanent { reason: Reason::RedeliveredTooOften, failure: failure() };
    for (known, outcome, state, is_ordered) in [
        (&last, sent.clone(), State::Sent, true),
        (&doubt, sent, State::Sent, true),
        (&last, ambiguous(), State::FellBack, true),
        (&doubt, permanent(), State::FellBack, true),
        (&doubt, retriable(), State::FellBack, true),
        (&doubt, too_often, State::Dead, false),
        (&last, permanent(), State::FellBack, false),
        (&last, Outcome::Captured, State::Captured, false),
        (&last, Outcome::Expired, State::Expired, false),
        (&row(), retriable(), State::Waiting, false),
    ] {
        let plain = decide(known, true, &outcome, &hold, NOW);
        let transition = plain.clone().escalating(Some(escalation));
        assert_eq!(transition.row.state, state, "{outcome:?}");
        assert_eq!(transition.order == waits, is_ordered, "{outcome:?} {:?}", transition.order);
        assert_eq!(transition.row.order, transition.order, "the row can order it again");
        assert_eq!(transition.attempt, plain.attempt, "{outcome:?}");
        assert_eq!(plain.clone().escalating(None), plain);
    }
    let throttled = decide(&Row { expires_at: Some(NOW), ..doubt }, true, &throttled(None), &hold, NOW);
    assert_eq!(throttled.escalating(Some(escalation)).row.state, State::Dead);
}

#[test]
fn what_is_given_back_keeps_its_counts_and_its_order() {
    let known = Row { attempt: 2, seq: 3, order: Order::Retry { tier: 2 }, ..row() };
    let transition = decided(&known, &Outcome::GivenBack);
    assert_eq!(transition.order, Order::GiveBack);
    assert_eq!(transition.row, Row { state: State::Waiting, ..known });
    assert_eq!(transition.attempt, None);
}

#[test]
fn a_deferral_waits_for_the_scheduler_and_spends_nothing() {
    let transition = decided(&row(), &Outcome::Deferred { due: in_seconds(3600) });
    assert_eq!(transition.order, Order::Schedule { due: in_seconds(3600) });
    assert_eq!((transition.row.state, transition.row.attempt, transition.row.seq), (State::Waiting, 0, 1));
    assert_eq!((transition.attempt, transition.row.throttled_since), (None, None));
}

#[test]
fn what_is_put_aside_waits_the_shortest_time_and_spends_nothing() {
    let known = Row { attempt: 2, seq: 5, ..row() };
    let transition = decided(&known, &Outcome::PutAside);
    assert_eq!(transition.order, Order::Retry { tier: 1 });
    assert_eq!((transition.row.state, transition.row.attempt, transition.row.seq), (State::Waiting, 2, 6));
    assert_eq!((transition.attempt, transition.row.throttled_since), (None, None));
}

#[test]
fn what_expired_ends_unsent_without_an_attempt() {
    let transition = decide(&Row { attempt: 1, ..row() }, true, &Outcome::Expired, &policy(), NOW);
    assert_eq!((transition.row.state, transition.row.attempt), (State::Expired, 1));
    assert_eq!((transition.order, transition.attempt), (Order::Nothing, None));
}

#[test]
fn what_is_suppressed_ends_unsent_without_an_attempt_and_only_a_dead_address_falls_back() {
    use SuppressedFor::{Complaint, Gone, HardBounce, Manual, Provider, SoftBounce, Stop, Unsubscribe};
    for (reason, falls_back) in [
        (Complaint, false),
        (HardBounce, true),
        (SoftBounce, true),
        (Unsubscribe, false),
        (Stop, false),
        (Gone, true),
        (Provider, false),
        (Manual, false),
    ] {
        let known = Row { attempt: 1, suppressed_for: Some(reason), ..row() };
        for (has_fallback, ambiguous) in [(false, false), (true, false), (true, true)] {
            let known = Row { ambiguous, ..known.clone() };
            let transition = decide(&known, has_fallback, &Outcome::Suppressed { reason }, &policy(), NOW);
            let expected = match has_fallback && !ambiguous && falls_back {
                true => (State::FellBack, Order::Fallback),
                false => (State::Suppressed, Order::Nothing),
            };
            assert_eq!((transition.row.state, transition.order), expected, "{reason} {has_fallback} {ambiguous}");
            assert_eq!((transition.row.attempt, transition.attempt, transition.alarm), (1, None, false));
            assert_eq!(transition.row.suppressed_for, Some(reason));
        }
    }
}

#[test]
fn counts_at_the_end_of_their_range_end_in_the_dead_letter_queue() {
    let forged = Row { attempt: u32::MAX, seq: u32::MAX, ..row() };
    assert_eq!(decided(&forged, &retriable()).row.state, State::Dead);
    assert_eq!(decided(&forged, &ambiguous()).row.state, State::Dead);
    assert_eq!(decided(&forged, &throttled(None)).order, Order::Retry { tier: 3 });
    assert_eq!(decided(&forged, &Outcome::Captured).row.state, State::Captured);
}

#[test]
fn what_the_operator_reads_is_one_short_line_without_control_characters() {
    let check = |detail: &str, expected: &str| assert_eq!(Failure::new("smtp", None, detail).detail, expected);
    check("550 no\r\nsuch\u{85}user\0", "550 no  such user ");
    check(&"a".repeat(600), &"a".repeat(512));
    check(&format!("{}é", "a".repeat(511)), &"a".repeat(511));
    check("", "");
}
