//! 1,000 open questions whose time is over at once: how long after that the last of their ends is told.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use domain::Clock as _;
use testkit::SystemClock;

use crate::asking::{self, Asked, PEOPLE};
use crate::bench::Bench;
use crate::deployment::{Deployment, Ledger, SUBSCRIBER, end};
use crate::figures::{Figure, Goal};
use crate::report::CaseReport;
use crate::sql;
use crate::waiting::until;

const ASKS: u64 = 1_000;
const GOAL_MS: f64 = 2_000.0;
/// The events that tell that the time of a question was over, of every tenant.
const EXPIRED: &str = "*.ask.expired";
/// The time in which the questions are written before they end.
const LEAD: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(5);
const LOOK_AT_SQL_EVERY: Duration = Duration::from_millis(200);

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    deployment.command(&["migrate"]).await?;
    let asked = asking::ask_one(&deployment).await?;
    deployment.subscribe(EXPIRED).await?;
    let asks = bench.options.size.or_few(ASKS);
    let dialog = deployment.start("dialog", &[]).await;
    let mut last = Vec::new();
    for pair in 1..=bench.options.pairs {
        let once = once(bench, &deployment, &asked, asks).await;
        let late = once.with_context(|| format!("the dialog said:\n{}", dialog.output()))?;
        bench.progress(pair, &format!("{asks} at once: the last is told after {late:.0} ms"));
        last.push(late);
    }
    end(dialog).await?;
    Ok(CaseReport::default().given("asks", asks as f64).with("last", Figure::new(last, Some(Goal::AtMost(GOAL_MS)))))
}

/// The milliseconds from the end of all to the event of the last.
async fn once(bench: &Bench<'_>, deployment: &Deployment, asked: &Asked, asks: u64) -> Result<f64> {
    let database = &deployment.database_url;
    let forgotten = async || sql::count(database, "ask_copies WHERE destination IS NULL").await;
    let before = forgotten().await?;
    let (due, due_at) = (Instant::now() + LEAD, SystemClock.now().plus(LEAD));
    asked.open_copies(database, bench.numbers(asks), Some(due_at)).await?;
    ensure!(Instant::now() < due, "the questions were not written before they ended");
    tokio::time::sleep_until(due.into()).await;
    until(asks, LOOK_EVERY, async || deployment.depth(SUBSCRIBER).await).await?;
    let late = due.elapsed();
    // What else follows is over before the next ones end.
    until(before + asks * PEOPLE, LOOK_AT_SQL_EVERY, forgotten).await?;
    deployment.purge(SUBSCRIBER).await?;
    Ok(late.as_secs_f64() * 1_000.0)
}
