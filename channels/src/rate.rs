//! A ceiling on how many messages a second are sent to one provider: a token bucket that never waits.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;

/// A bucket of at most one second's tokens, which starts full.
pub(crate) struct Ceiling {
    per_second: f64,
    bucket: Mutex<Option<Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Timestamp,
}

impl Ceiling {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second.max(1)), bucket: Mutex::new(None) }
    }

    /// Removes a token, or says how long it takes until there is one.
    pub(crate) fn take_token(&self, now: Timestamp) -> Result<(), Duration> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = bucket.get_or_insert(Bucket { tokens: self.per_second, filled: now });
        let gained = now.since(bucket.filled).as_secs_f64() * self.per_second;
        bucket.tokens = (bucket.tokens + gained).min(self.per_second);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / self.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_sees_more_than_the_ceiling() {
        let ceiling = Ceiling::new(2);
        let at = |ms: i64| Timestamp::from_micros(1_000_000_000 + ms * 1000);
        assert_eq!([ceiling.take_token(at(0)), ceiling.take_token(at(0))], [Ok(()), Ok(())]);
        assert_eq!(ceiling.take_token(at(0)), Err(Duration::from_millis(500)));
        assert_eq!(ceiling.take_token(at(250)), Err(Duration::from_millis(250)));
        assert_eq!(ceiling.take_token(at(500)), Ok(()));
        assert!(ceiling.take_token(at(500)).is_err());
        assert_eq!([ceiling.take_token(at(9000)), ceiling.take_token(at(9000))], [Ok(()), Ok(())]);
        assert!(ceiling.take_token(at(9000)).is_err(), "an idle hour is not saved up");
        assert!(ceiling.take_token(at(100)).is_err(), "a clock that was set back gives nothing");
    }
}
