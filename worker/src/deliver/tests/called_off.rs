//! A command that was told as failed is not sent by a dead letter that somebody moves back.

use domain::{Command, CommandState, CommandStep, DeadMark, command_delivery_id};
use serde_json::json;

use super::*;

/// A command whose delivery is on its way.
async fn dispatched(parts: &Parts, id: &str) -> Command {
    let key = testkit::key(id);
    let command = Command {
        delivery: Some(command_delivery_id(&key)),
        key,
        service: "trading".into(),
        action: "look".into(),
        arguments: "{}".into(),
        ask: None,
        state: CommandState::Dispatched,
        version: 1,
        requested_by: "ana".into(),
        confirmed_by: None,
        correlation_id: None,
        output: None,
        reply: None,
        created_at: testkit::NOW,
        updated_at: testkit::NOW,
        expires_at: testkit::NOW,
    };
    parts.shared.intake.store.make_command(&command, &testkit::told()).await.expect("the ledger takes it");
    command
}

/// The dead letter of a command, as somebody moves it back, and how it ends: nobody has set up any service here, so that
/// whatever is tried fails without a code.
async fn moved(parts: &mut Parts, command: &Command) -> (State, Option<String>, String) {
    let id = command_delivery_id(&command.key);
    let body = json!({
        "channel": "service", "destination": "trading", "message": "",
        "data": { "command": { "command_id": command.key.id }, "mark": "x" },
    });
    let mut copy = Copy::published(Some(&id), &body.to_string());
    copy.incoming.headers.dead = Some(DeadMark::new(Reason::Exhausted, "it was away", 4, testkit::NOW));
    copy.incoming.headers.epoch = Some(0);
    assert_eq!(parts.consume(copy).await, Settlement::Ack);
    let row = parts.row(&id).await.expect("a row");
    let letters = parts.published();
    let dead = letters[0].headers.dead.as_ref().expect("a letter");
    (row.state, row.code, dead.error.clone())
}

#[tokio::test]
async fn a_command_that_was_told_as_failed_is_not_sent_by_its_dead_letter() {
    let mut parts = parts().await;
    let (told, other) = (dispatched(&parts, "c-1").await, dispatched(&parts, "c-2").await);
    let store = parts.shared.intake.store.clone();
    let failed =
        store.end_command(&told.key, |command| command.undelivered(testkit::NOW)).await.expect("the ledger answers");
    assert!(matches!(failed, Some(CommandStep::Moved(_))), "{failed:?}");
    let (state, code, why) = moved(&mut parts, &told).await;
    assert_eq!((state, code.as_deref()), (State::Dead, Some("command_ended")));
    assert!(why.contains("dispatch the command anew"), "{why}");
    let (_, code, why) = moved(&mut parts, &other).await;
    assert_eq!(code, None, "one that nobody was told of is tried: {why}");
}
