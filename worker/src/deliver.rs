//! The pipeline of one copy: identify → claim (committed) → try → decide → record (committed) → what follows.

use std::fmt::Display;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use domain::{Claim, DecodeError, Failure, FollowUp, Notification, Outcome, Reason, Row, Take, decide};
use intake::{InHand, ItsRow};
use runtime::{Panicked, catch_panic, failpoint};
use store::{Claimed, Recorded, Trouble};
use topology::Incoming;

use crate::attempt::{Tried, attempt};
use crate::delivery::Delivery;
use crate::shared::Shared;
use crate::{copies, report};

/// What is done with a delivery once it is claimed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Doing {
    Send,
    /// The channel hangs: the delivery gets its row, and its message comes back later.
    PutAside,
}

/// Takes one copy from its decoded notification to its acknowledgement.
pub(crate) async fn deliver(shared: Arc<Shared>, notification: Arc<Notification>, incoming: Incoming, doing: Doing) {
    let (in_hand, gone_out) = (InHand::new(&shared.intake), GoneOut::default());
    // A pipeline is some kilobytes of state: in a box, it is not copied from one wrapper into the next.
    match catch_panic(Box::pin(pipeline(&shared, &in_hand, &gone_out, notification, &incoming, doing))).await {
        Ok(Ok(Next::CarryOut(FollowUp::Acknowledge { goes_on }))) => in_hand.acknowledge(goes_on, incoming).await,
        // These ends are rare, and their future is larger than all the rest: it is allocated only when needed.
        ended => Box::pin(settle(&shared, &in_hand, &gone_out, ended, incoming)).await,
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
enum Next {
    CarryOut(FollowUp),
    /// The broker has taken the message back with its connection, and delivers it again.
    TakenBack,
    Conflict,
}

/// Runs the steps, whose order is the promise: whatever is sent was claimed, and whatever follows was recorded.
async fn pipeline(
    shared: &Shared,
    in_hand: &InHand<'_>,
    gone_out: &GoneOut,
    notification: Arc<Notification>,
    incoming: &Incoming,
    doing: Doing,
) -> Result<Next, Trouble> {
    let named = in_hand.identify(&notification, incoming).await?;
    let delivery = Delivery::new(named, notification, incoming);
    if !incoming.settle.is_current() {
        return Ok(Next::TakenBack);
    }
    let claimed = match claim(shared, &delivery, incoming).await? {
        ControlFlow::Continue(claimed) => claimed,
        ControlFlow::Break(next) => return Ok(next),
    };
    failpoint("worker.claimed");
    let tried = try_once(shared, gone_out, &claimed, &delivery, incoming, doing).await;
    let policy = shared.setup.settings.policy(&claimed.row.channel);
    let has_fallback = delivery.notification.has_fallback();
    let transition = decide(&claimed.row, has_fallback, &tried.outcome, &policy, shared.intake.clock.now());
    let store = &shared.intake.store;
    let recorded = shared.intake.breaker.retry_until_taken(|| store.record(&transition, tried.capture.clone())).await?;
    failpoint("worker.recorded");
    report::recorded(shared, &transition, recorded);
    Ok(Next::CarryOut(match recorded {
        Recorded::Written | Recorded::Repeated => {
            incoming.received().follow_up(&transition.row, &transition.order, shared.intake.clock.now())
        }
        // Another claim took over, and its process may have no message in hand any more: this message must meet the row
        // again.
        Recorded::Late => copies::park(&delivery, incoming),
    }))
}

/// A row that this copy has claimed, and until when it may be sent.
struct ClaimedRow {
    row: Box<Row>,
    take: Take,
    /// A send that begins later than this could still run when the lease ends.
    send_until: Instant,
}

/// Claims the delivery, or says what follows for a copy that may not be sent.
async fn claim(
    shared: &Shared,
    delivery: &Delivery,
    incoming: &Incoming,
) -> Result<ControlFlow<Next, ClaimedRow>, Trouble> {
    let candidate = delivery.candidate(shared, incoming);
    let lease = shared.setup.settings.lease;
    let ask = async || {
        let send_until = shared.setup.settings.send_until(Instant::now());
        Ok((shared.intake.store.claim(candidate.clone(), &delivery.arrival, lease).await?, send_until))
    };
    let (claimed, send_until) = shared.intake.breaker.retry_until_taken(ask).await?;
    let follow_up = match claimed {
        Claimed::New(row) => {
            let unknown = &delivery.notification.unknown;
            if !unknown.is_empty() {
                shared.intake.report_unread(&row.key, unknown);
            }
            return Ok(ControlFlow::Continue(ClaimedRow { row: Box::new(row), take: Take::Send, send_until }));
        }
        Claimed::Known(Claim::Take(row, take)) => {
            return Ok(ControlFlow::Continue(ClaimedRow { row, take, send_until }));
        }
        Claimed::Known(Claim::Repeat(row)) => {
            report::copy(incoming.lane, "repeated");
            incoming.received().follow_up(&row, &row.order, shared.intake.clock.now())
        }
        Claimed::Known(Claim::Park) => copies::park(delivery, incoming),
        // The broker has taken this letter back: reissuing it and its redelivery would give two budgets.
        Claimed::Known(Claim::Reissue { .. }) if !incoming.settle.is_current() => {
            return Ok(ControlFlow::Break(Next::TakenBack));
        }
        Claimed::Known(Claim::Reissue { epoch }) => copies::reissue(delivery, epoch, incoming),
        Claimed::Known(Claim::Ended) => copies::ended(incoming.lane),
        Claimed::Known(Claim::HasLetter) => copies::has_letter(delivery),
        Claimed::Known(Claim::Conflict) => return Ok(ControlFlow::Break(Next::Conflict)),
    };
    Ok(ControlFlow::Break(Next::CarryOut(follow_up)))
}

/// Makes an attempt, unless the outcome is known without one: nobody can know whether the delivery was sent, its
/// channel hangs, its time has not come, the worker is stopping, or the broker has taken the message back.
async fn try_once(
    shared: &Shared,
    gone_out: &GoneOut,
    claimed: &ClaimedRow,
    delivery: &Delivery,
    incoming: &Incoming,
    doing: Doing,
) -> Tried {
    match claimed.take {
        Take::Send if delivery.suspected => return lost_answer(MAY_BE_AN_EQUAL_ONE).into(),
        Take::Send if doing == Doing::PutAside => return Outcome::PutAside.into(),
        Take::Send => {}
        Take::LeaseRanOut => return lost_answer(STOPPED).into(),
    }
    if let Some(due) = delivery.notification.send_at
        && !incoming.headers.released
        && due > shared.intake.clock.now()
    {
        return Outcome::Deferred { due }.into();
    }
    if shared.intake.stopping.is_cancelled() || !incoming.settle.is_current() {
        return Outcome::GivenBack.into();
    }
    let _in_flight = shared.slots.in_flight(delivery.lane, &delivery.notification.channel);
    // Whatever happens from here on, the message may have gone out until an outcome says otherwise.
    gone_out.may_have(true);
    let tried = attempt(shared, &claimed.row, &delivery.notification, incoming.body.len(), claimed.send_until).await;
    gone_out.may_have(tried.outcome.may_have_gone_out());
    tried
}

const ANOTHER_BODY: &str = "this id is known with another body; give the new content an id of its own";
const STOPPED: &str = "the worker that had claimed it stopped before it recorded an answer";
const MAY_BE_AN_EQUAL_ONE: &str = "an equal message without an id was sent by a worker that stopped before it noted the \
     acknowledgement: this may be the same one";

fn lost_answer(detail: &str) -> Outcome {
    Outcome::Ambiguous { failure: Failure::new("worker", None, detail) }
}

async fn settle(
    shared: &Shared,
    in_hand: &InHand<'_>,
    gone_out: &GoneOut,
    ended: Result<Result<Next, Trouble>, Panicked>,
    incoming: Incoming,
) {
    let (reason, error) = match ended {
        Ok(Ok(Next::CarryOut(follow_up))) => return in_hand.carry_out(follow_up, incoming).await,
        Ok(Ok(Next::TakenBack)) => return copies::taken_back(incoming.lane),
        Ok(Ok(Next::Conflict)) => (Reason::IdConflict, ANOTHER_BODY.to_owned()),
        // The worker is stopping while the ledger is away: the message is given back. Otherwise the ledger refuses this
        // one delivery while it accepts others, and the message is dead-lettered.
        Ok(Err(_)) if shared.intake.stopping.is_cancelled() => return incoming.settle.requeue().await,
        Ok(Err(ledger)) => (Reason::InternalError, gone_out.trouble(ledger)),
        // A panic outside of the pipeline is contained too: the broker dead-letters the message that is dropped.
        Err(Panicked) => (Reason::InternalError, gone_out.trouble("the worker panicked")),
    };
    in_hand.dead_letter(reason, &error, ItsRow::Untouched, incoming).await;
}

#[cfg(test)]
mod tests;
