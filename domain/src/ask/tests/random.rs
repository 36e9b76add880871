//! Histories of answers, expiry and cancelling in any order, and what holds in all of them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// An answer that has waited for so many seconds before it is heard.
    Answer(GivenAnswer, u64),
    /// The answer at this place comes once more.
    Repeat(usize),
    Expire,
    Cancel,
}

fn step() -> impl Strategy<Value = Step> {
    let people = select(vec!["ana", "ben", "caro", "dan", "eve"]);
    let choices = select(vec!["yes", "no", "red", "other"]);
    let waited = prop_oneof![2 => Just(0), 1 => 0_u64..300];
    let answer = (people, choices, any::<u32>(), waited).prop_map(|(approver, choice, id, waited)| {
        Step::Answer(GivenAnswer { id: id.to_string(), ..given(approver, choice, 0) }, waited)
    });
    prop_oneof![12 => answer, 3 => (0_usize..20).prop_map(Step::Repeat), 1 => Just(Step::Expire), 1 => Just(Step::Cancel)]
}

/// The steps of a history with their seconds: time goes on by up to two minutes at each, and an ask lasts for ten.
fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    prop::collection::vec((0_u64..120, step()), 1..25).prop_map(|steps| {
        let mut second = 0;
        let later = steps.into_iter().map(|(after, step)| {
            second += after;
            (second, step)
        });
        later.collect()
    })
}

fn asks() -> impl Strategy<Value = Ask> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (1_u32..=3, flags).prop_map(|(quorum, (four_eyes, may_change, has_red))| {
        let mut ask = Ask { four_eyes, may_change, ..ask(quorum) };
        if has_red {
            ask.choices.insert(1, choice("red", false));
        }
        assert!(ask.faults().is_empty());
        ask
    })
}

/// The last choice of each approver that counts.
fn chosen(answers: &[Answer]) -> BTreeMap<&str, &str> {
    let counted = answers.iter().filter(|answer| !answer.late);
    counted.map(|answer| (answer.given.approver.as_str(), answer.given.choice.as_str())).collect()
}

fn check_kept(ask: &Ask, answers: &[Answer]) -> Result<(), TestCaseError> {
    let mut names = BTreeSet::new();
    for answer in answers {
        let GivenAnswer { id, approver, choice, .. } = &answer.given;
        prop_assert!(names.insert((approver, id)), "{answer:?} is kept twice");
        prop_assert!(ask.audience.contains(approver), "{answer:?} is of nobody who was asked");
        prop_assert!(ask.choices.iter().any(|one| one.id == *choice), "{answer:?}");
        let is_of_requester = ask.requested_by.as_ref() == Some(approver);
        prop_assert!(!(ask.four_eyes && is_of_requester), "{answer:?} is of whoever has asked");
    }
    let versions: Vec<u32> = answers.iter().filter(|answer| !answer.late).map(|answer| answer.version).collect();
    prop_assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    Ok(())
}

fn check_end(ask: &Ask, answers: &[Answer]) -> Result<(), TestCaseError> {
    let chosen = chosen(answers);
    let votes = |id: &str| chosen.values().filter(|choice| **choice == id).count() as u32;
    let Some(end) = &ask.end else {
        prop_assert!(chosen.len() < ask.eligible() as usize, "all have answered, and it is open");
        for choice in ask.choices.iter().filter(|choice| !choice.refuses) {
            prop_assert!(votes(&choice.id) < ask.quorum, "{} has the quorum, and it is open", choice.id);
        }
        return Ok(());
    };
    let left = ask.eligible() - chosen.len() as u32;
    let (refusing, agreeing): (Vec<&AskChoice>, Vec<&AskChoice>) =
        ask.choices.iter().partition(|choice| choice.refuses);
    let is_out_of_reach = agreeing.iter().all(|choice| votes(&choice.id) + left < ask.quorum);
    match (end.state, &end.choice) {
        (AskState::Answered, Some(id)) => {
            let has_refused = refusing.iter().any(|choice| choice.id == *id);
            prop_assert!(if has_refused { is_out_of_reach } else { votes(id) == ask.quorum }, "{end:?} {chosen:?}");
        }
        (AskState::Answered, None) => {
            prop_assert!(is_out_of_reach && refusing.iter().all(|choice| votes(&choice.id) == 0), "{chosen:?}");
        }
        (AskState::Expired, None) => prop_assert!(end.at >= ask.expires_at),
        (AskState::Cancelled, None) => {}
        other => prop_assert!(false, "{:?}", other),
    }
    Ok(())
}

/// While it is open the first answer of each person counts, by when they came in, or the last where a mind may be changed.
fn check_order(ask: &Ask, answers: &[Answer], told: &[(GivenAnswer, AskDecision)]) -> Result<(), TestCaseError> {
    if ask.end.is_some() {
        return Ok(());
    }
    for (approver, choice) in chosen(answers) {
        let own = || told.iter().filter(|(given, _)| given.approver == approver);
        if own().any(|(_, decision)| decision.verdict == AskVerdict::TooOften) {
            continue;
        }
        let is_heard = |verdict: &AskVerdict| match verdict {
            AskVerdict::Counts { .. } | AskVerdict::Stands { .. } => true,
            // What was chosen already is noted as it was chosen first.
            AskVerdict::Same => !ask.may_change,
            _ => false,
        };
        let heard = own().filter(|(_, decision)| is_heard(&decision.verdict)).map(|(given, _)| given);
        let expected = match ask.may_change {
            true => heard.max_by_key(|given| given.at),
            false => heard.min_by_key(|given| given.at),
        };
        prop_assert_eq!(expected.map(|given| given.choice.as_str()), Some(choice), "{}: {:?}", approver, told);
    }
    Ok(())
}

/// What one step may have changed.
fn check_step(before: &Ask, after: &Ask, decision: Option<&AskDecision>) -> Result<(), TestCaseError> {
    if before.end.is_some() {
        prop_assert_eq!(before, after, "what has ended stays as it is");
    }
    let moves = u32::from(before != after);
    prop_assert_eq!(after.version, before.version + moves, "each change is one version");
    let ends = before.end.is_none() && after.end.is_some();
    let Some(decision) = decision else { return Ok(()) };
    prop_assert_eq!(decision.moved.is_some(), moves == 1);
    prop_assert_eq!(decision.moved.is_some() && decision.edit == AskEdit::End, ends);
    let is_late = decision.kept.as_ref().is_some_and(|answer| answer.late);
    prop_assert!(!is_late || moves == 0, "a late answer changes nothing");
    Ok(())
}

proptest! {
    #[test]
    fn no_history_ends_an_ask_twice_counts_an_approver_twice_or_believes_the_requester(
        first in asks(),
        steps in steps(),
    ) {
        let (mut ask, mut answers, mut told) = (first, Vec::new(), Vec::<(GivenAnswer, AskDecision)>::new());
        for (second, step) in steps {
            let (before, now) = (ask.clone(), NOW.plus(Duration::from_secs(second)));
            let mut decision = None;
            match step {
                Step::Answer(given, waited) => {
                    let given = GivenAnswer { at: now.minus(Duration::from_secs(waited)), ..given };
                    let made = give(&mut ask, &mut answers, &given);
                    told.push((given, made.clone()));
                    decision = Some(made);
                }
                Step::Repeat(at) => {
                    if let Some((given, first)) = told.get(at) {
                        let again = give(&mut ask, &mut answers, given);
                        if first.kept.is_some() {
                            prop_assert_eq!((&again.moved, &again.kept), (&None, &None));
                            let own = |of: &AskDecision| of.events.last().cloned();
                            prop_assert_eq!(own(&again), own(first), "a repeat is told the same");
                        }
                        decision = Some(again);
                    }
                }
                Step::Expire => ask = ask.expired(now).map_or(ask.clone(), |ending| ending.ask),
                Step::Cancel => ask = ask.cancelled("ana", now).map_or(ask.clone(), |ending| ending.ask),
            }
            check_step(&before, &ask, decision.as_ref())?;
            check_kept(&ask, &answers)?;
            check_end(&ask, &answers)?;
            check_order(&ask, &answers, &told)?;
        }
    }
}
