//! `chasqui stuck`: what should have moved by now and did not, and what to do about it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::{Timestamp, printable};
use operations::stuck::{self, Found};
use serde_json::{Value, json};
use store::Patience;

use crate::config::{Config, Role, Sources};
use crate::output::{self, say};
use crate::words::time;
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

/// Lists what is stuck. Exit code 0 when nothing is stuck, 1 when something is.
pub(crate) async fn stuck(sources: Sources, what: Stuck) -> Result<ExitCode> {
    let config = Config::read(unconfigured::with_ledger(sources), Role::Ledger)?;
    logs::start(&config)?;
    let now = parts::clock().now();
    let store = parts::existing_store(&config, parts::clock()).await?;
    let settings = parts::patience(&config);
    let patience = Patience { after: what.older_than.unwrap_or(settings.after), ..settings };
    let found = stuck::find(&store, patience, &config.topology.names, now).await;
    let found = found.context("the ledger could not be read")?;
    for found in &found {
        match what.json {
            true => output::json(&json_of(found, now)),
            false => say!("{}", text_of(found, now)),
        }
    }
    if !what.json {
        let count = if found.is_empty() { "nothing".to_owned() } else { found.len().to_string() };
        say!("{count} stuck for more than {}", span(patience.after));
    }
    Ok(exit::answer(found.is_empty()))
}

fn json_of(found: &Found, now: Timestamp) -> Value {
    let last = found.last.as_ref().map(|last| {
        json!({"outcome": last.outcome.as_str(), "provider": last.provider, "code": last.code, "detail": last.detail})
    });
    json!({
        "kind": found.kind, "tenant": found.key.tenant.as_str(), "id": found.key.id, "to": found.target,
        "state": found.state, "due": found.due.to_string(), "overdue_seconds": now.since(found.due).as_secs(),
        "attempts": found.attempts, "last": last, "next": found.next,
    })
}

fn text_of(found: &Found, now: Timestamp) -> String {
    let Found { kind, key, target, state, due, attempts, last, next } = found;
    let (tenant, id, target) = (&key.tenant, printable(&key.id), printable(target));
    let late = span(now.since(*due));
    let last = last.as_ref().map_or(String::new(), |last| {
        let code = last.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
        let words = format!("{} by {}{code}  {}", last.outcome.as_str(), last.provider, last.detail);
        format!("; last: {}", printable(&words))
    });
    format!("{kind} {tenant}/{id}  {target}  {state}, {late} past {due}\n  attempts {attempts}{last}\n  next: {next}")
}

/// A time in the largest unit that is not too coarse.
pub(crate) fn span(time: Duration) -> String {
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
    fn times_are_written_in_their_unit() {
        let spans = [0, 119, 120, 7_199, 7_200, 172_800].map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(spans, ["0 s", "119 s", "2 min", "119 min", "2 h", "2 days"]);
    }
}
