//! How the delivery of a command stands that its service has not taken yet.

use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::{Attempt, AttemptOutcome, Command, CommandState, Key};
use store::Store;

/// What is to be said of the delivery of a command that is dispatched. None where no attempt of it has failed.
pub(super) async fn failing(store: &Store, command: &Command, delays: [Duration; 3]) -> Result<Option<String>> {
    let dispatched = command.delivery.as_ref().filter(|_| command.state == CommandState::Dispatched);
    let Some(id) = dispatched else { return Ok(None) };
    let key = Key { tenant: command.key.tenant.clone(), id: id.clone() };
    let found = store.delivery(&key).await.context("the ledger could not be read")?;
    let Some(failed) = found.and_then(|view| failed(id, &view.attempts)) else { return Ok(None) };
    let told = operations::explain(store, &key, delays).await.context("the ledger could not be read")?;
    let summary = told.map(|told| format!(": {}", told.summary)).unwrap_or_default();
    Ok(Some(format!("{failed}{summary}")))
}

/// How often it was tried in vain, and what came of the last attempt.
pub(super) fn failed(id: &str, attempts: &[Attempt]) -> Option<String> {
    let last = attempts.last()?;
    if matches!(last.outcome, AttemptOutcome::Sent | AttemptOutcome::Captured | AttemptOutcome::Late) {
        return None;
    }
    let code = last.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let (number, times) = (attempts.len(), if attempts.len() == 1 { "attempt" } else { "attempts" });
    Some(format!("delivery {id} after {number} {times}, the last at {}{code} {}", last.at, last.detail))
}
