//! A command goes forward only, and is moved by its own service alone.

use std::time::Duration;

use super::*;
use crate::samples::{NOW, key};

mod lines;
mod schemas;
mod services;
mod written;

fn command(state: CommandState) -> Command {
    Command {
        key: key("c-1"),
        service: "trading".into(),
        action: "strategy.pause".into(),
        arguments: "{}".into(),
        ask: Some("a-1".into()),
        delivery: None,
        state,
        version: 1,
        requested_by: "ana".into(),
        confirmed_by: None,
        correlation_id: Some("t-1".into()),
        output: None,
        reply: None,
        created_at: NOW,
        updated_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(60)),
    }
}

fn later() -> Timestamp {
    NOW.plus(Duration::from_secs(1))
}

/// The state after a step, or why there was none.
fn word(before: &Command, step: CommandStep) -> String {
    match step {
        CommandStep::Moved(moved) => {
            let CommandMoved { command, event } = *moved;
            assert!(command.state.rank() > before.state.rank(), "{before:?} {command:?}");
            assert_eq!((command.version, command.updated_at), (before.version + 1, later()));
            assert_eq!((event.noun, event.name, event.at), ("command", command.state.as_str(), later()));
            command.state.as_str().to_owned()
        }
        CommandStep::Same(seen) => {
            assert_eq!(*seen, *before);
            "Same".to_owned()
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn what_each_signal_does_to_each_state() {
    use CommandState as S;
    let says = |state| CommandReport { service: "trading", state, output: Some("{}") };
    for (state, expected) in [
        (
            S::PendingConfirmation,
            ["dispatched", "rejected", "NotDispatched", "NotDispatched", "NotDispatched", "NotDispatched"],
        ),
        (S::Dispatched, ["Same", "Backwards", "failed", "running", "succeeded", "rejected"]),
        (S::Running, ["Backwards", "Backwards", "Backwards", "Same", "succeeded", "rejected"]),
        (S::Succeeded, ["Ended", "Ended", "Ended", "Ended", "Same", "Ended"]),
        (S::Failed, ["Ended", "Ended", "Same", "Ended", "Ended", "Ended"]),
        (S::Rejected, ["Ended", "Same", "Ended", "Ended", "Ended", "Same"]),
        (S::Expired, ["Ended", "Ended", "Ended", "Ended", "Ended", "Ended"]),
    ] {
        let one = command(state);
        let steps = [
            one.confirmed("ben", "d-1", later()),
            one.refused("ben", later()),
            one.undelivered(later()),
            one.reported(&says(S::Running), later()),
            one.reported(&says(S::Succeeded), later()),
            one.reported(&says(S::Rejected), later()),
        ];
        assert_eq!(steps.map(|step| word(&one, step)), expected, "{state:?}");
    }
}

#[test]
fn that_it_runs_is_told_again_with_the_same_event_after_its_end_if_it_ran_at_all() {
    let moved = |step: CommandStep| match step {
        CommandStep::Moved(moved) => *moved,
        other => panic!("{other:?}"),
    };
    let says = |state| CommandReport { service: "trading", state, output: None };
    let asked = moved(command(CommandState::PendingConfirmation).confirmed("ben", "d-1", NOW)).command;
    let unasked = Command { ask: None, ..command(CommandState::Dispatched) };
    for dispatched in [asked, unasked] {
        let running = moved(dispatched.reported(&says(CommandState::Running), NOW));
        let over = running.command.expires_at;
        for ended in [
            moved(running.command.reported(&says(CommandState::Succeeded), later())).command,
            running.command.expired(over).unwrap().command,
        ] {
            let again = ended.reported(&says(CommandState::Running), NOW);
            let CommandStep::Passed(was) = &again else { panic!("{again:?}") };
            assert_eq!(was.told(), running.event);
            let late = ended.reported(&says(CommandState::Running), over.plus(Duration::from_secs(9)));
            let CommandStep::Passed(was) = &late else { panic!("{late:?}") };
            assert_eq!((was.told().id, was.updated_at), (running.event.id, ended.updated_at), "not behind its end");
        }
        let at_once = moved(dispatched.reported(&says(CommandState::Failed), later())).command;
        let overtaken = at_once.reported(&says(CommandState::Running), NOW);
        let has_delivery = at_once.delivery.is_some();
        assert_eq!(matches!(overtaken, CommandStep::Passed(_)), has_delivery, "its end was heard first");
        assert_eq!(at_once.reported(&says(CommandState::Running), later()), CommandStep::Ended, "it never ran");
    }
}

#[test]
fn a_report_of_another_service_or_of_no_report_changes_nothing() {
    for state in CommandState::ALL {
        let one = command(state);
        let foreign = CommandReport { service: "financial", state: CommandState::Succeeded, output: None };
        assert_eq!(one.reported(&foreign, later()), CommandStep::Foreign);
        for none in [CommandState::PendingConfirmation, CommandState::Dispatched, CommandState::Expired] {
            let report = CommandReport { service: "trading", state: none, output: None };
            assert_eq!(one.reported(&report, later()), CommandStep::NoReport);
        }
    }
}

#[test]
fn it_expires_at_its_time_unless_it_has_ended() {
    let at = NOW.plus(Duration::from_secs(60));
    for state in CommandState::ALL {
        let one = command(state);
        assert_eq!(one.expired(NOW.plus(Duration::from_secs(59))), None);
        let expired = one.expired(at).map(|moved| moved.command.state);
        assert_eq!(expired, (!state.is_ended()).then_some(CommandState::Expired), "{state:?}");
    }
    let pending = command(CommandState::PendingConfirmation);
    assert_eq!(pending.confirmed("ben", "d-1", at), CommandStep::Ended, "a yes that comes too late dispatches nothing");
}

#[test]
fn it_keeps_who_confirmed_it_and_what_its_service_said() {
    let CommandStep::Moved(moved) = command(CommandState::PendingConfirmation).confirmed("ben", "d-1", later()) else {
        panic!("it is dispatched")
    };
    let dispatched = moved.command;
    assert_eq!((dispatched.confirmed_by.as_deref(), dispatched.delivery.as_deref()), (Some("ben"), Some("d-1")));
    let report = CommandReport { service: "trading", state: CommandState::Failed, output: Some("no such strategy") };
    let CommandStep::Moved(moved) = dispatched.reported(&report, later()) else { panic!("it has failed") };
    assert_eq!(moved.command.output.as_deref(), Some("no such strategy"));
    let data = &moved.event.data;
    assert_eq!((&data["confirmed_by"], &data["correlation_id"]), (&"ben".into(), &"t-1".into()));
    assert!(!data.contains_key("output"), "what a service says may be of people");
    assert_eq!(moved.event, moved.command.told(), "the same event, by whoever reads the row");
}

#[test]
fn words_read_as_they_are_written() {
    assert!(CommandState::ALL.iter().all(|state| CommandState::parse(state.as_str()) == Some(*state)));
    assert_eq!(CommandState::parse("done"), None);
}
