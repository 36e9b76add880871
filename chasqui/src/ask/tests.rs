//! What is asked by options, and what is printed of a question.

use clap::Parser;
use domain::{AskChoice, AskEnd, AskKind, AskState, FieldError, GivenAnswer, State};
use operations::asks::{Message, Shown};
use serde_json::{Value, json};

use super::*;
use crate::exit::Usage;

#[derive(Parser, Debug)]
struct Line {
    #[command(subcommand)]
    command: AskCommand,
}

fn create(words: &[&str]) -> Result<create::Create, clap::Error> {
    let line = ["ask", "create"].into_iter().chain(words.iter().copied());
    match Line::try_parse_from(line)?.command {
        AskCommand::Create(create) => Ok(*create),
        other => panic!("{other:?}"),
    }
}

/// Whose no refuses nothing, as where nobody has given choices.
fn plain(ask: domain::Ask) -> domain::Ask {
    let choices = ask.choices.into_iter().map(|choice| AskChoice { refuses: false, ..choice }).collect();
    domain::Ask { choices, ..ask }
}

fn ask() -> domain::Ask {
    let choice = |id: &str, label: &str, refuses| AskChoice { id: id.into(), label: label.into(), refuses };
    domain::Ask {
        key: testkit::key("q-1"),
        kind: AskKind::Confirm,
        question: "Deploy\u{1b}[31m?".into(),
        choices: vec![choice("yes", "Sí", false), choice("no", "No", true)],
        audience: vec!["ana".into(), "ben".into()],
        names: Default::default(),
        quorum: 1,
        four_eyes: false,
        may_change: false,
        requested_by: Some("shop".into()),
        correlation_id: None,
        reply_to: None,
        content: domain::RecipientHasher::new(b"secret").hash("ask"),
        version: 1,
        salt: [7; 16],
        key_id: "k1".into(),
        attempts: 0,
        sends: 0,
        created_at: testkit::NOW,
        expires_at: testkit::NOW,
        end: None,
    }
}

fn ended(choice: Option<&str>, state: AskState) -> domain::Ask {
    let by = Some("ana".to_owned());
    domain::Ask { end: Some(AskEnd { state, choice: choice.map(str::to_owned), by, at: testkit::NOW }), ..ask() }
}

fn shown() -> Shown {
    let given = GivenAnswer {
        id: "press-1".into(),
        approver: "ana".into(),
        choice: "yes".into(),
        via: "telegram".into(),
        at: testkit::NOW,
        evidence: "{}".into(),
    };
    let message = Message {
        approver: Some("ana".into()),
        step: 0,
        channel: "email".into(),
        recipient_mask: Some("***@example.com".into()),
        delivery: "copy-1".into(),
        due_at: testkit::NOW,
    };
    let answers = vec![domain::Answer { given, late: false, version: 2 }];
    Shown { ask: ended(Some("yes"), AskState::Answered), answers, copies: vec![message] }
}

#[test]
fn options_say_what_a_body_says() {
    for (words, expected) in [
        (&["--question", "Go?", "--to", "ana"][..], json!({"question": "Go?", "to": [{"contact": "ana"}]})),
        (
            &["--question", "Go?", "--to-group", "admins", "--to-address", "email:a@example.org", "--quorum", "2"],
            json!({
                "question": "Go?", "quorum": 2,
                "to": [{"group": "admins"}, {"channel": "email", "destination": "a@example.org"}],
            }),
        ),
        (
            &["--question", "Go?", "--to", "telegram:1", "--choice", "go=Now", "--refusal", "Never", "--four-eyes"],
            json!({
                "question": "Go?", "to": [{"contact": "telegram:1"}], "four_eyes": true,
                "choices": [
                    {"id": "go", "label": "Now", "refuses": false}, {"label": "Never", "refuses": true},
                ],
            }),
        ),
        (
            &["--question", "Go?", "--to", "ana", "--expires-in", "10m", "--remind-after", "90s", "--locale", "es"],
            json!({
                "question": "Go?", "to": [{"contact": "ana"}], "expires_in": 600, "remind_after": 90, "locale": "es",
            }),
        ),
    ] {
        let body = create(words).unwrap().of_options().unwrap();
        assert_eq!(Value::Object(body), expected, "{words:?}");
    }
}

#[test]
fn a_body_and_options_do_not_go_together_and_something_must_be_asked() {
    assert!(create(&["body.json", "--follow", "--id", "q-1"]).is_ok());
    for words in [&["body.json", "--question", "Go?"][..], &["body.json", "--to", "ana"], &["--to", "ana"], &[]] {
        assert!(create(words).is_err(), "{words:?}");
    }
    let nowhere = create(&["--question", "Go?", "--to-address", "ana@example.org"]).unwrap().of_options();
    assert!(nowhere.is_err_and(|error| error.to_string().contains("such as email:ana@example.org")));
}

#[test]
fn what_is_wrong_is_told_by_the_option_that_was_given() {
    let error = |pointer: &str| FieldError { pointer: pointer.into(), detail: "must be".into() };
    let errors = ["/question", "/choices/0/label", "/to/1", "/expires_in"].map(error);
    let told = Usage::of(&errors, create::option_of).to_string();
    assert_eq!(told, "--question must be\n--choice (0/label) must be\n--to (1) must be\n--expires-in must be");
}

#[test]
fn a_question_is_printed_with_what_was_said_and_acts_on_no_terminal() {
    let lines = shown::lines(&shown(), &[Some(State::Sent)], testkit::NOW);
    let all = lines.join("\n");
    for part in [
        "q-1  answered: Sí, by ana  of default",
        "  1  Sí (yes)",
        "  0  No (no, a refusal)",
        "ana has chosen Sí by telegram",
        "to ana by email ***@example.com  sent  delivery copy-1",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(!lines.iter().any(|line| printable(line).chars().any(domain::acts)), "{all:?}");
    assert_eq!(shown::row_of(&ask(), 1)[3], "1 of 2");
    let told = shown::json_of(&shown(), &[None]);
    assert_eq!(
        (&told["state"], &told["choice"], &told["messages"][0]["state"]),
        (&json!("answered"), &json!("yes"), &Value::Null)
    );
    assert_eq!(told["answers"][0]["via"], json!("telegram"));
}

#[test]
fn a_message_that_is_not_due_yet_says_until_when_it_waits_and_one_of_an_ended_question_that_its_address_is_not_kept() {
    let due_at = testkit::NOW.plus(std::time::Duration::from_secs(600));
    let told = |ask: domain::Ask, mask: Option<&str>, due_at| {
        let of = shown();
        let copies = of.copies.into_iter().map(|copy| Message { recipient_mask: mask.map(Into::into), due_at, ..copy });
        let shown = Shown { ask, answers: Vec::new(), copies: copies.collect() };
        shown::lines(&shown, &[None], testkit::NOW).pop().unwrap()
    };
    let later = told(ask(), Some("***@example.com"), due_at);
    assert!(later.contains(&format!("***@example.com  waits until {due_at}  delivery")), "{later}");
    assert!(told(ask(), None, testkit::NOW).contains("by email -  not taken  delivery"));
    let over = told(ended(Some("yes"), AskState::Answered), None, due_at);
    assert!(over.contains("by email (where to is not kept once it has ended)  not taken"), "{over}");
}

#[test]
fn how_many_decide_is_told_in_the_singular_of_one() {
    let told = |quorum| shown::needed(&domain::Ask { quorum, ..ask() });
    assert_eq!([told(1), told(2)], ["one answer that is no refusal decides", "2 must choose the same"]);
    assert_eq!(shown::needed(&plain(ask())), "the first answer decides", "also a no");
}

#[test]
fn people_who_are_called_something_are_printed_with_that_beside_their_ids() {
    let called = |of: domain::Ask| {
        let names = [("ana", "Ana María"), ("shop", "The shop")].map(|(id, name)| (id.to_owned(), name.to_owned()));
        domain::Ask { names: names.into(), ..of }
    };
    let shown = Shown { ask: called(shown().ask), ..shown() };
    let all = shown::lines(&shown, &[Some(State::Sent)], testkit::NOW).join("\n");
    for part in [
        "q-1  answered: Sí, by Ana María (ana)  of default",
        "by The shop (shop), expires",
        "Ana María (ana) has chosen Sí by telegram",
        "to Ana María (ana) by email",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert_eq!(shown::row_of(&called(ask()), 0)[5], "The shop (shop)");
    assert_eq!(shown::json_of(&shown, &[None])["ended_by"], json!("ana"), "programs read ids");
}

#[test]
fn the_question_of_a_command_is_printed_line_by_line_and_in_one_of_a_list() {
    let question = "Do trading.pause?\nid = \"btc\"\n  1  Yes (yes)".to_owned();
    let of_command = domain::Ask { kind: AskKind::Command, question, ..ask() };
    assert_eq!(shown::row_of(&of_command, 0)[7], "Do trading.pause? id = \"btc\"   1  Yes (yes)");
    let shown = Shown { ask: of_command, answers: Vec::new(), copies: Vec::new() };
    let lines = shown::lines(&shown, &[], testkit::NOW);
    assert_eq!(&lines[1..4], ["  | Do trading.pause?", "  | id = \"btc\"", "  |   1  Yes (yes)"]);
}

#[test]
fn only_a_decision_that_is_no_refusal_is_a_yes() {
    for (ask, expected, told) in [
        (ended(Some("yes"), AskState::Answered), true, "answered: Sí, by ana"),
        (ended(Some("no"), AskState::Answered), false, "answered: No, by ana"),
        (ended(None, AskState::Answered), false, "answered: no choice"),
        (ended(None, AskState::Cancelled), false, "cancelled by ana"),
        (ended(None, AskState::Expired), false, "expired"),
        (ask(), false, "open"),
        (plain(ended(Some("yes"), AskState::Answered)), true, "answered: Sí, by ana"),
        (plain(ended(Some("no"), AskState::Answered)), false, "answered: No, by ana"),
    ] {
        assert_eq!(watch::is_agreed(&ask), expected, "{told}");
        assert!(shown::outcome(&ask).starts_with(told), "{}", shown::outcome(&ask));
    }
}

#[test]
fn a_word_that_is_none_is_told_with_the_nearest_one() {
    assert!(state("opne").is_err_and(|said| said.ends_with("did you mean open?")));
    assert_eq!((state("expired"), kind("command")), (Ok(AskState::Expired), Ok(AskKind::Command)));
    assert!(kind("comand").is_err_and(|said| said.ends_with("did you mean command?")));
}
