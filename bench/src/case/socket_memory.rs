//! A gateway's resident memory for each idle socket, with 1,000 and with 5,000 of them, and what 10,000 would come to.

use std::ops::Range;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::bench::Bench;
use crate::deployment::{Deployment, Ledger};
use crate::figures::{Figure, Goal};
use crate::gateway::Gateway;
use crate::memory::Memory;
use crate::options::Size;
use crate::report::CaseReport;

const GOAL_KIB: Goal = Goal::AtMost(64.0);
/// How many are told of that are not connected.
const TOLD: f64 = 10_000.0;
/// What a socket takes at the least. Where there are few, more may be freed meanwhile than they take.
const PAGE_KIB: f64 = 4.0;

/// How much is measured in a turn.
struct Extent {
    few: u64,
    many: u64,
    /// How long the gateway is left alone before its memory is looked at, so that what it has freed goes back to the system.
    rest: Duration,
}

/// In MiB.
struct Resident {
    idle: f64,
    with_few: f64,
    with_many: f64,
}

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let extent = Extent::of(bench.options.size);
    let (mut at_few, mut at_many, mut told, mut idle) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pair in 1..=bench.options.pairs {
        let resident = extent.once(&deployment, bench.numbers(extent.many)).await?;
        let [few, many] = resident.kib_a_socket(&extent);
        let of_more = resident.told(&extent);
        bench.progress(pair, &format!("{few:.1} KiB and {many:.1} KiB a socket, {of_more:.0} MiB for {TOLD:.0}"));
        at_few.push(few);
        at_many.push(many);
        told.push(of_more);
        idle.push(resident.idle);
    }
    Ok(CaseReport::default()
        .given("few_sockets", extent.few as f64)
        .given("many_sockets", extent.many as f64)
        .with("kib_at_1000", Figure::new(at_few, Some(GOAL_KIB)))
        .with("kib_at_5000", Figure::new(at_many, Some(GOAL_KIB)))
        .with("at_10000_mib", Figure::new(told, None))
        .with("idle_mib", Figure::new(idle, None)))
}

impl Extent {
    fn of(size: Size) -> Self {
        match size {
            Size::Seconds(_) => Self { few: 1_000, many: 5_000, rest: Duration::from_secs(12) },
            Size::Messages(messages) => {
                let few = messages.div_ceil(5);
                Self { few, many: few + messages, rest: Duration::ZERO }
            }
        }
    }

    /// Starts a gateway, connects these people in two groups, and looks before and after each.
    async fn once(&self, deployment: &Deployment, people: Range<u64>) -> Result<Resident> {
        let gateway = Gateway::start(deployment, self.many).await?;
        let between = people.start + self.few;
        let idle = self.rested(&gateway).await?;
        let mut few = gateway.connect(people.start..between, None, |_, _| None).await?;
        let with_few = self.rested(&gateway).await?;
        let mut others = gateway.connect(between..people.end, None, |_, _| None).await?;
        let with_many = self.rested(&gateway).await?;
        few.are_connected().and_then(|()| others.are_connected()).with_context(|| gateway.said())?;
        drop((few, others));
        gateway.end().await?;
        Ok(Resident { idle, with_few, with_many })
    }

    async fn rested(&self, gateway: &Gateway<'_>) -> Result<f64> {
        tokio::time::sleep(self.rest).await;
        Ok(Memory::counted_anew(&gateway.process).await?.resident)
    }
}

impl Resident {
    fn kib_a_socket(&self, extent: &Extent) -> [f64; 2] {
        [a_socket(self.with_few - self.idle, extent.few), a_socket(self.with_many - self.idle, extent.many)]
    }

    /// What [`TOLD`] sockets would come to, in MiB, if each took as much more as each of those between few and many.
    fn told(&self, Extent { few, many, .. }: &Extent) -> f64 {
        self.with_many + a_socket(self.with_many - self.with_few, many - few) * (TOLD - *many as f64) / 1_024.0
    }
}

/// The KiB of one, where so many have grown the memory by that.
fn a_socket(grown_mib: f64, sockets: u64) -> f64 {
    (grown_mib * 1_024.0 / sockets as f64).max(PAGE_KIB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_more_sockets_goes_on_as_the_last_have_grown() {
        let extent = Extent::of(Size::Seconds(4.0));
        let resident = Resident { idle: 24.0, with_few: 24.0 + 1_000.0 * 32.0 / 1_024.0, with_many: 24.0 + 125.0 };
        let [few, many] = resident.kib_a_socket(&extent);
        assert!((few - 32.0).abs() < 1e-9 && (many - 25.6).abs() < 1e-9, "{few} {many}");
        let each = (125.0 - 31.25) / 4_000.0;
        assert!((resident.told(&extent) - (149.0 + 5_000.0 * each)).abs() < 1e-9);
        assert!(GOAL_KIB.holds(few) && a_socket(-1.0, 10) >= PAGE_KIB);
    }
}
