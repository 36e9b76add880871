//! What is measured, one file each. Every case gives the ratio of the fleet to a baseline of the same run, or a
//! figure with a limit.

mod deliver_http;

use anyhow::{Result, bail};

use crate::bench::Bench;
use crate::place::Ledger;
use crate::report::{CaseReport, Report};

/// The cases by name, in the order in which they run.
pub const CASES: [&str; 1] = ["deliver_http_postgres"];

pub(crate) async fn run(name: &str, bench: &Bench<'_>, _so_far: &Report) -> Result<CaseReport> {
    match name {
        "deliver_http_postgres" => deliver_http::run(bench, Ledger::Postgres, 0.6).await,
        other => bail!("there is no case {other}"),
    }
}
