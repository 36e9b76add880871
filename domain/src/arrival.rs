//! How a message came in: the headers of ours that it carried, and what the broker says about it.

use crate::{Content, Key, Lane, Timestamp};

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
    /// None of our headers is present, but for the lane: a publisher's own message, or one that somebody read from the
    /// dead-letter queue and published again without its headers.
    pub fn is_bare(&self) -> bool {
        Self { lane: None, ..self.clone() } == Self::default()
    }

    /// It was in the dead-letter queue, whoever put it there.
    pub fn is_dead_marked(&self) -> bool {
        self.dead.is_some() || self.broker_death
    }
}

impl Arrival {
    /// The headers of this copy when it is published again as it is: the same effective epoch, seq and
    /// attempt, but never bare, so that its return is not taken for an operator's move.
    pub fn headers(&self, lane: Lane, received: &Headers) -> Headers {
        Headers {
            attempt: Some(self.attempt),
            epoch: Some(self.epoch),
            seq: Some(self.seq),
            lane: Some(lane),
            due: None,
            released: received.released,
            parent: received.parent.clone(),
            publisher: received.publisher.clone(),
            dead: None,
            broker_death: false,
        }
    }
}

/// One copy of a delivery, as the claim sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    pub key: Key,
    /// SHA-256 of the body: a known id with another content is a conflict.
    pub content: Content,
    /// Effective epoch: `notify-epoch`, one more when it was in the dead-letter queue.
    pub epoch: u32,
    /// Effective seq: 0 for a message that was in the dead-letter queue, else `notify-seq`.
    pub seq: u32,
    /// Attempts completed in this epoch, as far as the message knows. The row beats it.
    pub attempt: u32,
    pub bare: bool,
    pub redelivered: bool,
}

impl Arrival {
    pub fn new(key: Key, content: Content, headers: &Headers, redelivered: bool) -> Self {
        let dead = headers.is_dead_marked();
        let of_this_epoch = |count: Option<u32>| if dead { 0 } else { count.unwrap_or(0) };
        Self {
            key,
            content,
            epoch: headers.epoch.unwrap_or(0).saturating_add(u32::from(dead)),
            seq: of_this_epoch(headers.seq),
            attempt: of_this_epoch(headers.attempt),
            bare: headers.is_bare(),
            redelivered,
        }
    }

    /// Of a message that came without an id: no operator's letter, because a letter has one. So it gives no budget.
    #[must_use]
    pub fn without_id(self) -> Self {
        Self { bare: false, ..self }
    }
}
