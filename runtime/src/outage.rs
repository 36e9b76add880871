//! Tells of trouble that lasts once when it begins, once a minute while it lasts, and once when it is over.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long no further line tells of the same trouble.
const TELL_AGAIN: Duration = Duration::from_secs(60);

/// Trouble that many tries meet for one reason, such as a ledger that is away. Whoever tries says how it went, and is
/// told what to log. Trouble that comes and goes is told of once a minute as well: the first line of a trouble that
/// begins within a minute after such a line comes when that minute is over.
#[derive(Debug, Default)]
pub struct Outage(Mutex<Lasting>);

#[derive(Debug, Default)]
struct Lasting {
    since: Option<Instant>,
    /// Whether a line has told of the trouble that lasts now.
    is_told: bool,
    last_told: Option<Instant>,
    untold: u64,
}

impl Outage {
    pub const fn new() -> Self {
        Self(Mutex::new(Lasting { since: None, is_told: false, last_told: None, untold: 0 }))
    }

    /// Notes a try that has failed. When a line is due: how many tries have failed since the last one without a line.
    pub fn failed(&self, now: Instant) -> Option<u64> {
        let mut lasting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lasting.since.get_or_insert(now);
        if lasting.last_told.is_some_and(|told| now.saturating_duration_since(told) < TELL_AGAIN) {
            lasting.untold += 1;
            return None;
        }
        (lasting.is_told, lasting.last_told) = (true, Some(now));
        Some(std::mem::take(&mut lasting.untold))
    }

    /// Notes a try that has succeeded. When that ends trouble of which a line has told: how long it has lasted.
    pub fn ended(&self, now: Instant) -> Option<Duration> {
        let mut lasting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = lasting.since.take()?;
        std::mem::take(&mut lasting.is_told).then(|| now.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_when_it_begins_once_a_minute_and_when_it_is_over() {
        let (outage, begin) = (Outage::new(), Instant::now());
        let after = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!(outage.ended(begin), None, "there was none");
        let told: Vec<(u64, u64)> =
            (0..150).filter_map(|second| Some((second, outage.failed(after(second))?))).collect();
        assert_eq!(told, [(0, 0), (60, 59), (120, 59)]);
        assert_eq!(outage.ended(after(150)), Some(Duration::from_secs(150)));
        assert_eq!(outage.ended(after(151)), None, "once");
    }

    #[test]
    fn trouble_that_comes_and_goes_has_no_more_lines_than_trouble_that_lasts() {
        let (outage, begin) = (Outage::new(), Instant::now());
        let mut lines = 0;
        for second in 0..180 {
            let now = begin + Duration::from_secs(second);
            lines += usize::from(outage.failed(now).is_some()) + usize::from(outage.ended(now).is_some());
        }
        assert_eq!(lines, 6, "three that it begins, three that it is over");
    }
}
