//! SMS by HTTP whose events are told, to nobody or to one subscriber, against the same without events: both by the fleet.
//! Where the processor time of both goes stands beside it.

use std::cell::RefCell;

use anyhow::Result;

use crate::bench::Bench;
use crate::cpu::{Cpu, Spent};
use crate::deployment::{Ledger, SUBSCRIBER};
use crate::drain;
use crate::message::Kind;
use crate::report::CaseReport;

pub(crate) async fn run(bench: &Bench<'_>, with_a_subscriber: bool, goal: f64) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    if with_a_subscriber {
        deployment.subscribe("#").await?;
    }
    let fleet = async |events: &str, count: u64, spent: &RefCell<Spent>| {
        let settings = [("EVENTS", events)];
        let kind = (Kind::Sms, count);
        let rate =
            drain::by_watched_worker(bench, &deployment, &bench.sms, kind, &settings, async |worker, arrivals| {
                let before = Cpu::look(Some(worker.pid()))?;
                arrivals.complete().await?;
                spent.borrow_mut().add(before, Cpu::look(Some(worker.pid()))?, count);
                Ok(())
            });
        let rate = rate.await?;
        if with_a_subscriber {
            deployment.purge(SUBSCRIBER).await?;
        }
        anyhow::Ok(rate)
    };
    let (told, untold) = (RefCell::new(Spent::default()), RefCell::new(Spent::default()));
    let count = bench.size(async |count| fleet("all", count, &told).await).await?;
    told.take();
    let measured = bench
        .alternate(goal, async || fleet("all", count, &told).await, async || fleet("off", count, &untold).await)
        .await?;
    let measured = untold.into_inner().of_the_other_fleet(told.into_inner().of_the_fleet(measured));
    Ok(measured.given("messages", count as f64))
}
