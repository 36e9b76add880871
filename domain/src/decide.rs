//! What follows from an attempt, decided once and purely. The row, the republish, the acknowledgement,
//! the log line, the metric and the receipt are all derived from the [`Transition`].

use std::time::Duration;

use crate::policy::{tier_after, tier_number};
use crate::{
    Ambiguity, Attempt, AttemptOutcome, Escalation, Failure, INBOX, Order, Outcome, Policy, Reason, Row, SANDBOX,
    State, SuppressedFor, Timestamp, When,
};

/// How else a delivery may go on than by the provider that was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ways {
    pub has_fallback: bool,
    /// How long it takes until another provider of its channel may be asked. None where there is no other.
    pub other: Option<Duration>,
}

/// The next row, what to remember of the attempt, and what to do with the message.
#[derive(Clone, PartialEq, Debug)]
pub struct Transition {
    pub row: Row,
    /// What to do with the message before it is acknowledged, once the row is committed.
    pub order: Order,
    /// None for a success, which the row itself records, and where nothing was tried.
    pub attempt: Option<Attempt>,
    /// The provider refuses our account, sender or settings: an operator must be told.
    pub alarm: bool,
}

impl Transition {
    /// The same transition, where the next channel is to be tried unless what it waits for happens in time.
    /// Then what may have been sent needs no person who decides: the next channel is "as well", and not "instead".
    #[must_use]
    pub fn escalating(mut self, escalation: Option<Escalation>) -> Self {
        let state = escalation.and_then(|escalation| self.escalated(escalation.when));
        let (Some(escalation), Some(state)) = (escalation, state) else { return self };
        self.order = Order::Escalate { when: escalation.when, due: escalation.due(self.row.updated_at) };
        self.row = Row { state, order: self.order.clone(), ..self.row };
        self
    }

    /// The state of a delivery whose child waits; None where there is nothing to wait for.
    fn escalated(&self, when: When) -> Option<State> {
        match (self.row.state, &self.order) {
            // Nothing follows for a topic itself.
            (State::Sent, Order::FanOut) => None,
            (State::Sent, _) => Some(State::Sent),
            // What an inbox has, has arrived, and is not read by that.
            (State::Delivered, _) => when.is_of_an_inbox().then_some(State::Delivered),
            (State::Held, _) => Some(State::FellBack),
            // Throttling is no failure of the channel.
            (State::Dead, Order::DeadLetter { reason: Reason::ThrottledTooLong, .. }) => None,
            (State::Dead, Order::DeadLetter { reason, .. }) if self.row.ambiguous && reason.allows_fallback() => {
                Some(State::FellBack)
            }
            _ => None,
        }
    }
}

/// Decides about a delivery that was claimed (`row`) and tried.
pub fn decide(row: &Row, ways: Ways, outcome: &Outcome, policy: &Policy, now: Timestamp) -> Transition {
    let deciding = Deciding { row, ways, policy, now };
    match outcome {
        Outcome::Sent { provider, provider_id, code } => {
            let mut done = deciding.ended(State::Sent);
            done.row.attempt = row.attempt.saturating_add(1);
            done.row.provider = Some((*provider).to_owned());
            done.row.provider_id.clone_from(provider_id);
            done.row.code.clone_from(code);
            done
        }
        Outcome::Captured => deciding.done_by_the_fleet(State::Captured, Order::Nothing, SANDBOX),
        Outcome::Posted => deciding.done_by_the_fleet(State::Delivered, Order::Nothing, INBOX),
        Outcome::FannedOut => deciding.done_by_the_fleet(State::Sent, Order::FanOut, INBOX),
        Outcome::Deferred { due } => deciding.waiting(Order::Schedule { due: *due }, None),
        Outcome::PutAside => deciding.waiting(Order::Retry { tier: 1 }, None),
        Outcome::Parked { why, wait, is_limit } => deciding.parked(why, *wait, *is_limit),
        Outcome::Paused { why, until } => deciding.paused(why, *until),
        Outcome::Suppressed { reason } => deciding.suppressed(*reason),
        Outcome::Expired => deciding.ended(State::Expired),
        Outcome::GivenBack => deciding.given_back(),
        Outcome::Throttled { failure, retry_after } => deciding.throttled(failure, *retry_after),
        Outcome::Retriable { failure, alarm, maybe_sent } => deciding.retriable(failure, *alarm, *maybe_sent),
        Outcome::Permanent { reason, failure } => deciding.permanent(*reason, failure),
        Outcome::Ambiguous { failure } => deciding.ambiguous(failure),
    }
}

struct Deciding<'a> {
    row: &'a Row,
    ways: Ways,
    policy: &'a Policy,
    now: Timestamp,
}

impl Deciding<'_> {
    fn ended(&self, state: State) -> Transition {
        self.to(state, Order::Nothing, None)
    }

    /// A success that no provider has answered.
    fn done_by_the_fleet(&self, state: State, order: Order, by: &str) -> Transition {
        let mut done = self.to(state, order, None);
        done.row.attempt = self.row.attempt.saturating_add(1);
        done.row.provider = Some(by.to_owned());
        // What stands there is of the attempt before.
        done.row.code = None;
        done
    }

    /// Nothing was tried, so that no attempt is recorded. The row says why already: its claim has written that.
    fn suppressed(&self, reason: SuppressedFor) -> Transition {
        if self.ways.has_fallback && !self.row.ambiguous && reason.allows_fallback() {
            return self.to(State::FellBack, Order::Fallback, None);
        }
        self.ended(State::Suppressed)
    }

    /// The row keeps its seq, attempt and order: it waits for the very message that is handed back.
    fn given_back(&self) -> Transition {
        let mut transition = self.to(State::Waiting, Order::GiveBack, None);
        transition.row.order = self.row.order.clone();
        transition
    }

    /// Throttling spends time, not attempts. With a `retry_after` the delivery waits in the shortest tier that is long
    /// enough, or at the scheduler when none is; without one, each republish takes the next tier. What another provider may
    /// carry waits for that one instead. A delivery that could only be sent after the limit of throttling goes on by its
    /// fallback, or is dead at once, so that an operator sees it while it still matters.
    fn throttled(&self, failure: &Failure, retry_after: Option<Duration>) -> Transition {
        let attempt = self.attempt(AttemptOutcome::Throttled, failure);
        let wait = retry_after.unwrap_or(self.policy.delays[(self.row.seq as usize).min(2)]);
        let ambiguous = self.row.ambiguous;
        let ends = |wait| self.would_be_too_late(self.after(wait).1);
        let patient = self.shortened(wait, ambiguous);
        let wait = match self.other(ambiguous) {
            Some(other) if ends(patient) => patient.min(other),
            _ => patient,
        };
        if !ends(wait) {
            return self.throttled_for_now(self.after(wait).0, Some(attempt));
        }
        // What has expired could not be sent by the next channel either.
        match self.row.expires_at.is_none_or(|expires| self.now < expires) {
            true => self.end_without_success(Reason::ThrottledTooLong, failure, attempt, ambiguous),
            false => self.dead(Reason::ThrottledTooLong, failure, attempt),
        }
    }

    /// How long it takes until another provider may be asked. None where the delivery may go to no other.
    fn other(&self, ambiguous: bool) -> Option<Duration> {
        self.ways.other.filter(|_| !ambiguous || self.policy.ambiguity == Ambiguity::Resend)
    }

    /// How long a delivery waits for which a provider has named this time, and which another one may carry: no longer than
    /// that takes. Where it was throttled before it waits as it was told, but not beyond the longest retry delay: it would go
    /// to and fro between two that both ask to wait.
    fn shortened(&self, wait: Duration, ambiguous: bool) -> Duration {
        let is_first = self.row.provider.is_none() || self.row.throttled_since.is_none();
        match self.other(ambiguous) {
            None => wait,
            Some(other) if is_first => wait.min(other),
            Some(other) => wait.min(other.max(self.policy.delays[2])),
        }
    }

    /// Whether a try at that time would come after the end of the delivery, or after the limit of throttling.
    fn would_be_too_late(&self, next: Timestamp) -> bool {
        self.row.expires_at.is_some_and(|expires| next >= expires) || self.is_too_late(next)
    }

    /// Waiting for a provider that takes the message is like being throttled by one, but that nobody has answered: there
    /// is no attempt to record, and the row keeps who answered the last one. One without a fallback that expires meanwhile
    /// comes back for that end.
    fn parked(&self, why: &str, wait: Duration, is_limit: bool) -> Transition {
        let why = Failure::new("worker", None, why).detail;
        let goes_on = self.ways.has_fallback && !self.row.ambiguous;
        let sooner = wait;
        let wait = if goes_on && !is_limit { wait } else { self.patient(wait, is_limit) };
        let expires = self.row.expires_at;
        let wait = expires.map_or(wait, |expires| wait.min(expires.since(self.now)));
        let (order, back) = self.comes_back(wait, is_limit);
        let next = expires.map_or(back, |expires| back.min(expires));
        let mut parked = if goes_on && (self.is_too_late(next) || self.is_better_off_elsewhere(sooner, is_limit)) {
            self.to(State::FellBack, Order::Fallback, None)
        } else if self.is_too_late(next) {
            let order = Order::DeadLetter { reason: Reason::ThrottledTooLong, error: why.clone() };
            self.to(State::Dead, order, None)
        } else {
            self.throttled_for_now(order, None)
        };
        parked.row.passed_over = Some(why);
        parked
    }

    /// Whether a delivery that would wait for so long goes on by its fallback: where it would expire, and where nobody works
    /// and it would have waited for longer than all its attempts would have taken. A limit is waited for as throttling is,
    /// because the channel works, as long as a retry queue is long enough.
    fn is_better_off_elsewhere(&self, wait: Duration, is_limit: bool) -> bool {
        let waits_too_long = match is_limit {
            true => self.tier_for(wait).is_none(),
            false => self.now.plus(wait).since(self.throttled_since()) > self.policy.ladder(),
        };
        waits_too_long || self.would_expire(wait, is_limit)
    }

    /// How long a delivery waits that has waited for some time already: longer, unless it would be too old then, or have
    /// expired. A backlog that came back every few seconds would cost as much as one that is sent, for as long as nobody
    /// takes it.
    fn patient(&self, wait: Duration, is_limit: bool) -> Duration {
        let longer = wait.max((self.now.since(self.throttled_since()) / 8).min(self.policy.delays[2]));
        let is_too_long = self.is_too_late(self.comes_back(longer, is_limit).1) || self.would_expire(longer, is_limit);
        if is_too_long { wait } else { longer }
    }

    /// Whether the delivery can still be sent, and could not be any more once it has waited for so long.
    fn would_expire(&self, wait: Duration, is_limit: bool) -> bool {
        let back = self.comes_back(wait, is_limit).1.max(self.now.plus(wait));
        self.row.expires_at.is_some_and(|expires| self.now < expires && expires <= back)
    }

    /// As [`Self::after`], but that what waits for a limit comes back early rather than late: it waits the rest where it is,
    /// and what the limit allows meanwhile is used. What waits for a provider that fails comes back after the longest delay at
    /// most: that takes no date, which a clock that is wrong would put hours ahead.
    fn comes_back(&self, wait: Duration, is_limit: bool) -> (Order, Timestamp) {
        let delays = &self.policy.delays;
        let tier = match (is_limit, self.tier_for(wait)) {
            (false, Some(_)) | (true, None) => return self.after(wait),
            (false, None) => delays.len() - 1,
            (true, Some(_)) => delays.iter().rposition(|delay| *delay <= wait).unwrap_or(0),
        };
        (Order::Retry { tier: tier_number(tier) }, self.now.plus(delays[tier]))
    }

    /// What is paused waits for as long as its operator wants: it is not throttled, falls back nowhere and is never dead by
    /// it. Each look takes the next tier, so that a backlog is looked at seldom; the look comes sooner where the pause, or
    /// the delivery, ends sooner.
    fn paused(&self, why: &str, until: Option<Timestamp>) -> Transition {
        let usual = (self.row.seq as usize).min(2);
        let ends = [until, self.row.expires_at].into_iter().flatten().min();
        let sooner = ends.and_then(|ends| self.tier_for(ends.since(self.now)));
        let tier = sooner.map_or(usual, |tier| tier.min(usual));
        let mut paused = self.waiting(Order::Retry { tier: tier_number(tier) }, None);
        paused.row.throttled_since = None;
        paused.row.passed_over = Some(Failure::new("worker", None, why).detail);
        paused
    }

    fn throttled_since(&self) -> Timestamp {
        self.row.throttled_since.unwrap_or(self.now)
    }

    /// Whether a try at that time would come after the limit of throttling.
    fn is_too_late(&self, next: Timestamp) -> bool {
        let (since, limit) = (self.throttled_since(), self.policy.throttle_max_age);
        next.since(since) > limit || self.now.since(since) >= limit
    }

    fn throttled_for_now(&self, order: Order, attempt: Option<Attempt>) -> Transition {
        let mut transition = self.waiting(order, attempt);
        transition.row.throttled_since = Some(self.throttled_since());
        transition
    }

    fn retriable(&self, failure: &Failure, alarm: bool, maybe_sent: bool) -> Transition {
        let outcome = if maybe_sent { AttemptOutcome::MaybeSent } else { AttemptOutcome::Retriable };
        let mut transition = self.spend_attempt(failure, outcome, maybe_sent);
        transition.alarm = alarm;
        transition
    }

    fn ambiguous(&self, failure: &Failure) -> Transition {
        let fresh = self.row.expires_at.is_some_and(|expires| self.now < expires);
        let resend = match self.policy.ambiguity {
            Ambiguity::Resend => true,
            Ambiguity::Hold => false,
            Ambiguity::ResendIfFresh => fresh,
        };
        if resend {
            return self.spend_attempt(failure, AttemptOutcome::Ambiguous, true);
        }
        let attempt = self.attempt(AttemptOutcome::Ambiguous, failure);
        let order = Order::DeadLetter { reason: Reason::Ambiguous, error: failure.detail.clone() };
        let mut transition = self.to(State::Held, order, Some(attempt));
        transition.row.attempt = self.row.attempt.saturating_add(1);
        transition.row.ambiguous = true;
        transition
    }

    fn permanent(&self, reason: Reason, failure: &Failure) -> Transition {
        let attempt = self.attempt(AttemptOutcome::Permanent, failure);
        let mut transition = self.end_without_success(reason, failure, attempt, self.row.ambiguous);
        transition.row.attempt = self.row.attempt.saturating_add(1);
        transition
    }

    /// Spends one attempt of the budget: the delivery waits for the next one, or ends.
    fn spend_attempt(&self, failure: &Failure, outcome: AttemptOutcome, ambiguous: bool) -> Transition {
        let attempt = self.attempt(outcome, failure);
        let ambiguous = ambiguous || self.row.ambiguous;
        let spent = self.row.attempt.saturating_add(1);
        let mut transition = if spent > self.policy.max_retries {
            self.end_without_success(Reason::Exhausted, failure, attempt, ambiguous)
        } else {
            self.waiting(self.next_try(spent, failure.retry_after, ambiguous), Some(attempt))
        };
        transition.row.attempt = spent;
        transition.row.ambiguous = ambiguous;
        transition.row.throttled_since = None;
        transition
    }

    /// The retry queue for the next attempt, or a longer wait where the provider has named one and nobody else is there.
    fn next_try(&self, spent: u32, retry_after: Option<Duration>, ambiguous: bool) -> Order {
        let tier = tier_after(spent);
        match retry_after.map(|wait| self.shortened(wait, ambiguous)).filter(|wait| *wait > self.policy.delays[tier]) {
            None => Order::Retry { tier: tier_number(tier) },
            Some(wait) => self.after(wait).0,
        }
    }

    /// How a delivery waits at least so long, and until when: in the shortest tier that is long enough, or at the
    /// scheduler.
    fn after(&self, wait: Duration) -> (Order, Timestamp) {
        match self.tier_for(wait) {
            Some(tier) => (Order::Retry { tier: tier_number(tier) }, self.now.plus(self.policy.delays[tier])),
            None => {
                let due = self.now.plus(wait);
                (Order::Schedule { due }, due)
            }
        }
    }

    /// The shortest tier that is long enough; None when only the scheduler can wait so long.
    fn tier_for(&self, wait: Duration) -> Option<usize> {
        self.policy.delays.iter().position(|delay| *delay >= wait)
    }

    /// Ends the delivery without a success. A delivery that may have gone out never goes out on another channel as
    /// well.
    fn end_without_success(&self, reason: Reason, failure: &Failure, attempt: Attempt, ambiguous: bool) -> Transition {
        if self.ways.has_fallback && !ambiguous && reason.allows_fallback() {
            return self.to(State::FellBack, Order::Fallback, Some(attempt));
        }
        self.dead(reason, failure, attempt)
    }

    fn dead(&self, reason: Reason, failure: &Failure, attempt: Attempt) -> Transition {
        let order = Order::DeadLetter { reason, error: failure.detail.clone() };
        self.to(State::Dead, order, Some(attempt))
    }

    fn waiting(&self, order: Order, attempt: Option<Attempt>) -> Transition {
        let mut transition = self.to(State::Waiting, order, attempt);
        transition.row.seq = self.row.seq.saturating_add(1);
        transition
    }

    fn to(&self, state: State, order: Order, attempt: Option<Attempt>) -> Transition {
        let passed_over = None;
        let mut row = Row { state, order: order.clone(), updated_at: self.now, passed_over, ..self.row.clone() };
        if let Some(attempt) = &attempt {
            row.provider = Some(attempt.provider.clone());
            row.code.clone_from(&attempt.code);
        }
        Transition { row, order, attempt, alarm: false }
    }

    fn attempt(&self, outcome: AttemptOutcome, failure: &Failure) -> Attempt {
        Attempt {
            epoch: self.row.epoch,
            n: self.row.attempt.saturating_add(1),
            outcome,
            provider: failure.provider.to_owned(),
            code: failure.code.clone(),
            detail: failure.detail.clone(),
            at: self.now,
        }
    }
}

#[cfg(test)]
mod tests;
