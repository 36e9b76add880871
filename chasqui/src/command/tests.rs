//! What is read of a command line, and what is printed of a command.

use domain::Command;
use serde_json::json;

use super::shown::{json_of, lines, row_of};
use super::watch::{passed, step_of};
use super::*;

fn command(state: CommandState) -> Command {
    Command {
        key: testkit::key("c-1"),
        service: "trading".into(),
        action: "strategy.pause".into(),
        arguments: r#"{"strategy_id":"btc"}"#.into(),
        ask: Some("c-1".into()),
        delivery: None,
        state,
        version: 2,
        requested_by: "command line:ada".into(),
        confirmed_by: Some("ben".into()),
        correlation_id: None,
        output: Some("done\u{1b}[31m".into()),
        reply: None,
        created_at: testkit::NOW,
        updated_at: testkit::NOW,
        expires_at: testkit::NOW,
    }
}

fn services() -> Registry {
    let written = json!({"trading": {
        "base_url": "http://127.0.0.1:9300", "may": ["admins"],
        "actions": {"strategy.pause": {"schema": {
            "type": "object", "properties": {"strategy_id": {"type": "string"}, "hard": {"type": "boolean"}},
            "required": ["strategy_id"],
        }}},
    }});
    let Value::Object(written) = written else { unreachable!() };
    Registry::read(&written).unwrap()
}

#[test]
fn words_of_a_line_are_an_action_and_its_arguments() {
    assert_eq!(named("trading.strategy.pause"), Ok(("trading".into(), "strategy.pause".into())));
    assert_eq!(argument("name=a=b"), Ok(("name".into(), "a=b".into())));
    assert_eq!(argument("name="), Ok(("name".into(), String::new())));
    for wrong in ["trading", ".pause", "trading.", ""] {
        assert!(named(wrong).is_err_and(|said| said.contains("such as trading.strategy.pause")), "{wrong}");
    }
    assert!(argument("btc").is_err() && argument("=btc").is_err() && id("a\nb").is_err() && id("").is_err());
    assert!(state("runing").is_err_and(|said| said.ends_with("did you mean running?")));
}

#[test]
fn arguments_are_those_of_the_schema_and_what_is_wrong_is_told_with_what_is_known() {
    let read = |action: &str, given: &[(&str, &str)]| {
        let (service, action) = named(action).unwrap();
        let arguments = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        typed(&services(), &CommandLine { service, action, arguments }, &Tenant::default(), &["admins"])
    };
    let given = read("trading.strategy.pause", &[("strategy_id", "btc"), ("hard", "true")]).unwrap();
    assert_eq!(Value::Object(given), json!({"strategy_id": "btc", "hard": true}));
    for (action, given, said) in [
        ("trading.strategy.pause", &[("strategy", "btc")][..], "the argument strategy is not known"),
        ("tradin.look", &[], "there is no service tradin; do you mean trading?"),
        ("trading.strategy.paus", &[], "do you mean strategy.pause?"),
        ("trading.strategy.pause", &[("hard", "perhaps")], "the argument strategy_id is missing"),
    ] {
        let told = read(action, given).unwrap_err().to_string();
        assert!(told.starts_with("nothing is done: ") && told.contains(said), "{told}");
    }
}

#[test]
fn a_state_that_was_over_before_anybody_has_looked_is_told_all_the_same() {
    let (pending, dispatched, running) =
        (CommandState::PendingConfirmation, CommandState::Dispatched, CommandState::Running);
    for (is_asked, version, state, told, expected) in [
        (true, 4, CommandState::Succeeded, 0, &[pending, dispatched, running][..]),
        (true, 1, pending, 0, &[]),
        (true, 4, CommandState::Succeeded, 1, &[dispatched, running]),
        (true, 3, CommandState::Failed, 1, &[dispatched]),
        (true, 2, CommandState::Rejected, 1, &[]),
        (false, 3, CommandState::Succeeded, 1, &[running]),
        (false, 2, CommandState::Expired, 0, &[dispatched]),
    ] {
        let ask = is_asked.then(|| "c-1".to_owned());
        let command = Command { ask, version, ..command(state) };
        assert_eq!(passed(&command, told).collect::<Vec<_>>(), expected, "{state:?} after {told}");
    }
}

#[test]
fn a_command_is_told_step_by_step_and_acts_on_no_terminal() {
    for (state, expected) in [
        (CommandState::PendingConfirmation, "pending_confirmation  `chasqui ask show`"),
        (CommandState::Dispatched, "dispatched  confirmed by ben"),
        (CommandState::Succeeded, "succeeded  done"),
    ] {
        let told = step_of(&command(state));
        assert!(told.contains(expected), "{told}");
    }
    let lines = lines(&command(CommandState::Failed));
    assert_eq!(lines[0], "c-1  failed  trading.strategy.pause  of default");
    assert!(lines.contains(&"  confirmed by ben".to_owned()), "{lines:?}");
    assert!(!lines.iter().any(|line| printable(line).chars().any(domain::acts)), "{lines:?}");
    let told = json_of(&command(CommandState::Failed));
    assert_eq!((&told["status"], &told["arguments"]), (&json!("failed"), &json!({"strategy_id": "btc"})));
    assert_eq!(row_of(&command(CommandState::Failed))[2], "trading.strategy.pause");
}

#[test]
fn a_delivery_that_fails_is_told_with_its_last_attempt() {
    let attempt = |outcome| domain::Attempt {
        epoch: 0,
        n: 1,
        outcome,
        provider: "trading".into(),
        code: Some("503".into()),
        detail: "Connection refused".into(),
        at: testkit::NOW,
    };
    let [failed, sent] = [domain::AttemptOutcome::Retriable, domain::AttemptOutcome::Sent].map(attempt);
    let told = super::delivery::failed("d-1", &[failed.clone(), failed.clone()]).unwrap();
    assert!(told.starts_with("delivery d-1 after 2 attempts, the last at "), "{told}");
    assert!(told.ends_with(" 503 Connection refused"), "{told}");
    assert_eq!(super::delivery::failed("d-1", &[failed, sent]), None);
    assert_eq!(super::delivery::failed("d-1", &[]), None);
}
