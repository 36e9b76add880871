//! The path of one copy: claim (committed) → attempt → decide → record (committed) → obey.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use domain::{
    Claim, DecodeError, Failure, Key, Notification, Order, Outcome, Reason, Row, Take, Transition, decide, failpoint,
};
use futures_util::FutureExt as _;
use store::{Claimed, Recorded, StoreError};
use topology::Incoming;

use crate::Shared;
use crate::attempt::{Tried, attempt};
use crate::identify::{Delivery, identify};
use crate::obey::Held;
use crate::unread;

/// What is done with a delivery once it is claimed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Doing {
    Send,
    /// Its channel hangs: it gets its row, and comes back later.
    PutAside,
}

/// Walks one copy from its decoded notification to its acknowledgement.
pub(crate) async fn deliver(shared: Arc<Shared>, notification: Arc<Notification>, incoming: Incoming, doing: Doing) {
    let held = Held::new(&shared, &incoming);
    // A walk is some kilobytes of state: in a box, it is not copied from one wrapper into the next.
    match contained(Box::pin(walk(&shared, &held, notification, &incoming, doing))).await {
        Ok(Next::Obey(row, Order::Nothing)) => held.end(&row, incoming).await,
        // Rare, and larger than all the rest: it is allocated only then.
        walked => Box::pin(leave(&held, walked, incoming)).await,
    }
}

async fn leave(held: &Held<'_>, walked: Result<Next, Trouble>, incoming: Incoming) {
    match walked {
        Ok(Next::Obey(row, order)) => held.obey(&row, &order, incoming).await,
        Ok(Next::Park(delivery)) => held.park(&delivery, incoming).await,
        Ok(Next::Reissue(delivery, epoch)) => held.reissue(&delivery, epoch, incoming).await,
        Ok(Next::Acknowledge) => held.acknowledge(incoming).await,
        Ok(Next::HasLetter(key)) => held.has_letter(&key, incoming).await,
        Ok(Next::LetGo) => held.count("taken_back"),
        Ok(Next::Conflict) => {
            let error = "this id is known with another body; give the new content an id of its own";
            held.dead_letter(Reason::IdConflict, error, incoming).await;
        }
        Err(Trouble::Panic) => {
            held.dead_letter(Reason::InternalError, &held.trouble("the worker panicked"), incoming).await
        }
        Err(Trouble::Ledger(error)) => held.internal_error(&error, incoming).await,
    }
}

/// Why a walk did not reach its end.
#[derive(Debug)]
enum Trouble {
    Ledger(StoreError),
    Panic,
}

/// A panic is an outcome. (Beyond the walk it is contained too: the broker dead-letters what a panic drops.)
async fn contained<T>(walk: impl Future<Output = Result<T, StoreError>>) -> Result<T, Trouble> {
    match AssertUnwindSafe(walk).catch_unwind().await {
        Ok(walked) => walked.map_err(Trouble::Ledger),
        Err(_panic) => Err(Trouble::Panic),
    }
}

/// A body that cannot be read: to the dead-letter queue with its reason, after one delivery.
pub(crate) async fn refuse(shared: Arc<Shared>, error: DecodeError, incoming: Incoming) {
    let held = Held::new(&shared, &incoming);
    held.dead_letter(error.reason, &error.to_string(), incoming).await;
}

enum Next {
    Obey(Box<Row>, Order),
    Park(Box<Delivery>),
    Reissue(Box<Delivery>, u32),
    Acknowledge,
    HasLetter(Key),
    /// The broker has taken the message back with its connection, and delivers it again.
    LetGo,
    Conflict,
}

async fn walk(
    shared: &Shared,
    held: &Held<'_>,
    notification: Arc<Notification>,
    incoming: &Incoming,
    doing: Doing,
) -> Result<Next, StoreError> {
    let (delivery, adoption) = identify(shared, notification, incoming).await?;
    held.name(&delivery.arrival.key, adoption);
    if !incoming.settle.is_current() {
        return Ok(Next::LetGo);
    }
    let candidate = delivery.candidate(shared, incoming);
    let lease = shared.settings.lease;
    let claim = async || {
        let send_until = shared.settings.send_until(Instant::now());
        Ok((shared.store.claim(candidate.clone(), &delivery.arrival, lease).await?, send_until))
    };
    let (claimed, send_until) = shared.sql.insist(shared, claim).await?;
    let (row, take) = match claimed {
        Claimed::New(row) => {
            let unknown = &delivery.notification.unknown;
            if !unknown.is_empty() {
                unread::tell(shared, &row.key, unknown);
            }
            (Box::new(row), Take::Send)
        }
        Claimed::Known(Claim::Take(row, take)) => (row, take),
        Claimed::Known(Claim::Repeat(row)) => {
            held.count("repeated");
            let order = row.order.clone();
            return Ok(Next::Obey(row, order));
        }
        Claimed::Known(Claim::Park) => return Ok(Next::Park(Box::new(delivery))),
        // A stale copy of an operator's letter must not give a second budget.
        Claimed::Known(Claim::Reissue { .. }) if !incoming.settle.is_current() => return Ok(Next::LetGo),
        Claimed::Known(Claim::Reissue { epoch }) => return Ok(Next::Reissue(Box::new(delivery), epoch)),
        Claimed::Known(Claim::Ended) => return Ok(Next::Acknowledge),
        Claimed::Known(Claim::HasLetter) => return Ok(Next::HasLetter(delivery.arrival.key)),
        Claimed::Known(Claim::Conflict) => return Ok(Next::Conflict),
    };
    failpoint("worker.claimed");
    let tried = match take {
        Take::Send if delivery.doubtful => lost_answer(MAY_BE_AN_EQUAL_ONE).into(),
        Take::Send if doing == Doing::PutAside => Outcome::PutAside.into(),
        Take::Send => try_now(shared, held, &row, &delivery, incoming, send_until).await,
        Take::LeaseRanOut => lost_answer(STOPPED).into(),
    };
    let transition = decide(
        &row,
        delivery.notification.has_fallback(),
        &tried.outcome,
        &shared.settings.policy(&row.channel),
        shared.clock.now(),
    );
    match record(shared, held, &transition, tried).await? {
        Recorded::Written | Recorded::Repeated => Ok(Next::Obey(Box::new(transition.row), transition.order)),
        // Another claim took over, perhaps one that holds no message any more: ours must meet the row again.
        Recorded::Late => Ok(Next::Park(Box::new(delivery))),
    }
}

/// Deferred when its time has not come, given back when the worker is stopping or the broker has taken the
/// message back, else sent.
async fn try_now(
    shared: &Shared,
    held: &Held<'_>,
    row: &Row,
    delivery: &Delivery,
    incoming: &Incoming,
    send_until: Instant,
) -> Tried {
    if let Some(due) = delivery.notification.send_at
        && !incoming.headers.released
        && due > shared.clock.now()
    {
        return Outcome::Deferred { due }.into();
    }
    if shared.stopping.is_cancelled() || !incoming.settle.is_current() {
        return Outcome::GivenBack.into();
    }
    let _flight = shared.slots.fly(delivery.lane, &delivery.notification.channel);
    // Until the answer says otherwise, whatever happens.
    held.may_have_gone_out(true);
    let tried = attempt(shared, row, &delivery.notification, incoming.body.len(), send_until).await;
    held.may_have_gone_out(tried.outcome.may_have_gone_out());
    tried
}

const STOPPED: &str = "the worker that had claimed it stopped before it recorded an answer";
const MAY_BE_AN_EQUAL_ONE: &str = "an equal message without an id was sent by a worker that stopped before it noted the \
     acknowledgement: this may be the same one";

fn lost_answer(detail: &str) -> Outcome {
    Outcome::Ambiguous { failure: Failure::new("worker", None, detail) }
}

async fn record(
    shared: &Shared,
    held: &Held<'_>,
    transition: &Transition,
    tried: Tried,
) -> Result<Recorded, StoreError> {
    let recorded = shared.sql.insist(shared, || shared.store.record(transition, tried.capture.clone())).await?;
    failpoint("worker.recorded");
    held.tell(transition, recorded);
    Ok(recorded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_on_the_way_is_an_outcome() {
        let panicking = async {
            tokio::task::yield_now().await;
            panic!("somewhere between claim and record")
        };
        assert!(matches!(contained::<()>(panicking).await, Err(Trouble::Panic)));
        assert!(matches!(contained(async { Ok(7) }).await, Ok(7)));
    }
}
