//! The overview as it is shown.

use domain::{Pause, Tenant, Timestamp};
use operations::overview::{ChannelNow, Known, LaneNow, Minute, Overview, ProviderNow};
use serde::Serialize;
use store::{LimitUse, SandboxFault};
use utoipa::ToSchema;

use crate::sandbox::faults::{self, FaultAnswer};

/// What is told of the broker or the ledger when it does not answer: why stays with whoever operates them.
const SILENT: &str = "it does not answer: what is shown of it is as it was at known_at";

/// The fleet at one look.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverviewAnswer {
    /// When it was put together.
    #[schema(format = DateTime)]
    at: String,
    /// Whose deliveries the ledger's numbers are of. Null for those of all tenants.
    tenant: Option<String>,
    broker: KnownAnswer,
    ledger: KnownAnswer,
    /// Counts are of deliveries that were first seen since then: in the last hour, or less where there were more than
    /// 10,000 deliveries. What is in flight or waits is of the last day, as far as the newest 10,000 reach.
    #[schema(format = DateTime)]
    since: String,
    /// Whether the newest 10,000 deliveries are of less than an hour.
    is_cut: bool,
    lanes: Vec<LaneAnswer>,
    channels: Vec<ChannelAnswer>,
    retry_queues: Vec<RetryQueueAnswer>,
    dead_letters: DeadAnswer,
    scheduled: ScheduledAnswer,
    /// How many reports of providers wait to be read.
    inbound_depth: Option<u32>,
    /// How many events wait for endpoints to be told of them.
    callbacks_depth: Option<u32>,
    providers: Vec<ProviderAnswer>,
    /// What is paused now, the newest first.
    pauses: Vec<OverviewPause>,
    /// What goes wrong in the sandbox on demand, by the channel.
    faults: Vec<OverviewFault>,
    /// The last 60 minutes, the oldest first. Fewer where `is_cut`.
    history: Vec<MinuteAnswer>,
}

/// What is known of the broker or of the ledger.
#[derive(Debug, Serialize, ToSchema)]
struct KnownAnswer {
    /// When it has last answered: its numbers are of then. Null where it has not yet.
    #[schema(format = DateTime)]
    known_at: Option<String>,
    /// Null when it answers.
    problem: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
struct LaneAnswer {
    /// `urgent`, `normal` or `bulk`.
    #[schema(example = "normal")]
    lane: &'static str,
    /// How many messages wait in its queue. Null where that is not known.
    depth: Option<u32>,
    /// How many workers take from its queue.
    consumers: Option<u32>,
    /// Deliveries a second that were first seen, in the last minute or two.
    rate_in: f64,
    /// Deliveries a second that have ended, in whatever way.
    rate_out: f64,
    /// How many are being sent right now.
    in_flight: u64,
    /// How many wait to be tried again.
    waiting: u64,
    /// When the oldest of these was first seen.
    #[schema(format = DateTime)]
    oldest: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ChannelAnswer {
    #[schema(example = "sms")]
    channel: String,
    /// How many were first seen.
    accepted: u64,
    /// How many of those are sent, captured or delivered.
    sent: u64,
    /// How many of those are dead, held, or bounced.
    dead: u64,
    /// How many of those have expired, were cancelled or suppressed, or were handed on to their fallback.
    ended_otherwise: u64,
    /// How many attempts beyond the first they took.
    retried: u64,
    /// How many are being sent right now.
    in_flight: u64,
    /// How many wait in each of the three retry queues.
    waiting_by_tier: Vec<u64>,
    /// How many wait otherwise.
    waiting_otherwise: u64,
    /// When the oldest of those in flight and waiting was first seen.
    #[schema(format = DateTime)]
    oldest: Option<String>,
    /// How long half of those that were sent have taken at most, in milliseconds, from when they were first seen until
    /// their provider had them, whatever it has reported since. Those that a later report alone says to have been taken are
    /// left out, because nobody knows when: null where that is all of them.
    p50_ms: Option<u64>,
    /// The same for 99 of 100.
    p99_ms: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct RetryQueueAnswer {
    /// 1 to 3: the shortest delay first.
    tier: u8,
    /// How many messages wait in it. Null where that is not known.
    depth: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DeadAnswer {
    /// How many letters are in the dead-letter queue, of all tenants.
    depth: Option<u32>,
    /// How many groups of letters that failed alike nobody looks after.
    open_groups: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ScheduledAnswer {
    /// How many messages wait for a scheduler to store them.
    depth: Option<u32>,
    /// How many jobs are among the 10,000 of all tenants that are due first.
    jobs: Option<u64>,
    /// When the next of them is due.
    #[schema(format = DateTime)]
    next_due: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProviderAnswer {
    #[schema(example = "twilio")]
    provider: String,
    /// Null for what is found of all its media.
    medium: Option<String>,
    /// The state of its breaker, as the workers have found it.
    #[schema(example = "closed")]
    state: Option<String>,
    /// Whether it is given no messages now.
    is_given_nothing: bool,
    /// Until when it is given no messages.
    #[schema(format = DateTime)]
    open_until: Option<String>,
    /// When a worker has last said so.
    #[schema(format = DateTime)]
    noted_at: Option<String>,
    limits: Vec<LimitAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
struct LimitAnswer {
    window_seconds: u32,
    #[schema(format = DateTime)]
    began: String,
    /// How many messages the workers have leased of it.
    used: u32,
}

/// Something whose deliveries wait.
#[derive(Debug, Serialize, ToSchema)]
struct OverviewPause {
    id: String,
    /// `channel`, `provider`, `template` or `tenant`.
    #[schema(example = "channel")]
    kind: &'static str,
    #[schema(example = "sms")]
    name: String,
    /// Whose deliveries wait. Null for those of all tenants.
    tenant: Option<String>,
    why: String,
    by: String,
    #[schema(format = DateTime)]
    since: String,
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// Something that goes wrong in the sandbox.
#[derive(Debug, Serialize, ToSchema)]
struct OverviewFault {
    /// With whose messages.
    tenant: String,
    #[serde(flatten)]
    fault: FaultAnswer,
}

#[derive(Debug, Serialize, ToSchema)]
struct MinuteAnswer {
    #[schema(format = DateTime)]
    began: String,
    /// How many deliveries were first seen.
    accepted: u64,
    /// How many were sent, captured or delivered.
    sent: u64,
    /// How many attempts beyond the first those took that were first seen in this minute.
    retried: u64,
    /// How many died.
    dead: u64,
}

impl OverviewAnswer {
    pub(super) fn of(seen: &Overview) -> Self {
        Self {
            at: seen.at.to_string(),
            tenant: seen.tenant.as_ref().map(Tenant::to_string),
            broker: known(&seen.broker),
            ledger: known(&seen.ledger),
            since: seen.span.since.to_string(),
            is_cut: seen.span.is_cut,
            lanes: seen.lanes.iter().map(lane).collect(),
            channels: seen.channels.iter().map(channel).collect(),
            retry_queues: (1..).zip(seen.retry_depths).map(|(tier, depth)| RetryQueueAnswer { tier, depth }).collect(),
            dead_letters: DeadAnswer { depth: seen.dead.depth, open_groups: seen.dead.open_groups },
            scheduled: ScheduledAnswer {
                depth: seen.scheduled.depth,
                jobs: seen.scheduled.jobs,
                next_due: time(seen.scheduled.next_due),
            },
            inbound_depth: seen.inbound_depth,
            callbacks_depth: seen.callbacks_depth,
            providers: seen.providers.iter().map(|now| provider(now, seen.at)).collect(),
            pauses: seen.pauses.iter().map(pause).collect(),
            faults: seen.faults.iter().map(fault).collect(),
            history: seen.history.iter().map(minute).collect(),
        }
    }
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn known(known: &Known) -> KnownAnswer {
    KnownAnswer { known_at: time(known.at), problem: known.problem.as_ref().map(|_| SILENT) }
}

fn lane(now: &LaneNow) -> LaneAnswer {
    LaneAnswer {
        lane: now.lane.as_str(),
        depth: now.depth,
        consumers: now.consumers,
        rate_in: now.rate_in,
        rate_out: now.rate_out,
        in_flight: now.in_flight,
        waiting: now.waiting,
        oldest: time(now.oldest),
    }
}

fn channel(now: &ChannelNow) -> ChannelAnswer {
    ChannelAnswer {
        channel: now.channel.clone(),
        accepted: now.accepted,
        sent: now.sent,
        dead: now.dead,
        ended_otherwise: now.ended_otherwise,
        retried: now.retried,
        in_flight: now.in_flight,
        waiting_by_tier: now.waiting_by_tier.to_vec(),
        waiting_otherwise: now.waiting_otherwise,
        oldest: time(now.oldest),
        p50_ms: now.p50_ms,
        p99_ms: now.p99_ms,
    }
}

fn provider(now: &ProviderNow, at: Timestamp) -> ProviderAnswer {
    ProviderAnswer {
        provider: now.provider.clone(),
        medium: now.medium.clone(),
        state: now.state.clone(),
        is_given_nothing: now.is_given_nothing(at),
        open_until: time(now.open_until),
        noted_at: time(now.noted_at),
        limits: now.limits.iter().map(limit).collect(),
    }
}

fn limit(limit: &LimitUse) -> LimitAnswer {
    LimitAnswer { window_seconds: limit.window_seconds, began: limit.began.to_string(), used: limit.used }
}

fn pause(pause: &Pause) -> OverviewPause {
    OverviewPause {
        id: pause.id.clone(),
        kind: pause.kind.as_str(),
        name: pause.name.clone(),
        tenant: pause.tenant.as_ref().map(Tenant::to_string),
        why: pause.why.clone(),
        by: pause.by.clone(),
        since: pause.since.to_string(),
        until: time(pause.until),
    }
}

fn fault(set: &SandboxFault) -> OverviewFault {
    OverviewFault { tenant: set.tenant.to_string(), fault: faults::answer(set.clone()) }
}

fn minute(minute: &Minute) -> MinuteAnswer {
    MinuteAnswer {
        began: minute.began.to_string(),
        accepted: minute.accepted,
        sent: minute.sent,
        retried: minute.retried,
        dead: minute.dead,
    }
}
