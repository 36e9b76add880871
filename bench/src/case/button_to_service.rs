//! From the button that confirms a command, as Telegram calls the webhook, to the service that has the command, at 50 a second.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::{Tenant, typed_command_id};
use e2e::Process;
use tempfile::NamedTempFile;

use crate::asking::{self, FIRST};
use crate::bench::Bench;
use crate::case::latency::latencies;
use crate::deployment::{Deployment, INBOUND, Ledger, URGENT, end};
use crate::figures::{Figure, Goal, percentile};
use crate::report::CaseReport;
use crate::waiting::until;
use crate::{sql, telegram};

/// How many buttons are pressed in a second.
const RATE: f64 = 50.0;
const GOAL_MS: f64 = 300.0;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a turn needs.
struct Site<'a> {
    bench: &'a Bench<'a>,
    deployment: &'a Deployment,
    api: Process,
    dialog: Process,
    worker: Process,
}

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    deployment.command(&["migrate"]).await?;
    let (base_url, admin) = (format!("http://{}", bench.sms.address), FIRST.to_string());
    let services = services(&base_url)?;
    let settings = [
        ("SERVICES_FILE", services.path().to_str().context("a path that is no UTF-8")?),
        ("ADMINS_TELEGRAM_IDS", admin.as_str()),
        ("TELEGRAM_WEBHOOK_SECRET", telegram::SECRET),
        ("TELEGRAM_BOT_TOKEN", "1:measured"),
        ("TELEGRAM_BASE_URL", base_url.as_str()),
    ];
    let start = async |role: &'static str| deployment.start(role, &settings).await;
    let (api, dialog, worker) = (start("api").await, start("dialog").await, start("worker").await);
    let site = Site { bench, deployment: &deployment, api, dialog, worker };
    let (mut p50s, mut p99s) = (Vec::new(), Vec::new());
    for pair in 1..=bench.options.pairs {
        let once = site.once().await;
        let sorted = once.with_context(|| site.said())?;
        let (p50, p99) = (percentile(&sorted, 0.5), percentile(&sorted, 0.99));
        bench.progress(pair, &format!("{RATE:.0}/s: p50 {p50:.1} ms, p99 {p99:.1} ms"));
        p50s.push(p50);
        p99s.push(p99);
    }
    site.end().await?;
    Ok(CaseReport::default()
        .given("pressed_per_second", RATE)
        .with("p50", Figure::new(p50s, None))
        .with("p99", Figure::new(p99s, Some(Goal::AtMost(GOAL_MS)))))
}

/// The file of a service whose commands are confirmed. It is the provider of everything else, too.
fn services(base_url: &str) -> Result<NamedTempFile> {
    let file = NamedTempFile::new()?;
    let text = format!(
        "[bench]\nbase_url = \"{base_url}\"\nmay = [\"admins\"]\ntimeout_seconds = 86400\n[bench.actions.go]\n\
         schema = '{{\"type\":\"object\",\"properties\":{{\"number\":{{\"type\":\"string\"}}}},\"required\":[\"number\"]}}'\n"
    );
    std::fs::write(file.path(), text)?;
    Ok(file)
}

impl Site<'_> {
    /// Has commands asked for, confirms them at the rate, and returns the milliseconds until the service has each, sorted.
    async fn once(&self) -> Result<Vec<f64>> {
        let numbers = self.bench.numbers(self.bench.options.size.steadily(RATE));
        let presses = self.asked(numbers.clone()).await.context("asking for the commands")?;
        let arrivals = self.bench.sms.expect(numbers.clone());
        let due = telegram::call(&self.api, presses, Some(RATE)).await?;
        arrivals.complete().await?;
        latencies(&arrivals, numbers, &due)
    }

    /// Types the lines that ask for a command with each of these numbers, and returns the calls that confirm them.
    async fn asked(&self, numbers: Range<u64>) -> Result<Vec<String>> {
        let database = &self.deployment.database_url;
        let lines = self.bench.numbers(numbers.end - numbers.start);
        let asks = async || sql::count(database, "asks").await;
        let all = asks().await? + (numbers.end - numbers.start);
        let line =
            |(line, number): (u64, u64)| telegram::words(line, FIRST, &format!("/cmd bench.go number={number:08}"));
        let typed: Vec<String> = lines.clone().zip(numbers.clone()).map(line).collect();
        telegram::call(&self.api, typed, None).await?;
        until(all, LOOK_EVERY, asks).await?;
        // Nothing else is under way when the first is pressed.
        for queue in [INBOUND, URGENT] {
            until(0, LOOK_EVERY, async || self.deployment.depth(queue).await).await?;
        }
        let (open, secrets) = (asking::open(database).await?, asking::secrets());
        let rows = "SELECT string_agg(id || ' ' || ask, ',') FROM commands WHERE ask IS NOT NULL";
        let rows = sql::text(database, rows).await.context("no command has been asked about")?;
        let asks: HashMap<&str, &str> = rows.split(',').filter_map(|row| row.split_once(' ')).collect();
        let press = |(line, number): (u64, u64)| {
            let command = typed_command_id(&Tenant::default(), "telegram", &format!("{line}/received"));
            let asked = asks
                .get(command.as_str())
                .and_then(|ask| open.get(*ask))
                .with_context(|| format!("nobody was asked about {line}"))?;
            anyhow::Ok(telegram::press(number, FIRST, &asked.button(&secrets)?))
        };
        lines.zip(numbers).map(press).collect()
    }

    /// What all have printed.
    fn said(&self) -> String {
        let roles = [("API", &self.api), ("dialog", &self.dialog), ("worker", &self.worker)];
        roles.map(|(role, process)| format!("the {role} said:\n{}", process.output())).join("\n")
    }

    async fn end(self) -> Result<()> {
        for role in [self.api, self.dialog, self.worker] {
            end(role).await?;
        }
        Ok(())
    }
}
