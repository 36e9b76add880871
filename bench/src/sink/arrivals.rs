//! Who has arrived, and when.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::sync::Notify;

/// A measurement in which nobody arrives for this long has failed.
const STANDSTILL: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(crate) struct Arrivals {
    begun: Instant,
    numbers: Range<u64>,
    /// Nanoseconds after `begun` at which each arrived for the first time; 0 = not yet.
    times: Vec<AtomicU64>,
    arrived: AtomicUsize,
    repeated: AtomicUsize,
    complete: Notify,
}

/// The arrivals of the current measurement.
pub(crate) struct CurrentArrivals(RwLock<Arc<Arrivals>>);

impl CurrentArrivals {
    /// Nobody is expected yet.
    pub(crate) fn none() -> Self {
        Self(RwLock::new(Arc::new(Arrivals::new(0..0))))
    }

    /// Counts the arrivals of these numbers; others are not counted from now on.
    pub(crate) fn expect(&self, numbers: Range<u64>) -> Arc<Arrivals> {
        let arrivals = Arc::new(Arrivals::new(numbers));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&arrivals);
        arrivals
    }

    pub(crate) fn record(&self, number: u64) {
        self.0.read().unwrap_or_else(PoisonError::into_inner).record(number);
    }
}

impl Arrivals {
    fn new(numbers: Range<u64>) -> Self {
        let times = numbers.clone().map(|_| AtomicU64::new(0)).collect();
        let (arrived, repeated) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { begun: Instant::now(), numbers, times, arrived, repeated, complete: Notify::new() }
    }

    fn record(&self, number: u64) {
        if !self.numbers.contains(&number) {
            return;
        }
        let now = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1);
        let time = &self.times[(number - self.numbers.start) as usize];
        if time.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            self.repeated.fetch_add(1, Ordering::Relaxed);
        } else if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.times.len() {
            self.complete.notify_one();
        }
    }

    /// Waits until everybody has arrived.
    ///
    /// # Errors
    /// When they stop coming, or somebody came twice.
    pub(crate) async fn complete(&self) -> Result<()> {
        let (mut before, mut since) = (0, Instant::now());
        loop {
            let arrived = self.arrived.load(Ordering::Acquire);
            if arrived == self.times.len() {
                break;
            }
            if arrived != before {
                (before, since) = (arrived, Instant::now());
            }
            if since.elapsed() > STANDSTILL {
                bail!("{arrived} of {} arrived, and then nobody any more", self.times.len());
            }
            let _ = tokio::time::timeout(LOOK_EVERY, self.complete.notified()).await;
        }
        match self.repeated.load(Ordering::Relaxed) {
            0 => Ok(()),
            repeated => bail!("{repeated} arrived twice"),
        }
    }

    /// Gives the arrivals in a second, from the first to the last.
    pub(crate) fn per_second(&self) -> f64 {
        let times = || self.times.iter().map(|time| time.load(Ordering::Relaxed)).filter(|time| *time > 0);
        let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        (times().count().saturating_sub(1)) as f64 / Duration::from_nanos((last - first).max(1)).as_secs_f64()
    }

    /// Says when a recipient arrived.
    pub(crate) fn time(&self, number: u64) -> Option<Instant> {
        let time = self.times.get(usize::try_from(number.checked_sub(self.numbers.start)?).ok()?)?;
        Some(self.begun + Duration::from_nanos(Some(time.load(Ordering::Relaxed)).filter(|time| *time > 0)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_is_expected_once() {
        let arrivals = Arrivals::new(10..12);
        arrivals.record(9);
        arrivals.record(10);
        assert_eq!((arrivals.time(10).is_some(), arrivals.time(11)), (true, None));
        arrivals.record(11);
        arrivals.complete().await.unwrap();
        assert!(arrivals.per_second() > 0.0);
        arrivals.record(11);
        assert!(arrivals.complete().await.unwrap_err().to_string().contains("1 arrived twice"));
    }
}
