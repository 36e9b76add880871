//! Where the processor time of a measurement went.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::figures::Figure;
use crate::report::CaseReport;

/// The ticks in a second: Linux counts in hundredths of a second for programs, whatever its own clock is.
const TICKS_PER_SECOND: f64 = 100.0;
/// The name of Erlang's virtual machine, which runs RabbitMQ.
const BROKER: &str = "beam.smp";
const DATABASE: &str = "postgres";

/// The seconds of all cores, from the start of each process until now.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Cpu {
    worker: f64,
    /// This process: sinks, and the baselines.
    bench: f64,
    /// Every program of this name on this machine.
    broker: f64,
    database: f64,
}

/// The microseconds for a message, one value for each measurement.
#[derive(Default)]
pub(crate) struct Spent {
    worker: Vec<f64>,
    bench: Vec<f64>,
    broker: Vec<f64>,
    database: Vec<f64>,
}

impl Cpu {
    /// Reads what each has used so far. It finds nothing where there is no `/proc`.
    pub(crate) fn look(worker: Option<u32>) -> Result<Self> {
        if !Path::new("/proc/self/stat").exists() {
            return Ok(Self::default());
        }
        let mut seen = Self { bench: of_process("self")?.1, ..Self::default() };
        if let Some(pid) = worker {
            seen.worker = of_process(&pid.to_string())?.1;
        }
        for entry in std::fs::read_dir("/proc")?.filter_map(Result::ok) {
            // A process may end while we look.
            let Some(process) = entry.file_name().to_str().and_then(|pid| of_process(pid).ok()) else { continue };
            match process {
                (name, seconds) if name == BROKER => seen.broker += seconds,
                (name, seconds) if name == DATABASE => seen.database += seconds,
                _ => {}
            }
        }
        Ok(seen)
    }

    /// The seconds that the process which was looked at as the worker, and the database, have used since.
    pub(crate) fn since(self, before: Self) -> (f64, f64) {
        // A backend of the database that has ended takes its time with it.
        (self.worker - before.worker, (self.database - before.database).max(0.0))
    }
}

/// The name of a process, and its seconds in its own code and in the kernel.
fn of_process(pid: &str) -> Result<(String, f64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold anything; utime and stime are the 14th and 15th field.
    let (before, rest) = text.rsplit_once(')').context("/proc/…/stat has no name")?;
    let name = before.split_once('(').map(|(_, name)| name.to_owned()).unwrap_or_default();
    let ticks = rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    Ok((name, ticks.sum::<f64>() / TICKS_PER_SECOND))
}

impl Spent {
    pub(crate) fn add(&mut self, before: Cpu, after: Cpu, messages: u64) {
        let each = |part: fn(&Cpu) -> f64| (part(&after) - part(&before)).max(0.0) * 1e6 / messages as f64;
        self.worker.push(each(|cpu| cpu.worker));
        self.bench.push(each(|cpu| cpu.bench));
        self.broker.push(each(|cpu| cpu.broker));
        self.database.push(each(|cpu| cpu.database));
    }

    /// Adds the times to a report as figures of the fleet.
    pub(crate) fn of_the_fleet(self, report: CaseReport) -> CaseReport {
        let names = ["fleet_cpu_us_worker", "fleet_cpu_us_sink", "fleet_cpu_us_broker", "fleet_cpu_us_database"];
        self.of_a_worker(names, report)
    }

    /// Adds the times to a report as figures of a baseline that is the fleet itself, with other settings.
    pub(crate) fn of_the_other_fleet(self, report: CaseReport) -> CaseReport {
        let names =
            ["baseline_cpu_us_worker", "baseline_cpu_us_sink", "baseline_cpu_us_broker", "baseline_cpu_us_database"];
        self.of_a_worker(names, report)
    }

    fn of_a_worker(self, names: [&'static str; 4], report: CaseReport) -> CaseReport {
        let parts = [self.worker, self.bench, self.broker, self.database];
        names.into_iter().zip(parts).fold(report, |report, (name, part)| report.with(name, Figure::new(part, None)))
    }

    /// Adds the times to a report as figures of a baseline, which runs in this process beside its sink.
    pub(crate) fn of_the_baseline(self, report: CaseReport) -> CaseReport {
        report
            .with("baseline_cpu_us_loop_and_sink", Figure::new(self.bench, None))
            .with("baseline_cpu_us_broker", Figure::new(self.broker, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_for_one_message() {
        let before = Cpu { worker: 1.0, bench: 1.0, broker: 10.0, database: 0.0 };
        let mut spent = Spent::default();
        spent.add(before, Cpu { worker: 2.0, bench: 1.5, broker: 12.5, database: 0.0 }, 1_000);
        let parts = [spent.worker, spent.bench, spent.broker, spent.database].map(|each| each[0]);
        assert_eq!(parts, [1_000.0, 500.0, 2_500.0, 0.0]);
    }

    #[test]
    fn a_process_has_a_name_and_its_time() {
        let own = std::fs::read_to_string("/proc/self/comm").unwrap();
        let (name, seconds) = of_process("self").unwrap();
        assert_eq!(name, own.trim_end());
        assert!(seconds >= 0.0 && Cpu::look(Some(std::process::id())).unwrap().worker >= seconds);
    }
}
