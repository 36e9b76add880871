//! SMS by HTTP through a template, against the same words without one: both by the fleet.

use anyhow::Result;

use crate::bench::Bench;
use crate::deployment::Ledger;
use crate::drain;
use crate::message::Kind;
use crate::report::CaseReport;

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let fleet = async |kind, count| drain::by_worker(bench, &deployment, &bench.sms, (kind, count), &[]).await;
    let count = bench.size(async |count| fleet(Kind::TemplateSms, count).await).await?;
    let measured = bench
        .alternate(0.9, async || fleet(Kind::TemplateSms, count).await, async || fleet(Kind::Sms, count).await)
        .await?;
    Ok(measured.given("messages", count as f64))
}
