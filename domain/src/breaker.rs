//! The breaker of a provider: it keeps messages from one that does not work, so that they spend time and no attempts.

use std::time::Duration;

use crate::{About, Closed, Condition, Lane, Outcome, Timestamp};

/// So many failures without another answer between them open the breaker.
const OPENS_AFTER: u32 = 20;
/// How long it is open at first. Each time that the provider fails when it is tried out, it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// How long refused credentials keep messages back before one of them asks again. They may have been put right with the
/// provider meanwhile, of which nobody tells this process; and while they are wrong, no more than one attempt is spent in
/// this time. It is as long as the longest retry delay is by default, so that what waits comes back for it.
const REFUSED_PAUSE: Duration = Duration::from_secs(120);
/// Credentials with which a message was taken so recently are not wrong: what is refused may be about one message, such as
/// its sender. Only so many refusals with no other answer between them say that they are wrong now.
const ACCEPTED_US: Duration = Duration::from_secs(30);
const REFUSES_AFTER: u32 = 3;
/// So many messages at once try the provider out before the breaker closes: one, then two, then four, and so on.
const LARGEST_TRIAL: u32 = 32;
/// A trial of so many that was passed shows that the provider is there again: the next pause is a short one.
const TRIAL_THAT_CONVINCES: u32 = 4;
/// A message that tries the provider out and says nothing for so long is not waited for: others may.
const LOST_AFTER: Duration = Duration::from_secs(120);
/// A provider that has taken a message of this process so recently works for it, whatever others find: their network may
/// be what is broken.
const WORKS_HERE: Duration = Duration::from_secs(60);
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

/// The breaker of one provider: of what it does for one medium, or of its credentials.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Breaker {
    state: State,
    /// Failures since the last other answer.
    failures: u32,
    /// How often it was opened since it was last closed.
    openings: u32,
    /// When the provider has last taken a message.
    worked: Option<Timestamp>,
    /// How often it has refused our credentials since it last took a message.
    refusals: u32,
    /// Counts the states. What was let through in an earlier one says nothing of this one when it ends.
    generation: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Closed,
    Open {
        until: Timestamp,
        why: Closed,
    },
    /// The provider is being tried out, by trials of ever more messages. A trial is judged as a whole: one answer among
    /// many says little of a provider that always refuses some.
    HalfOpen {
        at_once: u32,
        in_flight: u32,
        /// How many answers of this trial were good, and how many were not.
        passed: u32,
        failed: u32,
        /// When the last message was let through.
        since: Timestamp,
        /// Why it was open.
        why: Closed,
    },
}

impl Sign {
    /// A code is the provider's own: what has none was refused, or has failed, before anybody was asked.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            // A message that FCM has only checked was answered as well.
            Outcome::Sent { .. } | Outcome::Captured | Outcome::Posted | Outcome::FannedOut => Self::Works,
            // So many of ours at once, a limit of one recipient, or a fault of our own says nothing of the others.
            Outcome::Throttled { failure, .. } | Outcome::Ambiguous { failure } if failure.about == About::Message => {
                Self::None
            }
            Outcome::Throttled { .. } => Self::Works,
            Outcome::Retriable { failure, .. } | Outcome::Ambiguous { failure } => match failure.about {
                About::Provider => Self::Fails,
                About::Credentials => Self::RefusesUs,
                About::Message if failure.code.is_some() => Self::Works,
                About::Message => Self::None,
            },
            Outcome::Permanent { failure, .. } if failure.code.is_some() => Self::Works,
            Outcome::Permanent { .. }
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
    /// How it is for a message of this lane.
    pub fn condition(&self, now: Timestamp, lane: Lane) -> Condition {
        match self.state {
            State::Closed => Condition::Works,
            State::Open { until, why } => match until.left(now, LONGEST_PAUSE) {
                Some(wait) => Condition::Closed { wait, why },
                None => Condition::TriedOut,
            },
            State::HalfOpen { at_once, in_flight, .. } if has_room(at_once, in_flight, lane) => Condition::TriedOut,
            State::HalfOpen { since, .. } if now.apart(since) >= LOST_AFTER => Condition::TriedOut,
            State::HalfOpen { why, .. } => Condition::Closed { wait: WHILE_TRIED_OUT, why },
        }
    }

    /// Lets one message through, and says in which generation, which [`Self::note`] is to be told. None when another one
    /// was quicker.
    pub fn take(&mut self, now: Timestamp, lane: Lane) -> Option<u32> {
        match &mut self.state {
            State::Closed => {}
            State::Open { until, .. } if until.left(now, LONGEST_PAUSE).is_some() => return None,
            State::Open { why, .. } => {
                let why = *why;
                self.to(State::HalfOpen { at_once: 1, in_flight: 1, passed: 0, failed: 0, since: now, why });
            }
            State::HalfOpen { at_once, in_flight, since, .. }
                if has_room(*at_once, *in_flight, lane) || now.apart(*since) >= LOST_AFTER =>
            {
                *in_flight = if *in_flight < *at_once { *in_flight + 1 } else { 1 };
                *since = now;
            }
            State::HalfOpen { .. } => return None,
        }
        Some(self.generation)
    }

    /// Notes how a message ended that was let through in this generation. A late answer tells nothing but that our
    /// credentials are refused, or what was sent before the breaker was opened would be judged as if it had tried the
    /// provider out. True when the breaker was opened or closed, or keeps messages back for another reason.
    pub fn note(&mut self, sign: Sign, generation: u32, now: Timestamp) -> bool {
        let before = self.keeps_back();
        if sign == Sign::Works {
            self.worked = Some(now);
        }
        match sign {
            Sign::RefusesUs => self.refused(now),
            _ if generation != self.generation => {}
            Sign::Fails => self.failed(now),
            Sign::Works => self.worked(),
            Sign::None => {
                if let State::HalfOpen { in_flight, .. } = &mut self.state {
                    *in_flight = in_flight.saturating_sub(1);
                }
            }
        }
        before != self.keeps_back()
    }

    /// Until when the breaker is open, where failures have opened it: what other processes should know. Their
    /// credentials may be others.
    pub fn open_until(&self) -> Option<Timestamp> {
        match self.state {
            State::Open { until, why: Closed::Failing } => Some(until),
            _ => None,
        }
    }

    /// Opens the breaker because another process has, for as long as a pause may be. That one knows better only while this
    /// one is closed and no message of its own was taken lately; false where it does not.
    pub fn open_as_others(&mut self, until: Timestamp, now: Timestamp) -> bool {
        let knew_nothing = self.state == State::Closed && !self.worked_within(WORKS_HERE, now);
        if knew_nothing {
            let until = until.min(now.plus(LONGEST_PAUSE));
            self.to(State::Open { until, why: Closed::Failing });
            self.openings = self.openings.max(1);
        }
        knew_nothing
    }

    /// What is shown to people.
    pub const fn as_str(&self) -> &'static str {
        match self.state {
            State::Closed => "closed",
            State::Open { why: Closed::Credentials, .. } => "credentials_refused",
            State::Open { .. } => "open",
            State::HalfOpen { .. } => "half_open",
        }
    }

    /// Why messages are kept from the provider, all of them or all but the few that try it out.
    pub const fn keeps_back(&self) -> Option<Closed> {
        match self.state {
            State::Closed => None,
            State::Open { why, .. } | State::HalfOpen { why, .. } => Some(why),
        }
    }

    fn refused(&mut self, now: Timestamp) {
        self.refusals = self.refusals.saturating_add(1);
        let is_doubted = self.state == State::Closed && self.worked_within(ACCEPTED_US, now);
        if !is_doubted || self.refusals >= REFUSES_AFTER {
            self.to(State::Open { until: now.plus(REFUSED_PAUSE), why: Closed::Credentials });
        }
    }

    fn failed(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        let opens = match &mut self.state {
            State::Closed => self.failures >= OPENS_AFTER,
            State::HalfOpen { at_once, in_flight, failed, .. } => {
                *in_flight = in_flight.saturating_sub(1);
                *failed += 1;
                *failed * 2 > *at_once
            }
            State::Open { .. } => false,
        };
        if !opens {
            return self.end_trial();
        }
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.openings.min(5));
        self.openings = self.openings.saturating_add(1);
        self.to(State::Open { until: now.plus(doubled.min(LONGEST_PAUSE)), why: Closed::Failing });
    }

    fn to(&mut self, state: State) {
        self.state = state;
        self.generation = self.generation.wrapping_add(1);
        (self.failures, self.refusals) = (0, 0);
    }

    fn worked_within(&self, recently: Duration, now: Timestamp) -> bool {
        self.worked.is_some_and(|worked| now.apart(worked) < recently)
    }

    fn worked(&mut self) {
        (self.failures, self.refusals) = (0, 0);
        if let State::HalfOpen { in_flight, passed, .. } = &mut self.state {
            *in_flight = in_flight.saturating_sub(1);
            *passed += 1;
        }
        self.end_trial();
    }

    /// Goes on to the next trial, or closes, once this one has as many answers as it has messages.
    fn end_trial(&mut self) {
        let State::HalfOpen { at_once, passed, failed, why, .. } = &mut self.state else { return };
        if *passed + *failed < *at_once {
            return;
        }
        // Credentials are right or wrong: a single message shows it, and no load is too much for them.
        if *at_once >= LARGEST_TRIAL || *why == Closed::Credentials {
            self.openings = 0;
            return self.to(State::Closed);
        }
        if *at_once >= TRIAL_THAT_CONVINCES {
            self.openings = 1;
        }
        (*at_once, *passed, *failed) = (*at_once * 2, 0, 0);
    }
}

/// Whether one more message of this lane may try the provider out. Bulk leaves the last place of a trial to what is more
/// urgent.
fn has_room(at_once: u32, in_flight: u32, lane: Lane) -> bool {
    let left_to_others = u32::from(lane == Lane::Bulk && at_once > 1);
    in_flight + left_to_others < at_once
}

#[cfg(test)]
mod tests;
