//! The pipeline of one copy: identify → claim (committed) → try → decide → record (committed) → what follows.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use domain::{
    Claim, DecodeError, FollowUp, Intent, Lane, NextStep, Notification, Outcome, Reason, Row, Take, Unsent, Ways,
    decide, delivered_too_often,
};
use intake::{Following, InHand, ItsRow};
use runtime::traces::Span;
use runtime::{Panicked, catch_panic, failpoint};
use store::{Claimed, Recorded, StepError};
use topology::Incoming;

use crate::attempt::{LookedUp, Tried, attempt};
use crate::delivery::Delivery;
use crate::health::Wants;
use crate::reveal::form;
use crate::shared::Shared;
use crate::slots::Slot;
use crate::unheeded::unheeded;
use crate::{attached, called_off, copies, gone, inbox, report};

/// Takes one copy from its decoded notification to its acknowledgement. Its place is free as soon as the outcome is
/// committed: the prefetch bounds how many wait for their events to be confirmed.
pub(crate) async fn deliver(
    shared: Arc<Shared>,
    notification: Arc<Notification>,
    mut incoming: Incoming,
    intent: Intent,
    place: Option<Slot>,
) {
    let span = shared.spans.begin(&mut incoming, &notification, shared.intake.clock.as_ref());
    let (in_hand, gone_out) = (InHand::new(&shared.intake), GoneOut::default());
    // A pipeline is some kilobytes of state: in a box, it is not copied from one wrapper into the next.
    let ended =
        catch_panic(Box::pin(pipeline(&shared, &in_hand, &gone_out, notification, &incoming, intent, &span))).await;
    drop(place);
    if ended.is_err() {
        span.fail("panic");
    }
    match ended {
        Ok(Ok(End::CarryOut(Following { told, then: FollowUp::Acknowledge { goes_on } }))) => {
            // Its state is five times as large as the rest, and is there only while the events are being confirmed.
            Box::pin(in_hand.tell_and_acknowledge(told, goes_on, incoming)).await;
        }
        // These ends are rare, and their future is larger than all the rest: it is allocated only when needed.
        ended => Box::pin(settle(&shared, &in_hand, &gone_out, ended, intent, incoming)).await,
    }
}

/// Dead-letters a message whose body cannot be read, with its reason, on its first delivery.
pub(crate) async fn refuse(shared: Arc<Shared>, error: DecodeError, incoming: Incoming) {
    InHand::new(&shared.intake).refuse(error, incoming).await;
}

/// Whether the provider has the message, or may have it, while the row does not say so yet.
#[derive(Default)]
struct GoneOut(AtomicBool);

impl GoneOut {
    fn may_have(&self, may: bool) {
        self.0.store(may, Ordering::Relaxed);
    }

    /// What an operator reads of a delivery that failed by our own fault.
    fn trouble(&self, what: impl Display) -> String {
        match self.0.load(Ordering::Relaxed) {
            true => format!("it may have been sent, look with the provider before you move it back: {what}"),
            false => what.to_string(),
        }
    }
}

/// How a pipeline ends.
enum End {
    CarryOut(Following),
    /// The broker has taken the message back with its connection, and delivers it again.
    TakenBack,
    /// The message is dead-lettered, and its row stays as it is.
    DeadLetter {
        reason: Reason,
        error: String,
    },
}

/// Runs the steps, whose order is the promise: whatever is sent was claimed, and whatever follows was recorded.
async fn pipeline(
    shared: &Shared,
    in_hand: &InHand<'_>,
    gone_out: &GoneOut,
    notification: Arc<Notification>,
    incoming: &Incoming,
    intent: Intent,
    span: &Span,
) -> Result<End, StepError> {
    let is_reserved = intent == Intent::Send && reserve(shared, &notification, incoming.lane).await;
    let named = in_hand.identify(&notification, incoming).await?;
    let mut delivery = Delivery::new(named, notification, incoming).shown_by(span);
    delivery.is_reserved = is_reserved;
    if !incoming.settle.is_current() {
        return Ok(End::TakenBack);
    }
    called_off::stop_what_was_read(shared, &delivery, incoming).await?;
    let (claim, send_until) = claim(shared, &delivery, incoming).await?;
    let copy = delivery.in_hand(incoming, intent);
    let known_row;
    let (row, known) = match copy.after_claim(&claim, shared.intake.clock.now()) {
        NextStep::Attempt(row) => (row, None),
        NextStep::Decide(row, outcome) => {
            known_row = row;
            (&*known_row, Some(outcome))
        }
        NextStep::Unsent(unsent) => return end(shared, &delivery, incoming, unsent).await,
    };
    failpoint("worker.claimed");
    let tried = match known {
        Some(outcome) => outcome.into(),
        None => try_once(shared, gone_out, row, &delivery, incoming, send_until).await?,
    };
    let policy = shared.setup.settings.policy(&row.channel);
    let escalation = delivery.notification.escalation();
    let ways = Ways { has_fallback: delivery.notification.has_fallback(), other: tried.other };
    let decided = decide(row, ways, &tried.outcome, &policy, shared.intake.clock.now());
    let mut transition = decided.escalating(escalation);
    if tried.passed_over.is_some() {
        transition.row.passed_over.clone_from(&tried.passed_over);
    }
    let store = &shared.intake.store;
    let record = async || match &tried.post {
        Some(post) => store.record_posted(&transition, post.clone()).await,
        None => store.record(&transition, tried.capture.clone()).await,
    };
    let recorded = shared.intake.breaker.retry_until_taken(record).await?;
    failpoint("worker.recorded");
    report::recorded(shared, &delivery, &transition, recorded);
    if let Some(reason) = channels::suppresses(&tried.outcome) {
        // It is rare, and its future is large.
        Box::pin(gone::note(shared, &transition.row, &delivery, reason)).await;
    }
    let counters = match recorded {
        Recorded::Written | Recorded::Repeated => None,
        Recorded::Posted(counters) => Some(counters),
        Recorded::Late => return end(shared, &delivery, incoming, copy.after_late_record()).await,
    };
    let (row, order) = (&transition.row, &transition.order);
    let follows = incoming.received().follow_up(row, order, shared.intake.clock.now());
    let follows = inbox::beside(shared, &delivery, follows, counters).await?;
    Ok(End::CarryOut(shared.intake.following(follows, &delivery.notification, incoming)))
}

/// Waits where a limit of the only provider keeps a message back for a moment. True once a place among what the limit allows
/// is taken for it; otherwise it has none, and is parked where it still has to wait.
async fn reserve(shared: &Shared, notification: &Notification, lane: Lane) -> bool {
    let carriers = shared.setup.channels.carriers_of(notification);
    let Ok(carriers) = carriers else { return false };
    let (health, clock) = (&shared.health, &*shared.intake.clock);
    if shared.paused.outcome(notification, clock.now()).is_some() {
        return false;
    }
    let paused = shared.paused.known();
    let wants = Wants { lane, is_reserved: false, paused: paused.as_deref().map(|all| (all, &notification.tenant)) };
    let Some(first) = health.limit_wait(carriers, wants, clock.now()) else { return false };
    let take = |now| health.reserve(carriers, wants, now);
    // It is rare, and its future is large.
    Box::pin(shared.waiting.wait(first, take, lane, clock, &shared.intake.stopping)).await
}

/// Claims the delivery. A send that begins later than the time that is returned could still run when the lease ends.
async fn claim(shared: &Shared, delivery: &Delivery, incoming: &Incoming) -> Result<(Claim, Instant), StepError> {
    let (candidate, listed) = (delivery.candidate(shared, incoming), delivery.listed(shared));
    let lease = shared.setup.settings.lease;
    let ask = async || {
        let send_until = shared.setup.settings.send_until(Instant::now());
        let claimed = shared.intake.store.claim_to_send(candidate.clone(), &delivery.arrival, lease, listed).await?;
        Ok((claimed, send_until))
    };
    let (claimed, send_until) = shared.intake.breaker.retry_until_taken(ask).await?;
    let claim = match claimed {
        Claimed::New(row) => {
            let unknown = &delivery.notification.unknown;
            let unheeded = unheeded(shared, &delivery.notification, incoming);
            if !unknown.is_empty() || !unheeded.is_empty() {
                shared.intake.report_unread(&row.key, unknown, &unheeded);
            }
            Claim::Take(Box::new(row), Take::Send)
        }
        Claimed::Known(claim) => claim,
    };
    Ok((claim, send_until))
}

/// # Errors
/// The ledger does not say what is to be told.
async fn end(shared: &Shared, delivery: &Delivery, incoming: &Incoming, unsent: Unsent<'_>) -> Result<End, StepError> {
    Ok(match unsent {
        Unsent::FollowUp(follows, cause) => {
            report::unsent(delivery, cause);
            let follows = inbox::beside(shared, delivery, follows, None).await?;
            End::CarryOut(shared.intake.following(follows, &delivery.notification, incoming))
        }
        Unsent::TakenBack => End::TakenBack,
        Unsent::DeadLetter { reason, error } => End::DeadLetter { reason, error },
    })
}

/// Makes an attempt, unless it is paused, the worker is stopping or the broker has taken the message back meanwhile.
///
/// # Errors
/// The ledger does not say who gets no copy, how far a command is, or when somebody has written last: nothing was sent.
async fn try_once(
    shared: &Shared,
    gone_out: &GoneOut,
    row: &Row,
    delivery: &Delivery,
    incoming: &Incoming,
    send_until: Instant,
) -> Result<Tried, StepError> {
    let now = shared.intake.clock.now();
    // What has expired meanwhile is left to that end.
    let has_expired = row.expires_at.is_some_and(|expires| expires <= now);
    if !has_expired && let Some(paused) = shared.paused.outcome(&delivery.notification, now) {
        report::waits(&delivery.notification.channel, &paused);
        return Ok(paused.into());
    }
    if let Some(refused) = called_off::refusal(shared, row, delivery).await? {
        return Ok(refused.into());
    }
    let left_in = copies::left_in(shared, row, delivery).await?;
    let mail = left_in.as_ref().unwrap_or(&delivery.notification.wording.mail);
    let named = attached::look_up(shared, row, mail).await?;
    let form = form(shared, row, &delivery.notification).await?;
    if shared.intake.stopping.is_cancelled() || !incoming.settle.is_current() {
        return Ok(Outcome::GivenBack.into());
    }
    // Whatever happens from here on, the message may have gone out until an outcome says otherwise.
    gone_out.may_have(true);
    let tried = attempt(shared, row, delivery, LookedUp { mail, named, form }, incoming.body.len(), send_until).await;
    gone_out.may_have(tried.outcome.may_have_gone_out());
    Ok(tried)
}

async fn settle(
    shared: &Shared,
    in_hand: &InHand<'_>,
    gone_out: &GoneOut,
    ended: Result<Result<End, StepError>, Panicked>,
    intent: Intent,
    incoming: Incoming,
) {
    let (reason, error) = match (ended, intent) {
        (Ok(Ok(End::CarryOut(following))), _) => return in_hand.carry_out(following, incoming).await,
        (Ok(Ok(End::TakenBack)), _) => return report::copy(incoming.lane, "taken_back"),
        (Ok(Ok(End::DeadLetter { reason, error })), _) => (reason, error),
        // A message that is given up needs no row to be dead-lettered.
        (_, Intent::GiveUp { deliveries }) => (Reason::RedeliveredTooOften, delivered_too_often(deliveries)),
        // The worker is stopping while the ledger is away: the message is given back. Otherwise the ledger refuses this
        // one delivery while it accepts others, and the message is dead-lettered.
        (Ok(Err(_)), _) if shared.intake.stopping.is_cancelled() => return incoming.settle.requeue().await,
        (Ok(Err(ledger)), _) => (Reason::InternalError, gone_out.trouble(ledger)),
        // A panic outside of the pipeline is contained too: the broker dead-letters the message that is dropped.
        (Err(Panicked), _) => (Reason::InternalError, gone_out.trouble("the worker panicked")),
    };
    in_hand.dead_letter(reason, &error, ItsRow::Untouched, incoming).await;
}

#[cfg(test)]
mod tests;
