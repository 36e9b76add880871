//! SMS by HTTP whose events are told, to nobody or to one subscriber, against the same without events: both by the fleet.

use anyhow::Result;

use crate::bench::Bench;
use crate::deployment::{Ledger, SUBSCRIBER};
use crate::drain;
use crate::message::Kind;
use crate::report::CaseReport;

pub(crate) async fn run(bench: &Bench<'_>, with_a_subscriber: bool, goal: f64) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    if with_a_subscriber {
        deployment.subscribe().await?;
    }
    let fleet = async |events: &str, count: u64| {
        let settings = [("EVENTS", events)];
        let rate = drain::by_worker(bench, &deployment, &bench.sms, (Kind::Sms, count), &settings).await?;
        if with_a_subscriber {
            deployment.purge(SUBSCRIBER).await?;
        }
        anyhow::Ok(rate)
    };
    let count = bench.size(async |count| fleet("all", count).await).await?;
    let measured =
        bench.alternate(goal, async || fleet("all", count).await, async || fleet("off", count).await).await?;
    Ok(measured.given("messages", count as f64))
}
