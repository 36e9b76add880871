//! Commands: made once, and moved forward one version after the other.

use domain::{ChannelName, Command, CommandReport, CommandState, CommandStep, ReplyTo, Tenant};
use tokio::task::JoinSet;

use crate::tests::database::{Database, at, key};
use crate::tests::on_both;
use crate::{CommandCursor, CommandFilter, CommandMade, JournalFilter, Store};

on_both!(
    a_command_is_made_once_and_read_as_it_was_made,
    a_command_goes_forward_and_what_its_service_says_is_kept,
    of_reports_at_once_one_ends_a_command,
    a_step_is_in_the_journal_with_it_and_one_that_is_none_is_not,
    commands_expire_and_are_told_until_that_is_noted,
    where_an_end_is_told_is_forgotten_once_it_was,
    an_end_that_no_message_brings_is_told_until_that_is_noted,
    commands_are_listed_page_by_page_the_newest_first,
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
    store.advance_command(&key(id), step, |_| None).await.unwrap().expect("a command")
}

async fn report(store: &Store, id: &str, service: &str, state: CommandState) -> CommandStep {
    let report = CommandReport { service, state, output: Some("done") };
    let step = |command: &Command| command.reported(&report, at(2));
    store.advance_command(&key(id), step, |_| None).await.unwrap().expect("a command")
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
        let step = |command: &Command| command.confirmed("ben", "d-1", at(1));
        assert_eq!(store.advance_command(&none, step, |_| None).await.unwrap(), None);
    }
}

async fn a_command_goes_forward_and_what_its_service_says_is_kept(db: &Database) {
    let store = db.store().await;
    made(&store, &command("c-1")).await;
    assert_eq!(report(&store, "c-1", "trading", CommandState::Running).await, CommandStep::NotDispatched);
    assert!(matches!(confirm(&store, "c-1").await, CommandStep::Moved(_)));
    assert!(matches!(confirm(&store, "c-1").await, CommandStep::Same(_)), "it is dispatched once");
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

async fn a_step_is_in_the_journal_with_it_and_one_that_is_none_is_not(db: &Database) {
    let store = db.store().await;
    made(&store, &command("c-1")).await;
    let step = |command: &Command| command.confirmed("ben", "d-1", at(1));
    let told = |command: &Command| Some(testkit::told_by(command.confirmed_by.as_deref()?, command.updated_at));
    for expected in [true, false] {
        let taken = store.advance_command(&key("c-1"), step, told).await.unwrap().unwrap();
        assert_eq!(matches!(taken, CommandStep::Moved(_)), expected);
    }
    let filter = JournalFilter {
        tenant: None,
        actor: Some("ben".into()),
        kind: None,
        subject: None,
        since: None,
        until: None,
        after: None,
        limit: 10,
    };
    assert_eq!(store.journal_page(&filter).await.unwrap().entries.len(), 1);
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

async fn where_an_end_is_told_is_forgotten_once_it_was(db: &Database) {
    let store = db.store().await;
    let channel = ChannelName::parse("telegram").unwrap();
    let reply = ReplyTo { channel, destination: "4711".into(), locale: None };
    made(&store, &Command { reply: Some(reply.clone()), ..command("c-1") }).await;
    confirm(&store, "c-1").await;
    report(&store, "c-1", "trading", CommandState::Failed).await;
    assert_eq!(store.command(&key("c-1")).await.unwrap().unwrap().reply, Some(reply));
    store.commands_told(&[key("c-1")]).await.unwrap();
    let told = store.command(&key("c-1")).await.unwrap().unwrap();
    assert_eq!((told.reply, told.state), (None, CommandState::Failed));
    assert_eq!(store.undelivered_commands().await.unwrap(), []);
}

async fn an_end_that_no_message_brings_is_told_until_that_is_noted(db: &Database) {
    let store = db.store().await;
    made(&store, &command("c-1")).await;
    let failed = |command: &Command| command.undelivered(at(2));
    assert_eq!(store.end_command(&key("c-1"), failed).await.unwrap(), Some(CommandStep::NotDispatched));
    confirm(&store, "c-1").await;
    assert_eq!(store.untold_commands().await.unwrap(), []);
    let Some(CommandStep::Moved(moved)) = store.end_command(&key("c-1"), failed).await.unwrap() else {
        panic!("it is not moved")
    };
    assert_eq!(store.untold_commands().await.unwrap(), [moved.command]);
    let again = store.end_command(&key("c-1"), failed).await.unwrap();
    assert!(matches!(again, Some(CommandStep::Same(_))), "{again:?}");
    store.commands_told(&[key("c-1")]).await.unwrap();
    assert_eq!(store.untold_commands().await.unwrap(), []);
}

fn every_command(limit: usize) -> CommandFilter {
    let tenant = Tenant::default();
    CommandFilter {
        tenant,
        state: None,
        service: None,
        requested_by: None,
        from: None,
        until: None,
        after: None,
        limit,
    }
}

/// The ids on each page, with a line between two pages.
async fn pages(store: &Store, filter: CommandFilter, look: usize) -> String {
    let (mut pages, mut filter) = (Vec::new(), filter);
    loop {
        let page = store.commands_within(&filter, look).await.unwrap();
        pages.push(page.commands.iter().map(|one| one.key.id.as_str()).collect::<Vec<_>>().join(" "));
        let Some(next) = page.next else { return pages.join("|") };
        filter.after = Some(CommandCursor::parse(&next.to_string()).unwrap());
    }
}

async fn commands_are_listed_page_by_page_the_newest_first(db: &Database) {
    let store = db.store().await;
    for (second, service, who) in [(1, "trading", "ana"), (2, "memory", "ana"), (3, "trading", "ben")] {
        let (service, requested_by) = (service.to_owned(), who.to_owned());
        made(&store, &Command { service, requested_by, created_at: at(second), ..command(&format!("c-{second}")) })
            .await;
    }
    made(&store, &Command { key: testkit::key_of("acme", "c-9"), ..command("c-9") }).await;
    confirm(&store, "c-3").await;
    assert_eq!(pages(&store, every_command(10), 100).await, "c-3 c-2 c-1");
    assert_eq!(pages(&store, every_command(2), 100).await, "c-3 c-2|c-1");
    let of = |service: &str| CommandFilter { service: Some(service.into()), ..every_command(10) };
    assert_eq!(pages(&store, of("trading"), 100).await, "c-3 c-1");
    assert_eq!(pages(&store, of("a\0b"), 100).await, "");
    let dispatched = CommandFilter { state: Some(CommandState::Dispatched), ..every_command(10) };
    assert_eq!(pages(&store, dispatched, 100).await, "c-3");
    let of_ben = CommandFilter { requested_by: Some("ben".into()), ..every_command(10) };
    assert_eq!(pages(&store, of_ben, 100).await, "c-3");
    let between = CommandFilter { from: Some(at(2)), until: Some(at(3)), ..every_command(10) };
    assert_eq!(pages(&store, between, 100).await, "c-2");
}
