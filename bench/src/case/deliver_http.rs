//! SMS by HTTP, with the ledger, against the bare loop that consumes, posts and acknowledges. What the same loop does
//! with the fleet's HTTP library, and where the processor time goes, stands beside it.

use std::cell::RefCell;

use anyhow::Result;

use crate::baseline::bare_loop::Http;
use crate::bench::Bench;
use crate::cpu::{Cpu, Spent};
use crate::deployment::{Deployment, Ledger};
use crate::drain;
use crate::message::Kind;
use crate::report::CaseReport;

pub(crate) async fn run(bench: &Bench<'_>, ledger: Ledger, goal: f64) -> Result<CaseReport> {
    let deployment = bench.deploy(ledger).await?;
    let spent = RefCell::new(Spent::default());
    let fleet = async |count| fleet(bench, &deployment, count, &spent).await;
    let count = bench.size(fleet).await?;
    spent.take();
    let (mut loop_spent, mut library_spent, mut with_library) = (Spent::default(), Spent::default(), Vec::new());
    let measured = bench
        .alternate(
            goal,
            async || fleet(count).await,
            async || {
                let library = drain::by_bare_loop(bench, &deployment, Http::Reqwest, count, &mut library_spent).await?;
                with_library.push(library);
                drain::by_bare_loop(bench, &deployment, Http::ByHand, count, &mut loop_spent).await
            },
        )
        .await?;
    let measured = measured
        .beside("ratio_to_a_loop_with_reqwest", "loop_with_reqwest_per_second", with_library)
        .given("messages", count as f64);
    Ok(loop_spent.of_the_baseline(spent.into_inner().of_the_fleet(measured)))
}

async fn fleet(bench: &Bench<'_>, deployment: &Deployment, count: u64, spent: &RefCell<Spent>) -> Result<f64> {
    drain::by_watched_worker(bench, deployment, &bench.sms, (Kind::Sms, count), &[], async |worker, arrivals| {
        let before = Cpu::look(Some(worker.pid()))?;
        arrivals.complete().await?;
        spent.borrow_mut().add(before, Cpu::look(Some(worker.pid()))?, count);
        Ok(())
    })
    .await
}
