//! Up to which instant this dialog has heard what came in: whoever answers in time is in time, also where the answer has
//! waited for a broker, a ledger or a dialog that was away. Nothing ends by its time that is later than that.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Clock, Timestamp};

/// How long after an interruption nobody knows yet whether something waits in the queue.
const SETTLES: Duration = Duration::from_secs(1);
/// What was taken, or done, so long after it had come in has kept others waiting, and what came after it may wait still.
const WAITED: Duration = Duration::from_secs(1);
/// How long what waits in the queue is taken into account: whatever is in hand for ever keeps no ask open for ever.
const GRACE: Duration = Duration::from_secs(30);

/// What is in hand of what came in, and since when nothing has interrupted that.
#[derive(Default)]
pub(crate) struct Horizon(Mutex<Hearing>);

#[derive(Default)]
struct Hearing {
    /// Since when the queue is consumed and the ledger answers. None while one of them does not.
    since: Option<Timestamp>,
    /// When each call in hand came in.
    in_hand: BTreeMap<u64, Timestamp>,
    next: u64,
    /// The last one that had waited: when it was taken or done, and when it had come in.
    waited: Option<(Timestamp, Timestamp)>,
}

/// One call in hand, until this is dropped.
pub(crate) struct InHand<'a> {
    horizon: &'a Horizon,
    clock: &'a dyn Clock,
    number: u64,
}

impl Horizon {
    /// Notes whether the queue is consumed and the ledger answers.
    pub(crate) fn note(&self, now: Timestamp, is_hearing: bool) {
        let mut hearing = self.hearing();
        hearing.since = if is_hearing { Some(hearing.since.unwrap_or(now)) } else { None };
    }

    /// A call that has come in at this time is in hand, from now on until [`Self::in_hand`] of the number ends.
    pub(crate) fn taken(&self, at: Timestamp, now: Timestamp) -> u64 {
        let mut hearing = self.hearing();
        hearing.wait(now, at);
        let number = hearing.next;
        hearing.next += 1;
        hearing.in_hand.insert(number, at);
        number
    }

    pub(crate) fn in_hand<'a>(&'a self, number: u64, clock: &'a dyn Clock) -> InHand<'a> {
        InHand { horizon: self, clock, number }
    }

    /// Up to when everything was heard. None where nobody knows yet.
    pub(crate) fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let hearing = self.hearing();
        let lasts = now.since(hearing.since?);
        if lasts < SETTLES {
            return None;
        }
        let waited = hearing.waited.filter(|(taken, _)| now.since(*taken) < SETTLES).map(|(_, at)| at);
        let oldest = hearing.in_hand.values().copied().chain(waited).fold(now, Timestamp::min);
        Some(if lasts < GRACE { oldest } else { oldest.max(now.minus(GRACE)) })
    }

    fn hearing(&self) -> MutexGuard<'_, Hearing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hearing {
    fn wait(&mut self, now: Timestamp, at: Timestamp) {
        if now.since(at) >= WAITED {
            self.waited = Some((now, at));
        }
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        let now = self.clock.now();
        let mut hearing = self.horizon.hearing();
        if let Some(at) = hearing.in_hand.remove(&self.number) {
            hearing.wait(now, at);
        }
    }
}

#[cfg(test)]
mod tests;
