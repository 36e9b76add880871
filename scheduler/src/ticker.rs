//! Ticks once a second, in UTC, for jobs that other processes have stored and for steps that have failed. A ticker that
//! dies costs nothing: nobody waits longer than a second for a tick.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};

/// The ticks. They keep the library's scheduler alive.
pub(crate) struct Ticks {
    notify: Arc<Notify>,
    _scheduler: Option<JobScheduler>,
}

/// Starts the ticker. It knows no time zones and no misfires: a tick only says that it is time to look.
pub(crate) async fn start() -> Ticks {
    let notify = Arc::new(Notify::new());
    let scheduler = every_second(Arc::clone(&notify)).await;
    if let Err(error) = &scheduler {
        tracing::warn!(%error, "the ticker did not start; looking for due jobs once a second without it");
    }
    Ticks { notify, _scheduler: scheduler.ok() }
}

async fn every_second(notify: Arc<Notify>) -> Result<JobScheduler, tokio_cron_scheduler::JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let tick = Job::new("* * * * * *", move |_, _| notify.notify_one())?;
    scheduler.add(tick).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

impl Ticks {
    /// Waits for the next tick or for a second, whichever comes first.
    pub(crate) async fn next(&self) {
        let _ = tokio::time::timeout(std::time::Duration::from_secs(1), self.notify.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_ticker_that_has_died_delays_nothing_by_more_than_a_second() {
        let dead = Ticks { notify: Arc::default(), _scheduler: None };
        for _ in 0..1_000 {
            let before = tokio::time::Instant::now();
            dead.next().await;
            assert!(before.elapsed() <= std::time::Duration::from_millis(1_001), "{:?}", before.elapsed());
        }
    }
}
