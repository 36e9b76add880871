//! `chasqui stuck`: what should have moved by now and did not, and what to do about it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::{Attempt, Order, Row, State, Timestamp, printable};
use serde_json::{Value, json};
use store::{Patience, StuckDelivery, StuckJob};
use topology::Names;

use crate::config::{Config, Role, Sources};
use crate::output::{self, say};
use crate::{exit, logs, parts, unconfigured};

#[derive(clap::Args, Debug)]
pub struct Stuck {
    /// How long past its time: 90s, 10m, 2h, 1d; default: STUCK_AFTER_SECONDS of the settings
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    older_than: Option<Duration>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

/// Exit code 0 when nothing is stuck, 1 when something is.
pub(crate) async fn stuck(sources: Sources, what: Stuck) -> Result<ExitCode> {
    let config = Config::read(unconfigured::with_running(sources), Role::Ledger)?;
    logs::start(&config)?;
    let now = parts::clock().now();
    let store = parts::existing_store(&config, parts::clock()).await?;
    let settings = parts::patience(&config);
    let patience = Patience { after: what.older_than.unwrap_or(settings.after), ..settings };
    let unreadable = "the ledger could not be read";
    let deliveries = store.stuck_deliveries(patience, now).await.context(unreadable)?;
    let jobs = store.stuck_jobs(patience, now).await.context(unreadable)?;
    let found: Vec<Found<'_>> = deliveries
        .iter()
        .map(|stuck| of_delivery(stuck, &config.topology.names))
        .chain(jobs.iter().map(|job| of_job(job, &config.topology.names)))
        .collect();
    for found in &found {
        match what.json {
            true => output::json(&found.json(now)),
            false => say!("{}", found.text(now)),
        }
    }
    if !what.json {
        let count = if found.is_empty() { "nothing".to_owned() } else { found.len().to_string() };
        say!("{count} stuck for more than {}", span(patience.after));
    }
    Ok(exit::answer(found.is_empty()))
}

/// One thing that does not move. Nothing in it is personal: the recipient is masked.
struct Found<'a> {
    kind: &'static str,
    tenant: &'a str,
    id: &'a str,
    /// The channel and the masked recipient of a delivery, the lane of a job.
    whither: String,
    /// Where it stands.
    state: &'static str,
    due: Timestamp,
    attempts: u32,
    last: Option<&'a Attempt>,
    next: String,
}

impl Found<'_> {
    fn json(&self, now: Timestamp) -> Value {
        let last = self.last.map(|last| {
            json!({"outcome": last.outcome.as_str(), "provider": last.provider, "code": last.code, "detail": last.detail})
        });
        json!({
            "kind": self.kind, "tenant": self.tenant, "id": self.id, "to": self.whither, "state": self.state,
            "due": self.due.to_string(), "overdue_seconds": now.since(self.due).as_secs(),
            "attempts": self.attempts, "last": last, "next": self.next,
        })
    }

    fn text(&self, now: Timestamp) -> String {
        let Self { kind, tenant, whither, state, attempts, next, .. } = self;
        let (id, whither) = (printable(self.id), printable(whither));
        let late = span(now.since(self.due));
        let last = self.last.map_or(String::new(), |last| {
            let code = last.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
            let words = format!("{} by {}{code}  {}", last.outcome.as_str(), last.provider, last.detail);
            format!("; last: {}", printable(&words))
        });
        format!(
            "{kind} {tenant}/{id}  {whither}  {state}, {late} past {}\n  attempts {attempts}{last}\n  next: {next}",
            self.due
        )
    }
}

fn of_delivery<'a>(stuck: &'a StuckDelivery, names: &Names) -> Found<'a> {
    let row = &stuck.view.row;
    Found {
        kind: "delivery",
        tenant: row.key.tenant.as_str(),
        id: &row.key.id,
        whither: format!("{} to {}", row.channel, row.recipient_mask),
        state: row.state.as_str(),
        due: stuck.due,
        attempts: row.attempt,
        last: stuck.view.attempts.last(),
        next: match stuck.is_anonymous {
            true => what_next_without_an_id(row, names),
            false => what_next(row.state, &row.order, names),
        },
    }
}

fn of_job<'a>(job: &'a StuckJob, names: &Names) -> Found<'a> {
    Found {
        kind: "job",
        tenant: job.key.tenant.as_str(),
        id: &job.key.id,
        whither: format!("the {} lane", job.lane),
        state: if job.recurring { "recurring" } else { "due" },
        due: job.due,
        attempts: 0,
        last: None,
        next: format!(
            "a scheduler should have published it: is one running and ready? Is {} bound (`chasqui topology verify`)?",
            names.lane_queue(job.lane)
        ),
    }
}

/// Whoever publishes a message again under its id cannot do harm: the ledger knows how far it got.
fn what_next(state: State, order: &Order, names: &Names) -> String {
    let queue = &names.queue;
    let place = match (state, order) {
        (State::Sending, _) => format!(
            "the worker that had claimed it stopped, and its message came to no other: is a worker running, and is it \
             among those of {queue}?"
        ),
        (_, Order::Retry { tier }) => format!(
            "its message should have come back from {}: is it there, or in {queue} without a worker?",
            names.retry_queue(*tier)
        ),
        (_, Order::Schedule { .. }) => format!(
            "a scheduler should have released it: is one running? Is its message in {}?",
            names.scheduled_queue()
        ),
        _ => format!("a worker gave it back: is its message in {queue} without a worker?"),
    };
    format!("{place} If no queue has it, it was removed: publish it again under the same id, or cancel it")
}

/// The id is the ledger's own: whoever published a message under it would send one more.
fn what_next_without_an_id(row: &Row, names: &Names) -> String {
    let queue = &names.queue;
    let was_tried = row.attempt > 0 || row.ambiguous || row.state == State::Sending;
    let what = if was_tried {
        "an equal message that is delivered again continues it. If none is there it was removed, or went out under another \
         row: look with the provider before you send anything anew. This row is forgotten with those that ended"
    } else {
        "nothing was sent for it yet. If its message is not there, it went out under another row. This row is forgotten by \
         itself, after an hour, or a day if it has a time limit"
    };
    format!(
        "it came without an id, so do not publish it again under this one: that would be a message more. Is its message \
         in {queue} without a worker? {what}"
    )
}

/// As long as anything is remembered at most.
const LONGEST: Duration = Duration::from_secs(3_660 * 86_400);

/// A number and a unit.
fn time(text: &str) -> Result<Duration, String> {
    let refused = || {
        "it must be a whole number with s, m, h or d (seconds, minutes, hours, days) behind it, from 0s to 3660d (ten \
         years), such as 90s or 10m"
            .to_owned()
    };
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(refused)?;
    let number: u32 = number.parse().map_err(|_| refused())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(refused()),
    };
    Some(Duration::from_secs(u64::from(number) * seconds)).filter(|time| *time <= LONGEST).ok_or_else(refused)
}

/// In the largest unit that is not too coarse.
fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_in_their_unit() {
        for (text, seconds) in [("0s", 0), ("90s", 90), ("10m", 600), ("2h", 7_200), ("1d", 86_400)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)));
        }
        assert_eq!(time("3660d"), Ok(LONGEST));
        for text in ["", "m", "10", "-1m", "1w", "1.5h", "10 m", "ñ", "3661d", "4294967296s"] {
            let refused = time(text).expect_err(text);
            assert!(refused.contains("from 0s to 3660d") && refused.contains("such as 90s"), "{refused}");
        }
        let spans = [0, 119, 120, 7_199, 7_200, 172_800].map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(spans, ["0 s", "119 s", "2 min", "119 min", "2 h", "2 days"]);
    }
}
