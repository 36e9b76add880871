//! The breaker of a provider: it keeps messages from one that does not work, so that they spend time and no attempts.

use std::time::Duration;

use crate::{About, Closed, Condition, Outcome, Timestamp};

/// So many failures without another answer between them open the breaker.
const OPENS_AFTER: u32 = 20;
/// How long it is open at first. Each time that the provider fails when it is tried out, it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// How long refused credentials keep messages back before one of them asks again. They may have been put right with the
/// provider meanwhile, of which nobody tells this process; and while they are wrong, no more than one attempt is spent in
/// this time. It is as long as the longest retry delay is by default, so that what waits comes back for it.
const REFUSED_PAUSE: Duration = Duration::from_secs(120);
/// So many messages at once try the provider out before the breaker closes: one, then two, then four, and so on.
const LARGEST_TRIAL: u32 = 32;
/// A message that tries the provider out and says nothing for so long is not waited for: others may.
const LOST_AFTER: Duration = Duration::from_secs(120);
/// How long messages wait while as many as may be are trying the provider out.
const WHILE_TRIED_OUT: Duration = Duration::from_secs(5);

/// What an answer says of the provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    Works,
    Fails,
    RefusesUs,
    /// Nothing: it was not asked, or what it said is about the message.
    None,
}

/// The breaker of one provider's credentials.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Breaker {
    state: State,
    /// Failures since the last other answer.
    failures: u32,
    /// How often it was opened since it was last closed.
    openings: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Closed,
    Open {
        until: Timestamp,
        why: Closed,
    },
    /// The provider is being tried out.
    HalfOpen {
        at_once: u32,
        in_flight: u32,
        passed: u32,
        /// When the last message was let through.
        since: Timestamp,
        /// Why it was open.
        why: Closed,
    },
}

impl Sign {
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Sent { .. } => Self::Works,
            // So many of ours at once, a limit of one recipient, or a fault of our own says nothing of the others.
            Outcome::Throttled { failure, .. } | Outcome::Ambiguous { failure } if failure.about == About::Message => {
                Self::None
            }
            Outcome::Throttled { .. } => Self::Works,
            Outcome::Retriable { failure, .. } | Outcome::Ambiguous { failure } => match failure.about {
                About::Provider => Self::Fails,
                About::Credentials => Self::RefusesUs,
                About::Message => Self::Works,
            },
            // Some of these are refused by rules of our own, before anybody is asked.
            Outcome::Permanent { .. }
            | Outcome::Captured
            | Outcome::Deferred { .. }
            | Outcome::PutAside
            | Outcome::Parked { .. }
            | Outcome::Paused { .. }
            | Outcome::Suppressed { .. }
            | Outcome::Expired
            | Outcome::GivenBack => Self::None,
        }
    }
}

impl Breaker {
    pub fn condition(&self, now: Timestamp) -> Condition {
        match self.state {
            State::Closed => Condition::Works,
            State::Open { until, why } if now < until => {
                Condition::Closed { wait: until.since(now).min(LONGEST_PAUSE), why }
            }
            State::Open { .. } => Condition::TriedOut,
            State::HalfOpen { at_once, in_flight, .. } if in_flight < at_once => Condition::TriedOut,
            State::HalfOpen { since, .. } if now.since(since) >= LOST_AFTER => Condition::TriedOut,
            State::HalfOpen { why, .. } => Condition::Closed { wait: WHILE_TRIED_OUT, why },
        }
    }

    /// Lets one message through. False when another one was quicker.
    pub fn take(&mut self, now: Timestamp) -> bool {
        match &mut self.state {
            State::Closed => true,
            State::Open { until, .. } if now < *until => false,
            State::Open { why, .. } => {
                let why = *why;
                self.state = State::HalfOpen { at_once: 1, in_flight: 1, passed: 0, since: now, why };
                true
            }
            State::HalfOpen { at_once, in_flight, since, .. }
                if *in_flight < *at_once || now.since(*since) >= LOST_AFTER =>
            {
                *in_flight = if *in_flight < *at_once { *in_flight + 1 } else { 1 };
                *since = now;
                true
            }
            State::HalfOpen { .. } => false,
        }
    }

    /// Notes how a message ended that was let through. True when the breaker was opened or closed by it.
    pub fn note(&mut self, sign: Sign, now: Timestamp) -> bool {
        let was_open = self.is_open();
        match sign {
            Sign::RefusesUs => self.state = State::Open { until: now.plus(REFUSED_PAUSE), why: Closed::Credentials },
            Sign::Fails => self.failed(now),
            Sign::Works => self.worked(),
            Sign::None => {
                if let State::HalfOpen { in_flight, .. } = &mut self.state {
                    *in_flight = in_flight.saturating_sub(1);
                }
            }
        }
        was_open != self.is_open()
    }

    /// Until when the breaker is open, where failures have opened it: what other processes should know. Their
    /// credentials may be others.
    pub fn open_until(&self) -> Option<Timestamp> {
        match self.state {
            State::Open { until, why: Closed::Failing } => Some(until),
            _ => None,
        }
    }

    /// Opens the breaker because another process has. That one knows better only while this one is closed; false where it
    /// is not.
    pub fn open_as_others(&mut self, until: Timestamp) -> bool {
        let knew_nothing = self.state == State::Closed;
        if knew_nothing {
            self.state = State::Open { until, why: Closed::Failing };
            self.openings = self.openings.max(1);
        }
        knew_nothing
    }

    /// What is shown to people.
    pub const fn as_str(&self) -> &'static str {
        match self.state {
            State::Closed => "closed",
            State::Open { .. } if self.refuses_us() => "credentials_refused",
            State::Open { .. } => "open",
            State::HalfOpen { .. } => "half_open",
        }
    }

    /// Whether it is open because our credentials are refused.
    pub const fn refuses_us(&self) -> bool {
        matches!(self.state, State::Open { why: Closed::Credentials, .. })
    }

    /// Whether messages are kept from the provider, all of them or all but the few that try it out.
    pub const fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed)
    }

    fn failed(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        let opens = match self.state {
            State::Closed => self.failures >= OPENS_AFTER,
            State::HalfOpen { .. } => true,
            State::Open { .. } => false,
        };
        if opens {
            let doubled = FIRST_PAUSE.saturating_mul(1 << self.openings.min(5));
            self.openings = self.openings.saturating_add(1);
            self.state = State::Open { until: now.plus(doubled.min(LONGEST_PAUSE)), why: Closed::Failing };
        }
    }

    fn worked(&mut self) {
        self.failures = 0;
        let State::HalfOpen { at_once, in_flight, passed, why, .. } = &mut self.state else { return };
        *in_flight = in_flight.saturating_sub(1);
        *passed += 1;
        if *passed < *at_once {
            return;
        }
        // Credentials are right or wrong: a single message shows it, and no load is too much for them.
        if *at_once >= LARGEST_TRIAL || *why == Closed::Credentials {
            *self = Self::default();
        } else {
            (*at_once, *passed) = (*at_once * 2, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;
    use crate::samples::NOW;

    fn at(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..OPENS_AFTER {
            breaker.note(Sign::Fails, NOW);
        }
        breaker
    }

    fn waits(breaker: &Breaker, now: Timestamp) -> Option<u64> {
        match breaker.condition(now) {
            Condition::Closed { wait, .. } => Some(wait.as_secs()),
            Condition::Works | Condition::TriedOut => None,
        }
    }

    #[test]
    fn failures_in_a_row_open_it_and_any_other_answer_begins_the_row_anew() {
        let mut breaker = Breaker::default();
        for _ in 0..OPENS_AFTER - 1 {
            assert!(!breaker.note(Sign::Fails, NOW));
        }
        breaker.note(Sign::Works, NOW);
        for _ in 0..OPENS_AFTER - 1 {
            assert!(!breaker.note(Sign::Fails, NOW));
        }
        assert_eq!(breaker.condition(NOW), Condition::Works);
        assert!(breaker.note(Sign::Fails, NOW), "that is told once");
        assert!(!breaker.note(Sign::Fails, NOW), "late answers open nothing again");
        assert_eq!((waits(&breaker, NOW), breaker.as_str()), (Some(5), "open"));
    }

    #[test]
    fn it_is_tried_out_by_one_then_by_twice_as_many_until_it_closes() {
        let mut breaker = opened();
        let mut passed = 0;
        while breaker.as_str() != "closed" {
            let at_once = (0..100).take_while(|_| breaker.take(at(5))).count();
            assert!(at_once == 1 || at_once.is_power_of_two() && at_once <= 32, "{at_once}");
            assert_eq!(waits(&breaker, at(5)), Some(5), "no more than these");
            for _ in 0..at_once {
                breaker.note(Sign::Works, at(5));
            }
            passed += at_once;
        }
        assert_eq!(passed, 63);
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn each_failure_of_a_trial_doubles_the_pause_up_to_the_longest() {
        let mut breaker = opened();
        let mut now = NOW;
        for pause in [5, 10, 20, 40, 80, 120, 120] {
            assert_eq!(waits(&breaker, now), Some(pause));
            now = now.plus(Duration::from_secs(pause));
            assert!(breaker.take(now) && !breaker.take(now));
            assert!(!breaker.note(Sign::Fails, now), "it was open all the time: that was told already");
        }
    }

    #[test]
    fn a_trial_that_said_nothing_makes_room_for_the_next() {
        let mut breaker = opened();
        assert!(breaker.take(at(5)) && !breaker.take(at(5)));
        breaker.note(Sign::None, at(5));
        assert!(breaker.take(at(5)));
    }

    #[test]
    fn a_trial_of_which_nobody_hears_again_is_not_waited_for() {
        let mut breaker = opened();
        assert!(breaker.take(at(5)) && !breaker.take(at(124)));
        assert_eq!(breaker.condition(at(125)), Condition::TriedOut);
        assert!(breaker.take(at(125)) && !breaker.take(at(126)));
    }

    fn why_closed(breaker: &Breaker, now: Timestamp) -> Option<Closed> {
        match breaker.condition(now) {
            Condition::Closed { why, .. } => Some(why),
            Condition::Works | Condition::TriedOut => None,
        }
    }

    #[test]
    fn refused_credentials_open_it_at_once_and_one_message_asks_again_after_two_minutes_each_time() {
        let mut breaker = Breaker::default();
        assert!(breaker.note(Sign::RefusesUs, NOW), "that is told once");
        breaker.note(Sign::Works, NOW);
        assert_eq!((waits(&breaker, NOW), breaker.as_str()), (Some(120), "credentials_refused"), "late answers");
        assert_eq!(breaker.open_until(), None, "the credentials of others may be right");
        for asked in [120, 240, 360] {
            assert_eq!(why_closed(&breaker, at(asked - 1)), Some(Closed::Credentials));
            assert!(!breaker.take(at(asked - 1)));
            assert!(breaker.take(at(asked)) && !breaker.take(at(asked)), "one message, and no more");
            assert_eq!(why_closed(&breaker, at(asked)), Some(Closed::Credentials), "while it asks");
            assert!(!breaker.note(Sign::RefusesUs, at(asked)));
            assert_eq!(waits(&breaker, at(asked)), Some(120), "never longer");
        }
        assert!(breaker.take(at(480)));
        assert!(breaker.note(Sign::Works, at(480)), "that is told");
        assert_eq!(breaker, Breaker::default(), "one success is enough");
    }

    #[test]
    fn that_it_closes_is_told_once() {
        let mut breaker = opened();
        let mut told = 0;
        for _ in 0..63 {
            assert!(breaker.take(at(5)));
            told += usize::from(breaker.note(Sign::Works, at(5)));
        }
        assert_eq!((told, breaker.as_str()), (1, "closed"));
    }

    #[test]
    fn what_another_process_has_found_counts_until_this_one_knows_better() {
        let mut breaker = Breaker::default();
        breaker.open_as_others(at(20));
        assert_eq!(waits(&breaker, NOW), Some(20));
        assert!(breaker.take(at(20)));
        breaker.open_as_others(at(60));
        assert_eq!(breaker.as_str(), "half_open");
    }

    #[test]
    fn only_what_is_about_the_provider_is_held_against_it() {
        let failure = |about| Failure::new("smtp", None, "").about(about);
        let retriable = |about| Outcome::Retriable { failure: failure(about), alarm: false, maybe_sent: false };
        for (outcome, sign) in [
            (Outcome::Sent { provider: "smtp", provider_id: None, code: None }, Sign::Works),
            (Outcome::Throttled { failure: failure(About::Provider), retry_after: None }, Sign::Works),
            (Outcome::Throttled { failure: failure(About::Message), retry_after: None }, Sign::None),
            (retriable(About::Message), Sign::Works),
            (retriable(About::Provider), Sign::Fails),
            (retriable(About::Credentials), Sign::RefusesUs),
            (Outcome::Ambiguous { failure: failure(About::Provider) }, Sign::Fails),
            (Outcome::Ambiguous { failure: failure(About::Message) }, Sign::None),
            (Outcome::Expired, Sign::None),
            (Outcome::GivenBack, Sign::None),
        ] {
            assert_eq!(Sign::of(&outcome), sign, "{outcome:?}");
        }
    }
}
