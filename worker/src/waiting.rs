//! Waits in place for a limit that is over in a moment. What is parked instead comes back after a retry delay, in step with
//! all others of its kind, and most of what the limit allows meanwhile passes unused.

use std::time::{Duration, Instant};

use domain::{Clock, Lane, Outcome, Timestamp};
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

/// What ends the wait of one message.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'a> {
    pub(crate) clock: &'a dyn Clock,
    pub(crate) stopping: &'a CancellationToken,
    pub(crate) expires_at: Option<Timestamp>,
    /// A send that begins later could still run when the claim's lease ends.
    pub(crate) send_until: Instant,
}

impl Waiting {
    pub(crate) fn new(concurrency: usize) -> Self {
        Self(Semaphore::new((concurrency / 4).max(1)))
    }

    /// Chooses again and again while a limit keeps the message back that is over soon. What is urgent waits although all
    /// places are taken.
    ///
    /// # Errors
    /// The outcome, when nobody takes the message now.
    pub(crate) async fn wait<T>(
        &self,
        first: Outcome,
        choose: impl Fn(Timestamp) -> Result<T, Outcome>,
        lane: Lane,
        bounds: Bounds<'_>,
    ) -> Result<T, Outcome> {
        let until = tokio::time::Instant::now() + LONGEST_IN_ALL;
        let (mut parked, mut place) = (first, None);
        loop {
            let Outcome::Parked { wait, is_limit: true, .. } = parked else { return Err(parked) };
            if wait > LONGEST {
                return Err(parked);
            }
            let wakes = tokio::time::Instant::now() + wait.max(SHORTEST);
            if wakes > until || wakes.into_std() > bounds.send_until {
                return Err(parked);
            }
            if place.is_none() && lane != Lane::Urgent {
                match self.0.try_acquire() {
                    Ok(taken) => place = Some(taken),
                    Err(_none_is_free) => return Err(parked),
                }
            }
            tokio::select! {
                () = bounds.stopping.cancelled() => return Err(Outcome::GivenBack),
                () = tokio::time::sleep_until(wakes) => {}
            }
            bounds.check()?;
            match choose(bounds.clock.now()) {
                Ok(chosen) => return Ok(chosen),
                Err(again) => parked = again,
            }
        }
    }
}

impl Bounds<'_> {
    /// Time has passed since the message was looked at.
    fn check(&self) -> Result<(), Outcome> {
        if self.stopping.is_cancelled() {
            return Err(Outcome::GivenBack);
        }
        if self.expires_at.is_some_and(|expires| expires <= self.clock.now()) {
            return Err(Outcome::Expired);
        }
        if Instant::now() > self.send_until {
            return Err(Outcome::PutAside);
        }
        Ok(())
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

    fn parked(wait: Duration, is_limit: bool) -> Outcome {
        Outcome::Parked { why: "twilio: its limit is reached".into(), wait, is_limit }
    }

    /// One message that finds the limit of two in a second reached, and how its wait ends.
    struct Message {
        clock: Paused,
        stopping: CancellationToken,
        limit: Mutex<Limit>,
        expires_at: Option<Timestamp>,
        lasts: Duration,
    }

    impl Message {
        fn new() -> Self {
            let mut limit = Limit::new(Some(2));
            assert!(limit.take(NOW, Lane::Urgent) && limit.take(NOW, Lane::Urgent));
            Self {
                clock: Paused(tokio::time::Instant::now()),
                stopping: CancellationToken::new(),
                limit: Mutex::new(limit),
                expires_at: None,
                lasts: Duration::from_secs(3600),
            }
        }

        async fn wait(&self, waiting: &Waiting, lane: Lane, first: Outcome) -> Result<(), Outcome> {
            let choose = |now| {
                let mut limit = self.limit.lock().unwrap();
                let wait = limit.wait(now, lane);
                wait.map_or_else(
                    || {
                        assert!(limit.take(now, lane));
                        Ok(())
                    },
                    |wait| Err(parked(wait, true)),
                )
            };
            let bounds = Bounds {
                clock: &self.clock,
                stopping: &self.stopping,
                expires_at: self.expires_at,
                send_until: Instant::now() + self.lasts,
            };
            waiting.wait(first, choose, lane, bounds).await
        }
    }

    const SOON: Duration = Duration::from_millis(500);

    #[tokio::test(start_paused = true)]
    async fn what_a_limit_keeps_back_for_a_moment_is_sent_without_being_parked() {
        let (waiting, message) = (Waiting::new(8), Message::new());
        for lane in Lane::ALL {
            assert_eq!(message.wait(&waiting, lane, parked(SOON, true)).await, Ok(()), "{lane:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_for_longer_or_for_somebody_who_works_is_parked_at_once() {
        let (waiting, message) = (Waiting::new(8), Message::new());
        for first in [parked(Duration::from_millis(2001), true), parked(SOON, false), Outcome::PutAside] {
            assert_eq!(message.wait(&waiting, Lane::Urgent, first.clone()).await, Err(first));
        }
        let short = Message { lasts: Duration::ZERO, ..Message::new() };
        let first = parked(SOON, true);
        assert_eq!(short.wait(&waiting, Lane::Urgent, first.clone()).await, Err(first), "its claim could run out");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_a_quarter_of_the_places_is_waited_in_but_by_what_is_urgent() {
        let (waiting, message) = (Waiting::new(8), Message::new());
        let taken = waiting.0.try_acquire_many(2).expect("two of eight");
        let first = parked(SOON, true);
        for lane in [Lane::Normal, Lane::Bulk] {
            assert_eq!(message.wait(&waiting, lane, first.clone()).await, Err(first.clone()), "{lane:?}");
        }
        assert_eq!(message.wait(&waiting, Lane::Urgent, first.clone()).await, Ok(()));
        drop(taken);
        assert_eq!(message.wait(&waiting, Lane::Bulk, first).await, Ok(()), "a place is given back");
    }

    #[tokio::test(start_paused = true)]
    async fn what_expires_meanwhile_is_not_sent_and_a_worker_that_stops_gives_it_back() {
        let waiting = Waiting::new(8);
        let expires = Message { expires_at: Some(NOW.plus(SOON)), ..Message::new() };
        assert_eq!(expires.wait(&waiting, Lane::Urgent, parked(SOON, true)).await, Err(Outcome::Expired));
        let stops = Message::new();
        stops.stopping.cancel();
        assert_eq!(stops.wait(&waiting, Lane::Urgent, parked(SOON, true)).await, Err(Outcome::GivenBack));
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_are_quicker_than_again_and_again_is_parked_in_the_end() {
        let (clock, stopping) = (Paused(tokio::time::Instant::now()), CancellationToken::new());
        let send_until = Instant::now() + Duration::from_secs(3600);
        let bounds = Bounds { clock: &clock, stopping: &stopping, expires_at: None, send_until };
        let never = |_now| Err::<(), _>(parked(SOON, true));
        let ended = Waiting::new(8).wait(parked(SOON, true), never, Lane::Bulk, bounds).await;
        assert_eq!(ended, Err(parked(SOON, true)));
    }
}
