//! How a worker ends a copy: what it tells and publishes before it acknowledges, and what the fleet's copies must carry.

use uuid::Uuid;

use super::steps::{Step, Worker};
use super::{Copy, Of, World, brief};
use crate::samples::{CONTENT, NOW, key};
use crate::{Arrival, Counts, Destination, EventName, Headers, KeptHeaders, Message, Publish, Reason};

/// The dead letter of a copy that cannot have its row.
pub(super) fn given_up(copy: &Copy) -> Publish {
    copy.received().dead_letter(Reason::RedeliveredTooOften, "delivered too often", NOW)
}

impl World {
    /// Repeats events until the broker has confirmed them. Those without a confirm may have been heard or not.
    pub(super) fn tell(&mut self, worker: &Worker, told: Vec<(Uuid, EventName)>, then: Box<Step>) -> Step {
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
    pub(super) fn hear(&mut self, worker: &Worker, told: &[(Uuid, EventName)]) {
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
    pub(super) fn leave_to_letter(&mut self, worker: &Worker, letter: Box<Publish>) -> Step {
        match self.publish_confirmed(worker, letter) {
            Step::NoteLetter(_) => worker.end(true),
            Step::Publish(again) => Step::LeaveToLetter(again),
            then => then,
        }
    }

    /// Repeats a publish until the broker has confirmed it. A message without a confirm may be in its queue or nowhere.
    pub(super) fn publish_confirmed(&mut self, worker: &Worker, publish: Box<Publish>) -> Step {
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
    pub(super) fn note_letter(&mut self, worker: &Worker, epoch: u32) -> Step {
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

    /// Every copy of a delivery says who may see it, as the copy did for which it is published.
    pub(super) fn keeps_its_publisher(&self, copy: &Copy, publish: &Publish) {
        let is_the_delivery = publish.message == Message::Received;
        if is_the_delivery && publish.headers.publisher != copy.headers.publisher {
            self.fail("a copy forgot its publisher");
        }
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
            Destination::FanOut => self.fail("a message that is for no topic was published for its members"),
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
