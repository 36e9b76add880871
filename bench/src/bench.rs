//! What the cases of a run share: recipients, deployments, and the fleet in turns with its baseline.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};

use crate::deployment::{Deployment, Ledger};
use crate::figures::{Figure, Goal};
use crate::options::{Options, Size};
use crate::report::CaseReport;
use crate::services::Services;
use crate::sink::Sink;

/// The messages of the short measurement that says how many the others need.
const TRIAL: u64 = 4_000;

/// What the cases of a run share.
pub(crate) struct Bench<'a> {
    pub(crate) services: &'a Services,
    pub(crate) options: &'a Options,
    pub(crate) sms: Sink,
    pub(crate) mail: Sink,
    /// The next recipient's number: nobody gets two messages in a run.
    next: AtomicU64,
}

/// The rates of each turn.
#[derive(Default)]
struct Turns {
    fleets: Vec<f64>,
    baselines: Vec<f64>,
    ratios: Vec<f64>,
}

impl<'a> Bench<'a> {
    pub(crate) async fn new(options: &'a Options, services: &'a Services) -> Result<Self> {
        Ok(Self { services, options, sms: Sink::http().await?, mail: Sink::smtp().await?, next: AtomicU64::new(0) })
    }

    /// The numbers of as many recipients to whom nobody has written yet.
    pub(crate) fn numbers(&self, count: u64) -> Range<u64> {
        let from = self.next.fetch_add(count, Ordering::Relaxed);
        from..from + count
    }

    pub(crate) async fn deploy(&self, ledger: Ledger) -> Result<Deployment> {
        Deployment::create(self.services, ledger, &self.sms, &self.mail).await
    }

    /// How many messages a measurement needs, by the rate of a short one before it.
    pub(crate) async fn size(&self, trial: impl AsyncFnOnce(u64) -> Result<f64>) -> Result<u64> {
        match self.options.size {
            Size::Messages(messages) => Ok(messages),
            Size::Seconds(_) => Ok(self.options.size.messages(trial(TRIAL).await.context("the trial run")?)),
        }
    }

    /// Measures the fleet and its baseline in turns. Both give a rate in a second.
    pub(crate) async fn alternate(
        &self,
        goal: f64,
        fleet: impl AsyncFnMut() -> Result<f64>,
        baseline: impl AsyncFnMut() -> Result<f64>,
    ) -> Result<CaseReport> {
        let Turns { fleets, baselines, ratios } = self.turns(fleet, baseline).await?;
        Ok(CaseReport::default()
            .with("ratio", Figure::new(ratios, Some(Goal::AtLeast(goal))))
            .with("fleet_per_second", Figure::new(fleets, None))
            .with("baseline_per_second", Figure::new(baselines, None)))
    }

    /// Measures them in the same way, where the goal is the fleet's own rate and the ratio stands beside it.
    pub(crate) async fn alternate_for_a_rate(
        &self,
        goal: f64,
        fleet: impl AsyncFnMut() -> Result<f64>,
        baseline: impl AsyncFnMut() -> Result<f64>,
    ) -> Result<CaseReport> {
        let Turns { fleets, baselines, ratios } = self.turns(fleet, baseline).await?;
        Ok(CaseReport::default()
            .with("per_second", Figure::new(fleets, Some(Goal::AtLeast(goal))))
            .with("ratio", Figure::new(ratios, None))
            .with("baseline_per_second", Figure::new(baselines, None)))
    }

    async fn turns(
        &self,
        mut fleet: impl AsyncFnMut() -> Result<f64>,
        mut baseline: impl AsyncFnMut() -> Result<f64>,
    ) -> Result<Turns> {
        let mut turns = Turns::default();
        for pair in 1..=self.options.pairs {
            let fleet = fleet().await.context("the fleet")?;
            let baseline = baseline().await.context("the baseline")?;
            let ratio = fleet / baseline;
            self.progress(pair, &format!("{fleet:.0}/s, baseline {baseline:.0}/s, ratio {ratio:.2}"));
            turns.fleets.push(fleet);
            turns.baselines.push(baseline);
            turns.ratios.push(ratio);
        }
        Ok(turns)
    }

    pub(crate) fn progress(&self, nth: usize, what: &str) {
        eprintln!("  {nth}/{}  {what}", self.options.pairs);
    }
}
