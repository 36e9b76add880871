//! The numbers of the whole fleet at one look: its queues as the broker has them, and what the ledger says of lately.
//!
//! [`Watching`] is what entrances ask. What the ledger says is of the last hour, or of the newest 10,000
//! deliveries where there were more: [`Overview::span`] tells which. No number is read by walking through the ledger.

mod broker;
mod counted;
mod read;
mod watching;

use domain::{Lane, Pause, Tenant, Timestamp};
use store::{LimitUse, SandboxFault};

pub use self::watching::Watching;

/// How many minutes the history has, the present one included.
const MINUTES: usize = 60;

/// The fleet at one look. Whatever could not be read is as it was read last.
#[derive(Clone, PartialEq, Debug)]
pub struct Overview {
    /// When it was put together.
    pub at: Timestamp,
    /// Whose deliveries the ledger's numbers are of. None for those of everybody. Queues are always of everybody.
    pub tenant: Option<Tenant>,
    pub broker: Known,
    pub ledger: Known,
    pub span: Span,
    /// Urgent first.
    pub lanes: Vec<LaneNow>,
    /// In the order of their names.
    pub channels: Vec<ChannelNow>,
    /// How many messages wait in each of the three retry queues. None where that is not known.
    pub retry_depths: [Option<u32>; 3],
    pub dead: DeadNow,
    pub scheduled: ScheduledNow,
    /// How many of what providers have reported nobody has read yet.
    pub inbound_depth: Option<u32>,
    /// How many events endpoints have not been told of yet.
    pub callbacks_depth: Option<u32>,
    /// In the order of their names.
    pub providers: Vec<ProviderNow>,
    /// What is paused now, the newest first.
    pub pauses: Vec<Pause>,
    /// What goes wrong in the sandbox on demand, by the channel.
    pub faults: Vec<SandboxFault>,
    /// The last 60 minutes, the oldest first. Fewer where the newest deliveries do not reach so far back.
    pub history: Vec<Minute>,
}

/// What is known of the broker or of the ledger.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// When it has last answered: its numbers are of then. None where it has not yet.
    pub at: Option<Timestamp>,
    /// Why it does not answer now. None when it does.
    pub problem: Option<String>,
}

/// Which deliveries the ledger's numbers are of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// Counts and rates are of deliveries that were first seen at this time or later. What is in flight or waits is also of
    /// the day before, as far as the newest deliveries reach.
    pub since: Timestamp,
    /// There were too many in that hour: these are the newest of them.
    pub is_cut: bool,
}

/// One lane. What is not known is None.
#[derive(Clone, PartialEq, Debug)]
pub struct LaneNow {
    pub lane: Lane,
    /// How many messages wait in its queue.
    pub depth: Option<u32>,
    /// How many workers take from its queue.
    pub consumers: Option<u32>,
    /// How many deliveries a second were first seen in the last minute.
    pub rate_in: f64,
    /// How many deliveries a second have ended in the last minute, in whatever way.
    pub rate_out: f64,
    /// How many workers have claimed right now.
    pub in_flight: u64,
    /// How many wait to be tried again.
    pub waiting: u64,
    /// When the oldest of those in flight and waiting was first seen.
    pub oldest: Option<Timestamp>,
}

/// One channel. Its deliveries of the span.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ChannelNow {
    pub channel: String,
    /// All of them.
    pub accepted: u64,
    /// Sent, captured or delivered.
    pub sent: u64,
    /// Dead, held for an operator, or bounced.
    pub dead: u64,
    /// Expired, cancelled, suppressed, or handed on to their fallback.
    pub ended_otherwise: u64,
    /// How many attempts were made beyond the first of each.
    pub retried: u64,
    /// How many workers have claimed right now.
    pub in_flight: u64,
    /// How many wait for each retry queue's delay.
    pub waiting_by_tier: [u64; 3],
    /// How many wait otherwise: with the scheduler, or given back by a worker that stopped.
    pub waiting_otherwise: u64,
    /// When the oldest of those in flight and waiting was first seen.
    pub oldest: Option<Timestamp>,
    /// How long half of those that were sent have taken at most, in milliseconds, from when they were first seen until
    /// their provider had them. Those that a later report alone says to have been taken are not among them.
    pub p50_ms: Option<u64>,
    pub p99_ms: Option<u64>,
}

/// The dead-letter queue.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeadNow {
    /// How many letters are in it.
    pub depth: Option<u32>,
    /// How many groups of letters that failed alike nobody looks after: open, or regressed.
    pub open_groups: Option<u64>,
}

/// What is due later.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScheduledNow {
    /// How many messages wait for a scheduler to store them.
    pub depth: Option<u32>,
    /// How many jobs there are among the 10,000 that are due first.
    pub jobs: Option<u64>,
    /// When the next of them is due.
    pub next_due: Option<Timestamp>,
}

/// How a provider is, as the workers have found it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderNow {
    pub provider: String,
    /// None for what is found of all of its media.
    pub medium: Option<String>,
    /// The state of its breaker, in a word. None where only its limits are known.
    pub state: Option<String>,
    /// Until when it is given no messages.
    pub open_until: Option<Timestamp>,
    pub noted_at: Option<Timestamp>,
    /// What was leased of the windows of its limits.
    pub limits: Vec<LimitUse>,
}

/// What happened within one minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Minute {
    pub began: Timestamp,
    /// How many deliveries were first seen.
    pub accepted: u64,
    /// How many were sent, captured or delivered.
    pub sent: u64,
    /// How many attempts beyond the first those took that were first seen in this minute.
    pub retried: u64,
    /// How many died.
    pub dead: u64,
}

impl Overview {
    /// What is known before anybody has answered: nothing.
    fn unknown(tenant: Option<Tenant>, at: Timestamp) -> Self {
        let lane = |lane| LaneNow {
            lane,
            depth: None,
            consumers: None,
            rate_in: 0.0,
            rate_out: 0.0,
            in_flight: 0,
            waiting: 0,
            oldest: None,
        };
        Self {
            at,
            tenant,
            broker: Known::default(),
            ledger: Known::default(),
            span: Span { since: at, is_cut: false },
            lanes: Lane::ALL.map(lane).to_vec(),
            channels: Vec::new(),
            retry_depths: [None; 3],
            dead: DeadNow::default(),
            scheduled: ScheduledNow::default(),
            inbound_depth: None,
            callbacks_depth: None,
            providers: Vec::new(),
            pauses: Vec::new(),
            faults: Vec::new(),
            history: Vec::new(),
        }
    }
}

impl ProviderNow {
    /// The name under which the workers note it: `twilio/sms`.
    pub fn name(&self) -> String {
        let medium = self.medium.as_ref().map(|medium| format!("/{medium}")).unwrap_or_default();
        format!("{}{medium}", self.provider)
    }

    /// Whether nobody gives it messages.
    pub fn is_given_nothing(&self, now: Timestamp) -> bool {
        self.state.as_deref() == Some("credentials_refused") || self.open_until.is_some_and(|until| until > now)
    }
}
