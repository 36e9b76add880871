//! What the ledger remembers of a delivery, and what it remembers of a failed attempt.

use std::fmt;

use uuid::Uuid;

use crate::{
    Arrival, ChannelName, Content, Key, Notification, Reason, RecipientHash, RecipientHasher, Timestamp, mask,
};

/// Where a delivery stands. There is no "queued": without a row it was not taken yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum State {
    /// A worker holds it under a lease.
    Sending,
    /// A message in a retry queue, or a job of the scheduler, will bring it back.
    Waiting,
    Sent,
    /// The sandbox kept it.
    Captured,
    /// In the dead-letter queue, with a reason.
    Dead,
    /// In the dead-letter queue because it may have been sent and the policy says `hold`.
    Held,
    Expired,
    Suppressed,
    Cancelled,
    /// Given to the next channel of its fallback list.
    FellBack,
    Delivered,
    Bounced,
}

impl State {
    pub const ALL: [Self; 12] = [
        Self::Sending,
        Self::Waiting,
        Self::Sent,
        Self::Captured,
        Self::Dead,
        Self::Held,
        Self::Expired,
        Self::Suppressed,
        Self::Cancelled,
        Self::FellBack,
        Self::Delivered,
        Self::Bounced,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Captured => "captured",
            Self::Dead => "dead",
            Self::Held => "held",
            Self::Expired => "expired",
            Self::Suppressed => "suppressed",
            Self::Cancelled => "cancelled",
            Self::FellBack => "fell_back",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Nothing will be sent any more, whatever arrives. Dead and held are not final: an operator may
    /// move them back.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Sending | Self::Waiting | Self::Dead | Self::Held)
    }

    /// Final, and nothing is ordered for it any more: a copy of its message is just acknowledged.
    pub const fn is_over(self) -> bool {
        self.is_final() && !matches!(self, Self::FellBack)
    }

    /// Its message is in the dead-letter queue.
    pub const fn is_dead_lettered(self) -> bool {
        matches!(self, Self::Dead | Self::Held)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the claim of a `sending` row still holds, by the database's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lease {
    Live,
    RanOut,
}

/// What was ordered for a delivery when its last attempt was decided, so that it can be ordered again.
#[derive(Clone, PartialEq, Debug)]
pub enum Order {
    /// Nothing more: acknowledge.
    Nothing,
    /// Publish to the retry exchange of this tier, 1 to 3.
    Retry { tier: u8 },
    /// Publish to the scheduled queue: the provider asked for more time than the longest tier.
    Schedule { due: Timestamp },
    /// Publish to the dead-letter exchange with this reason.
    DeadLetter { reason: Reason, error: String },
    /// Publish the first item of its fallback list as a delivery of its own.
    Fallback,
    /// Hand the message back to the broker as it came: the worker is stopping.
    GiveBack,
}

/// One delivery in the ledger.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub key: Key,
    pub channel: ChannelName,
    pub state: State,
    /// Retry budgets used before this one.
    pub epoch: u32,
    /// Attempts completed in this epoch.
    pub attempt: u32,
    /// Republishes ordered so far in this epoch.
    pub seq: u32,
    /// Raised by every write; writes compare and swap on it.
    pub version: i64,
    /// Who holds the claim, or held it last.
    pub token: Uuid,
    pub lease: Lease,
    /// Hash of the body; none in the tombstone of a delivery that was cancelled before it was seen.
    pub content: Option<Content>,
    /// Set for a delivery that came without an id: hash of its body and properties.
    pub fingerprint: Option<Content>,
    pub order: Order,
    /// The broker has confirmed the dead letter of this epoch.
    pub has_letter: bool,
    /// Some attempt, in any epoch, may have been accepted without our knowing. Stays for ever.
    pub ambiguous: bool,
    pub throttled_since: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub recipient_hash: RecipientHash,
    pub recipient_mask: String,
    /// The delivery whose fallback this one is.
    pub parent: Option<String>,
    pub provider: Option<String>,
    /// The provider's own id of what it accepted.
    pub provider_id: Option<String>,
    /// The provider's last code.
    pub code: Option<String>,
}

/// How a delivery was first seen: what its row is made of.
pub struct FirstSight<'a> {
    pub arrival: &'a Arrival,
    pub notification: &'a Notification,
    pub fingerprint: Option<Content>,
    pub parent: Option<String>,
    /// The AMQP `timestamp`, from which a `ttl_seconds` counts.
    pub published_at: Option<Timestamp>,
    pub hasher: &'a RecipientHasher,
    pub token: Uuid,
    pub now: Timestamp,
}

impl FirstSight<'_> {
    /// The row that a claim inserts when the ledger does not know the delivery. Its counts come from the
    /// message, so that a delivery goes on where it was when the ledger was lost.
    pub fn row(self) -> Row {
        Row {
            key: self.arrival.key.clone(),
            channel: self.notification.channel.clone(),
            state: State::Sending,
            epoch: self.arrival.epoch,
            attempt: self.arrival.attempt,
            seq: self.arrival.seq,
            version: 1,
            token: self.token,
            lease: Lease::Live,
            content: Some(self.arrival.content),
            fingerprint: self.fingerprint,
            order: Order::Nothing,
            has_letter: false,
            ambiguous: false,
            throttled_since: None,
            expires_at: self.notification.expires_at(self.published_at.unwrap_or(self.now)),
            created_at: self.now,
            updated_at: self.now,
            recipient_hash: self.hasher.hash(&self.notification.destination),
            recipient_mask: mask(&self.notification.destination),
            parent: self.parent,
            provider: None,
            provider_id: None,
            code: None,
        }
    }
}

/// How one recorded try ended. A success is in the row; the others are rows of their own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AttemptOutcome {
    Sent,
    Captured,
    Throttled,
    Retriable,
    /// Refused, but the provider says that it may have been accepted.
    MaybeSent,
    Permanent,
    Ambiguous,
    /// An answer that came after another claim had taken over.
    Late,
}

impl AttemptOutcome {
    pub const ALL: [Self; 8] = [
        Self::Sent,
        Self::Captured,
        Self::Throttled,
        Self::Retriable,
        Self::MaybeSent,
        Self::Permanent,
        Self::Ambiguous,
        Self::Late,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Captured => "captured",
            Self::Throttled => "throttled",
            Self::Retriable => "retriable",
            Self::MaybeSent => "maybe_sent",
            Self::Permanent => "permanent",
            Self::Ambiguous => "ambiguous",
            Self::Late => "late",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// One recorded try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    pub epoch: u32,
    /// 1 for the first try of its epoch.
    pub n: u32,
    pub outcome: AttemptOutcome,
    pub provider: String,
    pub code: Option<String>,
    pub detail: String,
    pub at: Timestamp,
}
