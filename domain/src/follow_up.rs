//! What follows for a copy in hand: what is published of it, where, and with which headers, and whether it is then
//! acknowledged. The worker, the scheduler and the simulation all go by this.

use crate::{Arrival, DeadMark, Hand, Headers, Lane, Order, Reason, Row, Timestamp, child_body, child_id};

/// The copy that a process has in hand, as the broker gave it.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// That of the queue it was consumed from.
    pub lane: Lane,
    pub headers: &'a Headers,
    pub body: &'a [u8],
}

/// What is done with the copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FollowUp {
    /// Nothing is published for it: acknowledge. `goes_on` says that its delivery goes on all the same.
    Acknowledge { goes_on: bool },
    /// Publish this, and acknowledge once the broker has confirmed it.
    Publish(Box<Publish>),
    /// Hand it back to the broker as it came.
    GiveBack,
}

/// One message to publish, but for its id and the properties that its publisher chose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publish {
    pub to: Destination,
    pub headers: Headers,
    pub message: Message,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Destination {
    Lane(Lane),
    /// The retry exchange of this tier, 1 to 3.
    Retry(u8),
    Scheduled,
    DeadLetter,
}

/// Which message it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// The one in hand: the same id, the same body.
    Received,
    /// Its fallback, which is a delivery of its own.
    Child { id: String, body: Vec<u8> },
}

impl Received<'_> {
    /// What the order that was recorded with `row` means for this copy. The order is asked apart from the row, because
    /// the row of a copy that is given back keeps the order before.
    pub fn follow_up(self, row: &Row, order: &Order, now: Timestamp) -> FollowUp {
        let publish = match order {
            Order::Nothing => None,
            Order::GiveBack => return FollowUp::GiveBack,
            Order::Retry { tier } => Some(self.publish(Destination::Retry(*tier), self.counted(row))),
            Order::Schedule { due } => {
                Some(self.publish(Destination::Scheduled, Headers { due: Some(*due), ..self.counted(row) }))
            }
            Order::DeadLetter { reason, error } => {
                let mark = DeadMark::new(*reason, error, row.attempt, now);
                Some(self.letter(row.epoch, mark, row.parent.clone()))
            }
            Order::Fallback => self.child(row),
        };
        match publish {
            Some(publish) => FollowUp::Publish(Box::new(publish)),
            None => FollowUp::Acknowledge { goes_on: !row.state.is_over() },
        }
    }

    /// For a copy that met a row and must wait: the shortest delay, without spending an attempt. It keeps its effective
    /// epoch, seq and attempt, written out, so that its return is nobody's move.
    pub fn park(self, arrival: &Arrival) -> Publish {
        self.publish(Destination::Retry(1), self.effective(arrival))
    }

    /// The same for a copy that has met no row yet: what came without counts returns without, and what an operator moved
    /// is still an operator's. None for one that asks and was delivered before: it must meet its row first, because it
    /// may have been heard already, and its redelivery must not be heard again.
    pub fn park_unmet(self, arrival: &Arrival) -> Option<Publish> {
        let counted = self.effective(arrival);
        let headers = match arrival.hand {
            Hand::Asker if arrival.redelivered => return None,
            Hand::Publisher | Hand::Asker if !arrival.redelivered => {
                Headers { attempt: None, epoch: None, seq: None, again: self.headers.again, ..counted }
            }
            Hand::Mover => {
                let of_the_letter = Some(arrival.epoch.saturating_sub(1));
                Headers { attempt: None, epoch: of_the_letter, seq: None, again: true, ..counted }
            }
            Hand::Asker | Hand::Publisher | Hand::Fleet => counted,
        };
        Some(self.publish(Destination::Retry(1), headers))
    }

    /// Gives a dead letter that somebody published by hand the epoch that it stands for, or a copy that lost its counts
    /// the epoch of its row: back to its lane, with nothing counted.
    pub fn reissue(self, arrival: &Arrival, epoch: u32) -> Publish {
        let headers = Headers { epoch: Some(epoch), seq: Some(0), attempt: Some(0), ..self.effective(arrival) };
        self.publish(Destination::Lane(self.lane), headers)
    }

    /// The dead letter of a copy without a row: it could not be named, or must not touch its row.
    pub fn dead_letter(self, reason: Reason, error: &str, now: Timestamp) -> Publish {
        let mark = DeadMark::new(reason, error, self.headers.attempt.unwrap_or(0), now);
        self.letter(self.headers.effective_epoch(), mark, self.headers.parent.clone())
    }

    fn publish(self, to: Destination, headers: Headers) -> Publish {
        Publish { to, headers, message: Message::Received }
    }

    fn counted(self, row: &Row) -> Headers {
        Headers {
            attempt: Some(row.attempt),
            epoch: Some(row.epoch),
            seq: Some(row.seq),
            lane: Some(self.lane),
            parent: row.parent.clone(),
            publisher: self.headers.publisher.clone(),
            ..Headers::default()
        }
    }

    fn effective(self, arrival: &Arrival) -> Headers {
        Headers {
            attempt: Some(arrival.attempt),
            epoch: Some(arrival.epoch),
            seq: Some(arrival.seq),
            lane: Some(self.lane),
            released: self.headers.released,
            parent: self.headers.parent.clone(),
            publisher: self.headers.publisher.clone(),
            ..Headers::default()
        }
    }

    fn letter(self, epoch: u32, mark: DeadMark, parent: Option<String>) -> Publish {
        let publisher = self.headers.publisher.clone();
        self.publish(Destination::DeadLetter, Headers { parent, publisher, ..letter_headers(epoch, self.lane, mark) })
    }

    /// None when its body has no fallback after all.
    fn child(self, row: &Row) -> Option<Publish> {
        let body = child_body(&row.key, self.body, row.expires_at)?;
        let headers = Headers { parent: Some(row.key.id.clone()), lane: Some(self.lane), ..Headers::default() };
        let message = Message::Child { id: child_id(&row.key, 1), body };
        Some(Publish { to: Destination::Lane(self.lane), headers, message })
    }
}

impl Publish {
    /// The epoch that has died with this message. The row of that epoch notes the letter once it is confirmed, so that
    /// no copy makes a second one.
    pub fn letter_of(&self) -> Option<u32> {
        self.headers.epoch.filter(|_| self.to == Destination::DeadLetter)
    }
}

/// The headers of a dead letter. They are without `notify-attempt` and `notify-seq`: a move out of the dead-letter queue
/// starts from nothing.
pub fn letter_headers(epoch: u32, lane: Lane, mark: DeadMark) -> Headers {
    Headers { epoch: Some(epoch), lane: Some(lane), dead: Some(mark), ..Headers::default() }
}

#[cfg(test)]
mod tests;
