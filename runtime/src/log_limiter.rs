//! Limits how often the same warning is logged: what one message makes wrong, the next message usually does as well.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the same warning is not logged again.
const LOG_AGAIN: Duration = Duration::from_secs(60 * 60);
/// How many warnings are remembered as logged. One more, and all are forgotten.
const MAX_LOGGED: usize = 256;

/// When each warning was logged last.
#[derive(Default)]
pub struct LogLimiter(Mutex<HashMap<String, Instant>>);

impl LogLimiter {
    /// Whether this warning is to be logged now. If so, the same warning is not due again for an hour.
    pub fn is_due(&self, warning: &str, now: Instant) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = logged.get(warning)
            && now.saturating_duration_since(*at) < LOG_AGAIN
        {
            return false;
        }
        if logged.len() >= MAX_LOGGED {
            logged.clear();
        }
        logged.insert(warning.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_warning_is_logged_once_an_hour() {
        let (limiter, begin) = (LogLimiter::default(), Instant::now());
        for (warning, seconds, due) in [
            ("/sendAt", 0, true),
            ("/sendAt", 3_599, false),
            ("/sendAt /x", 3_599, true),
            ("/sendAt", 3_600, true),
            ("/sendAt", 3_601, false),
        ] {
            let now = begin + Duration::from_secs(seconds);
            assert_eq!(limiter.is_due(warning, now), due, "{warning} after {seconds} s");
        }
        for n in 0..MAX_LOGGED {
            assert!(limiter.is_due(&format!("/{n}"), begin));
        }
        assert!(limiter.0.lock().unwrap().len() <= MAX_LOGGED);
    }
}
