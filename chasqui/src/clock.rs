//! The wall clock. Whatever decides takes the time as an argument; this is where it comes from.

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
