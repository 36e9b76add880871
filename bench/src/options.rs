//! What to measure and for how long.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};

/// The cases by name, in the order in which they run.
pub const CASES: [&str; 24] = [
    "deliver_http_postgres",
    "deliver_http_sqlite",
    "deliver_events",
    "deliver_events_bound",
    "deliver_template",
    "deliver_smtp",
    "deliver_inapp",
    "notify_http",
    "callbacks_http",
    "inbound_texts",
    "inbound_answers",
    "button_to_service_ms",
    "asks_expire_ms",
    "notify_to_socket",
    "fan_out_room",
    "latency_half_load_ms",
    "latency_ordinary_ms",
    "schedule_lateness_ms",
    "schedule_burst",
    "dead_letters_100k",
    "console_page_ms",
    "ledger_growth",
    "rss_mib",
    "socket_memory",
];

/// What people run instead, with `BENCH_PEERS=1` only: it needs packages of Python.
pub const PEERS: [&str; 3] = ["peers_pika", "peers_celery", "peers_fastapi"];

/// The whole run; see [`Options::from_environment`].
#[derive(Clone, Debug)]
pub struct Options {
    /// The names of the cases to run, in the order of [`CASES`].
    pub cases: Vec<&'static str>,
    pub size: Size,
    /// How many alternations of fleet and baseline there are.
    pub pairs: usize,
    /// Where the report goes.
    pub report: PathBuf,
}

/// How much work one measurement is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Size {
    /// A measurement has as many messages as the fleet needs about this many seconds for.
    Seconds(f64),
    /// Each measurement has this many messages, whatever time they take: to see that everything works.
    Messages(u64),
}

const DEFAULT_SECONDS: f64 = 4.0;
const DEFAULT_PAIRS: usize = 5;
const FEWEST: u64 = 2_000;
const FEWEST_STEADY: u64 = 400;
const MOST: u64 = 400_000;

impl Options {
    /// Reads the environment. `BENCH_ONLY` names cases, separated by commas. `BENCH_SECONDS` is the time of one
    /// measurement, 4 if not given; `BENCH_PAIRS` is the number of alternations, 5 if not given. `BENCH_PEERS=1` adds
    /// what people run instead.
    ///
    /// # Errors
    /// Names the variable that is wrong.
    pub fn from_environment() -> Result<Self> {
        let seconds: f64 = number("BENCH_SECONDS", DEFAULT_SECONDS)?;
        ensure!((0.1..=3600.0).contains(&seconds), "BENCH_SECONDS must be from 0.1 to 3600");
        let pairs: usize = number("BENCH_PAIRS", DEFAULT_PAIRS)?;
        ensure!((1..=1000).contains(&pairs), "BENCH_PAIRS must be from 1 to 1000");
        let with_peers = std::env::var("BENCH_PEERS").is_ok_and(|given| given == "1");
        let cases = only(&std::env::var("BENCH_ONLY").unwrap_or_default(), with_peers)?;
        Ok(Self { cases, size: Size::Seconds(seconds), pairs, report: "target/bench/report.json".into() })
    }

    /// Runs every case once with few messages, which shows that it runs, not how fast.
    pub fn smoke(report: PathBuf) -> Self {
        Self { cases: CASES.to_vec(), size: Size::Messages(300), pairs: 1, report }
    }
}

impl Size {
    /// Gives how many messages a measurement has when this many are done in a second.
    pub(crate) fn messages(self, per_second: f64) -> u64 {
        match self {
            Self::Seconds(seconds) => ((per_second * seconds) as u64).clamp(FEWEST, MOST),
            Self::Messages(messages) => messages,
        }
    }

    /// Gives how many messages a measurement has at a low rate: they last as long as the measurement, and are enough
    /// for a percentile.
    pub(crate) fn steadily(self, per_second: f64) -> u64 {
        match self {
            Self::Seconds(seconds) => ((per_second * seconds) as u64).clamp(FEWEST_STEADY, MOST),
            Self::Messages(messages) => messages,
        }
    }

    /// Gives the number of messages of a case that has a size of its own.
    pub(crate) fn or_few(self, full: u64) -> u64 {
        match self {
            Self::Seconds(_) => full,
            Self::Messages(messages) => messages.min(full),
        }
    }

    pub(crate) fn seconds(self) -> f64 {
        match self {
            Self::Seconds(seconds) => seconds,
            Self::Messages(_) => 0.5,
        }
    }
}

fn only(list: &str, with_peers: bool) -> Result<Vec<&'static str>> {
    let cases: Vec<&'static str> = CASES.into_iter().chain(PEERS.into_iter().filter(|_| with_peers)).collect();
    let wanted: Vec<&str> = list.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    if let Some(peer) = wanted.iter().find(|word| !with_peers && PEERS.contains(word)) {
        bail!("BENCH_ONLY: {peer} needs BENCH_PEERS=1, which installs what it runs");
    }
    if let Some(unknown) = wanted.iter().find(|word| !cases.contains(word)) {
        bail!("BENCH_ONLY: there is no case {unknown}; there are {}", cases.join(", "));
    }
    Ok(cases.into_iter().filter(|case| wanted.is_empty() || wanted.contains(case)).collect())
}

fn number<T: std::str::FromStr>(name: &str, default: T) -> Result<T> {
    match std::env::var(name).ok().filter(|text| !text.trim().is_empty()) {
        Some(text) => text.trim().parse().ok().with_context(|| format!("{name} must be a number")),
        None => Ok(default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_chosen_by_name_and_keep_their_order() {
        assert_eq!(only("", false).unwrap(), CASES);
        assert_eq!(only("rss_mib, notify_http", false).unwrap(), ["notify_http", "rss_mib"]);
        assert!(only("deliver_by_pigeon", true).unwrap_err().to_string().contains("deliver_by_pigeon"));
    }

    #[test]
    fn what_people_run_instead_is_measured_when_it_is_asked_for() {
        assert_eq!(only("", true).unwrap(), [&CASES[..], &PEERS].concat());
        assert_eq!(only("peers_pika", true).unwrap(), ["peers_pika"]);
        assert!(only("peers_pika", false).unwrap_err().to_string().contains("BENCH_PEERS=1"));
    }

    #[test]
    fn a_measurement_is_sized_by_its_rate_within_limits() {
        assert_eq!(Size::Seconds(4.0).messages(2_500.0), 10_000);
        assert_eq!(Size::Seconds(4.0).messages(1.0), FEWEST);
        assert_eq!(Size::Seconds(4.0).messages(1e9), MOST);
        assert_eq!(Size::Messages(300).messages(1e9), 300);
        assert_eq!(Size::Seconds(10.0).steadily(100.0), 1_000);
        assert_eq!(Size::Seconds(0.1).steadily(100.0), FEWEST_STEADY);
        assert_eq!(Size::Messages(300).steadily(100.0), 300);
    }
}
