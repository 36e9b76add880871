//! Tables of who is chosen, and what holds whatever is known.

use proptest::prelude::*;

use super::*;
use crate::PauseKind;
use crate::samples::NOW;

const NAMES: [&str; 3] = ["smtp", "sendgrid", "third"];

const WORKS: Condition = Condition::Works;
const TRIED_OUT: Condition = Condition::TriedOut;

const fn closed(seconds: u64, why: Closed) -> Condition {
    Condition::Closed { wait: Duration::from_secs(seconds), why }
}

const FAILS: Condition = closed(20, Closed::Failing);
const FULL: Condition = closed(3, Closed::Limit);

fn candidates(conditions: &[Condition]) -> Vec<Candidate<'static>> {
    let of = |(&provider, &condition): (&&'static str, &Condition)| Candidate { provider, condition, paused: None };
    NAMES.iter().zip(conditions).map(of).collect()
}

fn before(last: Option<&str>) -> Before<'_> {
    Before { last, ambiguous: false, policy: Ambiguity::ResendIfFresh }
}

/// The name of the chosen one, or how many seconds the delivery waits.
fn chosen(conditions: &[Condition], before: Before<'_>) -> String {
    let candidates = candidates(conditions);
    match choose(&candidates, before) {
        Choice::Use { at, .. } => candidates[at].provider.to_owned(),
        Choice::Park { wait, .. } => wait.as_secs().to_string(),
        Choice::Pause { .. } => unreachable!("nobody is paused"),
    }
}

#[test]
fn one_that_alone_may_carry_it_is_waited_for_whoever_was_asked_before() {
    let ambiguous = Before { last: Some("sendgrid"), ambiguous: true, policy: Ambiguity::ResendIfFresh };
    for before in [before(None), before(Some("sendgrid")), ambiguous] {
        assert_eq!(chosen(&[WORKS], before), "smtp");
        assert_eq!(chosen(&[FAILS], before), "20");
        assert_eq!(chosen(&[FULL], before), "3");
    }
}

#[test]
fn the_preferred_one_that_takes_messages_is_chosen() {
    for (conditions, expected) in [
        (&[WORKS, WORKS][..], "smtp"),
        (&[FAILS, WORKS], "sendgrid"),
        (&[FULL, WORKS], "sendgrid"),
        (&[closed(120, Closed::Credentials), FULL, WORKS], "third"),
        (&[TRIED_OUT, WORKS], "smtp"),
        (&[FAILS, FULL], "3"),
        (&[FAILS], "20"),
        (&[], "5"),
    ] {
        assert_eq!(chosen(conditions, before(None)), expected, "{conditions:?}");
    }
}

#[test]
fn whoever_did_not_accept_the_attempt_before_is_asked_last() {
    for (conditions, last, expected) in [
        (&[WORKS, WORKS][..], "smtp", "sendgrid"),
        (&[WORKS, WORKS], "sendgrid", "smtp"),
        (&[WORKS, WORKS, WORKS], "smtp", "sendgrid"),
        (&[WORKS, WORKS, WORKS], "sendgrid", "third"),
        (&[WORKS, WORKS, WORKS], "third", "smtp"),
        (&[WORKS, FAILS], "smtp", "smtp"),
        (&[WORKS], "smtp", "smtp"),
        (&[WORKS, WORKS], "template", "smtp"),
        (&[WORKS, WORKS], "one that has left the settings", "smtp"),
    ] {
        assert_eq!(chosen(conditions, before(Some(last))), expected, "{conditions:?} after {last}");
    }
}

#[test]
fn no_second_one_is_asked_once_an_attempt_may_have_gone_out_unless_the_policy_is_to_resend() {
    for (policy, conditions, last, expected) in [
        (Ambiguity::ResendIfFresh, &[WORKS, WORKS][..], Some("smtp"), "smtp"),
        (Ambiguity::Hold, &[WORKS, WORKS], Some("sendgrid"), "sendgrid"),
        (Ambiguity::ResendIfFresh, &[FAILS, WORKS], Some("smtp"), "20"),
        (Ambiguity::ResendIfFresh, &[TRIED_OUT, WORKS], Some("smtp"), "smtp"),
        (Ambiguity::ResendIfFresh, &[WORKS, WORKS], Some("worker"), "smtp"),
        (Ambiguity::ResendIfFresh, &[FULL, WORKS], None, "3"),
        (Ambiguity::Resend, &[WORKS, WORKS], Some("smtp"), "sendgrid"),
        (Ambiguity::Resend, &[WORKS, TRIED_OUT], Some("smtp"), "smtp"),
    ] {
        let before = Before { last, ambiguous: true, policy };
        assert_eq!(chosen(conditions, before), expected, "{policy:?} {conditions:?} after {last:?}");
    }
}

#[test]
fn what_may_have_gone_out_tries_a_provider_out_where_none_works_and_only_there() {
    for (conditions, expected) in [
        (&[TRIED_OUT][..], "smtp"),
        (&[TRIED_OUT, FAILS], "smtp"),
        (&[TRIED_OUT, TRIED_OUT], "sendgrid"),
        (&[TRIED_OUT, WORKS], "sendgrid"),
        (&[WORKS, TRIED_OUT], "smtp"),
        (&[TRIED_OUT, TRIED_OUT, WORKS], "third"),
    ] {
        let before = Before { last: Some("smtp"), ambiguous: true, policy: Ambiguity::Resend };
        assert_eq!(chosen(conditions, before), expected, "{conditions:?}");
    }
}

#[test]
fn who_was_passed_over_is_told_with_the_reason() {
    let told = |conditions: &[Condition], before| match choose(&candidates(conditions), before) {
        Choice::Use { passed_over, .. } => passed_over,
        Choice::Park { why, .. } => Some(format!("parked: {why}")),
        Choice::Pause { .. } => unreachable!("nobody is paused"),
    };
    assert_eq!(told(&[WORKS, WORKS], before(None)), None);
    assert_eq!(told(&[WORKS, FAILS], before(None)), None);
    let failing = Some("smtp: it fails too often, its breaker is open".to_owned());
    assert_eq!(told(&[FAILS, WORKS], before(None)), failing);
    let refused = Some("smtp: it did not accept the attempt before".to_owned());
    assert_eq!(told(&[WORKS, WORKS], before(Some("smtp"))), refused);
    let both = "parked: smtp: it refuses our credentials; sendgrid: its limit is reached";
    assert_eq!(told(&[closed(9, Closed::Credentials), FULL], before(None)).as_deref(), Some(both));
    let later =
        Some("smtp: it is asked again after the others; sendgrid: it did not accept the attempt before".to_owned());
    assert_eq!(told(&[WORKS, WORKS, WORKS], before(Some("sendgrid"))), later);
    let pinned = Before { last: Some("sendgrid"), ambiguous: true, policy: Ambiguity::Hold };
    let elsewhere = Some("smtp: another one may have accepted this message".to_owned());
    assert_eq!(told(&[WORKS, WORKS], pinned), elsewhere);
    let ambiguous = Before { last: None, ambiguous: true, policy: Ambiguity::Resend };
    let by_others = Some("smtp: it is being tried out by others".to_owned());
    assert_eq!(told(&[TRIED_OUT, WORKS], ambiguous), by_others);
    let again = Before { last: Some("smtp"), ..ambiguous };
    assert_eq!(told(&[TRIED_OUT, TRIED_OUT], again), refused);
}

#[test]
fn what_waits_for_a_limit_is_told_from_what_nobody_is_able_to_take() {
    let is_limit = |conditions: &[Condition], before| match choose(&candidates(conditions), before) {
        Choice::Park { is_limit, .. } => is_limit,
        Choice::Use { .. } => panic!("somebody takes it"),
        Choice::Pause { .. } => panic!("nobody is paused"),
    };
    assert!(is_limit(&[FULL], before(None)) && is_limit(&[FAILS, FULL], before(None)));
    assert!(!is_limit(&[FAILS], before(None)) && !is_limit(&[], before(None)));
    let pinned = Before { last: Some("smtp"), ambiguous: true, policy: Ambiguity::Hold };
    assert!(!is_limit(&[FAILS, FULL], pinned), "the other one may not be asked");
}

#[test]
fn whoever_depends_on_two_waits_for_the_one_that_takes_longer() {
    let (short, long) = (closed(3, Closed::Credentials), closed(20, Closed::Failing));
    for (one, other, both) in [
        (WORKS, WORKS, WORKS),
        (WORKS, TRIED_OUT, TRIED_OUT),
        (TRIED_OUT, short, short),
        (WORKS, long, long),
        (short, long, long),
    ] {
        assert_eq!((one.and(other), other.and(one)), (both, both), "{one:?} {other:?}");
    }
}

fn pause(provider: &str, until: Option<u64>) -> Pause {
    Pause {
        id: "p-1".into(),
        kind: PauseKind::Provider,
        name: provider.into(),
        tenant: None,
        why: "it is being moved".into(),
        by: "ada".into(),
        by_platform: false,
        since: NOW,
        until: until.map(|seconds| NOW.plus(Duration::from_secs(seconds))),
    }
}

#[test]
fn whoever_is_paused_is_passed_over_with_the_reason_and_where_all_are_the_delivery_waits() {
    let (smtp, sendgrid) = (pause("smtp", None), pause("sendgrid", Some(60)));
    let choice = |conditions: &[Condition], paused: [Option<&Pause>; 2], before| {
        let of = |(one, paused)| Candidate { paused, ..one };
        let candidates: Vec<Candidate<'_>> = candidates(conditions).into_iter().zip(paused).map(of).collect();
        choose(&candidates, before)
    };
    let why = "the provider smtp is paused: it is being moved".to_owned();
    let passed = Choice::Use { at: 1, passed_over: Some(why.clone()) };
    assert_eq!(choice(&[WORKS, WORKS], [Some(&smtp), None], before(None)), passed);
    let parked = |why: String, seconds, is_limit| Choice::Park { wait: Duration::from_secs(seconds), why, is_limit };
    let failing = format!("{why}; sendgrid: it fails too often, its breaker is open");
    let its_pause = Choice::Pause { until: None, why: failing.clone() };
    for one in [WORKS, TRIED_OUT, FULL] {
        assert_eq!(choice(&[one, FAILS], [Some(&smtp), None], before(None)), its_pause, "{one:?} but for its pause");
    }
    assert_eq!(choice(&[FAILS, FAILS], [Some(&smtp), None], before(None)), parked(failing, 20, false), "nobody works");
    let full = format!("{why}; sendgrid: its limit is reached");
    assert_eq!(choice(&[FULL, FULL], [Some(&smtp), None], before(None)), parked(full, 3, true), "that one works");
    let both = Choice::Pause { until: sendgrid.until, why: format!("{why}; {}", sendgrid.told()) };
    assert_eq!(choice(&[WORKS, FAILS], [Some(&smtp), Some(&sendgrid)], before(None)), both);
    let pinned = Before { last: Some("smtp"), ambiguous: true, policy: Ambiguity::Hold };
    let only = Choice::Pause { until: None, why };
    assert_eq!(choice(&[WORKS, WORKS], [Some(&smtp), None], pinned), only, "no second one is asked");
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        Just(WORKS),
        Just(TRIED_OUT),
        (1_u64..200).prop_map(|seconds| closed(seconds, Closed::Failing)),
        (1_u64..200).prop_map(|seconds| closed(seconds, Closed::Limit)),
    ]
}

proptest! {
    /// Nobody is chosen who takes nothing, nobody waits for long while somebody takes the message, and a delivery that may
    /// have gone out stays where it was.
    #[test]
    fn a_choice_is_always_one_that_may_be_made(
        conditions in proptest::collection::vec(condition(), 1..4),
        last in proptest::option::of(0_usize..3),
        ambiguous in any::<bool>(),
        policy in 0_usize..3,
    ) {
        let candidates = candidates(&conditions);
        let last = last.map(|at| NAMES[at]);
        let before = Before { last, ambiguous, policy: Ambiguity::ALL[policy] };
        let known = last.filter(|last| candidates.iter().any(|one| one.provider == *last));
        let is_bound = ambiguous && before.policy != Ambiguity::Resend;
        match choose(&candidates, before) {
            Choice::Use { at, .. } => {
                let is_closed = matches!(candidates[at].condition, Condition::Closed { .. });
                prop_assert!(!is_closed);
                let is_asked = |one: &Candidate<'_>| !is_bound || one.provider == candidates[at].provider;
                let one_works = candidates.iter().any(|one| is_asked(one) && one.condition == WORKS);
                prop_assert!(!(ambiguous && candidates[at].condition == TRIED_OUT && one_works));
                prop_assert!(!is_bound || known.is_none_or(|known| known == candidates[at].provider));
                let another = candidates.iter().any(|one| one.condition == WORKS && Some(one.provider) != known);
                prop_assert!(is_bound || !another || Some(candidates[at].provider) != known);
            }
            Choice::Park { wait, .. } => {
                prop_assert!(wait < Duration::from_secs(200));
                let asked = if is_bound { known.or(Some(NAMES[0])) } else { None };
                let is_asked = |one: &&Candidate<'_>| asked.is_none_or(|asked| asked == one.provider);
                let mut those_asked = candidates.iter().filter(is_asked);
                let all_are_closed = those_asked.all(|one| matches!(one.condition, Condition::Closed { .. }));
                prop_assert!(all_are_closed);
            }
            Choice::Pause { .. } => prop_assert!(false, "nobody is paused"),
        }
    }
}
