//! What follows from an attempt, decided once and purely. The row, the republish, the acknowledgement,
//! the log line, the metric and the receipt are all derived from the [`Transition`].

use std::time::Duration;

use crate::{
    Attempt, AttemptOutcome, Escalation, Failure, Order, Outcome, Reason, Row, SANDBOX, State, SuppressedFor, Timestamp,
};

/// What to do when nobody knows whether a message went out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ambiguity {
    /// Try again within the budget: a second copy is better than none.
    Resend,
    /// Into the dead-letter queue, for a person to decide.
    Hold,
    /// Try again while the delivery has an `expires_at` that is still ahead, else hold it.
    ResendIfFresh,
}

impl Ambiguity {
    pub const ALL: [Self; 3] = [Self::Resend, Self::Hold, Self::ResendIfFresh];

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "resend" => Some(Self::Resend),
            "hold" => Some(Self::Hold),
            "resend_if_fresh" => Some(Self::ResendIfFresh),
            _ => None,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Hold => "hold",
            Self::ResendIfFresh => "resend_if_fresh",
        }
    }
}

/// The rules of one channel.
#[derive(Clone, PartialEq, Debug)]
pub struct Policy {
    /// Retries after the first attempt.
    pub max_retries: u32,
    /// The delays of the three retry queues. Retries beyond the third use the last.
    pub delays: [Duration; 3],
    /// How long throttling may go on before the delivery is dead.
    pub throttle_max_age: Duration,
    pub ambiguity: Ambiguity,
}

impl Policy {
    /// How long all attempts take of a delivery that fails each time.
    fn ladder(&self) -> Duration {
        (1..=self.max_retries).map(|spent| self.delays[tier_after(spent)]).sum()
    }

    /// The policy of a role that defers deliveries and never sends one.
    pub const fn without_retries() -> Self {
        Self {
            max_retries: 0,
            delays: [Duration::ZERO; 3],
            throttle_max_age: Duration::ZERO,
            ambiguity: Ambiguity::Hold,
        }
    }
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
    /// The same transition, where the next channel is to be tried unless somebody reports in time what it waits for.
    /// Then what may have been sent needs no person who decides: the next channel is "as well", and not "instead".
    #[must_use]
    pub fn escalating(mut self, escalation: Option<Escalation>) -> Self {
        let (Some(escalation), Some(state)) = (escalation, self.escalated()) else { return self };
        self.order = Order::Escalate { when: escalation.when, due: escalation.due(self.row.updated_at) };
        self.row = Row { state, order: self.order.clone(), ..self.row };
        self
    }

    /// The state of a delivery whose child waits; None where there is nothing to wait for.
    fn escalated(&self) -> Option<State> {
        match (self.row.state, &self.order) {
            (State::Sent, _) => Some(State::Sent),
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
pub fn decide(row: &Row, has_fallback: bool, outcome: &Outcome, policy: &Policy, now: Timestamp) -> Transition {
    let deciding = Deciding { row, has_fallback, policy, now };
    match outcome {
        Outcome::Sent { provider, provider_id, code } => {
            let mut done = deciding.ended(State::Sent);
            done.row.attempt = row.attempt.saturating_add(1);
            done.row.provider = Some((*provider).to_owned());
            done.row.provider_id.clone_from(provider_id);
            done.row.code.clone_from(code);
            done
        }
        Outcome::Captured => {
            let mut done = deciding.ended(State::Captured);
            done.row.attempt = row.attempt.saturating_add(1);
            done.row.provider = Some(SANDBOX.to_owned());
            done
        }
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
    has_fallback: bool,
    policy: &'a Policy,
    now: Timestamp,
}

impl Deciding<'_> {
    fn ended(&self, state: State) -> Transition {
        self.to(state, Order::Nothing, None)
    }

    /// Nothing was tried, so that no attempt is recorded. The row says why already: its claim has written that.
    fn suppressed(&self, reason: SuppressedFor) -> Transition {
        if self.has_fallback && !self.row.ambiguous && reason.allows_fallback() {
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
    /// enough, or at the scheduler when none is; without one, each republish takes the next tier. A delivery that could
    /// only be sent after the limit of throttling is dead at once, so that an operator sees it while it still matters.
    fn throttled(&self, failure: &Failure, retry_after: Option<Duration>) -> Transition {
        let (order, next) = match retry_after {
            Some(wait) => self.after(wait),
            None => {
                let tier = (self.row.seq as usize).min(2);
                (Order::Retry { tier: tier_number(tier) }, self.now.plus(self.policy.delays[tier]))
            }
        };
        let attempt = self.attempt(AttemptOutcome::Throttled, failure);
        let expired = self.row.expires_at.is_some_and(|expires| next >= expires);
        if expired || self.is_too_late(next) {
            return self.dead(Reason::ThrottledTooLong, failure, attempt);
        }
        self.throttled_for_now(order, Some(attempt))
    }

    /// Waiting for a provider that takes the message is like being throttled by one, but that nobody has answered: there
    /// is no attempt to record, and the row keeps who answered the last one. A delivery that has a fallback waits no longer
    /// than all its attempts would have taken, and not until it has expired or is too old; only a limit is waited for as
    /// throttling is, because the channel works. One without a fallback that expires meanwhile comes back for that end.
    fn parked(&self, why: &str, wait: Duration, is_limit: bool) -> Transition {
        let why = Failure::new("worker", None, why).detail;
        let goes_on = self.has_fallback && !self.row.ambiguous && !is_limit;
        let wait = if goes_on || is_limit { wait } else { self.patient(wait) };
        let expires = self.row.expires_at;
        let (order, back) = self.after(expires.map_or(wait, |expires| wait.min(expires.since(self.now))));
        let next = expires.map_or(back, |expires| back.min(expires));
        let waits_too_long = self.now.plus(wait).since(self.throttled_since()) > self.policy.ladder();
        let mut parked = if goes_on && (waits_too_long || self.is_too_late(next) || self.would_expire(wait)) {
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

    /// How long a delivery waits that has waited for some time already: longer, unless it would be too old then. A backlog
    /// that came back every few seconds would cost as much as one that is sent, for as long as nobody takes it.
    fn patient(&self, wait: Duration) -> Duration {
        let longer = wait.max((self.now.since(self.throttled_since()) / 8).min(self.policy.delays[2]));
        if self.is_too_late(self.after(longer).1) { wait } else { longer }
    }

    /// Whether the delivery can still be sent, and could not be any more once it has waited for so long.
    fn would_expire(&self, wait: Duration) -> bool {
        let back = self.after(wait).1;
        self.row.expires_at.is_some_and(|expires| self.now < expires && expires <= back)
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
            self.waiting(self.next_try(spent, failure.retry_after), Some(attempt))
        };
        transition.row.attempt = spent;
        transition.row.ambiguous = ambiguous;
        transition.row.throttled_since = None;
        transition
    }

    /// The retry queue for the next attempt, or a longer wait where the provider has named one.
    fn next_try(&self, spent: u32, retry_after: Option<Duration>) -> Order {
        let tier = tier_after(spent);
        match retry_after.filter(|wait| *wait > self.policy.delays[tier]) {
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
        if self.has_fallback && !ambiguous && reason.allows_fallback() {
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

/// The index of the retry queue for the next attempt after so many.
pub(crate) fn tier_after(spent: u32) -> usize {
    (spent as usize).saturating_sub(1).min(2)
}

pub(crate) fn tier_number(index: usize) -> u8 {
    u8::try_from(index + 1).unwrap_or(3)
}

#[cfg(test)]
mod tests;
