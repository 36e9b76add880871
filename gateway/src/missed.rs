//! What this gateway's queue had no room for: when that is told to the operator, and when to clients. Pure.

use std::time::Duration;

use tokio::time::Instant;

use crate::clients::SPREAD_OVER;

/// After this time without a loss, the next one begins another burst.
const QUIET: Duration = Duration::from_secs(10);

/// What was lost so far.
#[derive(Default)]
pub(crate) struct Missed {
    known: u64,
    burst: Option<Burst>,
}

/// Losses that follow each other.
#[derive(Clone, Copy)]
struct Burst {
    /// When the last of them was noted.
    last: Instant,
    /// When clients were told of it.
    told: Instant,
    /// Whether something was lost since they were told.
    is_owed: bool,
}

/// What is to be done about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Noted {
    /// How many more were lost.
    pub(crate) more: u64,
    /// Whether they are the first of a burst.
    pub(crate) begins: bool,
    /// Whether clients are to be told to ask anew. They are told at once, as often as it takes to tell all of them while the
    /// burst lasts, and once it is over.
    pub(crate) resync: bool,
}

impl Missed {
    /// Notes how many were lost so far.
    pub(crate) fn note(&mut self, lost: u64, now: Instant) -> Noted {
        let more = lost.saturating_sub(std::mem::replace(&mut self.known, lost));
        let Some(burst) = &mut self.burst else {
            let begins = more > 0;
            self.burst = begins.then_some(Burst { last: now, told: now, is_owed: false });
            return Noted { more, begins, resync: begins };
        };
        if more > 0 {
            burst.last = now;
            burst.is_owed = true;
        }
        let is_over = now.duration_since(burst.last) >= QUIET;
        let resync = burst.is_owed && (is_over || now.duration_since(burst.told) >= SPREAD_OVER);
        if resync {
            burst.told = now;
            burst.is_owed = false;
        }
        if is_over {
            self.burst = None;
        }
        Noted { more, begins: false, resync }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a burst begins, and when clients are told, where so many were lost by each second.
    fn told(lost: impl IntoIterator<Item = (u64, u64)>) -> (usize, Vec<u64>) {
        let (begin, mut missed) = (Instant::now(), Missed::default());
        let (mut bursts, mut at) = (0, Vec::new());
        for (second, lost) in lost {
            let noted = missed.note(lost, begin + Duration::from_secs(second));
            bursts += usize::from(noted.begins);
            at.extend(noted.resync.then_some(second));
        }
        (bursts, at)
    }

    #[test]
    fn a_loss_is_told_at_once_and_what_is_lost_after_it_when_it_is_over() {
        assert_eq!(told((0..60).map(|second| (second, 0))), (0, vec![]));
        assert_eq!(told((0..60).map(|second| (second, if second < 5 { 0 } else { 7 }))), (1, vec![5]));
        assert_eq!(told((0..60).map(|second| (second, second.min(3)))), (1, vec![1, 13]));
    }

    #[test]
    fn a_long_burst_is_one_and_everybody_is_told_again_and_again() {
        assert_eq!(told((0..100).map(|second| (second, second))), (1, vec![1, 31, 61, 91]));
        let twice = (0..40).map(|second| (second, if second < 20 { 1 } else { 2 }));
        assert_eq!(told(twice), (2, vec![0, 20]));
    }

    #[test]
    fn what_was_lost_is_counted_once() {
        let (now, mut missed) = (Instant::now(), Missed::default());
        let more: u64 = [0, 3, 3, 10, 10].map(|lost| missed.note(lost, now).more).iter().sum();
        assert_eq!(more, 10);
    }
}
