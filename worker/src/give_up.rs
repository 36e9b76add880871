//! A message that has ended ten workers: to the dead-letter queue before anything is sent for it. Its row ends with it, so
//! that copies know, and a move out of the dead-letter queue begins it anew.

use std::sync::Arc;

use domain::{Claim, Failure, FollowUp, Outcome, Reason, Row, Take, decide};
use store::{Claimed, Recorded, StoreError};
use topology::{Incoming, TOO_MANY_DELIVERIES};

use crate::identify::identify;
use crate::settlement::InHand;
use crate::{Shared, report};

/// What its row says of a message that came too often.
enum Found {
    CarryOut(FollowUp),
    /// The broker has taken it back with its connection.
    LetGo,
    /// It cannot have a row of its own.
    NoRow,
}

pub(crate) async fn give_up(shared: Arc<Shared>, incoming: Incoming) {
    let in_hand = InHand::new(&shared, &incoming);
    let error = format!(
        "delivered {} times without being settled: workers stop while they hold it",
        incoming.delivery_count + 1
    );
    match look(&shared, &in_hand, &incoming, &error).await {
        Ok(Found::CarryOut(follow_up)) => in_hand.carry_out(follow_up, incoming).await,
        Ok(Found::LetGo) => in_hand.taken_back(),
        Ok(Found::NoRow) | Err(_) => in_hand.dead_letter(Reason::RedeliveredTooOften, &error, incoming).await,
    }
}

async fn look(shared: &Shared, in_hand: &InHand<'_>, incoming: &Incoming, error: &str) -> Result<Found, StoreError> {
    // Looking for its row has not helped either.
    if incoming.delivery_count > TOO_MANY_DELIVERIES {
        return Ok(Found::NoRow);
    }
    let Ok(notification) = incoming.decode(&shared.settings.defaults) else { return Ok(Found::NoRow) };
    let (delivery, adoption) = identify(shared, Arc::new(notification), incoming).await?;
    in_hand.name(&delivery.arrival.key, adoption);
    if !incoming.settle.is_current() {
        return Ok(Found::LetGo);
    }
    let candidate = delivery.candidate(shared, incoming);
    let lease = shared.settings.lease;
    let claim = || shared.store.claim(candidate.clone(), &delivery.arrival, lease);
    let (row, may_have_gone_out) = match shared.breaker.retry_until_taken(claim).await? {
        Claimed::New(row) => (row, delivery.doubtful),
        Claimed::Known(Claim::Take(row, take)) => (*row, take == Take::LeaseRanOut),
        Claimed::Known(Claim::Repeat(row)) => {
            let follow_up = incoming.received().follow_up(&row, &row.order, shared.clock.now());
            return Ok(Found::CarryOut(follow_up));
        }
        Claimed::Known(Claim::Ended) => return Ok(Found::CarryOut(in_hand.ended())),
        Claimed::Known(Claim::HasLetter) => return Ok(Found::CarryOut(in_hand.has_letter(&delivery.arrival.key))),
        Claimed::Known(Claim::Park | Claim::Reissue { .. } | Claim::Conflict) => return Ok(Found::NoRow),
    };
    let row = Row { ambiguous: row.ambiguous || may_have_gone_out, ..row };
    let failure = Failure::new("worker", None, error);
    let outcome = Outcome::Permanent { reason: Reason::RedeliveredTooOften, failure };
    let policy = shared.settings.policy(&row.channel);
    let transition = decide(&row, false, &outcome, &policy, shared.clock.now());
    let recorded = shared.breaker.retry_until_taken(|| shared.store.record(&transition, None)).await?;
    report::recorded(shared, &transition, recorded);
    Ok(match recorded {
        Recorded::Late => Found::NoRow,
        Recorded::Written | Recorded::Repeated => {
            let (row, order) = (&transition.row, &transition.order);
            Found::CarryOut(incoming.received().follow_up(row, order, shared.clock.now()))
        }
    })
}
