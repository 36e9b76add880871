//! What each answer does to an ask, by tables.

use std::time::Duration;

use super::*;
use crate::SubjectEvent;
use crate::samples::{NOW, key};

mod random;
mod refused;

fn choice(id: &str, refuses: bool) -> AskChoice {
    AskChoice { id: id.into(), label: id.into(), refuses }
}

/// Ana, Ben, Caro and Dan are asked yes or no; Ana has asked, and may answer.
fn ask(quorum: u32) -> Ask {
    Ask {
        key: key("a-1"),
        kind: AskKind::Confirm,
        question: "Deploy?".into(),
        choices: vec![choice("yes", false), choice("no", true)],
        audience: ["ana", "ben", "caro", "dan"].map(str::to_owned).to_vec(),
        names: Default::default(),
        quorum,
        four_eyes: false,
        may_change: false,
        requested_by: Some("ana".into()),
        correlation_id: None,
        reply_to: None,
        content: crate::RecipientHasher::new(b"secret").hash("ask"),
        version: 1,
        salt: [7; 16],
        key_id: "0a0b0c0d".into(),
        attempts: 0,
        sends: 0,
        created_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(600)),
        end: None,
    }
}

/// An answer `seconds` after the ask was made, by an id that no other has.
fn given(approver: &str, choice: &str, seconds: u64) -> GivenAnswer {
    GivenAnswer {
        id: format!("{approver}-{seconds}"),
        approver: approver.into(),
        choice: choice.into(),
        via: "telegram".into(),
        at: NOW.plus(Duration::from_secs(seconds)),
        evidence: "{}".into(),
    }
}

/// Answers an ask as the store does, and keeps what is to be kept.
fn give(ask: &mut Ask, answers: &mut Vec<Answer>, given: &GivenAnswer) -> AskDecision {
    let decision = ask.answered(answers, given);
    if let Some(moved) = &decision.moved {
        *ask = moved.clone();
    }
    answers.extend(decision.kept.clone());
    decision
}

/// What a row of answers such as `ben:yes caro:no` comes to: each verdict in a word, and the state with what was decided.
fn history(mut ask: Ask, given_answers: &str) -> String {
    let mut answers = Vec::new();
    let mut told = Vec::new();
    for (second, word) in (1..).zip(given_answers.split_whitespace()) {
        let (approver, choice) = word.split_once(':').unwrap();
        let decision = give(&mut ask, &mut answers, &given(approver, choice, second));
        told.push(match decision.verdict {
            AskVerdict::Counts { counted, quorum } => format!("{counted}/{quorum}"),
            other => other.as_str().to_owned(),
        });
    }
    let end = ask.end.map_or("open".to_owned(), |end| {
        format!("{} {} by {}", end.state.as_str(), end.choice.unwrap_or("-".into()), end.by.unwrap_or("-".into()))
    });
    format!("{}; {end}", told.join(" "))
}

#[test]
fn answers_count_end_and_come_late() {
    for (quorum, answers, expected) in [
        (1, "ben:yes", "ends; answered yes by ben"),
        (1, "ben:no caro:yes", "1/1 ends; answered yes by caro"),
        (1, "ana:no ben:no caro:no dan:no", "1/1 2/1 3/1 ends; answered no by dan"),
        (1, "ben:yes caro:no", "ends late; answered yes by ben"),
        (2, "ben:yes", "1/2; open"),
        (2, "ben:yes ben:yes", "1/2 same; open"),
        (2, "ben:yes ben:no", "1/2 stands; open"),
        (2, "ben:yes caro:yes dan:yes ana:no", "1/2 ends late late; answered yes by caro"),
        (2, "ben:no caro:no dan:no ana:yes", "1/2 2/2 ends late; answered no by dan"),
        (4, "ben:yes caro:no", "1/4 ends; answered no by caro"),
        (4, "ana:yes ben:yes caro:yes dan:yes", "1/4 2/4 3/4 ends; answered yes by dan"),
        (3, "eve:yes ben:maybe ben:yes", "not_asked unknown_choice 1/3; open"),
        (1, "ben:yes eve:yes ben:maybe", "ends not_asked unknown_choice; answered yes by ben"),
    ] {
        assert_eq!(history(ask(quorum), answers), expected, "{quorum}: {answers}");
    }
}

#[test]
fn who_has_asked_may_not_answer_where_two_must_look() {
    let two = |quorum| Ask { four_eyes: true, ..ask(quorum) };
    for (quorum, answers, expected) in [
        (1, "ana:yes", "is_requester; open"),
        (1, "ana:yes ben:yes ana:no", "is_requester ends is_requester; answered yes by ben"),
        (3, "ben:yes caro:no", "1/3 ends; answered no by caro"),
        (1, "ben:no caro:no dan:no", "1/1 2/1 ends; answered no by dan"),
    ] {
        assert_eq!(history(two(quorum), answers), expected, "{quorum}: {answers}");
    }
    let by_nobody = Ask { requested_by: None, ..two(1) };
    assert_eq!(history(by_nobody, "ana:yes"), "ends; answered yes by ana");
    let by_another = Ask { requested_by: Some("eve".into()), ..two(1) };
    assert_eq!(history(by_another, "eve:yes ana:yes"), "is_requester ends; answered yes by ana");
}

#[test]
fn a_mind_may_be_changed_where_that_is_allowed_and_counts_once() {
    let ask = |quorum| Ask { may_change: true, ..ask(quorum) };
    for (quorum, answers, expected) in [
        (2, "ben:yes ben:no ben:yes caro:yes", "1/2 1/2 1/2 ends; answered yes by caro"),
        (2, "ben:no ben:yes caro:yes", "1/2 1/2 ends; answered yes by caro"),
        (2, "ben:yes ben:no caro:yes", "1/2 1/2 1/2; open"),
        (1, "ben:yes ben:no", "ends late; answered yes by ben"),
    ] {
        assert_eq!(history(ask(quorum), answers), expected, "{quorum}: {answers}");
    }
    let often = "ben:yes ben:no ".repeat(6);
    assert!(history(ask(2), &often).ends_with("1/2 too_often same; open"), "{}", history(ask(2), &often));
}

#[test]
fn what_somebody_said_first_stands_or_last_where_a_mind_may_be_changed_however_late_it_is_heard() {
    for (may_change, heard, expected) in [
        (false, [("yes", 2), ("no", 1), ("yes", 3)], "counts counts stands; no"),
        (false, [("no", 2), ("no", 1), ("yes", 1)], "counts counts stands; no"),
        (true, [("yes", 2), ("no", 1), ("no", 3)], "counts stands counts; no"),
        (true, [("no", 2), ("yes", 1), ("no", 1)], "counts stands same; no"),
    ] {
        let (mut open, mut answers) = (Ask { may_change, ..ask(3) }, Vec::new());
        let ids = ["a", "b", "c"].into_iter().zip(heard);
        let verdicts = ids.map(|(id, (choice, second))| {
            let given = GivenAnswer { id: id.into(), ..given("ben", choice, second) };
            give(&mut open, &mut answers, &given).verdict.as_str()
        });
        let verdicts: Vec<&str> = verdicts.collect();
        let told = format!("{}; {}", verdicts.join(" "), answers.last().unwrap().given.choice);
        assert_eq!(told, expected, "{may_change}: {heard:?}");
    }
}

#[test]
fn of_several_choices_the_first_with_the_quorum_wins_and_none_where_nobody_has_refused() {
    let blue_or_red = |quorum, with_no: bool| {
        let no = with_no.then(|| choice("no", true));
        Ask { choices: [choice("blue", false), choice("red", false)].into_iter().chain(no).collect(), ..ask(quorum) }
    };
    for (quorum, with_no, answers, expected) in [
        (2, false, "ana:blue ben:red caro:red", "1/2 1/2 ends; answered red by caro"),
        (3, false, "ana:blue ben:red caro:red", "1/3 1/3 2/3; open"),
        (3, false, "ana:blue ben:red caro:red dan:blue", "1/3 1/3 2/3 ends; answered - by dan"),
        (3, true, "ana:blue ben:red caro:no", "1/3 1/3 ends; answered no by caro"),
        (3, true, "ana:no ben:red caro:blue", "1/3 1/3 ends; answered no by caro"),
    ] {
        assert_eq!(history(blue_or_red(quorum, with_no), answers), expected, "{quorum}: {answers}");
    }
    let two_refusals = Ask { choices: vec![choice("yes", false), choice("no", true), choice("never", true)], ..ask(3) };
    assert_eq!(history(two_refusals.clone(), "ana:never ben:no"), "1/3 ends; answered no by ben");
    assert_eq!(
        history(Ask { quorum: 2, ..two_refusals }, "ana:never ben:no caro:never"),
        "1/2 1/2 ends; answered never by caro"
    );
}

#[test]
fn an_answer_that_came_in_before_the_end_of_its_time_counts_and_one_after_it_is_late() {
    let (mut open, mut answers) = (ask(2), Vec::new());
    assert!(matches!(give(&mut open, &mut answers, &given("ben", "yes", 599)).verdict, AskVerdict::Counts { .. }));
    let late = give(&mut open, &mut answers, &given("caro", "yes", 600));
    let AskVerdict::Late(end) = &late.verdict else { panic!("{late:?}") };
    assert_eq!((end.state, late.edit, &late.moved), (AskState::Expired, AskEdit::Nothing, &None));
    assert_eq!(names(&late), ["late"]);
    assert_eq!(late.events[0].data["state"], "expired");
    assert!(answers[1].late);
    let in_time = give(&mut open, &mut answers, &given("dan", "yes", 598));
    assert!(matches!(in_time.verdict, AskVerdict::Ends { .. }), "it was in hand of somebody else: {in_time:?}");
    let again = give(&mut open, &mut answers, &given("caro", "yes", 600));
    assert_eq!(
        (again.verdict, again.events),
        (late.verdict, late.events),
        "it came too late, whatever has ended it since"
    );
}

#[test]
fn who_comes_late_is_told_who_came_first_and_is_kept_once() {
    let (mut open, mut answers) = (ask(1), Vec::new());
    give(&mut open, &mut answers, &given("ben", "yes", 1));
    let ended = open.clone();
    let late = give(&mut open, &mut answers, &given("caro", "no", 2));
    let by_ben = AskEnd {
        state: AskState::Answered,
        choice: Some("yes".into()),
        by: Some("ben".into()),
        at: given("", "", 1).at,
    };
    assert_eq!(late.verdict, AskVerdict::Late(by_ben.clone()));
    assert_eq!((late.moved, late.edit, names_of(&late.events)), (None, AskEdit::Nothing, vec!["late"]));
    let again = give(&mut open, &mut answers, &given("caro", "yes", 3));
    assert_eq!((again.verdict, again.kept, again.events), (AskVerdict::Late(by_ben), None, Vec::new()));
    assert_eq!((open, answers.len()), (ended, 2));
}

#[test]
fn a_copy_of_an_answer_does_nothing_and_is_told_the_same_again() {
    let (mut open, mut answers) = (Ask { may_change: true, ..ask(2) }, Vec::new());
    let all = [
        given("ben", "no", 1),
        given("ben", "yes", 2),
        given("caro", "yes", 3),
        given("dan", "no", 4),
        given("eve", "yes", 5),
    ];
    let first: Vec<AskDecision> = all.iter().map(|given| give(&mut open, &mut answers, given)).collect();
    let ended = open.clone();
    for (given, first) in all.iter().zip(&first) {
        let again = give(&mut open, &mut answers, given);
        assert_eq!((&again.verdict, &again.events, again.edit), (&first.verdict, &first.events, first.edit));
        assert_eq!((again.moved, again.kept), (None, None), "{given:?}");
    }
    assert_eq!((open, answers.len()), (ended, 4));
    assert_eq!(names(&first[0]), ["counted"]);
    assert_eq!(names(&first[1]), ["changed"]);
    assert_eq!(names(&first[2]), ["counted", "answered"]);
}

#[test]
fn an_id_that_another_approver_has_used_is_another_answer() {
    let (mut open, mut answers) = (ask(3), Vec::new());
    give(&mut open, &mut answers, &given("ben", "yes", 1));
    let same_id = GivenAnswer { id: "ben-1".into(), ..given("caro", "yes", 2) };
    assert_eq!(give(&mut open, &mut answers, &same_id).verdict, AskVerdict::Counts { counted: 2, quorum: 3 });
}

#[test]
fn it_expires_at_its_time_and_is_cancelled_while_it_is_open() {
    let open = ask(1);
    assert_eq!(open.expired(NOW.plus(Duration::from_secs(599))), None);
    let at = NOW.plus(Duration::from_secs(600));
    let AskEnding { ask: ended, event } = open.expired(at).unwrap();
    assert_eq!((ended.state(), ended.version, event.name, event.at), (AskState::Expired, 2, "expired", at));
    assert_eq!((ended.expired(at), ended.cancelled("ana", at)), (None, None));
    let AskEnding { ask: ended, event } = open.cancelled("ana", at).unwrap();
    assert_eq!((ended.state(), event.name), (AskState::Cancelled, "cancelled"));
    assert_eq!(event.data["by"], "ana");
    assert_eq!((ended.expired(at), ended.cancelled("ana", at)), (None, None));
    assert_eq!(history(ended, "ben:yes"), "late; cancelled - by ana");
}

#[test]
fn an_event_says_what_has_happened_and_never_what_was_asked() {
    let correlated = Ask { correlation_id: Some("order-7".into()), ..ask(2) };
    let (mut open, mut answers) = (correlated, Vec::new());
    assert_eq!((open.opened().name, open.opened().at), ("opened", NOW));
    let first = give(&mut open, &mut answers, &given("ben", "yes", 1));
    let data = &first.events[0].data;
    assert_eq!((&data["approver"], &data["counted"], &data["quorum"]), (&"ben".into(), &1.into(), &2.into()));
    assert_eq!(data["correlation_id"], "order-7");
    let last = give(&mut open, &mut answers, &given("caro", "yes", 2));
    let expected = open.ended().unwrap();
    assert_eq!(last.events[1], expected, "the end is told alike by whoever reads the row");
    let stranger = give(&mut open, &mut answers, &given("+12025550143", "my number", 3));
    assert_eq!(stranger.events[0].data["reason"], "not_asked");
    let told = format!("{:?} {:?} {:?}", first.events, last.events, stranger.events);
    assert!(!told.contains("Deploy") && !told.contains("0143") && !told.contains("my number"), "{told}");
}

#[test]
fn the_journal_is_told_who_answered_what_and_by_what_it_shows() {
    let (mut open, mut answers) = (ask(2), Vec::new());
    let entry = give(&mut open, &mut answers, &given("ben", "yes", 1)).entry().unwrap();
    assert_eq!((entry.kind, entry.actor.as_str(), entry.subject.as_str()), ("ask.counted", "ben", "a-1"));
    assert_eq!(
        entry.data_text(),
        r#"{"answer":"ben-1","choice":"yes","evidence":"{}","kind":"confirm","requested_by":"ana","via":"telegram"}"#
    );
    for (answer, kind) in [
        (given("ben", "yes", 1), None),
        (given("eve", "yes", 2), None),
        (given("caro", "yes", 3), Some("ask.answered")),
        (given("dan", "no", 4), None),
    ] {
        let entry = give(&mut open, &mut answers, &answer).entry();
        assert_eq!(entry.map(|entry| entry.kind), kind, "{answer:?}");
    }
}

#[test]
fn choices_and_audience_are_read_from_their_texts() {
    let ask = ask(1);
    assert_eq!(Ask::choices_of(&ask.choices_text()), Some(ask.choices.clone()));
    assert_eq!(Ask::audience_of(&ask.audience_text()), Some((ask.audience.clone(), ask.names.clone())));
    let names = std::collections::BTreeMap::from([("ana".to_owned(), "Ana María".to_owned())]);
    let named = Ask { names: names.clone(), ..ask.clone() };
    assert_eq!(Ask::audience_of(&named.audience_text()), Some((ask.audience.clone(), names)));
    assert_eq!(ask.audience_text(), r#"["ana","ben","caro","dan"]"#);
    assert_eq!((Ask::choices_of("[1]"), Ask::audience_of("{}")), (None, None));
}

#[test]
fn words_and_places_read_as_they_are_written() {
    assert!(AskKind::ALL.iter().all(|kind| AskKind::parse(kind.as_str()) == Some(*kind)));
    assert!(AskState::ALL.iter().all(|state| AskState::parse(state.as_str()) == Some(*state)));
    let ask = ask(1);
    assert_eq!((ask.approver(1), ask.approver(4)), (Some("ben"), None));
    assert_eq!((ask.choice(1).map(|choice| choice.id.as_str()), ask.choice(2)), (Some("no"), None));
    assert_eq!((ask.seed().key, ask.seed().key_id), (&ask.key, "0a0b0c0d"));
}

fn names(decision: &AskDecision) -> Vec<&'static str> {
    names_of(&decision.events)
}

fn names_of(events: &[SubjectEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.name).collect()
}
