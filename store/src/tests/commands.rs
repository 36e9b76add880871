//! Commands: made once, and moved forward one version after the other.

use domain::{Command, CommandReport, CommandState, CommandStep};
use tokio::task::JoinSet;

use crate::tests::database::{Database, at, key};
use crate::tests::on_both;
use crate::{CommandMade, Store};

on_both!(
    a_command_is_made_once_and_read_as_it_was_made,
    a_command_goes_forward_and_what_its_service_says_is_kept,
    of_reports_at_once_one_ends_a_command,
    commands_expire_and_are_told_until_that_is_noted,
);

fn command(id: &str) -> Command {
    Command {
        key: key(id),
        service: "trading".into(),
        action: "strategy.pause".into(),
        arguments: r#"{"strategy_id":"btc-arb-01"}"#.into(),
        ask: Some(format!("ask-of-{id}")),
        delivery: None,
        state: CommandState::PendingConfirmation,
        version: 1,
        requested_by: "ana".into(),
        confirmed_by: None,
        correlation_id: None,
        output: None,
        reply: None,
        created_at: at(0),
        updated_at: at(0),
        expires_at: at(60),
    }
}

async fn made(store: &Store, command: &Command) {
    assert_eq!(store.make_command(command, &testkit::told()).await.unwrap(), CommandMade::New);
}

async fn confirm(store: &Store, id: &str) -> CommandStep {
    let step = |command: &Command| command.confirmed("ben", "d-1", at(1));
    store.advance_command(&key(id), step).await.unwrap().expect("a command")
}

async fn report(store: &Store, id: &str, service: &str, state: CommandState) -> CommandStep {
    let report = CommandReport { service, state, output: Some("done") };
    let step = |command: &Command| command.reported(&report, at(2));
    store.advance_command(&key(id), step).await.unwrap().expect("a command")
}

async fn a_command_is_made_once_and_read_as_it_was_made(db: &Database) {
    let store = db.store().await;
    made(&store, &command("c-1")).await;
    let other = Command { action: "wipe".into(), ..command("c-1") };
    let known = store.make_command(&other, &testkit::told()).await.unwrap();
    assert_eq!(known, CommandMade::Known(Box::new(command("c-1"))));
    assert_eq!(store.command(&key("c-1")).await.unwrap(), Some(command("c-1")));
    assert_eq!(store.command_of_ask(&key("ask-of-c-1")).await.unwrap(), Some(command("c-1")));
    for none in [key("c-2"), key("c\0"), testkit::key_of("acme", "c-1")] {
        assert_eq!(store.command(&none).await.unwrap(), None);
        assert_eq!(store.command_of_ask(&none).await.unwrap(), None);
        let step = store.advance_command(&none, |command| command.confirmed("ben", "d-1", at(1))).await.unwrap();
        assert_eq!(step, None);
    }
}

async fn a_command_goes_forward_and_what_its_service_says_is_kept(db: &Database) {
    let store = db.store().await;
    made(&store, &command("c-1")).await;
    assert_eq!(report(&store, "c-1", "trading", CommandState::Running).await, CommandStep::NotDispatched);
    assert!(matches!(confirm(&store, "c-1").await, CommandStep::Moved(_)));
    assert_eq!(confirm(&store, "c-1").await, CommandStep::Same, "it is dispatched once");
    assert_eq!(report(&store, "c-1", "memory", CommandState::Succeeded).await, CommandStep::Foreign);
    assert!(matches!(report(&store, "c-1", "trading", CommandState::Succeeded).await, CommandStep::Moved(_)));
    assert_eq!(report(&store, "c-1", "trading", CommandState::Running).await, CommandStep::Ended);
    let expected = Command {
        state: CommandState::Succeeded,
        version: 3,
        delivery: Some("d-1".into()),
        confirmed_by: Some("ben".into()),
        output: Some("done".into()),
        updated_at: at(2),
        ..command("c-1")
    };
    assert_eq!(store.command(&key("c-1")).await.unwrap(), Some(expected));
    assert_eq!(store.untold_commands().await.unwrap(), []);
}

async fn of_reports_at_once_one_ends_a_command(db: &Database) {
    let stores = [db.store().await, db.open().await];
    made(&stores[0], &command("c-1")).await;
    confirm(&stores[0], "c-1").await;
    let mut reports = JoinSet::new();
    for n in 0..16 {
        let store = stores[n % 2].clone();
        let state = if n % 3 == 0 { CommandState::Failed } else { CommandState::Succeeded };
        reports.spawn(async move { report(&store, "c-1", "trading", state).await });
    }
    let steps = reports.join_all().await;
    assert_eq!(steps.iter().filter(|step| matches!(step, CommandStep::Moved(_))).count(), 1);
    assert_eq!(stores[1].command(&key("c-1")).await.unwrap().unwrap().version, 3);
}

async fn commands_expire_and_are_told_until_that_is_noted(db: &Database) {
    let store = db.store().await;
    for id in ["pending", "dispatched", "succeeded"] {
        made(&store, &command(id)).await;
    }
    confirm(&store, "dispatched").await;
    confirm(&store, "succeeded").await;
    report(&store, "succeeded", "trading", CommandState::Succeeded).await;
    assert_eq!(store.expire_commands(at(59)).await.unwrap(), 0);
    assert_eq!(store.expire_commands(at(60)).await.unwrap(), 2);
    assert_eq!(store.expire_commands(at(60)).await.unwrap(), 0);
    let untold = store.untold_commands().await.unwrap();
    let shown: Vec<_> = untold.iter().map(|one| (one.key.id.as_str(), one.state, one.updated_at)).collect();
    let expired = |id| (id, CommandState::Expired, at(60));
    assert_eq!(shown, [expired("dispatched"), expired("pending")]);
    assert_eq!(untold[0].told().name, "expired");
    assert_eq!(report(&store, "dispatched", "trading", CommandState::Succeeded).await, CommandStep::Ended);
    store.commands_told(&[key("dispatched"), key("pending")]).await.unwrap();
    assert_eq!(store.untold_commands().await.unwrap(), []);
}
