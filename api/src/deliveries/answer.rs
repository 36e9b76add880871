//! One delivery as it is shown: its states, its attempts, what comes next.

use domain::{Attempt, ChannelName, Order, State, SuppressedFor};
use serde::Serialize;
use store::{DeliveryView, JobSummary, Receipt};
use utoipa::ToSchema;
use web::problem::Warning;

/// One recipient on one channel, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryAnswer {
    /// The delivery's id.
    id: String,
    /// Whose it is.
    tenant: String,
    /// The channel that it goes through.
    #[schema(example = "email")]
    channel: String,
    /// `scheduled` (due later), or one of the states of `GET /deliveries`.
    #[schema(example = "sent")]
    state: String,
    /// Retry budgets used before this one: one for each move out of the dead-letter queue.
    epoch: u32,
    /// Every try, the first to the last.
    attempts: Vec<AttemptAnswer>,
    /// Some attempt may have been accepted without our knowing. Stays for ever.
    ambiguous: bool,
    /// Answers that came after another worker had taken over.
    late_answers: u32,
    /// The recipient, masked.
    #[schema(example = "***@example.com")]
    recipient: String,
    /// When it was first seen.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    updated_at: String,
    /// After this it is not sent any more.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Why it is in the dead-letter queue, from the closed list that operators see there.
    #[schema(example = "exhausted")]
    reason: Option<String>,
    /// The same in words.
    detail: Option<String>,
    /// Why its recipient was on the suppression list, where that has ended it.
    #[schema(example = "complaint")]
    suppressed_for: Option<&'static str>,
    /// Who was to carry the last attempt rather than whoever did, and why it was passed over; or why nobody takes it now.
    #[schema(example = "smtp: it fails too often, its breaker is open")]
    passed_over: Option<String>,
    /// When it is to be sent, or was to be sent before it was cancelled, if that was set for a later time.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// What comes next: `retry.1` to `retry.3`, `scheduled at …`, or nothing.
    #[schema(example = "retry.2")]
    next: Option<String>,
    /// The delivery whose fallback this one is.
    parent: Option<String>,
    /// When the first of its children is to be sent, or was, unless a report calls that off before.
    #[schema(format = DateTime)]
    escalates_at: Option<String>,
    /// The fallbacks that it was handed on to, or will be, in their order.
    children: Vec<ChildAnswer>,
    /// Of one delivery: fields that were not read or have no effect, copies that were left out. Absent without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) warnings: Vec<Warning>,
    /// Of one delivery: what its provider reported later, as it came. Absent when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) receipts: Vec<ReceiptAnswer>,
}

/// One try to send.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptAnswer {
    /// The retry budget that it belongs to.
    epoch: u32,
    /// 1 for the first try of its epoch.
    n: u32,
    /// `sent`, `captured`, `throttled`, `retriable`, `maybe_sent`, `permanent`, `ambiguous` or `late`.
    #[schema(example = "sent")]
    outcome: &'static str,
    /// Who answered.
    #[schema(example = "smtp")]
    provider: String,
    /// The provider's own code.
    code: Option<String>,
    /// What happened, in words.
    detail: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

/// What a provider reported later.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptAnswer {
    /// Who reported it.
    #[schema(example = "twilio")]
    provider: String,
    /// The provider's id of the event; a repeat has the same.
    event_id: String,
    /// The provider's id of the message.
    provider_id: Option<String>,
    /// The retry budget of the attempt that it is about.
    epoch: u32,
    /// The attempt that it is about.
    attempt: u32,
    /// `accepted`, `deferred`, `delivered`, `read`, `opened`, `clicked`, `bounced`, `failed`, `complained`,
    /// `unsubscribed`, `resubscribed`.
    #[schema(example = "delivered")]
    said: String,
    /// Of `bounced`: `address` (nobody is there), `message` (this one was refused), `listed` (the provider sent nothing).
    /// Of `failed`: `retriable` or `permanent`.
    class: Option<String>,
    /// The provider's own code.
    code: Option<String>,
    /// What happened, in words.
    detail: String,
    /// When, by the provider's clock.
    #[schema(format = DateTime)]
    happened_at: Option<String>,
    /// When we were told.
    #[schema(format = DateTime)]
    received_at: String,
}

/// A fallback.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChildAnswer {
    /// Its own id.
    pub(crate) id: String,
    /// Its own state; `scheduled` while it waits for its time, `not-taken-yet` while it is on its way.
    #[schema(example = "sent")]
    pub(crate) state: String,
}

/// As the ledger has it; what is known of it elsewhere is added by whoever asks.
pub(crate) fn answer(view: &DeliveryView, children: Vec<ChildAnswer>) -> DeliveryAnswer {
    let row = &view.row;
    let (reason, detail) = match &row.order {
        Order::DeadLetter { reason, error } if row.state.is_dead_lettered() => {
            (Some(reason.to_string()), Some(error.clone()))
        }
        _ => (None, None),
    };
    let next = match &row.order {
        Order::Retry { tier } if row.state == State::Waiting => Some(format!("retry.{tier}")),
        Order::Schedule { due } if row.state == State::Waiting => Some(format!("scheduled at {due}")),
        _ => None,
    };
    let escalates_at = row.order.escalates_at();
    DeliveryAnswer {
        id: row.key.id.clone(),
        tenant: row.key.tenant.to_string(),
        channel: row.channel.to_string(),
        state: row.state.to_string(),
        epoch: row.epoch,
        attempts: view.attempts.iter().map(attempt).collect(),
        ambiguous: row.ambiguous,
        late_answers: view.late_answers,
        recipient: row.recipient_mask.clone(),
        created_at: row.created_at.to_string(),
        updated_at: row.updated_at.to_string(),
        expires_at: row.expires_at.map(|at| at.to_string()),
        reason,
        detail,
        suppressed_for: row.listed_for().map(SuppressedFor::as_str),
        passed_over: row.passed_over.clone(),
        due_at: view.due_at.filter(|_| escalates_at.is_none()).map(|at| at.to_string()),
        next,
        parent: row.parent.clone(),
        escalates_at: escalates_at.map(|at| at.to_string()),
        children,
        warnings: Vec::new(),
        receipts: Vec::new(),
    }
}

pub(crate) fn receipt(receipt: Receipt) -> ReceiptAnswer {
    ReceiptAnswer {
        provider: receipt.provider,
        event_id: receipt.event_id,
        provider_id: receipt.provider_id,
        epoch: receipt.epoch,
        attempt: receipt.attempt,
        said: receipt.said,
        class: receipt.class,
        code: receipt.code,
        detail: receipt.detail,
        happened_at: receipt.happened_at.map(|at| at.to_string()),
        received_at: receipt.received_at.to_string(),
    }
}

fn attempt(attempt: &Attempt) -> AttemptAnswer {
    AttemptAnswer {
        epoch: attempt.epoch,
        n: attempt.n,
        outcome: attempt.outcome.as_str(),
        provider: attempt.provider.clone(),
        code: attempt.code.clone(),
        detail: attempt.detail.clone(),
        at: attempt.at.to_string(),
    }
}

/// A job that the scheduler has not released yet *is* its delivery.
pub(crate) fn scheduled(job: JobSummary) -> DeliveryAnswer {
    let (channel, recipient) = target(job.channel.as_ref(), job.recipient_mask);
    DeliveryAnswer {
        id: job.key.id,
        tenant: job.key.tenant.to_string(),
        channel,
        state: "scheduled".into(),
        epoch: job.epoch,
        attempts: Vec::new(),
        ambiguous: false,
        late_answers: 0,
        recipient,
        created_at: job.created_at.to_string(),
        updated_at: job.created_at.to_string(),
        expires_at: job.expires_at.map(|at| at.to_string()),
        reason: None,
        detail: None,
        suppressed_for: None,
        passed_over: None,
        due_at: Some(job.due_at.to_string()),
        next: Some(format!("scheduled at {}", job.due_at)),
        parent: None,
        escalates_at: None,
        children: Vec::new(),
        warnings: Vec::new(),
        receipts: Vec::new(),
    }
}

/// A job's channel and masked recipient as they are shown. One that was stored before the ledger kept them is shown as a
/// delivery of which nothing is known.
pub(crate) fn target(channel: Option<&ChannelName>, recipient_mask: Option<String>) -> (String, String) {
    let channel = channel.map_or("unknown", ChannelName::as_str);
    (channel.to_owned(), recipient_mask.unwrap_or_else(|| "***".to_owned()))
}
