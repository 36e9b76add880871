//! The report: figures by case, with the machine they were measured on.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::figures::Figure;
use crate::machine::Machine;
use crate::options::{Options, Size};

#[derive(Debug, Serialize)]
pub struct Report {
    pub(crate) machine: Machine,
    /// How many alternations of fleet and baseline there were.
    pairs: usize,
    /// About how long one measurement took; None in a run that only shows that everything works.
    seconds: Option<f64>,
    pub cases: BTreeMap<&'static str, CaseReport>,
    #[serde(skip)]
    pub(crate) order: Vec<&'static str>,
}

/// What was measured in one case, by name.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CaseReport {
    #[serde(flatten)]
    pub figures: BTreeMap<Cow<'static, str>, Figure>,
    /// What was fixed beforehand, such as the number of messages.
    pub given: BTreeMap<&'static str, f64>,
}

impl CaseReport {
    /// The fleet against a second baseline, measured in the same alternations: its rates, and the ratios to them.
    pub(crate) fn beside(self, ratio: &'static str, rate: &'static str, baseline: Vec<f64>) -> Self {
        let fleet = &self.figures["fleet_per_second"].each;
        let ratios = fleet.iter().zip(&baseline).map(|(fleet, baseline)| fleet / baseline).collect();
        self.with(ratio, Figure::new(ratios, None)).with(rate, Figure::new(baseline, None))
    }

    pub(crate) fn with(mut self, name: impl Into<Cow<'static, str>>, figure: Figure) -> Self {
        self.figures.insert(name.into(), figure);
        self
    }

    pub(crate) fn given(mut self, name: &'static str, value: f64) -> Self {
        self.given.insert(name, value);
        self
    }
}

impl Report {
    pub(crate) fn new(machine: Machine, options: &Options) -> Self {
        let seconds = match options.size {
            Size::Seconds(seconds) => Some(seconds),
            Size::Messages(_) => None,
        };
        Self { machine, pairs: options.pairs, seconds, cases: BTreeMap::new(), order: Vec::new() }
    }

    pub(crate) fn add(&mut self, name: &'static str, case: CaseReport) {
        self.order.push(name);
        self.cases.insert(name, case);
    }

    /// The median of a figure that was measured already.
    pub(crate) fn median(&self, case: &str, figure: &str) -> Option<f64> {
        Some(self.cases.get(case)?.figures.get(figure)?.spread.median)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}
