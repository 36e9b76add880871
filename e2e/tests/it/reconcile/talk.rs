//! How questions, presses and commands are judged at the end of a run with faults: each promise, broken once.

use std::collections::{HashMap, HashSet};

use domain::{
    Answer, Ask, AskEnd, AskKind, AskState, AttemptOutcome, Command, CommandState, GivenAnswer, State, Timestamp,
};
use e2e::chaos::reconcile::talk::{Books, Kept, Posted, Press, Saying, counts, judge};
use testkit::key;

use super::row;

const ANA: &str = "telegram:4711";
const ASK: &str = "q1q";
const COMMAND: &str = "c-1";
const DELIVERY: &str = "d-1";

fn ask(state: AskState) -> Ask {
    let at = Timestamp::default();
    let end = AskEnd { state, choice: Some("yes".into()), by: Some(ANA.into()), at };
    Ask {
        key: key(ASK),
        kind: AskKind::Confirm,
        question: "Deploy?".into(),
        choices: Vec::new(),
        audience: vec![ANA.into()],
        names: Default::default(),
        quorum: 1,
        four_eyes: false,
        may_change: false,
        requested_by: None,
        correlation_id: None,
        content: domain::RecipientHash::UNKNOWN,
        reply_to: None,
        version: 2,
        salt: [7; 16],
        key_id: "0a0b0c0d".into(),
        attempts: 0,
        sends: 1,
        created_at: at,
        expires_at: at,
        end: Some(end).filter(|_| state != AskState::Open),
    }
}

fn answer(approver: &str, id: &str, late: bool) -> Answer {
    let given = GivenAnswer {
        id: id.into(),
        approver: approver.into(),
        choice: "yes".into(),
        via: "telegram".into(),
        at: Timestamp::default(),
        evidence: "{}".into(),
    };
    Answer { given, late, version: 2 }
}

fn press(approver: &str, id: &str) -> Press {
    Press { ask: ASK.into(), approver: approver.into(), id: id.into(), is_asked: true, is_confirmed: true }
}

fn saying(noun: &'static str, subject: &str, name: &str) -> Saying {
    Saying { noun, subject: subject.into(), name: name.into(), id: format!("{subject} {name}") }
}

fn command(state: CommandState) -> Command {
    let at = Timestamp::default();
    Command {
        key: key(COMMAND),
        service: "trading".into(),
        action: "pause".into(),
        arguments: "{}".into(),
        ask: Some(COMMAND.into()),
        delivery: Some(DELIVERY.into()),
        state,
        version: 4,
        requested_by: "operator".into(),
        confirmed_by: Some(ANA.into()),
        correlation_id: None,
        output: None,
        reply: None,
        created_at: at,
        updated_at: at,
        expires_at: at,
    }
}

/// A question that was answered and a command that was done, as they should be.
fn good() -> (Books, Kept) {
    let posted = Posted { id: COMMAND.into(), key: COMMAND.into() };
    let books = Books {
        asked: vec![ASK.into()],
        presses: vec![press(ANA, "u-1")],
        ordered: vec![COMMAND.into()],
        posted: vec![posted],
        succeeded: HashSet::from([COMMAND.to_owned()]),
    };
    let told = [
        saying("ask", ASK, "opened"),
        saying("ask", ASK, "counted"),
        saying("ask", ASK, "answered"),
        saying("command", COMMAND, "pending_confirmation"),
        saying("command", COMMAND, "dispatched"),
        saying("command", COMMAND, "succeeded"),
    ];
    let kept = Kept {
        asks: vec![(ask(AskState::Answered), vec![answer(ANA, "u-1", false)])],
        commands: vec![command(CommandState::Succeeded)],
        deliveries: HashMap::from([(DELIVERY.to_owned(), row(State::Sent, &[]))]),
        told: told.to_vec(),
    };
    (books, kept)
}

/// What is broken once this was changed.
fn broken(change: impl FnOnce(&mut Books, &mut Kept)) -> Vec<String> {
    let (mut books, mut kept) = good();
    change(&mut books, &mut kept);
    judge(&books, &kept)
}

fn check(expected: &str, change: impl FnOnce(&mut Books, &mut Kept)) {
    let broken = broken(change);
    assert!(broken.iter().any(|what| what.contains(expected)), "{expected}: {broken:?}");
}

#[test]
fn what_has_one_end_and_one_answer_breaks_nothing() {
    assert_eq!(broken(|_, _| ()), [""; 0]);
    let again = |kept: &mut Kept| kept.told.extend_from_within(..);
    assert_eq!(broken(|_, kept| again(kept)), [""; 0], "the same event may be told again");
    let (books, kept) = good();
    let counted = counts(&books, &kept);
    assert!(counted.starts_with("asks: 1 answered; 1 presses confirmed, 1 counted, 0 late"), "{counted}");
}

#[test]
fn every_promise_of_a_question_is_looked_at() {
    check("nothing is known of it", |_, kept| kept.asks.clear());
    check("still open at rest", |_, kept| kept.asks[0].0 = ask(AskState::Open));
    check("answered, and told as", |_, kept| kept.told.push(saying("ask", ASK, "expired")));
    check("answered, and told as", |_, kept| kept.told.retain(|one| one.name != "answered"));
    check("beginning was not told", |_, kept| kept.told.retain(|one| one.name != "opened"));
    check("has answered twice", |_, kept| kept.asks[0].1.push(answer(ANA, "u-2", false)));
    check("1 answers are kept, 0 told", |_, kept| kept.told.retain(|one| one.name != "counted"));
    check("and is lost", |books, _| books.presses.push(press("telegram:4712", "u-3")));
    check("nobody has given", |books, _| books.presses.clear());
    let stranger = Press { is_asked: false, ..press("telegram:4799", "u-4") };
    check("presses of strangers", |books, _| books.presses.push(stranger));
}

#[test]
fn every_promise_of_a_command_is_looked_at() {
    check("nothing is known of it", |_, kept| kept.commands.clear());
    check("still running at rest", |_, kept| kept.commands[0].state = CommandState::Running);
    check("succeeded, and told as", |_, kept| kept.told.push(saying("command", COMMAND, "failed")));
    check("told 0 times as dispatched", |_, kept| kept.told.retain(|one| one.name != "dispatched"));
    check("its service has said", |_, kept| kept.commands[0].state = CommandState::Rejected);
    check("neither its service nor its delivery", |_, kept| kept.commands[0].state = CommandState::Failed);
    check("has never seen it", |books, _| books.posted.clear());
    check("nobody has confirmed it", |_, kept| kept.commands[0].confirmed_by = None);
    check("under another key", |books, _| books.posted[0].key = "another".into());
    check("which nobody knows", |books, _| books.posted.push(Posted { id: "c-2".into(), key: "c-2".into() }));
}

#[test]
fn a_command_is_posted_again_only_where_an_answer_was_lost() {
    for (attempts, is_explained) in
        [(vec![], false), (vec![AttemptOutcome::Ambiguous], true), (vec![AttemptOutcome::MaybeSent], true)]
    {
        let found = broken(|books, kept| {
            books.posted.push(books.posted[0].clone());
            kept.deliveries.insert(DELIVERY.to_owned(), row(State::Sent, &attempts));
        });
        assert_eq!(found.is_empty(), is_explained, "{attempts:?}: {found:?}");
    }
}

#[test]
fn an_event_of_a_delivery_is_none_of_a_question() {
    let read = |kind: &str| {
        let event = serde_json::json!({"id": "e-1", "type": kind, "subject": "s-1"});
        Saying::read(event.to_string().as_bytes()).expect("an event").map(|saying| (saying.noun, saying.name))
    };
    assert_eq!(read("chasqui.sms.dead"), None);
    assert_eq!(read("chasqui.ask.late"), Some(("ask", "late".to_owned())));
    assert_eq!(read("chasqui.command.running"), Some(("command", "running".to_owned())));
}
