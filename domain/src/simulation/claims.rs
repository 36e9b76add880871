//! How a worker claims the copy in hand, and what follows from the answer.

use super::World;
use super::anonymous::FINGERPRINT;
use super::steps::{Step, Worker, claim_name};
use crate::samples::{CONTENT, row};
use crate::{
    Arrival, Cause, Claim, FollowUp, Follows, Lease, NextStep, Publish, PublishedBy, Row, State, Take, Unsent, claim,
};

impl World {
    pub(super) fn claim(&mut self, worker: &mut Worker) -> Step {
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
            _ => {}
        }
        if arrival.published_by == PublishedBy::OperatorMove
            && !self.of(worker).hear_of_a_move(arrival, &claim)
            && self.fair
        {
            self.fail("a letter that was moved once comes twice");
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

    pub(super) fn unsent(&mut self, worker: &Worker, unsent: Unsent<'_>) -> Step {
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
}
