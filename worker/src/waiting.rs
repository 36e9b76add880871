//! Waits in place for a limit that is over in a moment. What is parked instead comes back after a retry delay, in step with
//! all others of its kind, and most of what the limit allows meanwhile passes unused.
//!
//! A message waits before it is claimed: a worker that dies meanwhile leaves nothing that may have been sent.

use std::time::Duration;

use domain::{Clock, Lane, Timestamp};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// What waits longer than this is parked.
const LONGEST: Duration = Duration::from_secs(2);
/// For so long a message waits in place, however often others are quicker.
const LONGEST_IN_ALL: Duration = Duration::from_secs(5);
/// No sleep is shorter: a limit may be over in less than the clock tells.
const SHORTEST: Duration = Duration::from_millis(1);

/// A quarter of the worker's places: the rest is for messages that need not wait.
pub(crate) struct Waiting(Semaphore);

impl Waiting {
    pub(crate) fn new(concurrency: usize) -> Self {
        Self(Semaphore::new((concurrency / 4).max(1)))
    }

    /// Tries to take a place again and again, the first time after `wait`. What is urgent waits although all places here are
    /// taken. False when none was taken, which is no error.
    pub(crate) async fn wait(
        &self,
        mut wait: Duration,
        take: impl Fn(Timestamp) -> Result<(), Option<Duration>>,
        lane: Lane,
        clock: &dyn Clock,
        stopping: &CancellationToken,
    ) -> bool {
        let until = tokio::time::Instant::now() + LONGEST_IN_ALL;
        let mut place = None;
        loop {
            let wakes = tokio::time::Instant::now() + wait.max(SHORTEST);
            if wait > LONGEST || wakes > until {
                return false;
            }
            if place.is_none() && lane != Lane::Urgent {
                match self.0.try_acquire() {
                    Ok(taken) => place = Some(taken),
                    Err(_none_is_free) => return false,
                }
            }
            tokio::select! {
                () = stopping.cancelled() => return false,
                () = tokio::time::sleep_until(wakes) => {}
            }
            match take(clock.now()) {
                Ok(()) => return true,
                Err(Some(again)) => wait = again,
                Err(None) => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use domain::Limit;
    use testkit::NOW;

    use super::*;

    /// A clock that goes as the paused time of the runtime does.
    struct Paused(tokio::time::Instant);

    impl Clock for Paused {
        fn now(&self) -> Timestamp {
            NOW.plus(self.0.elapsed())
        }
    }

    /// One message that finds the limit of two in a second reached.
    struct Message {
        clock: Paused,
        stopping: CancellationToken,
        limit: Mutex<Limit>,
    }

    impl Message {
        fn new() -> Self {
            let mut limit = Limit::new(Some(2));
            assert!(limit.take(NOW, Lane::Urgent) && limit.take(NOW, Lane::Urgent));
            Self {
                clock: Paused(tokio::time::Instant::now()),
                stopping: CancellationToken::new(),
                limit: Mutex::new(limit),
            }
        }

        /// Whether a place was taken for the message in the end.
        async fn wait(&self, waiting: &Waiting, lane: Lane, first: Duration) -> bool {
            let take = |now| {
                let mut limit = self.limit.lock().unwrap();
                if limit.take(now, lane) { Ok(()) } else { Err(limit.wait(now, lane)) }
            };
            waiting.wait(first, take, lane, &self.clock, &self.stopping).await
        }
    }

    const SOON: Duration = Duration::from_millis(500);

    #[tokio::test(start_paused = true)]
    async fn what_a_limit_keeps_back_for_a_moment_has_a_place_without_being_parked() {
        let (waiting, message) = (Waiting::new(8), Message::new());
        for lane in Lane::ALL {
            assert!(message.wait(&waiting, lane, SOON).await, "{lane:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_for_longer_is_parked_at_once() {
        let (waiting, message) = (Waiting::new(8), Message::new());
        assert!(!message.wait(&waiting, Lane::Urgent, Duration::from_millis(2001)).await);
        assert_eq!(message.clock.0.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_a_quarter_of_the_places_is_waited_in_but_by_what_is_urgent() {
        let (waiting, message) = (Waiting::new(8), Message::new());
        let taken = waiting.0.try_acquire_many(2).expect("two of eight");
        for lane in [Lane::Normal, Lane::Bulk] {
            assert!(!message.wait(&waiting, lane, SOON).await, "{lane:?}");
        }
        assert!(message.wait(&waiting, Lane::Urgent, SOON).await);
        drop(taken);
        assert!(message.wait(&waiting, Lane::Bulk, SOON).await, "a place is given back");
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_stops_waits_no_longer_and_others_may_be_quicker_for_so_long_only() {
        let stops = Message::new();
        stops.stopping.cancel();
        assert!(!stops.wait(&Waiting::new(8), Lane::Urgent, SOON).await);
        let (clock, stopping) = (Paused(tokio::time::Instant::now()), CancellationToken::new());
        let never = |_now| Err(Some(SOON));
        assert!(!Waiting::new(8).wait(SOON, never, Lane::Bulk, &clock, &stopping).await);
        assert!(clock.0.elapsed() <= LONGEST_IN_ALL);
        let gone = |_now| Err(None);
        assert!(!Waiting::new(8).wait(SOON, gone, Lane::Bulk, &clock, &stopping).await, "its breaker has opened");
    }
}
