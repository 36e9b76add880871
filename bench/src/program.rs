//! `make bench`: measures, prints a table, writes the report; removes what it made, also after Ctrl-C.

use std::panic::AssertUnwindSafe;

use anyhow::{Result, bail};
use futures_util::FutureExt as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::{Options, Services};

/// # Errors
/// What kept it from measuring; what it made is removed all the same.
pub async fn program() -> Result<()> {
    let options = Options::from_environment()?;
    eprintln!("bench: finding a RabbitMQ and a PostgreSQL, or starting private ones");
    let services = Services::find().await?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let measured = tokio::select! {
        measured = AssertUnwindSafe(crate::run(&options, &services)).catch_unwind() => Some(measured),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    services.clear().await;
    match measured {
        Some(Ok(report)) => println!("{}", report?),
        Some(Err(_panic)) => bail!("a part of the fleet did not do what it should: see above"),
        None => bail!("interrupted; what the measurement made was removed"),
    }
    eprintln!("bench: the report is in {}", options.report.display());
    Ok(())
}
