//! How a message came in: the headers of ours that it carried, and what the broker says about it.

use crate::{Content, Key, Lane, Reason, Timestamp};

/// The headers of ours that a message carried. A header whose value has a foreign type or range reads as absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Headers {
    /// Attempts completed in this epoch.
    pub attempt: Option<u32>,
    pub epoch: Option<u32>,
    /// Republishes ordered so far in this epoch.
    pub seq: Option<u32>,
    pub lane: Option<Lane>,
    pub due: Option<Timestamp>,
    /// The scheduler has released this message, which is therefore never deferred again.
    pub released: bool,
    pub parent: Option<String>,
    pub publisher: Option<String>,
    pub dead: Option<DeadMark>,
    /// The broker itself dead-lettered the message from a lane queue (rejected, delivery_limit, maxlen).
    pub broker_death: bool,
    /// `notify-again`: somebody publishes a dead letter by hand and asks for a new budget. The claim answers the
    /// question where the copy meets its row, and the header is never published further.
    pub again: bool,
}

/// Who published a copy. Only an operator's copy gives its delivery a new budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PublishedBy {
    /// A publisher sent the copy: it carries no counts.
    Publisher,
    /// The fleet published the copy again, with its counts.
    Fleet,
    /// An operator moved the copy out of the dead-letter queue with its headers. These name the epoch of the letter, so
    /// several moves of one letter ask for one budget.
    OperatorMove,
    /// An operator published a letter by hand with `notify-again`, which asks for the epoch after the one in which the
    /// row died.
    OperatorRequest,
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
    /// Whether the message says how often it was tried or published again. Every copy that the fleet publishes with an
    /// epoch says both.
    pub fn has_counts(&self) -> bool {
        self.seq.is_some() || self.attempt.is_some()
    }

    /// Tells an operator's move and question, the fleet's republish and a publisher's own message apart.
    pub fn published_by(&self) -> PublishedBy {
        let was_in_the_dead_letter_queue = self.dead.is_some() || self.broker_death;
        match (self.again, self.epoch) {
            _ if was_in_the_dead_letter_queue => PublishedBy::OperatorMove,
            (true, Some(_)) => PublishedBy::OperatorMove,
            (true, None) => PublishedBy::OperatorRequest,
            (false, None) if !self.has_counts() => PublishedBy::Publisher,
            (false, _) => PublishedBy::Fleet,
        }
    }

    /// The epoch that this copy asks for: its `notify-epoch`, or the one after that when an operator moved the copy.
    pub fn effective_epoch(&self) -> u32 {
        self.epoch.unwrap_or(0).saturating_add(u32::from(self.published_by() == PublishedBy::OperatorMove))
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
    /// The `notify-epoch` of the message, or the one after that when an operator moved the message.
    pub epoch: u32,
    /// The `notify-seq` of the message, or 0 when an operator moved the message.
    pub seq: u32,
    /// Attempts completed in this epoch, as far as the message knows. Where the row says otherwise, the row is right.
    pub attempt: u32,
    pub published_by: PublishedBy,
    pub redelivered: bool,
}

impl Arrival {
    pub fn new(key: Key, content: Content, headers: &Headers, redelivered: bool) -> Self {
        let published_by = headers.published_by();
        let of_this_epoch =
            |count: Option<u32>| if published_by == PublishedBy::OperatorMove { 0 } else { count.unwrap_or(0) };
        Self {
            key,
            content,
            epoch: headers.effective_epoch(),
            seq: of_this_epoch(headers.seq),
            attempt: of_this_epoch(headers.attempt),
            published_by,
            redelivered,
        }
    }

    /// The arrival of a message without an id. An operator's letter always has an id, so this message cannot ask for a
    /// budget, whatever its headers say.
    #[must_use]
    pub fn without_id(self) -> Self {
        let published_by =
            if self.published_by == PublishedBy::OperatorRequest { PublishedBy::Publisher } else { self.published_by };
        Self { published_by, ..self }
    }
}

#[cfg(test)]
mod tests;
