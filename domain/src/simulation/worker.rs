//! A worker's path in steps, so that a fault can come between any two of them.

use std::time::Duration;

use uuid::Uuid;

use super::anonymous::FINGERPRINT;
use super::steps::{Step, Worker, claim_name, step_name};
use super::{Copy, Delivery, Kind, Of, World, brief};
use crate::samples::{CONTENT, NOW, key, row};
use crate::{
    Arrival, Cause, Claim, Counts, Destination, EventName, FollowUp, Follows, Headers, Intent, KeptHeaders, Lease,
    Message, NextStep, Outcome, Publish, PublishedBy, Reason, Row, State, Take, Transition, Unsent, Ways, claim,
    decide,
};

/// The dead letter of a copy that cannot have its row.
pub(super) fn given_up(copy: &Copy) -> Publish {
    copy.received().dead_letter(Reason::RedeliveredTooOften, "delivered too often", NOW)
}

impl World {
    pub(super) fn receive(&mut self) {
        let most = if self.kind == Kind::Named { 3 } else { 4 };
        if self.lane.is_empty() || self.workers.len() == most {
            return;
        }
        let at = self.roll(self.lane.len());
        let copy = self.lane.remove(at);
        self.take_in(copy, Intent::Send);
    }

    pub(super) fn take_in(&mut self, copy: Copy, intent: Intent) {
        self.named += 1;
        let (name, since) = (self.named, self.now);
        self.say(|| format!("w{name} receives {}", brief(&copy)));
        let token = Uuid::from_u128(u128::from(name));
        let (delivery, step) = match copy.of {
            Of::Delivery(at) => (Some(at), Step::Claim),
            Of::Message(at) => {
                self.messages[at].delivered = true;
                (None, Step::Lease(None))
            }
        };
        self.workers.push(Worker {
            name,
            copy,
            token,
            delivery,
            since,
            intent,
            mistaken: false,
            releases: true,
            suspects: None,
            seen: Vec::new(),
            step,
            cut_off: false,
            overdue: false,
            listed: None,
        });
    }

    pub(super) fn of(&mut self, worker: &Worker) -> &mut Delivery {
        &mut self.deliveries[worker.at()]
    }

    /// One worker does one step.
    pub(super) fn work(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let at = self.roll(self.workers.len());
        let mut worker = self.workers.remove(at);
        let before = self.trace.len();
        let next = match worker.step.clone() {
            Step::Lease(begun) => self.lease_row(&mut worker, begun),
            Step::Claim => Some(self.claim(&mut worker)),
            Step::Send(row) => Some(self.send(&worker, row)),
            Step::Decide(row, outcome) => Some(self.record(&worker, &row, &outcome)),
            Step::Tell(told, then) => Some(self.tell(&worker, told, then)),
            Step::Publish(publish) => Some(self.publish_confirmed(&worker, publish)),
            Step::LeaveToLetter(letter) => Some(self.leave_to_letter(&worker, letter)),
            Step::End(republished) => Some(worker.end(republished)),
            Step::NoteLetter(epoch) => Some(self.note_letter(&worker, epoch)),
            Step::ConfirmLease(republished) => Some(self.confirm_lease(&worker, republished)),
            Step::Acknowledge => {
                self.acknowledge(&worker);
                None
            }
            Step::Requeue => {
                self.release(&worker);
                if !worker.cut_off {
                    self.lane.push(Copy { redelivered: true, ..worker.copy.clone() });
                }
                None
            }
        };
        let next = match next {
            Some(Step::Tell(told, then)) if !self.has_all_faults => {
                self.hear(&worker, &told);
                Some(*then)
            }
            next => next,
        };
        if self.tracing {
            let said = self.trace.split_off(before).join(", ");
            self.trace.push(format!("w{} {said} -> {}", worker.name, next.as_ref().map_or("done".into(), step_name)));
        }
        if let Some(step) = next {
            worker.step = step;
            self.workers.push(worker);
        }
    }

    fn claim(&mut self, worker: &mut Worker) -> Step {
        let arrival = worker.arrival();
        let Some(known) = self.of(worker).row.clone() else { return self.claim_first(worker, &arrival) };
        let mut claimed = claim(&known, &arrival, worker.token);
        if let Claim::Take(row, _) = &claimed
            && self.goes_wrong(4)
        {
            // The answer of the commit was lost, perhaps for longer than the lease; the worker asks again.
            let unheard = Row { lease: Lease::RanOut, suppressed_for: self.list, ..(**row).clone() };
            self.of(worker).row = Some(unheard.clone());
            self.say(|| "claims and does not hear the answer".into());
            claimed = claim(&unheard, &arrival, worker.token);
        }
        self.say(|| format!("claims: {}", claim_name(&claimed)));
        if let Claim::Take(row, _) = &mut claimed {
            // The answer of the claim whose lease ran out may have been lost.
            let taken_over = known.state == State::Sending && known.token != row.token;
            row.updated_at = self.now;
            self.look_at_the_list(worker, row);
            worker.overdue |= row.lease == Lease::RanOut;
            let delivery = self.of(worker);
            delivery.windows += u32::from(taken_over);
            delivery.nobody_knows |= taken_over;
            delivery.row = Some((**row).clone());
        }
        self.go_on(worker, &arrival, claimed)
    }

    /// A copy that meets no row inserts one.
    fn claim_first(&mut self, worker: &mut Worker, arrival: &Arrival) -> Step {
        let mut first = Row {
            epoch: arrival.epoch,
            attempt: arrival.attempt,
            seq: arrival.seq,
            token: worker.token,
            content: Some(CONTENT),
            fingerprint: worker.message().map(|_| FINGERPRINT),
            created_at: self.now,
            updated_at: self.now,
            ..row()
        };
        self.look_at_the_list(worker, &mut first);
        self.insert(worker, first.clone());
        self.say(|| "inserts".into());
        // When the answer was lost the worker asks again, and meets its own row.
        if self.goes_wrong(4) {
            return Step::Claim;
        }
        self.go_on(worker, arrival, Claim::Take(Box::new(first), Take::Send))
    }

    /// The worker does what follows from the answer of its claim.
    fn go_on(&mut self, worker: &Worker, arrival: &Arrival, claim: Claim) -> Step {
        match &claim {
            Claim::Conflict => self.fail("a conflict of equal contents"),
            Claim::HasLetter => self.seen.push("a copy of a dead letter"),
            // A letter of an epoch that is over was moved while another epoch came to its end: it goes back, as a letter of
            // the row.
            Claim::Repeat(row) if row.has_letter && arrival.published_by == PublishedBy::OperatorMove => {
                self.of(worker).came_back += 1;
            }
            _ => {}
        }
        match worker.in_hand(arrival).after_claim(&claim, self.now) {
            NextStep::Attempt(row) => {
                self.may_be_tried(worker);
                Step::Send(Box::new(row.clone()))
            }
            NextStep::Decide(row, outcome) => Step::Decide(row, outcome),
            NextStep::Unsent(unsent) => self.unsent(worker, unsent),
        }
    }

    fn unsent(&mut self, worker: &Worker, unsent: Unsent<'_>) -> Step {
        match &unsent {
            Unsent::FollowUp(Follows { then: FollowUp::Publish(publish), .. }, cause) => match cause {
                Cause::Parked => self.returns_as_it_was(worker, publish),
                Cause::Reissued => self.stays_released(worker, publish),
                Cause::Repeated | Cause::Ended | Cause::HasLetter => {}
            },
            Unsent::DeadLetter { .. } => self.of(worker).evaded = true,
            Unsent::FollowUp(..) | Unsent::TakenBack => {}
        }
        worker.unsent(unsent)
    }

    /// A copy that waits must come back with the same counts: the claim would repair counts that its headers forgot, and
    /// nobody would notice that they did.
    fn returns_as_it_was(&self, worker: &Worker, publish: &Publish) {
        let before = worker.arrival();
        let after = Arrival::new(before.key, before.content, &publish.headers, false);
        if (after.epoch, after.seq, after.attempt) != (before.epoch, before.seq, before.attempt) {
            self.fail("a copy that waited came back with other counts");
        }
        self.stays_released(worker, publish);
    }

    /// A copy that the scheduler has released is never deferred again, whatever it is published for.
    fn stays_released(&self, worker: &Worker, publish: &Publish) {
        if publish.headers.released != worker.copy.headers.released {
            self.fail("a copy forgot that the scheduler had released it");
        }
    }

    fn send(&mut self, worker: &Worker, row: Box<Row>) -> Step {
        let outcome = self.answer(worker, &row);
        let accepted = match outcome {
            Outcome::Sent { .. } => true,
            Outcome::Retriable { maybe_sent: true, .. } | Outcome::Ambiguous { .. } => self.roll(2) == 0,
            _ => false,
        };
        let unsent =
            matches!(outcome, Outcome::PutAside | Outcome::Parked { .. } | Outcome::Paused { .. } | Outcome::GivenBack);
        let delivery = self.of(worker);
        delivery.maybe_sent |= matches!(outcome, Outcome::Retriable { maybe_sent: true, .. });
        delivery.windows +=
            u32::from(matches!(outcome, Outcome::Ambiguous { .. } | Outcome::Retriable { maybe_sent: true, .. }));
        delivery.accepted += u32::from(accepted);
        if accepted {
            self.reports.accepted.push((row.epoch, row.attempt + 1));
        }
        let delivery = self.of(worker);
        if !unsent && !matches!(outcome, Outcome::Throttled { .. }) {
            *delivery.sends.entry((row.epoch, row.attempt + 1)).or_default() += 1;
        }
        if delivery.cancelled && !worker.overdue && !unsent {
            self.fail("sent after its cancel was answered");
        }
        let again = row.attempt > 0 || row.seq > 0;
        if again && !self.deliveries[worker.at()].rested.contains(&(row.epoch, row.seq)) && !unsent {
            self.fail("sent again before its delay has passed");
        }
        self.say(|| format!("sends{}", if accepted { ", accepted" } else { "" }));
        Step::Decide(row, outcome)
    }

    fn record(&mut self, worker: &Worker, row: &Row, outcome: &Outcome) -> Step {
        // Where there are two providers, the other one may be asked at once.
        let ways = Ways { has_fallback: self.has_fallback, other: self.has_carriers.then_some(Duration::ZERO) };
        let decided = decide(row, ways, outcome, &self.policy, self.now);
        let transition = decided.escalating(self.escalation());
        self.ends_by_the_list(worker, &transition);
        self.note_who_failed(worker, &transition);
        if matches!(outcome, Outcome::Parked { .. } | Outcome::Paused { .. }) {
            self.seen.push(if matches!(outcome, Outcome::Parked { .. }) { "parked" } else { "paused" });
            if transition.row.attempt != row.attempt || transition.attempt.is_some() {
                self.fail("a parked delivery spent an attempt");
            }
            if matches!(outcome, Outcome::Paused { .. }) && transition.row.state != State::Waiting {
                self.fail("a delivery ended because something is paused");
            }
        }
        let known = self.of(worker).row.clone().expect("a claim wrote the row");
        if known.token != row.token {
            self.say(|| format!("records {} late", transition.row.state));
            let arrival = worker.arrival();
            return self.unsent(worker, worker.in_hand(&arrival).after_late_record());
        }
        self.say(|| format!("records {} seq {}", transition.row.state, transition.row.seq));
        // The row was recorded before, and the answer was lost: the worker gets the same answer again.
        if known.state == State::Sending {
            self.of(worker).row = Some(transition.row.clone());
            self.of(worker).escalated |= transition.order.escalates_at().is_some();
            self.note_events(worker, &transition);
            if self.goes_wrong(6) {
                self.say(|| "and does not hear the answer".into());
                return Step::Decide(Box::new(row.clone()), outcome.clone());
            }
        }
        worker.received().follow_up(&transition.row, &transition.order, self.now).into()
    }

    /// Every copy of a delivery says who may see it, as the copy did for which it is published.
    pub(super) fn keeps_its_publisher(&self, copy: &Copy, publish: &Publish) {
        let is_the_delivery = publish.message == Message::Received;
        if is_the_delivery && publish.headers.publisher != copy.headers.publisher {
            self.fail("a copy forgot its publisher");
        }
    }

    /// Whatever was tried, and whatever has ended, must have something to tell.
    fn note_events(&mut self, worker: &Worker, transition: &Transition) {
        let Transition { row, order, attempt, .. } = transition;
        match self.of(worker).note_events(row, order) {
            Err(wrong) => self.fail(wrong),
            Ok(0) if attempt.is_some() || row.state.is_final() => self.fail("a transition without an event"),
            Ok(_) => {}
        }
    }

    /// Repeats events until the broker has confirmed them. Those without a confirm may have been heard or not.
    fn tell(&mut self, worker: &Worker, told: Vec<(Uuid, EventName)>, then: Box<Step>) -> Step {
        let unconfirmed = self.goes_wrong(6);
        if !unconfirmed || self.roll(2) == 0 {
            self.hear(worker, &told);
        }
        if !unconfirmed {
            return *then;
        }
        self.say(|| "and hears no confirm".into());
        Step::Tell(told, then)
    }

    /// A subscriber is told.
    fn hear(&mut self, worker: &Worker, told: &[(Uuid, EventName)]) {
        self.hear_of(worker.at(), told);
    }

    /// A subscriber is told of this delivery.
    pub(super) fn hear_of(&mut self, at: usize, told: &[(Uuid, EventName)]) {
        for (id, name) in told {
            self.say(|| format!("tells {name}"));
            if !self.deliveries[at].happened.contains_key(id) {
                self.fail(&format!("told {name}, which did not happen"));
            }
            if !self.deliveries[at].told.insert(*id) {
                self.seen.push("told again");
            }
        }
    }

    /// Publishes the letter of a copy whose row stays as it is: as in the product, the row notes nothing.
    fn leave_to_letter(&mut self, worker: &Worker, letter: Box<Publish>) -> Step {
        match self.publish_confirmed(worker, letter) {
            Step::NoteLetter(_) => worker.end(true),
            Step::Publish(again) => Step::LeaveToLetter(again),
            then => then,
        }
    }

    /// Repeats a publish until the broker has confirmed it. A message without a confirm may be in its queue or nowhere.
    fn publish_confirmed(&mut self, worker: &Worker, publish: Box<Publish>) -> Step {
        self.keeps_its_publisher(&worker.copy, &publish);
        if !self.goes_wrong(6) {
            let letter_of = publish.letter_of();
            self.publish(worker.at(), *publish);
            return letter_of.map_or_else(|| worker.end(true), Step::NoteLetter);
        }
        if self.roll(2) == 0 {
            self.publish(worker.at(), (*publish).clone());
        }
        self.say(|| "and hears no confirm".into());
        Step::Publish(publish)
    }

    /// Notes a dead letter as the store does: only in the epoch that it belongs to.
    fn note_letter(&mut self, worker: &Worker, epoch: u32) -> Step {
        self.say(|| "notes it".into());
        if let Some(row) = self.of(worker).row.as_mut().filter(|row| row.epoch == epoch) {
            row.has_letter |= row.state.is_dead_lettered();
        }
        worker.end(true)
    }

    /// The headers with which the scheduler publishes a copy that it has kept as a job.
    fn released(&self, copy: &Copy) -> Headers {
        let arrival = Arrival::new(key("d-1"), CONTENT, &copy.headers, copy.redelivered);
        let counts = Counts { epoch: arrival.epoch, seq: arrival.seq, attempt: arrival.attempt };
        let released = KeptHeaders::of(&copy.headers).released(copy.received().lane, counts);
        let expected = Headers { due: None, released: true, ..copy.headers.clone() };
        if released != expected {
            self.fail(&format!("a job forgot what its message brought: {released:?}, not {expected:?}"));
        }
        released
    }

    /// True once in so many times, as long as there are faults at all.
    pub(super) fn goes_wrong(&mut self, in_so_many: usize) -> bool {
        !self.calm && !self.fair && self.roll(in_so_many) == 0
    }

    pub(super) fn publish(&mut self, delivery: usize, publish: Publish) {
        let Publish { to, headers, message } = publish;
        let copy = Copy { of: Of::Delivery(delivery), headers, redelivered: false };
        if let Message::Child { id, .. } = message {
            self.say(|| format!("publishes the child {id}"));
            self.deliveries[delivery].children += 1;
            return self.child_published(to);
        }
        self.say(|| format!("publishes {to:?} {}", brief(&copy)));
        let counts = [copy.headers.epoch, copy.headers.seq, copy.headers.attempt];
        if let (Some(epoch), Some(seq)) = (copy.headers.epoch, copy.headers.seq)
            && !self.deliveries[delivery].was_told_before(epoch, seq)
        {
            self.fail("published again before it was told why");
        }
        // A ledger that was set back to an older state learns from the copy how far its delivery had come.
        if to != Destination::DeadLetter && copy.headers.seq.is_some() && counts.contains(&None) {
            self.fail("a copy that goes on has lost a count");
        }
        match to {
            Destination::Lane(_) => self.lane.push(copy),
            Destination::Retry(_) => self.later.push(copy),
            Destination::Scheduled => {
                let headers = self.released(&copy);
                self.later.push(Copy { headers, ..copy });
            }
            Destination::DeadLetter => {
                // A move would ignore these counts; an operator reads and copies them.
                if copy.headers.seq.is_some() || copy.headers.attempt.is_some() {
                    self.fail("a dead letter with counts of the budget that it has used up");
                }
                *self.deliveries[delivery].letters.entry(copy.headers.epoch.unwrap_or(0)).or_default() += 1;
                self.dead_letters.push(copy);
            }
        }
    }
}
