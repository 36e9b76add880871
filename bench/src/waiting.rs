//! Waits until something that can be counted is as many as it shall be.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

/// How long nothing may change before the measurement has failed.
const STANDSTILL: Duration = Duration::from_secs(60);

/// Looks again and again, until there are so many.
///
/// # Errors
/// When looking fails, or when nothing changes any more.
pub(crate) async fn until(count: u64, every: Duration, mut look: impl AsyncFnMut() -> Result<u64>) -> Result<()> {
    let (mut before, mut since) = (None, Instant::now());
    loop {
        let found = look().await?;
        if found == count {
            return Ok(());
        }
        if before != Some(found) {
            (before, since) = (Some(found), Instant::now());
        }
        ensure!(since.elapsed() < STANDSTILL, "{found} instead of {count}, and then nothing");
        tokio::time::sleep(every).await;
    }
}
