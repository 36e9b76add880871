//! What one rendering may use: bytes of output, steps, time. The first limit that is reached ends the rendering with an
//! error.
//!
//! tera has no such limits. Its writer, its functions and the steps that `scan` inserts share nothing but the thread
//! they run on, so the count is kept by thread.

use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

/// The largest value that one expression of ours may build, in bytes as printed.
pub(crate) const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// In this many first steps the clock is not read: a small template never fails because the machine was busy.
const STEPS_WITHOUT_CLOCK: u32 = 16;

/// What rendering one message may use, all its parts together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The most bytes of subject, text and HTML before trimming; HTML whose style sheets are written into its elements
    /// counts twice, before and after.
    pub max_output_bytes: usize,
    /// The most turns of loops, files included, variables set, conditions and expressions, and what style sheets take.
    pub max_steps: u32,
    /// The most wall-clock time; the clock is read in every step after the 16th.
    pub max_time: Duration,
}

impl Default for Limits {
    /// 1 MiB, 100,000 steps, 1 second.
    fn default() -> Self {
        Self { max_output_bytes: 1024 * 1024, max_steps: 100_000, max_time: Duration::from_secs(1) }
    }
}

impl Limits {
    /// The lower of the two for each limit.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            max_output_bytes: self.max_output_bytes.min(other.max_output_bytes),
            max_steps: self.max_steps.min(other.max_steps),
            max_time: self.max_time.min(other.max_time),
        }
    }
}

/// The limit that was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spent {
    Bytes,
    Work,
}

#[derive(Clone, Copy)]
struct Left {
    bytes: usize,
    steps: u32,
    without_clock: u32,
    /// When the time is over. None when that is beyond what the clock can say.
    until: Option<Instant>,
    spent: Option<Spent>,
}

thread_local! {
    static LEFT: Cell<Option<Left>> = const { Cell::new(None) };
}

/// Runs `work` with these limits, and says which of them ended it, if one did.
pub(crate) fn within<T>(limits: Limits, work: impl FnOnce() -> T) -> (T, Option<Spent>) {
    let until = Instant::now().checked_add(limits.max_time);
    let Limits { max_output_bytes: bytes, max_steps: steps, .. } = limits;
    LEFT.set(Some(Left { bytes, steps, without_clock: STEPS_WITHOUT_CLOCK, until, spent: None }));
    let result = work();
    (result, LEFT.take().and_then(|left| left.spent))
}

/// Spends steps of the rendering that runs on this thread.
pub(crate) fn step(steps: u32) -> Result<(), Spent> {
    spend(|left| {
        left.steps = left.steps.checked_sub(steps).ok_or(Spent::Work)?;
        let too_late = || left.until.is_some_and(|until| Instant::now() > until);
        if left.without_clock == 0 && too_late() {
            return Err(Spent::Work);
        }
        left.without_clock = left.without_clock.saturating_sub(1);
        Ok(())
    })
}

fn spend(on: impl FnOnce(&mut Left) -> Result<(), Spent>) -> Result<(), Spent> {
    let Some(mut left) = LEFT.get() else { return Ok(()) };
    let result = match left.spent {
        Some(spent) => Err(spent),
        None => on(&mut left),
    };
    left.spent = result.err();
    LEFT.set(Some(left));
    result
}

/// Collects output as long as there are bytes left.
pub(crate) struct Output<'a>(pub(crate) &'a mut Vec<u8>);

impl io::Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        spend(|left| {
            left.bytes = left.bytes.checked_sub(bytes.len()).ok_or(Spent::Bytes)?;
            Ok(())
        })
        .map_err(|_| io::Error::other("the output is too large"))?;
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
