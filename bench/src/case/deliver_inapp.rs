//! Items into inboxes, each of another user, against SMS by HTTP: both by the fleet, with the ledger in Postgres.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::bench::Bench;
use crate::deployment::{Deployment, LANE, Ledger, end};
use crate::message::Kind;
use crate::report::CaseReport;
use crate::waiting::until;
use crate::{drain, sql};

const GOAL: f64 = 0.7;
const SETTINGS: [(&str, &str); 1] = [("INBOX", "true")];
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let count = bench.size(async |count| into_inboxes(bench, &deployment, count).await).await?;
    let by_http = async || drain::by_worker(bench, &deployment, &bench.sms, (Kind::Sms, count), &SETTINGS).await;
    let measured = bench.alternate(GOAL, async || into_inboxes(bench, &deployment, count).await, by_http).await?;
    Ok(measured.given("messages", count as f64))
}

/// Fills the normal lane, starts a worker, and gives the rate from the first item that it has posted to the last.
async fn into_inboxes(bench: &Bench<'_>, deployment: &Deployment, count: u64) -> Result<f64> {
    let numbers = bench.numbers(count);
    drain::fill(deployment, Kind::Inapp, numbers.clone()).await?;
    let worker = deployment.start("worker", &SETTINGS).await;
    let items = format!("inbox_items WHERE {}", sql::of_users(&numbers));
    let posted = async {
        // Nobody counts rows while most of them are written.
        until(0, LOOK_EVERY, async || deployment.depth(LANE).await).await?;
        until(count, LOOK_EVERY, async || sql::count(&deployment.database_url, &items).await).await
    };
    posted.await.with_context(|| format!("the worker said:\n{}", worker.output()))?;
    end(worker).await.context("the worker")?;
    deployment.purge(LANE).await?;
    let rate =
        format!("SELECT ((count(*) - 1) * 1e6 / greatest(max(posted_at) - min(posted_at), 1))::text FROM {items}");
    Ok(sql::text(&deployment.database_url, &rate).await?.parse()?)
}
