//! The pipeline of one copy: identify → claim (committed) → try → decide → record (committed) → what follows.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use domain::{Claim, DecodeError, Failure, FollowUp, Notification, Outcome, Reason, Row, Take, decide};
use runtime::{Panicked, catch_panic, failpoint};
use store::{Claimed, Recorded, StoreError};
use topology::Incoming;

use crate::attempt::{Tried, attempt};
use crate::identify::{Delivery, identify};
use crate::settlement::InHand;
use crate::{Shared, report, unread};

/// What is done with a delivery once it is claimed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Doing {
    Send,
    /// Its channel hangs: it gets its row, and comes back later.
    PutAside,
}

/// Takes one copy from its decoded notification to its acknowledgement.
pub(crate) async fn deliver(shared: Arc<Shared>, notification: Arc<Notification>, incoming: Incoming, doing: Doing) {
    let in_hand = InHand::new(&shared, &incoming);
    // A pipeline is some kilobytes of state: in a box, it is not copied from one wrapper into the next.
    match catch_panic(Box::pin(pipeline(&shared, &in_hand, notification, &incoming, doing))).await {
        Ok(Ok(Next::CarryOut(FollowUp::Acknowledge { leaving }))) => in_hand.acknowledge(leaving, incoming).await,
        // Rare, and larger than all the rest: it is allocated only then.
        ended => Box::pin(settle(&in_hand, ended, incoming)).await,
    }
}

/// A body that cannot be read: to the dead-letter queue with its reason, after one delivery.
pub(crate) async fn refuse(shared: Arc<Shared>, error: DecodeError, incoming: Incoming) {
    let in_hand = InHand::new(&shared, &incoming);
    in_hand.dead_letter(error.reason, &error.to_string(), incoming).await;
}

/// How a pipeline ends.
enum Next {
    CarryOut(FollowUp),
    /// The broker has taken the message back with its connection, and delivers it again.
    LetGo,
    Conflict,
}

/// The order of the steps is the promise: what is sent was claimed, what follows was recorded.
async fn pipeline(
    shared: &Shared,
    in_hand: &InHand<'_>,
    notification: Arc<Notification>,
    incoming: &Incoming,
    doing: Doing,
) -> Result<Next, StoreError> {
    let (delivery, adoption) = identify(shared, notification, incoming).await?;
    in_hand.name(&delivery.arrival.key, adoption);
    if !incoming.settle.is_current() {
        return Ok(Next::LetGo);
    }
    let taken = match claim(shared, in_hand, &delivery, incoming).await? {
        ControlFlow::Continue(taken) => taken,
        ControlFlow::Break(next) => return Ok(next),
    };
    failpoint("worker.claimed");
    let tried = try_once(shared, in_hand, &taken, &delivery, incoming, doing).await;
    let policy = shared.settings.policy(&taken.row.channel);
    let has_fallback = delivery.notification.has_fallback();
    let transition = decide(&taken.row, has_fallback, &tried.outcome, &policy, shared.clock.now());
    let recorded = shared.breaker.retry_until_taken(|| shared.store.record(&transition, tried.capture.clone())).await?;
    failpoint("worker.recorded");
    report::recorded(shared, &transition, recorded);
    Ok(Next::CarryOut(match recorded {
        Recorded::Written | Recorded::Repeated => {
            incoming.received().follow_up(&transition.row, &transition.order, shared.clock.now())
        }
        // Another claim took over, perhaps one that holds no message any more: ours must meet the row again.
        Recorded::Late => in_hand.park(&delivery, incoming),
    }))
}

/// A row that this copy has claimed.
struct Taken {
    row: Box<Row>,
    take: Take,
    /// A send that begins later could still run when the lease ends.
    send_until: Instant,
}

/// Claims the delivery, or says what follows for a copy that may not be sent.
async fn claim(
    shared: &Shared,
    in_hand: &InHand<'_>,
    delivery: &Delivery,
    incoming: &Incoming,
) -> Result<ControlFlow<Next, Taken>, StoreError> {
    let candidate = delivery.candidate(shared, incoming);
    let lease = shared.settings.lease;
    let ask = async || {
        let send_until = shared.settings.send_until(Instant::now());
        Ok((shared.store.claim(candidate.clone(), &delivery.arrival, lease).await?, send_until))
    };
    let (claimed, send_until) = shared.breaker.retry_until_taken(ask).await?;
    let follow_up = match claimed {
        Claimed::New(row) => {
            let unknown = &delivery.notification.unknown;
            if !unknown.is_empty() {
                unread::report(shared, &row.key, unknown);
            }
            return Ok(ControlFlow::Continue(Taken { row: Box::new(row), take: Take::Send, send_until }));
        }
        Claimed::Known(Claim::Take(row, take)) => return Ok(ControlFlow::Continue(Taken { row, take, send_until })),
        Claimed::Known(Claim::Repeat(row)) => {
            in_hand.count("repeated");
            incoming.received().follow_up(&row, &row.order, shared.clock.now())
        }
        Claimed::Known(Claim::Park) => in_hand.park(delivery, incoming),
        // A stale copy of an operator's letter must not give a second budget.
        Claimed::Known(Claim::Reissue { .. }) if !incoming.settle.is_current() => {
            return Ok(ControlFlow::Break(Next::LetGo));
        }
        Claimed::Known(Claim::Reissue { epoch }) => in_hand.reissue(delivery, epoch, incoming),
        Claimed::Known(Claim::Ended) => in_hand.ended(),
        Claimed::Known(Claim::HasLetter) => in_hand.has_letter(&delivery.arrival.key),
        Claimed::Known(Claim::Conflict) => return Ok(ControlFlow::Break(Next::Conflict)),
    };
    Ok(ControlFlow::Break(Next::CarryOut(follow_up)))
}

/// An attempt, unless the outcome is known without one: nobody can know whether it was sent, its channel hangs, its
/// time has not come, the worker is stopping, or the broker has taken the message back.
async fn try_once(
    shared: &Shared,
    in_hand: &InHand<'_>,
    taken: &Taken,
    delivery: &Delivery,
    incoming: &Incoming,
    doing: Doing,
) -> Tried {
    match taken.take {
        Take::Send if delivery.doubtful => return lost_answer(MAY_BE_AN_EQUAL_ONE).into(),
        Take::Send if doing == Doing::PutAside => return Outcome::PutAside.into(),
        Take::Send => {}
        Take::LeaseRanOut => return lost_answer(STOPPED).into(),
    }
    if let Some(due) = delivery.notification.send_at
        && !incoming.headers.released
        && due > shared.clock.now()
    {
        return Outcome::Deferred { due }.into();
    }
    if shared.stopping.is_cancelled() || !incoming.settle.is_current() {
        return Outcome::GivenBack.into();
    }
    let _in_flight = shared.slots.in_flight(delivery.lane, &delivery.notification.channel);
    // Until the answer says otherwise, whatever happens.
    in_hand.may_have_gone_out(true);
    let tried = attempt(shared, &taken.row, &delivery.notification, incoming.body.len(), taken.send_until).await;
    in_hand.may_have_gone_out(tried.outcome.may_have_gone_out());
    tried
}

const STOPPED: &str = "the worker that had claimed it stopped before it recorded an answer";
const MAY_BE_AN_EQUAL_ONE: &str = "an equal message without an id was sent by a worker that stopped before it noted the \
     acknowledgement: this may be the same one";

fn lost_answer(detail: &str) -> Outcome {
    Outcome::Ambiguous { failure: Failure::new("worker", None, detail) }
}

async fn settle(in_hand: &InHand<'_>, ended: Result<Result<Next, StoreError>, Panicked>, incoming: Incoming) {
    match ended {
        Ok(Ok(Next::CarryOut(follow_up))) => in_hand.carry_out(follow_up, incoming).await,
        Ok(Ok(Next::LetGo)) => in_hand.taken_back(),
        Ok(Ok(Next::Conflict)) => {
            let error = "this id is known with another body; give the new content an id of its own";
            in_hand.dead_letter(Reason::IdConflict, error, incoming).await;
        }
        Ok(Err(ledger)) => in_hand.internal_error(&ledger, incoming).await,
        // Beyond the pipeline a panic is contained too: the broker dead-letters what it drops.
        Err(Panicked) => {
            let error = in_hand.trouble("the worker panicked");
            in_hand.dead_letter(Reason::InternalError, &error, incoming).await;
        }
    }
}
