//! What follows for a copy in hand: which events are told, what is published for it, where, and with which headers, and
//! whether it is then acknowledged. The worker, the scheduler and the simulation all carry out what this file says.

use crate::{
    Arrival, DeadMark, Event, EventName, Headers, InboxStanding, Key, Lane, Order, PublishedBy, Reason, Row, State,
    Timestamp, child_body, child_id, events_of,
};

/// The copy that a process has in hand, as the broker gave it.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The lane of the queue that the copy was consumed from.
    pub lane: Lane,
    pub headers: &'a Headers,
    pub body: &'a [u8],
}

/// What follows for a copy: first what is told, then what is done with it. An event that is confirmed before the order
/// is carried out cannot be overtaken by what the order brings back.
#[derive(Clone, PartialEq, Debug)]
pub struct Follows<'a> {
    pub events: Vec<Event<'a>>,
    pub then: FollowUp,
}

/// What is done with the copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FollowUp {
    /// Acknowledge without publishing anything. `goes_on` says that the delivery goes on all the same.
    Acknowledge { goes_on: bool },
    /// Publish this, and acknowledge once the broker has confirmed it.
    Publish(Box<Publish>),
    /// Hand the copy back to the broker unchanged.
    GiveBack,
}

/// One message to publish. Its id and its publisher's own properties are added where it is published.
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
    /// The queue of messages to topics.
    FanOut,
    DeadLetter,
}

/// Which message is published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// The message has the id and the body of the copy in hand.
    Received,
    /// The message is the fallback of the delivery, or that of a member of its topic: a delivery of its own.
    Child { id: String, body: Vec<u8> },
}

impl Received<'_> {
    /// What the order that was recorded with `row` means for this copy. The order is an argument of its own, because
    /// the row of a copy that is given back still has the order before.
    pub fn follow_up<'r>(self, row: &'r Row, order: &'r Order, now: Timestamp) -> Follows<'r> {
        let publish = match order {
            Order::Nothing => None,
            Order::GiveBack => return FollowUp::GiveBack.into(),
            Order::Retry { tier } => Some(self.publish(Destination::Retry(*tier), self.counted(row))),
            Order::Schedule { due } => {
                Some(self.publish(Destination::Scheduled, Headers { due: Some(*due), ..self.counted(row) }))
            }
            Order::DeadLetter { reason, error } => {
                let mark = DeadMark::new(*reason, error, row.attempt, now);
                Some(self.letter(row.epoch, mark, row.parent.clone()))
            }
            Order::Fallback => self.child(row, Destination::Lane(self.lane), None),
            Order::Escalate { due, .. } => self.child(row, Destination::Scheduled, Some(*due)),
            Order::FanOut => Some(self.publish(Destination::FanOut, self.counted(row))),
        };
        let then = match publish {
            Some(publish) => FollowUp::Publish(Box::new(publish)),
            None => FollowUp::Acknowledge { goes_on: !row.state.is_over() },
        };
        Follows { events: events_of(row, order), then }
    }

    /// Makes a copy that met a row wait for the shortest delay, without spending an attempt. The republish carries the
    /// effective epoch, seq and attempt, so that its return does not count as an operator's move.
    pub fn park(self, arrival: &Arrival) -> Publish {
        self.publish(Destination::Retry(1), self.effective(arrival))
    }

    /// Makes a copy that has met no row yet wait. A copy without counts returns without counts, and an operator's move
    /// returns as an operator's move. None for a redelivered copy with `notify-again`: its row may already have given
    /// the budget that it asks for, so the copy must meet its row first.
    pub fn park_unmet(self, arrival: &Arrival) -> Option<Publish> {
        let counted = self.effective(arrival);
        let headers = match arrival.published_by {
            PublishedBy::OperatorRequest if arrival.redelivered => return None,
            PublishedBy::Publisher | PublishedBy::OperatorRequest if !arrival.redelivered => {
                Headers { attempt: None, epoch: None, seq: None, again: self.headers.again, ..counted }
            }
            PublishedBy::OperatorMove => {
                let of_the_letter = Some(arrival.epoch.saturating_sub(1));
                Headers { attempt: None, epoch: of_the_letter, seq: None, again: true, ..counted }
            }
            PublishedBy::OperatorRequest | PublishedBy::Publisher | PublishedBy::Fleet => counted,
        };
        Some(self.publish(Destination::Retry(1), headers))
    }

    /// Publishes a letter with `notify-again` to its lane with the epoch that it asks for, or a copy that lost its
    /// counts with the epoch of its row; all counts are zero.
    pub fn reissue(self, arrival: &Arrival, epoch: u32) -> Publish {
        let headers = Headers { epoch: Some(epoch), seq: Some(0), attempt: Some(0), ..self.effective(arrival) };
        self.publish(Destination::Lane(self.lane), headers)
    }

    /// The dead letter of a copy that could not be named, or that must not touch its row.
    pub fn dead_letter(self, reason: Reason, error: &str, now: Timestamp) -> Publish {
        let mark = DeadMark::new(reason, error, self.headers.attempt.unwrap_or(0), now);
        self.letter(self.headers.effective_epoch(), mark, self.headers.parent.clone())
    }

    /// The delivery of a member of a topic, by its id and body.
    pub fn member(self, topic: &Key, (id, body): (String, Vec<u8>)) -> Publish {
        let headers = Headers { parent: Some(topic.id.clone()), lane: Some(self.lane), ..Headers::default() };
        Publish { to: Destination::Lane(self.lane), headers, message: Message::Child { id, body } }
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

    /// The first fallback of the delivery; None when the body has no fallback after all.
    fn child(self, row: &Row, to: Destination, due: Option<Timestamp>) -> Option<Publish> {
        let body = child_body(&row.key, self.body, row.expires_at)?;
        let headers = Headers { parent: Some(row.key.id.clone()), lane: Some(self.lane), due, ..Headers::default() };
        let message = Message::Child { id: child_id(&row.key, 1), body };
        Some(Publish { to, headers, message })
    }
}

/// A copy with which there is nothing to tell.
impl From<FollowUp> for Follows<'_> {
    fn from(then: FollowUp) -> Self {
        Self { events: Vec::new(), then }
    }
}

impl<'a> Follows<'a> {
    /// The same, where it tells that a message is in this inbox.
    #[must_use]
    pub fn in_inbox(mut self, standing: InboxStanding<'a>) -> Self {
        let delivered = self.events.iter_mut().filter(|event| event.name == EventName::Delivered);
        delivered.for_each(|event| event.inbox = Some(standing));
        self
    }

    /// What follows for a copy of a delivery that has ended. The end is told again: the process that had this copy in
    /// hand may have died before it told anything. Only a copy that its publisher has just published was in nobody's
    /// hands; with it nothing but a cancel may be untold, because a cancel has no copy of its own. The row that a message
    /// without an id meets on its first delivery is one that it has made, and that an equal message has taken over.
    pub fn of_ended(row: &'a Row, arrival: &Arrival) -> Self {
        let is_first = arrival.published_by == PublishedBy::Publisher && !arrival.redelivered;
        let was_in_no_hands = is_first && row.fingerprint.is_none();
        let is_told = was_in_no_hands && row.state != State::Cancelled;
        let events = if is_told { Vec::new() } else { events_of(row, &row.order) };
        Self { events, then: FollowUp::Acknowledge { goes_on: false } }
    }
}

impl Publish {
    /// The epoch whose dead letter this message is, if it is one. Once the letter is confirmed, the row of that epoch
    /// notes it, so that no later copy publishes a second letter.
    pub fn letter_of(&self) -> Option<u32> {
        self.headers.epoch.filter(|_| self.to == Destination::DeadLetter)
    }
}

/// The headers of a dead letter. They leave out `notify-attempt` and `notify-seq`, because a move out of the
/// dead-letter queue starts from zero.
pub fn letter_headers(epoch: u32, lane: Lane, mark: DeadMark) -> Headers {
    Headers { epoch: Some(epoch), lane: Some(lane), dead: Some(mark), ..Headers::default() }
}

#[cfg(test)]
mod tests;
