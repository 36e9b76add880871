//! Calls of Telegram that the API has published already, and how many a second the dialog takes, against a loop that consumes
//! and acknowledges the same messages.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::asking::{self, Asked, FIRST};
use crate::baseline::bare_acks;
use crate::bench::Bench;
use crate::deployment::{BARE, Deployment, INBOUND, INBOUND_KEY, Ledger, URGENT, end};
use crate::report::CaseReport;
use crate::waiting::until;
use crate::{sql, telegram};

/// The calls in a second that the dialog shall take.
const GOAL: f64 = 3_000.0;
const LOOK_EVERY: Duration = Duration::from_millis(5);
const LOOK_AT_SQL_EVERY: Duration = Duration::from_millis(200);

/// What the calls say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Said {
    /// Somebody whom nobody has asked anything writes something.
    Texts,
    /// Somebody presses a button, and the answer counts. Each question wants another answer, so that none ends.
    Answers,
}

/// The place of a case, and what it measures.
struct Site<'a> {
    bench: &'a Bench<'a>,
    deployment: &'a Deployment,
    /// The question whose copies are answered.
    asked: Option<Asked>,
}

pub(crate) async fn run(bench: &Bench<'_>, said: Said) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    deployment.command(&["migrate"]).await?;
    let asked = match said {
        Said::Texts => None,
        Said::Answers => Some(asking::ask_one(&deployment).await?),
    };
    let site = Site { bench, deployment: &deployment, asked };
    let count = bench.size(async |count| site.by_dialog(count).await).await?;
    let measured = bench
        .alternate_for_a_rate(
            GOAL,
            async || site.by_dialog(count).await,
            async || bare_acks::drain(&deployment.amqp_url, count).await,
        )
        .await?;
    Ok(measured.given("calls", count as f64))
}

impl Site<'_> {
    /// Has the calls published, also for the baseline, and then taken by a dialog.
    async fn by_dialog(&self, count: u64) -> Result<f64> {
        let Self { deployment, .. } = self;
        self.fill(count).await.context("filling the queue")?;
        let before = self.taken().await?;
        let dialog = deployment.start("dialog", &[]).await;
        let drained = async {
            let rate = self.drained().await?;
            until(before + count, LOOK_AT_SQL_EVERY, async || self.taken().await).await?;
            anyhow::Ok(rate)
        };
        let rate = drained.await.with_context(|| format!("the dialog said:\n{}", dialog.output()))?;
        end(dialog).await?;
        deployment.purge(URGENT).await?;
        Ok(rate)
    }

    async fn fill(&self, count: u64) -> Result<()> {
        let Self { bench, deployment, asked } = self;
        let (numbers, secrets) = (bench.numbers(count), asking::secrets());
        let bodies: Vec<String> = match asked {
            None => numbers.map(|number| telegram::words(number, FIRST, "When do you open?")).collect(),
            Some(asked) => {
                asked.open_copies(&deployment.database_url, numbers.clone(), None).await?;
                let press = |number| {
                    let button = asked.copy(number).button(&secrets)?;
                    anyhow::Ok(telegram::press(number, FIRST, &button))
                };
                numbers.map(press).collect::<Result<Vec<_>>>()?
            }
        };
        deployment.purge(BARE).await?;
        deployment.share(INBOUND_KEY).await?;
        let api = deployment.start("api", &[("TELEGRAM_WEBHOOK_SECRET", telegram::SECRET)]).await;
        let called = telegram::call(&api, bodies, None).await;
        called.with_context(|| format!("the API said:\n{}", api.output()))?;
        end(api).await?;
        deployment.share_no_more(INBOUND_KEY).await
    }

    /// The calls in a second, from the first look at the queue until it is empty: as many are in hand at both ends.
    async fn drained(&self) -> Result<f64> {
        let left = self.deployment.depth(INBOUND).await?;
        let since = Instant::now();
        // So few that none is left already have some time, too.
        tokio::time::sleep(LOOK_EVERY).await;
        until(0, LOOK_EVERY, async || self.deployment.depth(INBOUND).await).await?;
        Ok(left.max(1) as f64 / since.elapsed().as_secs_f64())
    }

    /// How many calls have had their effect so far.
    async fn taken(&self) -> Result<u64> {
        let table = if self.asked.is_some() { "answers WHERE NOT late" } else { "receipts" };
        sql::count(&self.deployment.database_url, table).await
    }
}
