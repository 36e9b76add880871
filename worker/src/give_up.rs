//! A message that has ended ten workers: to the dead-letter queue before anything is sent for it. Its row ends with it, so
//! that copies know, and a move out of the dead-letter queue begins it anew.

use std::sync::Arc;

use domain::{Claim, Failure, Key, Order, Outcome, Reason, Row, Take, decide};
use store::{Claimed, Recorded, StoreError};
use topology::{Incoming, TOO_MANY_DELIVERIES};

use crate::Shared;
use crate::identify::identify;
use crate::obey::Held;

/// How a message leaves whose row says more than that it came too often.
enum Leaves {
    Obey(Box<Row>, Order),
    Acknowledge,
    HasLetter(Key),
    /// The broker has taken it back with its connection.
    LetGo,
}

pub(crate) async fn give_up(shared: Arc<Shared>, incoming: Incoming) {
    let held = Held::new(&shared, &incoming);
    let error = format!(
        "delivered {} times without being settled: workers stop while they hold it",
        incoming.delivery_count + 1
    );
    match look(&shared, &held, &incoming, &error).await {
        Ok(Some(Leaves::Obey(row, order))) => held.obey(&row, &order, incoming).await,
        Ok(Some(Leaves::Acknowledge)) => held.acknowledge(incoming).await,
        Ok(Some(Leaves::HasLetter(key))) => held.has_letter(&key, incoming).await,
        Ok(Some(Leaves::LetGo)) => held.count("taken_back"),
        Ok(None) | Err(_) => held.dead_letter(Reason::RedeliveredTooOften, &error, incoming).await,
    }
}

/// None where it cannot have the row.
async fn look(
    shared: &Shared,
    held: &Held<'_>,
    incoming: &Incoming,
    error: &str,
) -> Result<Option<Leaves>, StoreError> {
    // Looking for its row has not helped either.
    if incoming.delivery_count > TOO_MANY_DELIVERIES {
        return Ok(None);
    }
    let Ok(notification) = incoming.decode(&shared.settings.defaults) else { return Ok(None) };
    let (delivery, adoption) = identify(shared, Arc::new(notification), incoming).await?;
    held.name(&delivery.arrival.key, adoption);
    if !incoming.settle.is_current() {
        return Ok(Some(Leaves::LetGo));
    }
    let candidate = delivery.candidate(shared, incoming);
    let lease = shared.settings.lease;
    let claim = || shared.store.claim(candidate.clone(), &delivery.arrival, lease);
    let (row, may_have_gone_out) = match shared.sql.insist(shared, claim).await? {
        Claimed::New(row) => (row, delivery.doubtful),
        Claimed::Known(Claim::Take(row, take)) => (*row, take == Take::LeaseRanOut),
        Claimed::Known(Claim::Repeat(row)) => {
            let order = row.order.clone();
            return Ok(Some(Leaves::Obey(row, order)));
        }
        Claimed::Known(Claim::Ended) => return Ok(Some(Leaves::Acknowledge)),
        Claimed::Known(Claim::HasLetter) => return Ok(Some(Leaves::HasLetter(delivery.arrival.key))),
        Claimed::Known(Claim::Park | Claim::Reissue { .. } | Claim::Conflict) => return Ok(None),
    };
    let row = Row { ambiguous: row.ambiguous || may_have_gone_out, ..row };
    let failure = Failure::new("worker", None, error);
    let outcome = Outcome::Permanent { reason: Reason::RedeliveredTooOften, failure };
    let policy = shared.settings.policy(&row.channel);
    let transition = decide(&row, false, &outcome, &policy, shared.clock.now());
    let recorded = shared.sql.insist(shared, || shared.store.record(&transition, None)).await?;
    held.tell(&transition, recorded);
    Ok((recorded != Recorded::Late).then(|| Leaves::Obey(Box::new(transition.row), transition.order)))
}
