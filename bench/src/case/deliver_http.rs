//! SMS by HTTP, with the ledger, against the bare loop that consumes, posts and acknowledges.

use anyhow::Result;

use crate::bench::Bench;
use crate::drain;
use crate::message::Kind;
use crate::place::Ledger;
use crate::report::CaseReport;

pub(crate) async fn run(bench: &Bench<'_>, ledger: Ledger, goal: f64) -> Result<CaseReport> {
    let place = bench.place(ledger).await?;
    let fleet = async |count| drain::by_worker(bench, &place, &bench.sms, (Kind::Sms, count), &[]).await;
    let count = bench.size(fleet).await?;
    let measured = bench
        .alternate(
            goal,
            async || fleet(count).await,
            async || drain::by_bare_loop(bench, &place, &bench.sms, count).await,
        )
        .await?;
    Ok(measured.given("messages", count as f64))
}
