//! Open streams of the overview, and what the API and the database do for them.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::Process;
use tokio::task::JoinSet;

use super::browser::Browser;
use super::ledger;
use crate::cpu::Cpu;

/// As many as one user may have.
pub(super) const STREAMS: usize = 50;
/// How often a delivery comes meanwhile: the overview is never as it was when it was looked at before.
const COMES_EVERY: Duration = Duration::from_millis(500);

/// Streams that are read until this is dropped.
pub(super) struct Streams(JoinSet<()>);

/// How much of a core is used, in per cent.
#[derive(Clone, Copy)]
pub(super) struct Shares {
    pub(super) api: f64,
    pub(super) database: f64,
}

impl Streams {
    pub(super) async fn open(browser: &Browser) -> Result<Self> {
        let mut reading = JoinSet::new();
        for _ in 0..STREAMS {
            let mut stream = browser.open("/console/overview/stream").await?;
            ensure!(stream.chunk().await?.is_some(), "a stream has ended before it told anything");
            reading.spawn(async move { while let Ok(Some(_)) = stream.chunk().await {} });
        }
        Ok(Self(reading))
    }

    /// # Errors
    /// When one of them has ended.
    pub(super) fn are_open(&mut self) -> Result<()> {
        ensure!(self.0.try_join_next().is_none(), "a stream has ended");
        Ok(())
    }
}

impl Shares {
    /// Looks for some time, while deliveries come.
    pub(super) async fn look(api: &Process, database: &str, time: Duration) -> Result<Self> {
        let (before, begun) = (Cpu::look(Some(api.pid()))?, Instant::now());
        while begun.elapsed() < time {
            ledger::one_more(database).await?;
            tokio::time::sleep(COMES_EVERY).await;
        }
        let (api, database) = Cpu::look(Some(api.pid()))?.since(before);
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Self { api: 100.0 * api / seconds, database: 100.0 * database / seconds })
    }

    pub(super) fn beyond(self, without: Self) -> Self {
        Self { api: self.api - without.api, database: self.database - without.database }
    }
}
