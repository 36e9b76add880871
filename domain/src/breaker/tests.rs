//! When a breaker opens, how it is tried out, and when it closes.

use super::*;
use crate::samples::NOW;
use crate::{Failure, Reason};

fn at(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

/// Lets an urgent message through, if it may pass.
fn take(breaker: &mut Breaker, now: Timestamp) -> bool {
    breaker.take(now, Lane::Urgent).is_some()
}

/// Notes how a message ended that was let through in the state that the breaker is in.
fn note(breaker: &mut Breaker, sign: Sign, now: Timestamp) -> bool {
    breaker.note(sign, breaker.generation, now)
}

fn opened() -> Breaker {
    let mut breaker = Breaker::default();
    for _ in 0..OPENS_AFTER {
        note(&mut breaker, Sign::Fails, NOW);
    }
    breaker
}

fn waits(breaker: &Breaker, now: Timestamp) -> Option<u64> {
    match breaker.condition(now, Lane::Urgent) {
        Condition::Closed { wait, .. } => Some(wait.as_secs()),
        Condition::Works | Condition::TriedOut => None,
    }
}

#[test]
fn failures_in_a_row_open_it_and_any_other_answer_begins_the_row_anew() {
    let mut breaker = Breaker::default();
    for _ in 0..OPENS_AFTER - 1 {
        assert!(!note(&mut breaker, Sign::Fails, NOW));
    }
    note(&mut breaker, Sign::Works, NOW);
    for _ in 0..OPENS_AFTER - 1 {
        assert!(!note(&mut breaker, Sign::Fails, NOW));
    }
    assert_eq!(breaker.condition(NOW, Lane::Urgent), Condition::Works);
    assert!(note(&mut breaker, Sign::Fails, NOW), "that is told once");
    assert!(!note(&mut breaker, Sign::Fails, NOW), "late answers open nothing again");
    assert_eq!((waits(&breaker, NOW), breaker.as_str()), (Some(5), "open"));
}

#[test]
fn it_is_tried_out_by_one_then_by_twice_as_many_until_it_closes() {
    let mut breaker = opened();
    let mut passed = 0;
    while breaker.as_str() != "closed" {
        let at_once = (0..100).take_while(|_| take(&mut breaker, at(5))).count();
        assert!(at_once == 1 || at_once.is_power_of_two() && at_once <= 32, "{at_once}");
        assert_eq!(waits(&breaker, at(5)), Some(5), "no more than these");
        for _ in 0..at_once {
            note(&mut breaker, Sign::Works, at(5));
        }
        passed += at_once;
    }
    assert_eq!(passed, 63);
    assert_eq!(breaker.condition(at(5), Lane::Urgent), Condition::Works);
}

#[test]
fn each_failure_of_a_trial_doubles_the_pause_up_to_the_longest() {
    let mut breaker = opened();
    let mut now = NOW;
    for pause in [5, 10, 20, 40, 80, 120, 120] {
        assert_eq!(waits(&breaker, now), Some(pause));
        now = now.plus(Duration::from_secs(pause));
        assert!(take(&mut breaker, now) && !take(&mut breaker, now));
        assert!(!note(&mut breaker, Sign::Fails, now), "it was open all the time: that was told already");
    }
}

#[test]
fn a_provider_that_fails_one_in_ten_is_given_all_messages_again() {
    for first_failure in 0..10 {
        let (mut breaker, mut now, mut asked) = (opened(), at(5), 0);
        while breaker.as_str() != "closed" {
            assert!(asked < 200, "it never closes");
            while take(&mut breaker, now) {
                let sign = if asked % 10 == first_failure { Sign::Fails } else { Sign::Works };
                note(&mut breaker, sign, now);
                asked += 1;
                if breaker.as_str() == "closed" {
                    break;
                }
            }
            now = now.plus(Duration::from_secs(1));
        }
        assert!(asked <= 64, "{asked} messages, of which number {first_failure} was the first to fail");
    }
}

#[test]
fn a_trial_of_which_more_than_half_fail_opens_it_again_and_one_of_which_half_fail_does_not() {
    for (failing, expected) in [(2, "half_open"), (3, "open")] {
        let mut breaker = opened();
        for _ in 0..3 {
            assert!(take(&mut breaker, at(5)));
            note(&mut breaker, Sign::Works, at(5));
        }
        assert!((0..4).all(|_| take(&mut breaker, at(5))) && !take(&mut breaker, at(5)), "four at once");
        for n in 0..4 {
            note(&mut breaker, if n < failing { Sign::Fails } else { Sign::Works }, at(5));
        }
        assert_eq!(breaker.as_str(), expected, "{failing} of four");
    }
}

#[test]
fn the_pause_after_a_trial_of_four_that_passed_is_a_short_one_again() {
    let mut breaker = opened();
    let mut now = NOW;
    for pause in [5, 10, 20, 40, 80, 120] {
        now = now.plus(Duration::from_secs(pause));
        assert!(take(&mut breaker, now));
        note(&mut breaker, Sign::Fails, now);
    }
    now = now.plus(Duration::from_secs(120));
    for _ in 0..7 {
        assert!(take(&mut breaker, now));
        note(&mut breaker, Sign::Works, now);
    }
    for _ in 0..5 {
        assert!(take(&mut breaker, now));
        note(&mut breaker, Sign::Fails, now);
    }
    assert_eq!(waits(&breaker, now), Some(10));
}

#[test]
fn a_late_answer_of_a_message_that_was_sent_before_it_was_opened_neither_closes_nor_opens_it() {
    let mut breaker = Breaker::default();
    let before = breaker.take(NOW, Lane::Normal).expect("it is closed");
    for _ in 0..OPENS_AFTER {
        note(&mut breaker, Sign::Fails, NOW);
    }
    assert!(take(&mut breaker, at(5)));
    for sign in [Sign::Works, Sign::Fails, Sign::None] {
        assert!(!breaker.note(sign, before, at(6)));
        assert_eq!((breaker.as_str(), waits(&breaker, at(6))), ("half_open", Some(5)), "{sign:?}");
    }
    assert!(breaker.note(Sign::RefusesUs, before, at(6)), "wrong credentials are wrong for all");
    let probe = breaker.take(at(126), Lane::Normal).expect("the pause is over");
    assert!(breaker.note(Sign::Works, probe, at(126)));
    assert_eq!(breaker.as_str(), "closed");
}

#[test]
fn bulk_leaves_the_last_place_of_a_trial_to_what_is_more_urgent() {
    let mut breaker = opened();
    let only = breaker.take(at(5), Lane::Bulk).expect("one alone may be of any lane");
    breaker.note(Sign::Works, only, at(5));
    assert!(breaker.take(at(5), Lane::Bulk).is_some());
    assert!(matches!(breaker.condition(at(5), Lane::Bulk), Condition::Closed { .. }));
    assert_eq!(breaker.take(at(5), Lane::Bulk), None);
    assert_eq!(breaker.condition(at(5), Lane::Normal), Condition::TriedOut);
    assert!(breaker.take(at(5), Lane::Normal).is_some() && breaker.take(at(5), Lane::Urgent).is_none());
    let mut by_bulk_alone = opened();
    for _ in 0..63 {
        let taken = by_bulk_alone.take(at(5), Lane::Bulk).expect("one after another");
        by_bulk_alone.note(Sign::Works, taken, at(5));
    }
    assert_eq!(by_bulk_alone.as_str(), "closed");
}

#[test]
fn a_trial_that_said_nothing_makes_room_for_the_next() {
    let mut breaker = opened();
    assert!(take(&mut breaker, at(5)) && !take(&mut breaker, at(5)));
    note(&mut breaker, Sign::None, at(5));
    assert!(take(&mut breaker, at(5)));
}

#[test]
fn a_trial_of_which_nobody_hears_again_is_not_waited_for() {
    let mut breaker = opened();
    assert!(take(&mut breaker, at(5)) && !take(&mut breaker, at(124)));
    assert_eq!(breaker.condition(at(125), Lane::Urgent), Condition::TriedOut);
    assert!(take(&mut breaker, at(125)) && !take(&mut breaker, at(126)));
}

fn why_closed(breaker: &Breaker, now: Timestamp) -> Option<Closed> {
    match breaker.condition(now, Lane::Urgent) {
        Condition::Closed { why, .. } => Some(why),
        Condition::Works | Condition::TriedOut => None,
    }
}

#[test]
fn refused_credentials_open_it_at_once_and_one_message_asks_again_after_two_minutes_each_time() {
    let mut breaker = Breaker::default();
    assert!(note(&mut breaker, Sign::RefusesUs, NOW), "that is told once");
    note(&mut breaker, Sign::Works, NOW);
    assert_eq!((waits(&breaker, NOW), breaker.as_str()), (Some(120), "credentials_refused"), "late answers");
    assert_eq!(breaker.open_until(), None, "the credentials of others may be right");
    for asked in [120, 240, 360] {
        assert_eq!(why_closed(&breaker, at(asked - 1)), Some(Closed::Credentials));
        assert!(!take(&mut breaker, at(asked - 1)));
        assert!(take(&mut breaker, at(asked)) && !take(&mut breaker, at(asked)), "one message, and no more");
        assert_eq!(why_closed(&breaker, at(asked)), Some(Closed::Credentials), "while it asks");
        assert!(!note(&mut breaker, Sign::RefusesUs, at(asked)));
        assert_eq!(waits(&breaker, at(asked)), Some(120), "never longer");
    }
    assert!(take(&mut breaker, at(480)));
    assert!(note(&mut breaker, Sign::Works, at(480)), "that is told");
    assert_eq!(breaker.condition(at(480), Lane::Urgent), Condition::Works, "one success is enough");
}

#[test]
fn that_it_is_open_for_another_reason_is_told_as_well() {
    let mut breaker = opened();
    assert!(note(&mut breaker, Sign::RefusesUs, at(1)));
    assert_eq!((breaker.as_str(), breaker.keeps_back()), ("credentials_refused", Some(Closed::Credentials)));
}

#[test]
fn that_it_closes_is_told_once() {
    let mut breaker = opened();
    let mut told = 0;
    for _ in 0..63 {
        assert!(take(&mut breaker, at(5)));
        told += usize::from(note(&mut breaker, Sign::Works, at(5)));
    }
    assert_eq!((told, breaker.as_str()), (1, "closed"));
}

#[test]
fn what_another_process_has_found_counts_until_this_one_knows_better() {
    let mut breaker = Breaker::default();
    assert!(breaker.open_as_others(at(20), NOW));
    assert_eq!(waits(&breaker, NOW), Some(20));
    assert!(take(&mut breaker, at(20)));
    assert!(!breaker.open_as_others(at(60), at(20)));
    assert_eq!(breaker.as_str(), "half_open");
}

#[test]
fn a_worker_whose_messages_are_taken_goes_on_whatever_another_one_finds() {
    let mut breaker = Breaker::default();
    note(&mut breaker, Sign::Works, NOW);
    assert!(!breaker.open_as_others(at(79), at(59)));
    assert_eq!(breaker.condition(at(59), Lane::Urgent), Condition::Works);
    assert!(breaker.open_as_others(at(80), at(60)), "it has not tried for a minute");
    let mut tried_out = opened();
    for _ in 0..63 {
        assert!(take(&mut tried_out, at(5)));
        note(&mut tried_out, Sign::Works, at(5));
    }
    assert!(!tried_out.open_as_others(at(60), at(6)), "also where it was tried out itself");
}

#[test]
fn word_of_others_keeps_messages_back_no_longer_than_a_pause_may_last() {
    let mut breaker = Breaker::default();
    assert!(breaker.open_as_others(at(86_400), NOW));
    assert_eq!((waits(&breaker, NOW), waits(&breaker, at(120))), (Some(120), None));
}

#[test]
fn a_clock_that_is_set_back_keeps_no_messages_back() {
    let (set_back, mut breaker) = (NOW.minus(Duration::from_secs(3600)), opened());
    assert_eq!(breaker.condition(set_back, Lane::Urgent), Condition::TriedOut);
    assert!(take(&mut breaker, set_back));
    let mut tried_out = opened();
    assert!(take(&mut tried_out, at(5)) && !take(&mut tried_out, at(4)), "times are read in no strict order");
    assert_eq!(
        tried_out.condition(set_back, Lane::Urgent),
        Condition::TriedOut,
        "nobody waits for the message from before"
    );
    assert!(take(&mut tried_out, set_back) && !take(&mut tried_out, set_back));
}

#[test]
fn a_refusal_right_after_a_message_was_taken_is_about_one_message_until_there_are_three_in_a_row() {
    let mut breaker = Breaker::default();
    note(&mut breaker, Sign::Works, NOW);
    for _ in 0..2 {
        assert!(!note(&mut breaker, Sign::RefusesUs, at(29)));
        assert!(!note(&mut breaker, Sign::RefusesUs, at(29)));
        note(&mut breaker, Sign::Works, at(29));
    }
    assert_eq!(breaker.condition(at(29), Lane::Urgent), Condition::Works);
    assert!(!note(&mut breaker, Sign::RefusesUs, at(30)) && !note(&mut breaker, Sign::RefusesUs, at(30)));
    assert!(note(&mut breaker, Sign::RefusesUs, at(30)), "three in a row");
    let mut idle = Breaker::default();
    note(&mut idle, Sign::Works, NOW);
    assert!(note(&mut idle, Sign::RefusesUs, at(30)), "nothing was taken lately");
}

#[test]
fn only_what_is_about_the_provider_is_held_against_it() {
    let failure = |about| Failure::new("smtp", Some("451".into()), "").about(about);
    let of_ours = || Failure::new("smtp", None, "the file was not there");
    let permanent = |failure| Outcome::Permanent { reason: Reason::Permanent, failure };
    let retriable = |about| Outcome::Retriable { failure: failure(about), alarm: false, maybe_sent: false };
    for (outcome, sign) in [
        (Outcome::Sent { provider: "smtp", provider_id: None, code: None }, Sign::Works),
        (Outcome::Throttled { failure: failure(About::Provider), retry_after: None }, Sign::Works),
        (Outcome::Throttled { failure: failure(About::Message), retry_after: None }, Sign::None),
        (retriable(About::Message), Sign::Works),
        (retriable(About::Provider), Sign::Fails),
        (retriable(About::Credentials), Sign::RefusesUs),
        (Outcome::Ambiguous { failure: failure(About::Provider) }, Sign::Fails),
        (Outcome::Ambiguous { failure: failure(About::Message) }, Sign::None),
        (Outcome::Retriable { failure: of_ours(), alarm: false, maybe_sent: false }, Sign::None),
        (permanent(failure(About::Message)), Sign::Works),
        (permanent(of_ours()), Sign::None),
        (Outcome::Captured, Sign::Works),
        (Outcome::Posted, Sign::Works),
        (Outcome::Expired, Sign::None),
        (Outcome::GivenBack, Sign::None),
    ] {
        assert_eq!(Sign::of(&outcome), sign, "{outcome:?}");
    }
}
