//! What becomes of a message that is sent: an answer of any kind, or that of two providers, each with its breaker, who may
//! be away or refuse us for a while, or be paused. Who of the two is asked is chosen as in the product.

use std::time::Duration;

use super::World;
use super::steps::Worker;
use crate::samples::failure;
use crate::{
    About, Ambiguity, Before, Breaker, Candidate, Choice, Condition, Failure, Lane, Order, Outcome, Pause, PauseKind,
    Reason, Row, Sign, Timestamp, Transition, choose,
};

const BEYOND_THE_TIERS: Duration = Duration::from_secs(600);
const NAMES: [&str; 2] = ["twilio", "smtp"];

/// The two providers, as one process knows them, and as they are.
#[derive(Default)]
pub(super) struct Carriers {
    breakers: [Breaker; 2],
    pub(super) are_away: [bool; 2],
    pub(super) paused: [Option<Pause>; 2],
}

impl World {
    /// What the provider answers, or what the worker finds instead.
    pub(super) fn answer(&mut self, worker: &Worker, row: &Row) -> Outcome {
        if self.has_carriers {
            return self.answer_of_carriers(worker, row);
        }
        let failure = failure();
        let ends = match (self.calm, self.has_all_faults) {
            (true, _) => 8,
            (false, false) => 11,
            (false, true) => 12,
        };
        match self.roll(ends) {
            // The worker asks once more whether the message is still its own.
            _ if worker.cut_off && worker.message().is_some() => Outcome::GivenBack,
            0..=2 if self.has_inbox => Outcome::Posted,
            0..=2 => Outcome::Sent { provider: "twilio", provider_id: None, code: None },
            3 | 4 => Outcome::Retriable { failure, alarm: false, maybe_sent: false },
            5 => Outcome::Retriable { failure, alarm: false, maybe_sent: true },
            6 => Outcome::Ambiguous { failure },
            7 => Outcome::Permanent { reason: Reason::Permanent, failure },
            8 => Outcome::Throttled { failure, retry_after: [None, Some(BEYOND_THE_TIERS)][self.roll(2)] },
            9 => Outcome::PutAside,
            10 if self.has_all_faults => match self.roll(3) {
                0 => Outcome::Paused { why: "the channel sms is paused: wrong text".into(), until: None },
                long => Outcome::Parked {
                    why: "smtp: its limit is reached".into(),
                    wait: [Duration::from_secs(5), BEYOND_THE_TIERS][long - 1],
                    is_limit: self.roll(2) == 0,
                },
            },
            _ => self.stops(),
        }
    }

    /// The worker stops.
    fn stops(&self) -> Outcome {
        if self.fair { Outcome::PutAside } else { Outcome::GivenBack }
    }

    fn answer_of_carriers(&mut self, worker: &Worker, row: &Row) -> Outcome {
        if !self.calm && self.roll(10) == 0 {
            return self.stops();
        }
        let (now, paused) = (self.now, self.carriers.paused.clone());
        let candidates = [0, 1].map(|at: usize| Candidate {
            provider: NAMES[at],
            condition: self.carriers.breakers[at].condition(now, Lane::Normal),
            paused: paused[at].as_ref(),
        });
        let before = Before { last: row.provider.as_deref(), ambiguous: row.ambiguous, policy: self.policy.ambiguity };
        let (at, passed_over) = match choose(&candidates, before) {
            Choice::Use { at, passed_over } => (at, passed_over),
            Choice::Park { wait, why, is_limit } => return Outcome::Parked { why, wait, is_limit },
            Choice::Pause { until, why } => return Outcome::Paused { why, until },
        };
        if paused[at].is_some() {
            self.fail("a provider was asked that is paused");
        }
        if passed_over.is_some() {
            self.seen.push("passed over");
        }
        if candidates[at].condition == Condition::TriedOut {
            self.seen.push("tried out");
        }
        self.stays_where_it_may_be(worker, at);
        let taken = self.carriers.breakers[at].take(now, Lane::Normal).expect("its condition said so");
        let outcome = self.answer_of(at);
        if outcome.may_have_gone_out() {
            self.of(worker).may_be_with.insert(at);
        }
        // Of a process that dies the others hear nothing.
        if !self.goes_wrong(8) {
            self.carriers.breakers[at].note(Sign::of(&outcome), taken, now);
        }
        outcome
    }

    fn answer_of(&mut self, at: usize) -> Outcome {
        let provider = NAMES[at];
        let failure = |about| Failure::new(provider, Some("503".into()), "service unavailable").about(about);
        let retriable = |about, maybe_sent| Outcome::Retriable { failure: failure(about), alarm: false, maybe_sent };
        match (self.carriers.are_away[at], self.roll(8)) {
            (true, 0..=2) => retriable(About::Provider, false),
            (true, 3..=5) => Outcome::Ambiguous { failure: failure(About::Provider) },
            (true, _) => retriable(About::Credentials, false),
            (false, 0..=2) => Outcome::Sent { provider, provider_id: None, code: None },
            (false, 3) => retriable(About::Message, false),
            (false, 4) => retriable(About::Message, true),
            (false, 5) => Outcome::Ambiguous { failure: failure(About::Message) },
            (false, 6) => Outcome::Permanent { reason: Reason::Permanent, failure: failure(About::Message) },
            (false, _) => {
                self.seen.push("throttled by one of two");
                Outcome::Throttled { failure: failure(About::Message), retry_after: Some(BEYOND_THE_TIERS) }
            }
        }
    }

    /// What may be with one provider goes to no other, unless the policy says so, or it was forgotten where it may be.
    fn stays_where_it_may_be(&mut self, worker: &Worker, at: usize) {
        let is_bound = self.policy.ambiguity != Ambiguity::Resend;
        let delivery = self.of(worker);
        let is_elsewhere = delivery.may_be_with.iter().any(|other| *other != at);
        if is_bound && is_elsewhere && !delivery.nobody_knows {
            self.fail("a second provider was asked after an attempt that may have gone out");
        }
    }

    /// The row names who has failed, and that is nobody of the two where it was a worker.
    pub(super) fn note_who_failed(&mut self, worker: &Worker, transition: &Transition) {
        let failed = transition.attempt.as_ref().map(|attempt| attempt.provider.as_str());
        self.of(worker).nobody_knows |= failed.is_some_and(|failed| !NAMES.contains(&failed));
    }

    /// An outage begins or ends, other messages ask, another process tells what it has found, an operator pauses one of
    /// the two or resumes it, or time passes.
    pub(super) fn chaos_of_the_carriers(&mut self) {
        let at = self.roll(2);
        match self.roll(12) {
            0 => {
                self.say(|| format!("{} goes AWAY", NAMES[at]));
                self.carriers.are_away[at] = true;
                (0..20).for_each(|_| self.another_message(at));
            }
            1 => {
                self.say(|| format!("{} is BACK", NAMES[at]));
                self.carriers.are_away[at] = false;
            }
            2 => self.some_time_passes(),
            3 => self.another_message(at),
            4 => {
                let now = self.now;
                self.carriers.breakers[at].open_as_others(now.plus(Duration::from_secs(60)), now);
            }
            5 => {
                let (now, is_paused) = (self.now, self.carriers.paused[at].is_some());
                self.say(|| format!("{} is {}", NAMES[at], if is_paused { "RESUMED" } else { "PAUSED" }));
                self.carriers.paused[at] = (!is_paused).then(|| pause(at, now));
            }
            _ => {}
        }
    }

    fn another_message(&mut self, at: usize) {
        let sign = if self.carriers.are_away[at] { Sign::Fails } else { Sign::Works };
        let now = self.now;
        let breaker = &mut self.carriers.breakers[at];
        if let Some(taken) = breaker.take(now, Lane::Normal) {
            breaker.note(sign, taken, now);
        }
    }

    pub(super) fn some_time_passes(&mut self) {
        let seconds = [5, 30, 130][self.roll(3)];
        self.pass(Duration::from_secs(seconds));
    }

    /// No outage lasted for as long as a delivery may wait.
    pub(super) fn check_nobody_waited_too_long(&self) {
        let is_too_old = |row: &Row| matches!(row.order, Order::DeadLetter { reason: Reason::ThrottledTooLong, .. });
        let is_any = self.deliveries.iter().any(|one| one.row.as_ref().is_some_and(is_too_old));
        if self.has_carriers && is_any {
            self.fail("waited until it was too old, although there was a provider that works");
        }
    }
}

fn pause(at: usize, now: Timestamp) -> Pause {
    Pause {
        id: Pause::id_of(PauseKind::Provider, NAMES[at], None),
        kind: PauseKind::Provider,
        name: NAMES[at].into(),
        tenant: None,
        why: "it is being moved".into(),
        by: "ada".into(),
        by_platform: false,
        since: now,
        until: None,
    }
}
