//! A message in whose hands ten workers have died is dead-lettered before anything is sent for it. Its row ends with
//! it, so that other copies learn of that, and a move out of the dead-letter queue begins the delivery anew.

use std::sync::Arc;

use domain::{Claim, Failure, FollowUp, Outcome, Reason, Row, Take, decide};
use intake::{InHand, ItsRow, TooOften};
use store::{Claimed, Recorded, Trouble};
use topology::Incoming;

use crate::delivery::Delivery;
use crate::shared::Shared;
use crate::{copies, report};

/// What follows for a message that was delivered too often.
enum Next {
    CarryOut(FollowUp),
    /// The broker has taken the message back with its connection.
    TakenBack,
    /// The message is dead-lettered without a row: it cannot have one, or must not touch it.
    NoRow,
}

pub(crate) async fn give_up(shared: Arc<Shared>, too_often: TooOften, incoming: Incoming) {
    let in_hand = InHand::new(&shared.intake);
    let error = format!(
        "delivered {} times without being settled: workers stop while they hold it",
        incoming.delivery_count + 1
    );
    match end_row(&shared, &in_hand, too_often, &incoming, &error).await {
        Ok(Next::CarryOut(follow_up)) => in_hand.carry_out(follow_up, incoming).await,
        Ok(Next::TakenBack) => copies::taken_back(incoming.lane),
        Ok(Next::NoRow) | Err(_) => {
            in_hand.dead_letter(Reason::RedeliveredTooOften, &error, ItsRow::Untouched, incoming).await;
        }
    }
}

async fn end_row(
    shared: &Shared,
    in_hand: &InHand<'_>,
    too_often: TooOften,
    incoming: &Incoming,
    error: &str,
) -> Result<Next, Trouble> {
    if too_often == TooOften::LeaveItsRow {
        return Ok(Next::NoRow);
    }
    let Ok(notification) = shared.intake.decode(incoming) else { return Ok(Next::NoRow) };
    let named = in_hand.identify(&notification, incoming).await?;
    let delivery = Delivery::new(named, Arc::new(notification), incoming);
    if !incoming.settle.is_current() {
        return Ok(Next::TakenBack);
    }
    let candidate = delivery.candidate(shared, incoming);
    let lease = shared.setup.settings.lease;
    let claim = || shared.intake.store.claim(candidate.clone(), &delivery.arrival, lease);
    let (row, may_have_gone_out) = match shared.intake.breaker.retry_until_taken(claim).await? {
        Claimed::New(row) => (row, delivery.suspected),
        Claimed::Known(Claim::Take(row, take)) => (*row, take == Take::LeaseRanOut),
        Claimed::Known(Claim::Repeat(row)) => {
            let follow_up = incoming.received().follow_up(&row, &row.order, shared.intake.clock.now());
            return Ok(Next::CarryOut(follow_up));
        }
        Claimed::Known(Claim::Ended) => return Ok(Next::CarryOut(copies::ended(incoming.lane))),
        Claimed::Known(Claim::HasLetter) => return Ok(Next::CarryOut(copies::has_letter(&delivery))),
        Claimed::Known(Claim::Park | Claim::Reissue { .. } | Claim::Conflict) => return Ok(Next::NoRow),
    };
    let row = Row { ambiguous: row.ambiguous || may_have_gone_out, ..row };
    let failure = Failure::new("worker", None, error);
    let outcome = Outcome::Permanent { reason: Reason::RedeliveredTooOften, failure };
    let policy = shared.setup.settings.policy(&row.channel);
    let transition = decide(&row, false, &outcome, &policy, shared.intake.clock.now());
    let recorded = shared.intake.breaker.retry_until_taken(|| shared.intake.store.record(&transition, None)).await?;
    report::recorded(shared, &transition, recorded);
    Ok(match recorded {
        Recorded::Late => Next::NoRow,
        Recorded::Written | Recorded::Repeated => {
            let (row, order) = (&transition.row, &transition.order);
            Next::CarryOut(incoming.received().follow_up(row, order, shared.intake.clock.now()))
        }
    })
}
