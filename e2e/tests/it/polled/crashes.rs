//! A dialog dies with updates in hand: the next one gets them again, and they are known again.

use std::collections::BTreeSet;

use e2e::Process;
use e2e::fleet::until;
use e2e::processes::with;
use serde_json::json;

use super::{Bot, without_processes};

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;

#[tokio::test]
async fn a_batch_whose_dialog_dies_before_it_was_confirmed_is_told_again_and_known_again() {
    let bot = Bot::start().await;
    let fleet = without_processes(&bot).await;
    for text in ["one", "two", "three"] {
        bot.hears(json!({ "text": text })).await;
    }
    let dying = with(&fleet.environment, &[("CHASQUI_ABORT_AT", "dialog.polled_before_offset:1")]);
    let mut dialog = Process::start("dialog", &dying);
    assert_eq!(dialog.ended().await, ABORTED, "{}", dialog.output());
    assert_eq!(bot.pending().await, 3, "nothing was confirmed");
    let _next = Process::ready("dialog", &fleet.environment).await;
    bot.until_all_is_taken().await;
    let mut told = BTreeSet::new();
    while told.len() < 3 {
        let event = fleet.event("seen").await;
        told.insert((event.delivery().to_owned(), event.id().to_owned()));
    }
    until("no call left", async || (fleet.depth("notifications.queue.inbound").await == 0).then_some(())).await;
    while let Some(event) = fleet.try_event("seen").await {
        told.insert((event.delivery().to_owned(), event.id().to_owned()));
    }
    assert_eq!(told.len(), 3, "each is one event, however often it was told: {told:?}");
    fleet.finish().await;
}
