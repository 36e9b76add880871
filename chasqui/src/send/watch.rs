//! What became of a notification: its attempts and states as they come, until it has ended.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Result;
use domain::{Attempt, Content, Key, Order, Row, State};
use store::{DeliveryView, Receipt, Store};
use tokio::time::Instant;

use super::conflict;
use crate::exit;
use crate::follow::{self, Untaken};
use crate::output::say;

/// Prints what changes until the delivery has ended. A message that no worker can read never gets a delivery: what to
/// look at then, such as the queue `dead_letters`, is told once.
pub(super) async fn watch(store: &Store, key: &Key, content: &Content, dead_letters: &str) -> Result<ExitCode> {
    let (mut seen, mut last, mut waited) = (BTreeSet::new(), None, None);
    let mut untaken = Untaken::by("worker", dead_letters);
    loop {
        let view = store.delivery(key).await?;
        // What is scheduled is a job until its time has come.
        if untaken.is_to_tell(view.is_some(), Instant::now()) && store.job(key).await?.is_none() {
            untaken.complain();
        }
        if let Some(view) = view {
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
                if matches!(view.row.state, State::Delivered | State::Bounced) {
                    in_order(store.receipts(key).await?).iter().for_each(show_report);
                }
                show_state(&view);
            }
            // While it is sent, the row has what it waited for before.
            if view.row.state != State::Sending {
                show_wait(&view.row, &mut waited);
            }
            match view.row.state {
                State::Sending | State::Waiting => {}
                State::Sent | State::Captured | State::Delivered => return Ok(ExitCode::SUCCESS),
                State::Dead | State::Held => {
                    say!(
                        "  it is in the dead-letter queue: `chasqui dead groups` and `chasqui dead list` say what to do"
                    );
                    return Ok(exit::answer(false));
                }
                _ => return Ok(exit::answer(false)),
            }
        }
        if !follow::again().await {
            return Ok(exit::interrupted());
        }
    }
}

fn show(attempt: &Attempt) {
    let code = attempt.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let words =
        format!("attempt {} {} by {}{code}  {}", attempt.n, attempt.outcome.as_str(), attempt.provider, attempt.detail);
    say!("  {}", domain::printable(words.trim_end()));
}

fn show_report(report: &Receipt) {
    let class = report.class.as_deref().map(|class| format!(" ({class})")).unwrap_or_default();
    let code = report.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let words = format!("reported {}{class} by {}{code}  {}", report.said, report.provider, report.detail);
    say!("  {}", domain::printable(words.trim_end()));
}

/// Reports as they follow one another, whichever came first: providers do not report in order.
fn in_order(mut reports: Vec<Receipt>) -> Vec<Receipt> {
    let step = |report: &Receipt| match report.said.as_str() {
        "accepted" => 0,
        "deferred" => 1,
        _ => 2,
    };
    reports.sort_by_key(|report| (step(report), report.happened_at.unwrap_or(report.received_at)));
    reports
}

/// Shows what the delivery waits for and who was passed over, unless the same was shown last.
fn show_wait(row: &Row, shown: &mut Option<String>) {
    let wait = wait(row);
    if let Some(words) = wait.as_deref().filter(|words| shown.as_deref() != Some(*words)) {
        say!("  {}", domain::printable(words));
    }
    *shown = wait;
}

fn wait(row: &Row) -> Option<String> {
    let next = match (row.state, &row.order) {
        (State::Waiting, Order::Retry { tier }) => Some(format!("waits in retry.{tier}")),
        (State::Waiting, Order::Schedule { due }) => Some(format!("waits until {due}")),
        _ => None,
    };
    let passed_over = row.passed_over.as_deref().map(|why| format!("passed over {why}"));
    let words: Vec<String> = next.into_iter().chain(passed_over).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn show_state(view: &DeliveryView) {
    let why = view.row.listed_for().map(|reason| format!(" ({reason})")).unwrap_or_default();
    say!("  {}  {}{why}", view.row.updated_at, view.row.state);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_a_delivery_waits_for_is_told_with_who_was_passed_over() {
        let row = Row { state: State::Waiting, order: Order::Retry { tier: 2 }, ..testkit::row("d-1") };
        assert_eq!(wait(&row).as_deref(), Some("waits in retry.2"));
        let parked = Row { passed_over: Some("smtp: its limit is reached".into()), ..row };
        assert_eq!(wait(&parked).as_deref(), Some("waits in retry.2, passed over smtp: its limit is reached"));
        let later = Row { order: Order::Schedule { due: testkit::NOW }, passed_over: None, ..parked.clone() };
        assert_eq!(wait(&later), Some(format!("waits until {}", testkit::NOW)));
        let sent = Row { state: State::Sent, order: Order::Nothing, ..parked };
        assert_eq!(wait(&sent).as_deref(), Some("passed over smtp: its limit is reached"));
    }

    #[test]
    fn what_a_provider_has_accepted_is_told_before_what_became_of_it() {
        let report = |said: &str, received_at| Receipt {
            provider: "sendgrid".into(),
            event_id: said.into(),
            epoch: 0,
            attempt: 1,
            said: said.into(),
            class: None,
            provider_id: None,
            code: None,
            detail: String::new(),
            happened_at: None,
            received_at,
        };
        let later = testkit::NOW.plus(Duration::from_secs(1));
        let came = vec![report("delivered", testkit::NOW), report("deferred", later), report("accepted", later)];
        let told: Vec<String> = in_order(came).into_iter().map(|report| report.said).collect();
        assert_eq!(told, ["accepted", "deferred", "delivered"]);
    }
}
