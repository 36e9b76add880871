//! How many messages a second a provider is given: what the operator has set, and what its throttling has taught.

use std::time::Duration;

use crate::{Lane, Timestamp};

/// After a throttle, so much of the rate is left.
const CUT: f64 = 0.7;
/// The slowest rate that is learned, in messages a second.
const FLOOR: f64 = 0.5;
/// Of fewer messages in a second nothing is learned: whatever was too much, it was not their rate.
const SLOWEST_TEACHER: f64 = 5.0;
/// How often a learned rate is raised, and by which part of the rate that was too high.
const STEP_EVERY: Duration = Duration::from_secs(10);
const STEP: f64 = 0.1;
/// What many messages in flight are told at once is one throttle.
const ONE_THROTTLE: Duration = Duration::from_secs(1);
/// For so long a wait that one answer names keeps others back. Longer ones hold for their own messages alone: a wrong date
/// in one answer must not stop a medium for a day, and nothing else asks whether the provider takes messages again.
const LONGEST_CLOSED: Duration = Duration::from_secs(120);
/// A rate that is so many times the one that was too high is no limit any more, where the operator has set none.
const FORGOTTEN_AT: f64 = 2.0;

/// A token bucket of at most one second's tokens, which starts full and never waits.
#[derive(Clone, Debug)]
pub struct Limit {
    /// What the operator has set.
    ceiling: Option<f64>,
    learned: Option<Learned>,
    closed_until: Timestamp,
    tokens: f64,
    filled: Option<Timestamp>,
    /// The second that is being counted, the messages in it, and those in the one before.
    counted: (Timestamp, u32, u32),
}

#[derive(Clone, Copy, Debug)]
struct Learned {
    rate: f64,
    /// The rate that was too high.
    too_high: f64,
    throttled: Timestamp,
    stepped: Timestamp,
    /// Whether a message was accepted since.
    accepted: bool,
}

impl Limit {
    pub fn new(ceiling: Option<u32>) -> Self {
        let ceiling = ceiling.map(|per_second| f64::from(per_second.max(1)));
        let (learned, closed_until) = (None, Timestamp::default());
        Self { ceiling, learned, closed_until, tokens: 0.0, filled: None, counted: (Timestamp::default(), 0, 0) }
    }

    /// How long it takes until a message of this lane may be sent; none if one may be sent now.
    pub fn wait(&mut self, now: Timestamp, lane: Lane) -> Option<Duration> {
        if let Some(wait) = self.closed_until.left(now, LONGEST_CLOSED) {
            return Some(wait);
        }
        let rate = self.rate(now)?;
        let depth = rate.max(1.0);
        let gained = self.filled.map_or(depth, |filled| now.since(filled).as_secs_f64() * rate);
        (self.tokens, self.filled) = ((self.tokens + gained).min(depth), Some(now));
        let needed = 1.0 + left_to_others(lane, depth);
        (self.tokens < needed).then(|| Duration::from_secs_f64((needed - self.tokens) / rate))
    }

    /// Removes a token. False when there is none.
    pub fn take(&mut self, now: Timestamp, lane: Lane) -> bool {
        if self.wait(now, lane).is_some() {
            return false;
        }
        if self.filled.is_some() {
            self.tokens -= 1.0;
        }
        let (second, count, before) = self.counted;
        self.counted = match now.apart(second) {
            past if past < Duration::from_secs(1) => (second, count.saturating_add(1), before),
            past if past < Duration::from_secs(2) => (now, 1, count),
            _ => (now, 1, 0),
        };
        true
    }

    /// Keeps messages back for as long as the provider has asked to be left alone.
    pub fn close(&mut self, wait: Duration, now: Timestamp) {
        let is_closed = self.closed_until.left(now, LONGEST_CLOSED).is_some();
        let before = if is_closed { self.closed_until } else { now };
        self.closed_until = before.max(now.plus(wait.min(LONGEST_CLOSED)));
    }

    /// Notes that the provider has taken a message.
    pub fn accepted(&mut self) {
        if let Some(learned) = &mut self.learned {
            learned.accepted = true;
        }
    }

    /// Learns from the provider's wish for fewer messages. One that takes none at all, at whatever rate, teaches nothing
    /// more.
    pub fn throttled(&mut self, retry_after: Option<Duration>, now: Timestamp) {
        self.close(retry_after.unwrap_or_default(), now);
        let is_the_same = |learned: Learned| now.apart(learned.throttled) < ONE_THROTTLE || !learned.accepted;
        if self.learned.is_some_and(is_the_same) {
            return;
        }
        let (_, count, before) = self.counted;
        let too_high = match self.rate(now) {
            Some(rate) => rate,
            None if f64::from(count.max(before)) >= SLOWEST_TEACHER => f64::from(count.max(before)),
            None => return,
        };
        let rate = (too_high * CUT).max(FLOOR);
        let too_high = too_high.max(FLOOR);
        self.learned = Some(Learned { rate, too_high, throttled: now, stepped: now, accepted: false });
        self.filled.get_or_insert(now);
        self.tokens = self.tokens.min(rate.max(1.0));
    }

    /// Messages a second, as far as anything limits them. The learned rate is raised by the time that has passed.
    fn rate(&mut self, now: Timestamp) -> Option<f64> {
        if let Some(mut learned) = self.learned {
            // The clock may have been set back.
            learned.stepped = learned.stepped.min(now);
            while now.since(learned.stepped) >= STEP_EVERY && learned.rate < learned.too_high * FORGOTTEN_AT {
                learned.rate += learned.too_high * STEP;
                learned.stepped = learned.stepped.plus(STEP_EVERY);
            }
            let end = self.ceiling.unwrap_or(learned.too_high * FORGOTTEN_AT);
            self.learned = (learned.rate < end).then_some(learned);
        }
        if self.learned.is_none() && self.ceiling.is_none() {
            self.filled = None;
        }
        self.learned.map(|learned| learned.rate).or(self.ceiling)
    }
}

/// How many of so many tokens a lane leaves to those that are more urgent: a whole one at least, unless that is all there
/// is. A bucket that is full has one for every lane.
pub(crate) fn left_to_others(lane: Lane, depth: f64) -> f64 {
    let share = match lane {
        Lane::Urgent => return 0.0,
        Lane::Normal => 0.1,
        Lane::Bulk => 0.3,
    };
    (share * depth).max(1.0).min(depth - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(1_000_000_000 + millis * 1000)
    }

    fn taken(limit: &mut Limit, now: Timestamp) -> usize {
        (0..1000).take_while(|_| limit.take(now, Lane::Urgent)).count()
    }

    #[test]
    fn no_second_sees_more_than_the_ceiling() {
        let mut limit = Limit::new(Some(2));
        assert_eq!(taken(&mut limit, at(0)), 2);
        assert_eq!(limit.wait(at(0), Lane::Urgent), Some(Duration::from_millis(500)));
        assert_eq!(limit.wait(at(250), Lane::Urgent), Some(Duration::from_millis(250)));
        assert_eq!(taken(&mut limit, at(500)), 1);
        assert_eq!(taken(&mut limit, at(9000)), 2, "an idle hour is not saved up");
        assert_eq!(taken(&mut limit, at(100)), 0, "a clock that was set back gives nothing");
    }

    #[test]
    fn bulk_leaves_tokens_to_what_is_more_urgent() {
        let mut limit = Limit::new(Some(10));
        let mut taken = |lane| (0..100).take_while(|_| limit.take(at(0), lane)).count();
        assert_eq!([Lane::Bulk, Lane::Normal, Lane::Urgent].map(&mut taken), [7, 2, 1]);
        assert_eq!(limit.wait(at(0), Lane::Bulk), Some(Duration::from_millis(400)));
        assert_eq!(limit.wait(at(400), Lane::Bulk), None, "it gets its share when nobody else asks");
        let mut two = Limit::new(Some(2));
        let mut taken = |lane| (0..100).take_while(|_| two.take(at(0), lane)).count();
        assert_eq!([Lane::Bulk, Lane::Normal, Lane::Urgent].map(&mut taken), [1, 0, 1], "a whole one is left");
        let mut slow = Limit::new(Some(1));
        assert!(slow.take(at(0), Lane::Bulk), "of one token nothing is left to others");
    }

    #[test]
    fn without_a_ceiling_nothing_is_limited_until_the_provider_throttles() {
        let mut limit = Limit::new(None);
        assert_eq!(taken(&mut limit, at(0)), 1000);
        limit.throttled(None, at(100));
        let rate = limit.rate(at(100)).unwrap();
        assert!((699.0..701.0).contains(&rate), "{rate}");
        limit.throttled(None, at(200));
        assert_eq!(limit.rate(at(200)), Some(rate), "what many are told at once is one throttle");
    }

    #[test]
    fn a_provider_that_takes_nothing_at_all_lowers_the_rate_once() {
        let mut limit = Limit::new(Some(100));
        for tenth in 0..60 {
            limit.throttled(None, at(tenth * 100));
        }
        assert!((limit.rate(at(5900)).unwrap() - 70.0).abs() < 0.001);
        limit.accepted();
        limit.throttled(None, at(6000));
        assert!((limit.rate(at(6000)).unwrap() - 49.0).abs() < 0.001);
    }

    #[test]
    fn of_a_few_messages_nothing_is_learned() {
        let mut limit = Limit::new(None);
        assert!(limit.take(at(0), Lane::Urgent));
        limit.throttled(None, at(0));
        assert_eq!((limit.rate(at(0)), limit.take(at(0), Lane::Urgent)), (None, true));
    }

    #[test]
    fn a_learned_rate_is_raised_step_by_step_and_forgotten() {
        let mut limit = Limit::new(Some(100));
        limit.throttled(None, at(0));
        for (seconds, expected) in [(0, 70.0), (9, 70.0), (10, 80.0), (20, 90.0), (30, 100.0), (3000, 100.0)] {
            let rate = limit.rate(at(seconds * 1000)).unwrap();
            assert!((rate - expected).abs() < 0.001, "{rate} after {seconds} s");
        }
        assert!(limit.learned.is_none());
        let mut unlimited = Limit::new(None);
        taken(&mut unlimited, at(0));
        unlimited.throttled(None, at(0));
        assert_eq!(unlimited.rate(at(3_600_000)), None);
    }

    #[test]
    fn a_clock_that_is_set_back_neither_closes_the_bucket_nor_stops_the_learning() {
        let mut limit = Limit::new(None);
        taken(&mut limit, at(3_600_000));
        limit.throttled(Some(Duration::from_secs(30)), at(3_600_000));
        assert!(
            limit.wait(at(3_601_000), Lane::Urgent).is_some_and(|wait| wait > Duration::from_secs(28)),
            "it is closed"
        );
        assert!(limit.wait(at(0), Lane::Urgent).is_none_or(|wait| wait < Duration::from_secs(1)), "an hour ago");
        let rate = limit.rate(at(0)).unwrap();
        assert!(limit.rate(at(10_000)).unwrap() > rate, "it rises by the new clock");
        limit.close(Duration::from_secs(30), at(10_000));
        assert_eq!(limit.wait(at(10_000), Lane::Urgent), Some(Duration::from_secs(30)), "and what is asked now holds");
        let mut unlimited = Limit::new(None);
        assert_eq!(taken(&mut unlimited, at(3_600_000)), 1000);
        assert!(unlimited.take(at(0), Lane::Urgent));
        unlimited.throttled(None, at(0));
        assert_eq!(unlimited.rate(at(0)), None, "what was counted by the old clock is no rate of now");
    }

    #[test]
    fn a_wait_that_the_provider_names_closes_the_bucket() {
        let mut limit = Limit::new(None);
        limit.throttled(Some(Duration::from_secs(30)), at(0));
        assert_eq!(
            (limit.wait(at(0), Lane::Urgent), taken(&mut limit, at(29_999))),
            (Some(Duration::from_secs(30)), 0)
        );
        assert!(limit.take(at(30_000), Lane::Urgent));
        limit.close(Duration::from_secs(86_400), at(30_000));
        assert_eq!(limit.wait(at(30_000), Lane::Urgent), Some(Duration::from_secs(120)), "then one asks again");
    }
}
