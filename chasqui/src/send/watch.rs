//! What became of a notification: its attempts and states as they come, until it has ended.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use domain::{Attempt, Content, Key, State};
use store::{DeliveryView, Store};

use super::conflict;
use crate::exit;
use crate::output::say;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Prints what changes until the delivery has ended.
pub(super) async fn watch(store: &Store, key: &Key, content: &Content) -> Result<ExitCode> {
    let (mut seen, mut last) = (BTreeSet::new(), None);
    loop {
        if let Some(view) = store.delivery(key).await? {
            if view.row.content.is_some_and(|known| known != *content) {
                // Another sender used the id after the ledger was asked.
                return Err(conflict(key, "this one is in the dead-letter queue"));
            }
            for attempt in &view.attempts {
                if seen.insert((attempt.epoch, attempt.n, attempt.outcome.as_str(), attempt.at)) {
                    show(attempt);
                }
            }
            if last.replace(view.row.state) != Some(view.row.state) {
                show_state(&view);
            }
            match view.row.state {
                State::Sending | State::Waiting => {}
                State::Sent | State::Captured | State::Delivered => return Ok(ExitCode::SUCCESS),
                _ => return Ok(exit::answer(false)),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = tokio::signal::ctrl_c() => return Ok(exit::interrupted()),
        }
    }
}

fn show(attempt: &Attempt) {
    let code = attempt.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let words =
        format!("attempt {} {} by {}{code}  {}", attempt.n, attempt.outcome.as_str(), attempt.provider, attempt.detail);
    say!("  {}", domain::printable(&words));
}

fn show_state(view: &DeliveryView) {
    say!("  {}  {}", view.row.updated_at, view.row.state);
}
