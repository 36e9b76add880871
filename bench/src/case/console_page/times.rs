//! How long pages take, one after the other.

use anyhow::Result;

use super::browser::Browser;
use super::pages::Page;
use crate::figures::{Figure, Goal, percentile};
use crate::report::CaseReport;

/// The percentiles of one page in each turn, in milliseconds.
#[derive(Default)]
pub(super) struct Times {
    p50: Vec<f64>,
    p95: Vec<f64>,
    pub(super) p99: Vec<f64>,
}

/// Asks for every page in turn, again and again, so that no page finds only what it has read itself a moment ago. Gives
/// the milliseconds of each page, in the order of the pages, without those of the first `warm_up` rounds.
pub(super) async fn ask(browser: &Browser, pages: &[Page], warm_up: u64, rounds: u64) -> Result<Vec<Vec<f64>>> {
    let mut all: Vec<Vec<f64>> = pages.iter().map(|_| Vec::new()).collect();
    for round in 0..warm_up + rounds {
        for (page, times) in pages.iter().zip(&mut all) {
            let (took, _) = browser.get(&page.path).await?;
            if round >= warm_up {
                times.push(took.as_secs_f64() * 1_000.0);
            }
        }
    }
    Ok(all)
}

impl Times {
    /// Adds what was measured in one turn.
    pub(super) fn add(&mut self, mut times: Vec<f64>) {
        times.sort_by(f64::total_cmp);
        self.p50.push(percentile(&times, 0.5));
        self.p95.push(percentile(&times, 0.95));
        self.p99.push(percentile(&times, 0.99));
    }

    /// Adds them to a report: as `p50`, `p95` and `p99` of everything, or with the name of a page behind it.
    pub(super) fn of(self, page: Option<&str>, goal: Option<Goal>, report: CaseReport) -> CaseReport {
        let name = |share: &str| page.map_or_else(|| share.to_owned(), |page| format!("{share}_{page}"));
        report
            .with(name("p50"), Figure::new(self.p50, None))
            .with(name("p95"), Figure::new(self.p95, None))
            .with(name("p99"), Figure::new(self.p99, goal))
    }
}
