//! Asks that nobody makes, and all that is said of them at once.

use super::*;

#[track_caller]
fn check(ask: &Ask, expected: &[&str]) {
    let faults = ask.faults();
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, expected, "{faults:?}");
}

#[test]
fn an_ask_that_people_can_answer_has_no_fault() {
    check(&ask(1), &[]);
    check(&ask(4), &[]);
    check(&Ask { four_eyes: true, ..ask(3) }, &[]);
    let longest = Ask { question: "ñ".repeat(MAX_QUESTION_CHARS), ..ask(1) };
    check(&longest, &[]);
}

#[test]
fn every_field_that_is_wrong_is_named_at_once() {
    let wrong = Ask {
        question: " ".into(),
        choices: vec![
            choice("no", true),
            choice("no", true),
            choice("a b", true),
            AskChoice { label: "".into(), ..choice("x", true) },
        ],
        audience: vec!["ana".into(), "ana".into(), String::new()],
        quorum: 0,
        expires_at: NOW,
        ..ask(1)
    };
    let expected = [
        "/question",
        "/choices",
        "/choices/1/id",
        "/choices/2/id",
        "/choices/3/label",
        "/to/1",
        "/to/2",
        "/quorum",
        "/expires_in",
    ];
    check(&wrong, &expected);
}

#[test]
fn a_quorum_is_of_those_who_may_answer() {
    check(&ask(5), &["/quorum"]);
    check(&Ask { four_eyes: true, ..ask(4) }, &["/quorum"]);
    check(&Ask { audience: vec!["ana".into()], four_eyes: true, ..ask(1) }, &["/four_eyes"]);
    check(&Ask { audience: Vec::new(), ..ask(1) }, &["/to"]);
}

#[test]
fn there_are_limits_to_everything() {
    let many = |count: usize| (0..count).map(|n| format!("person-{n}")).collect::<Vec<_>>();
    check(&Ask { audience: many(MAX_APPROVERS), ..ask(1) }, &[]);
    check(&Ask { audience: many(MAX_APPROVERS + 1), ..ask(1) }, &["/to"]);
    let choices = (0..=MAX_ASK_CHOICES).map(|n| choice(&format!("c{n}"), false)).collect();
    check(&Ask { choices, ..ask(1) }, &["/choices"]);
    check(&Ask { question: "a".repeat(MAX_QUESTION_CHARS + 1), ..ask(1) }, &["/question"]);
    check(&Ask { expires_at: NOW.plus(Duration::from_secs(4_000 * 86_400)), ..ask(1) }, &["/expires_in"]);
    for kind in [AskKind::Verify, AskKind::OptIn] {
        check(&Ask { kind, ..ask(1) }, &["/to"]);
    }
}
