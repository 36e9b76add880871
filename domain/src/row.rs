//! What the ledger remembers of a delivery, and what it remembers of a failed attempt.

use std::fmt;

use uuid::Uuid;

use crate::{
    Arrival, ChannelName, Content, Key, Lane, Notification, Priority, Reason, RecipientHash, RecipientHasher,
    SuppressedFor, Timestamp, When, mask,
};

/// Where a delivery stands. There is no "queued": a delivery that nobody has claimed yet has no row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum State {
    /// A worker has claimed the delivery under a lease.
    Sending,
    /// A message in a retry queue, or a job of the scheduler, will bring the delivery back.
    Waiting,
    Sent,
    /// The sandbox captured the message instead of sending it.
    Captured,
    /// The message is in the dead-letter queue, with a reason.
    Dead,
    /// The message is in the dead-letter queue because it may have been sent and the policy says `hold`.
    Held,
    Expired,
    /// The recipient is on the suppression list: nothing was sent.
    Suppressed,
    Cancelled,
    /// The next channel of the fallback list has taken over, as a delivery of its own.
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

    /// Whether the delivery has ended and nothing of it is in any queue. Dead and held are not final: an operator may move
    /// their letters back. Of the final ones only a suppressed one may be tried again, once an operator asks for it.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Sending | Self::Waiting | Self::Dead | Self::Held)
    }

    /// Whether the state is final and nothing is ordered for the delivery any more, but for a child that waits in case
    /// nobody reports: a copy of its message is just acknowledged.
    pub const fn is_over(self) -> bool {
        self.is_final() && !matches!(self, Self::FellBack)
    }

    /// Whether the message of the delivery is in the dead-letter queue.
    pub const fn is_dead_lettered(self) -> bool {
        matches!(self, Self::Dead | Self::Held)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the lease of a `sending` row's claim is still live, by the database's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lease {
    Live,
    RanOut,
}

/// What was ordered for a delivery when its last attempt was decided. The row stores it, so that a later copy can carry
/// it out again.
#[derive(Clone, PartialEq, Debug)]
pub enum Order {
    /// Publish nothing: acknowledge.
    Nothing,
    /// Publish to the retry exchange of this tier, 1 to 3.
    Retry { tier: u8 },
    /// Publish to the scheduled queue: the provider asked for more time than the longest tier.
    Schedule { due: Timestamp },
    /// Publish to the dead-letter exchange with this reason.
    DeadLetter { reason: Reason, error: String },
    /// Publish the first item of the fallback list as a delivery of its own.
    Fallback,
    /// Publish the same to the scheduled queue: it is sent at `due`, unless what it waits for happens in time.
    Escalate { when: When, due: Timestamp },
    /// Publish to the queue of topics: the scheduler makes a delivery for each member.
    FanOut,
    /// Hand the message back to the broker unchanged: the worker is stopping.
    GiveBack,
}

impl Order {
    /// Whether something is published for a delivery that has ended: a child that waits, or the members of a topic. Each
    /// copy of its message orders that once more.
    pub const fn outlives_the_end(&self) -> bool {
        matches!(self, Self::Escalate { .. } | Self::FanOut)
    }

    /// When the child is to be sent that waits in case nobody reports or answers, if there is such a child.
    pub const fn escalates_at(&self) -> Option<Timestamp> {
        match self {
            Self::Escalate { due, .. } => Some(*due),
            _ => None,
        }
    }
}

/// How a delivery came, and what words were asked for, when it was first seen: nothing of it changes afterwards.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Origin {
    /// The lane of the copy that was seen first. None where that is not known: no worker had seen the delivery when it was
    /// cancelled, or the row is older than this field, and then nothing of the rest is known either.
    pub lane: Option<Lane>,
    /// What the publisher asked for. Over HTTP it has chosen the lane.
    pub priority: Priority,
    pub template: Option<String>,
    pub locale: Option<String>,
}

/// One delivery in the ledger.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub key: Key,
    pub channel: ChannelName,
    pub origin: Origin,
    pub state: State,
    /// Retry budgets used before this one.
    pub epoch: u32,
    /// Attempts completed in this epoch.
    pub attempt: u32,
    /// Republishes ordered so far in this epoch.
    pub seq: u32,
    /// Every write raises the version, and compares and swaps on it.
    pub version: i64,
    /// The token of the claim that has the row, or had it last.
    pub token: Uuid,
    pub lease: Lease,
    /// SHA-256 of the body; none in the tombstone of a delivery that was cancelled before it was seen.
    pub content: Option<Content>,
    /// Hash of the body and properties of a message without an id; none for any other.
    pub fingerprint: Option<Content>,
    pub order: Order,
    /// The broker has confirmed the dead letter of this epoch.
    pub has_letter: bool,
    /// Some attempt, in any epoch, may have been accepted without our knowing. Once set, it is never cleared.
    pub ambiguous: bool,
    pub throttled_since: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Once a worker has claimed it to send, of the destination in the form in which its medium compares destinations;
    /// before that as it was published.
    pub recipient_hash: RecipientHash,
    pub recipient_mask: String,
    /// The id of the delivery whose fallback this one is.
    pub parent: Option<String>,
    pub provider: Option<String>,
    /// The id that the provider gave to what it accepted.
    pub provider_id: Option<String>,
    /// The last code that the provider answered.
    pub code: Option<String>,
    /// Why the recipient was on the suppression list when the delivery was claimed last. Nothing is sent for that claim.
    pub suppressed_for: Option<SuppressedFor>,
    /// Who was to carry the last attempt rather than whoever did, and why it was passed over.
    pub passed_over: Option<String>,
}

impl Row {
    /// The same delivery as a ledger inserts it when it does not know it: claimed at `now`, and nothing tried, ordered
    /// or answered yet.
    pub fn as_first(self, now: Timestamp) -> Self {
        Self {
            state: State::Sending,
            version: 1,
            lease: Lease::Live,
            order: Order::Nothing,
            has_letter: false,
            ambiguous: false,
            throttled_since: None,
            created_at: now,
            updated_at: now,
            provider: None,
            provider_id: None,
            code: None,
            suppressed_for: None,
            passed_over: None,
            ..self
        }
    }

    /// Why the recipient was on the suppression list, where that has ended the delivery.
    pub fn listed_for(&self) -> Option<SuppressedFor> {
        self.suppressed_for.filter(|_| matches!(self.state, State::Suppressed | State::FellBack))
    }

    /// Why it waits without having been tried, where what it would take is paused: what no provider takes counts as throttled,
    /// and what is paused does not. `last` is its last attempt.
    pub fn paused_for(&self, last: Option<&Attempt>) -> Option<&str> {
        let was_tried = last.is_some_and(|attempt| attempt.at == self.updated_at);
        let is_paused = self.state == State::Waiting && !was_tried && self.throttled_since.is_none();
        self.passed_over.as_deref().filter(|_| is_paused)
    }

    /// Whether a ledger that does not know the delivery may insert this row as it is.
    pub fn is_first(&self) -> bool {
        *self == self.clone().as_first(self.created_at)
    }
}

/// How a delivery was first seen: the values that its row is made of.
pub struct FirstSight<'a> {
    pub arrival: &'a Arrival,
    pub notification: &'a Notification,
    pub fingerprint: Option<Content>,
    pub parent: Option<String>,
    /// The AMQP `timestamp`, from which a `ttl_seconds` counts.
    pub published_at: Option<Timestamp>,
    pub hasher: &'a RecipientHasher,
    pub token: Uuid,
    /// The lane on which the copy came, or will be released.
    pub lane: Lane,
    pub now: Timestamp,
}

impl FirstSight<'_> {
    /// The row that a claim inserts when the ledger does not know the delivery. Its counts come from the
    /// message, so that a delivery goes on where it was when the ledger was lost.
    pub fn row(self) -> Row {
        Row {
            key: self.arrival.key.clone(),
            channel: self.notification.channel.clone(),
            origin: Origin {
                lane: Some(self.lane),
                priority: self.notification.priority,
                template: self.notification.wording.template.clone(),
                locale: self.notification.wording.locale.clone(),
            },
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
            suppressed_for: None,
            passed_over: None,
        }
    }
}

/// How one recorded attempt ended. A success is recorded in the row; every other attempt has a row of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AttemptOutcome {
    Sent,
    Captured,
    Throttled,
    Retriable,
    /// The provider refused, but says that it may have accepted the message.
    MaybeSent,
    Permanent,
    Ambiguous,
    /// The answer came after another claim had taken over.
    Late,
}

impl AttemptOutcome {
    const ALL: [Self; 8] = [
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

/// One recorded attempt.
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
