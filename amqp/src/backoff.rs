//! How long to wait before the next connection: full jitter, 0.2 s to 15 s, for ever.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const FIRST: Duration = Duration::from_millis(200);
const LAST: Duration = Duration::from_secs(15);

/// Full jitter: each wait is anywhere between nothing and a ceiling that doubles with every failure.
pub(crate) struct Backoff {
    ceiling: Duration,
    dice: StdRng,
}

impl Backoff {
    /// Processes with other names (host, pid, purpose) wait differently, so that they do not all return at once.
    pub(crate) fn new(connection_name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        connection_name.hash(&mut hasher);
        Self { ceiling: FIRST, dice: StdRng::seed_from_u64(hasher.finish()) }
    }

    /// The next wait: never under 50 ms, so that no failure becomes a hot loop.
    pub(crate) fn next(&mut self) -> Duration {
        let floor = Duration::from_millis(50);
        let wait = floor + self.ceiling.saturating_sub(floor).mul_f64(self.dice.random::<f64>());
        self.ceiling = (self.ceiling * 2).min(LAST);
        wait
    }

    pub(crate) fn reset(&mut self) {
        self.ceiling = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_between_the_floor_and_fifteen_seconds_for_ever_and_start_again_after_a_success() {
        let mut backoff = Backoff::new("chasqui-worker consume host 1");
        for _ in 0..100_000 {
            let wait = backoff.next();
            assert!((Duration::from_millis(50)..=LAST).contains(&wait), "{wait:?}");
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
