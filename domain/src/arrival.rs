//! How a message came in: the headers of ours that it carried, and what the broker says about it.

use crate::{Content, Key, Lane, Reason, Timestamp};

/// Our headers as they were received. A value of a foreign type or range reads as absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Headers {
    /// Attempts completed in this epoch.
    pub attempt: Option<u32>,
    pub epoch: Option<u32>,
    /// Republishes ordered so far in this epoch.
    pub seq: Option<u32>,
    pub lane: Option<Lane>,
    pub due: Option<Timestamp>,
    /// The scheduler has released it: it is never deferred again.
    pub released: bool,
    pub parent: Option<String>,
    pub publisher: Option<String>,
    pub dead: Option<DeadMark>,
    /// The broker itself dead-lettered it from a lane queue (rejected, delivery_limit, maxlen).
    pub broker_death: bool,
    /// Somebody publishes a dead letter by hand and asks for a new budget: `notify-again`. Heard where the copy meets
    /// its row, and never published further.
    pub again: bool,
}

/// Whose hand a copy comes from. Only an operator gives a budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hand {
    /// A publisher's own: it carries no counts.
    Publisher,
    /// The fleet published it again, with its counts.
    Fleet,
    /// An operator moved it out of the dead-letter queue with its headers, which say of which epoch it was: so many
    /// moves of one letter ask for one budget.
    Mover,
    /// An operator took a letter and published it by hand with `notify-again`: it asks for a budget after whichever
    /// epoch its row has died in.
    Asker,
}

/// What the dead-letter queue shows about a message, from the `notify-dead-*` headers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadMark {
    pub reason: String,
    pub error: String,
    pub attempts: u32,
    pub at: Timestamp,
}

impl Headers {
    /// Did an operator move it out of the dead-letter queue, did the fleet publish it again, or is it a publisher's own?
    pub fn hand(&self) -> Hand {
        let was_in_the_dead_letter_queue = self.dead.is_some() || self.broker_death;
        match (self.again, self.epoch) {
            _ if was_in_the_dead_letter_queue => Hand::Mover,
            (true, Some(_)) => Hand::Mover,
            (true, None) => Hand::Asker,
            (false, None) if self.seq.is_none() && self.attempt.is_none() => Hand::Publisher,
            (false, _) => Hand::Fleet,
        }
    }

    /// Retry budgets used before the one that this copy is of: a move asks for the one after that of its letter.
    pub fn effective_epoch(&self) -> u32 {
        self.epoch.unwrap_or(0).saturating_add(u32::from(self.hand() == Hand::Mover))
    }
}

impl DeadMark {
    pub fn new(reason: Reason, error: &str, attempts: u32, at: Timestamp) -> Self {
        Self { reason: reason.as_str().to_owned(), error: error.to_owned(), attempts, at }
    }
}

/// One copy of a delivery, as the claim sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    pub key: Key,
    /// SHA-256 of the body: a known id with another content is a conflict.
    pub content: Content,
    /// Effective epoch: `notify-epoch`, one more when an operator moved it.
    pub epoch: u32,
    /// Effective seq: 0 for a message that an operator moved, else `notify-seq`.
    pub seq: u32,
    /// Attempts completed in this epoch, as far as the message knows. The row beats it.
    pub attempt: u32,
    pub hand: Hand,
    pub redelivered: bool,
}

impl Arrival {
    pub fn new(key: Key, content: Content, headers: &Headers, redelivered: bool) -> Self {
        let hand = headers.hand();
        let of_this_epoch = |count: Option<u32>| if hand == Hand::Mover { 0 } else { count.unwrap_or(0) };
        Self {
            key,
            content,
            epoch: headers.effective_epoch(),
            seq: of_this_epoch(headers.seq),
            attempt: of_this_epoch(headers.attempt),
            hand,
            redelivered,
        }
    }

    /// Of a message that came without an id: no operator's letter, because a letter has one. So it asks for nothing.
    #[must_use]
    pub fn without_id(self) -> Self {
        let hand = if self.hand == Hand::Asker { Hand::Publisher } else { self.hand };
        Self { hand, ..self }
    }
}
