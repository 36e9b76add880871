//! One whole run: the cases in their order, each against its baseline, with progress on standard error.

use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::bench::Bench;
use crate::machine::Machine;
use crate::options::Options;
use crate::report::Report;
use crate::services::Services;
use crate::{case, table};

/// Measures, and writes the report after every case.
///
/// # Errors
/// When a case cannot be measured, or somebody was not reached.
pub async fn run(options: &Options, services: &Services) -> Result<Report> {
    let bench = Bench::new(options, services).await?;
    let mut report = Report::new(Machine::look(services).await?, options);
    for (at, name) in options.cases.iter().enumerate() {
        let begun = Instant::now();
        eprintln!("bench: {name} ({} of {})", at + 1, options.cases.len());
        let measured = case::run(name, &bench, &report).await.with_context(|| (*name).to_owned())?;
        services.clear().await;
        eprintln!("bench: {name} took {:.0} s", begun.elapsed().as_secs_f64());
        eprint!("{}", table::rows(name, &measured));
        report.add(name, measured);
        report.write(&options.report)?;
    }
    Ok(report)
}
