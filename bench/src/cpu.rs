//! Where the processor time of a measurement went.

use anyhow::{Context as _, Result};

use crate::figures::Figure;
use crate::report::CaseReport;

/// Linux counts in hundredths of a second for programs, whatever its own clock is.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of all cores.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Cpu {
    worker: f64,
    /// This process: sinks, and the baselines.
    bench: f64,
    /// Everything on this machine: the broker and the database are what the other two leave.
    machine: f64,
}

/// One or several measurements of microseconds for a message.
#[derive(Default)]
pub(crate) struct Spent {
    worker: Vec<f64>,
    bench: Vec<f64>,
    others: Vec<f64>,
}

impl Cpu {
    /// Until now, from the start of each.
    pub(crate) fn look(worker: Option<u32>) -> Result<Self> {
        let machine = std::fs::read_to_string("/proc/stat")?;
        let line = machine.lines().next().context("/proc/stat is empty")?;
        let numbers: Vec<f64> = line.split_whitespace().skip(1).filter_map(|number| number.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal: what a neighbour steals is not ours.
        let busy = numbers.iter().enumerate().filter(|(at, _)| !matches!(at, 3 | 4 | 7..)).map(|(_, ticks)| ticks);
        Ok(Self {
            worker: worker.map(|pid| of_process(&pid.to_string())).transpose()?.unwrap_or(0.0),
            bench: of_process("self")?,
            machine: busy.sum::<f64>() / TICKS_PER_SECOND,
        })
    }
}

fn of_process(pid: &str) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold anything; utime and stime are the 14th and 15th field.
    let (_, rest) = text.rsplit_once(')').context("/proc/…/stat has no name")?;
    let ticks = rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() / TICKS_PER_SECOND)
}

impl Spent {
    pub(crate) fn add(&mut self, before: Cpu, after: Cpu, messages: u64) {
        let each = |seconds: f64| seconds.max(0.0) * 1e6 / messages as f64;
        let (worker, bench) = (after.worker - before.worker, after.bench - before.bench);
        self.worker.push(each(worker));
        self.bench.push(each(bench));
        self.others.push(each(after.machine - before.machine - worker - bench));
    }

    /// As figures of the fleet.
    pub(crate) fn of_the_fleet(self, report: CaseReport) -> CaseReport {
        report
            .with("fleet_cpu_us_worker", Figure::new(self.worker, None))
            .with("fleet_cpu_us_sink", Figure::new(self.bench, None))
            .with("fleet_cpu_us_broker_and_database", Figure::new(self.others, None))
    }

    /// As figures of a baseline, which runs in this process beside its sink.
    pub(crate) fn of_the_baseline(self, report: CaseReport) -> CaseReport {
        report
            .with("baseline_cpu_us_loop_and_sink", Figure::new(self.bench, None))
            .with("baseline_cpu_us_broker", Figure::new(self.others, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_for_one_message() {
        let (before, mut spent) = (Cpu { worker: 1.0, bench: 1.0, machine: 10.0 }, Spent::default());
        spent.add(before, Cpu { worker: 2.0, bench: 1.5, machine: 14.0 }, 1_000);
        assert_eq!((spent.worker, spent.bench, spent.others), (vec![1_000.0], vec![500.0], vec![2_500.0]));
    }

    #[test]
    fn this_process_has_used_some_of_the_machine() {
        let seen = Cpu::look(Some(std::process::id())).unwrap();
        assert!(seen.worker <= seen.bench && seen.machine > 0.0, "{seen:?}");
    }
}
