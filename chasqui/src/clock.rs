//! The wall clock. Code that decides gets the time as an argument; here is where the time comes from.

use chrono::Utc;
use domain::{Clock, Timestamp};

/// The wall clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
        let now = Timestamp::from(Utc::now());
        Timestamp::from_micros(now.as_micros().saturating_add(runtime::clock_shift_micros()))
    }
}
