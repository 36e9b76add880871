//! May this copy of a delivery be sent now? Every rule here stands for a loss or a silent duplicate
//! that would happen without it.

use uuid::Uuid;

use crate::{Arrival, Lease, Order, PublishedBy, Row, State};

/// What to do with one copy, given what the ledger remembers of its delivery.
#[derive(Clone, PartialEq, Debug)]
pub enum Claim {
    /// Write this row (compare and swap on its version) and continue as [`Take`] says.
    Take(Box<Row>, Take),
    /// Another claim is live: publish this copy unchanged to the first retry tier, then acknowledge it.
    Park,
    /// Carry out the order of this row once more, then acknowledge: nobody can know whether it was carried out before.
    Repeat(Box<Row>),
    /// Publish this copy to its lane with this epoch and with counts of zero, then acknowledge it. The budget that an
    /// operator asked for with `notify-again` is in the headers from then on, so a crash cannot give it twice. A copy
    /// that lost its counts joins the epoch of its row in the same way.
    Reissue { epoch: u32 },
    /// The delivery has ended, as this row says: acknowledge.
    Ended(Box<Row>),
    /// The dead letter of this delivery is in the dead-letter queue, and no operator published this copy: acknowledge
    /// it, and publish no second letter.
    HasLetter,
    /// The id is known with another body: this copy is dead-lettered, never sent and never dropped.
    Conflict,
}

/// What a claim does first with the row that it has written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Take {
    /// Send the delivery.
    Send,
    /// The lease of the claim before ran out, so its attempt is ambiguous: that is decided before anything is sent.
    LeaseRanOut,
}

/// Decides what a copy that met a row may do. Any copy may be the only one left, whatever its counts say: it is dropped
/// only when the delivery has ended, or when its letter is surely in the dead-letter queue. (The store inserts the row
/// of a copy that meets none.) `token` is the new claim's. Due times are never compared: the broker's delay has already
/// passed.
pub fn claim(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    if let Some(take) = committed_before(row, token) {
        return Claim::Take(Box::new(row.clone()), take);
    }
    if row.content.is_some_and(|content| content != arrival.content) {
        return Claim::Conflict;
    }
    match row.state {
        State::FellBack => Claim::Repeat(Box::new(row.clone())),
        State::Suppressed if row.fingerprint.is_none() => claim_once_more(row, arrival, token),
        State::Cancelled if is_closed(row) && row.fingerprint.is_none() => claim_once_more(row, arrival, token),
        // Its child, or what is for the members of its topic, may not be with the scheduler yet.
        state if state.is_final() && row.order.outlives_the_end() => Claim::Repeat(Box::new(row.clone())),
        state if state.is_final() => Claim::Ended(Box::new(row.clone())),
        _ if arrival.epoch > row.epoch => claim_next_epoch(row, arrival, token),
        state if state.is_dead_lettered() => claim_dead(row, arrival),
        _ if arrival.epoch < row.epoch => Claim::Reissue { epoch: row.epoch },
        State::Sending => claim_sending(row, arrival, token),
        _ => claim_waiting(row, arrival, token),
    }
}

/// What this claim's first commit decided, when the answer of that commit was lost and the claim is asked again.
fn committed_before(row: &Row, token: Uuid) -> Option<Take> {
    match row.state {
        State::Sending if row.token == token => Some(Take::Send),
        State::Sending if row.token == taking_over(token) => Some(Take::LeaseRanOut),
        _ => None,
    }
}

/// The token of a claim that took over from one whose lease ran out. It differs from the claim's own, so
/// that a repeated claim is not mistaken for one that may send.
fn taking_over(token: Uuid) -> Uuid {
    Uuid::new_v5(&token, b"lease ran out")
}

/// A move out of the dead-letter queue gives a fresh budget, unless somebody is sending right now.
fn claim_next_epoch(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    if row.state == State::Sending && row.lease == Lease::Live {
        return Claim::Park;
    }
    let mut next = claimed_row(row, arrival, token);
    next.throttled_since = None;
    next.ambiguous |= row.state == State::Sending;
    Claim::Take(Box::new(next), Take::Send)
}

/// Decides about a copy of a delivery whose row is dead or held. A letter that an operator moved too late is published
/// again, also one of an older epoch: the copy may be that very letter, redelivered after its move, and no other copy
/// need exist. A publisher's copy on its first delivery is dropped: the copy whose letter may still have to be
/// published was delivered before. That does not hold for a message without an id, whose copy meets on its first delivery
/// only the row that it has made itself: an equal message has taken that row over, and may find another one when it comes
/// again.
fn claim_dead(row: &Row, arrival: &Arrival) -> Claim {
    match arrival.published_by {
        PublishedBy::OperatorRequest if !arrival.redelivered && row.epoch < u32::MAX => {
            Claim::Reissue { epoch: row.epoch + 1 }
        }
        PublishedBy::OperatorRequest | PublishedBy::OperatorMove => Claim::Repeat(Box::new(row.clone())),
        PublishedBy::Publisher | PublishedBy::Fleet if row.has_letter => Claim::HasLetter,
        PublishedBy::Publisher if !arrival.redelivered && row.fingerprint.is_none() => Claim::HasLetter,
        // The worker that has just recorded the death is publishing the letter.
        PublishedBy::Publisher | PublishedBy::Fleet if !arrival.redelivered && row.lease == Lease::Live => Claim::Park,
        PublishedBy::Publisher | PublishedBy::Fleet => Claim::Repeat(Box::new(row.clone())),
    }
}

/// Whether an operator has ended a dead delivery because its letter was not in the queue any more. Any other row that was
/// cancelled has no order left.
const fn is_closed(row: &Row) -> bool {
    matches!(row.order, Order::DeadLetter { .. })
}

/// Decides about a copy of a delivery whose recipient was on the suppression list, or whose letter was lost. Nothing of it
/// is known to be in any queue, so that only an operator who publishes it once more, or moves the letter that has turned
/// up, can have it tried again, with a budget of its own; the claim of that copy looks at the list again. A row without an
/// id of its publisher's stays as it is: a copy that was moved back may be an equal message, whose own row it would take
/// from it.
fn claim_once_more(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    match arrival.published_by {
        _ if arrival.epoch > row.epoch => claim_next_epoch(row, arrival, token),
        PublishedBy::OperatorRequest if !arrival.redelivered && row.epoch < u32::MAX => {
            Claim::Reissue { epoch: row.epoch + 1 }
        }
        _ => Claim::Ended(Box::new(row.clone())),
    }
}

fn claim_sending(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    match row.lease {
        _ if arrival.seq < row.seq => Claim::Repeat(Box::new(row.clone())),
        Lease::Live => Claim::Park,
        Lease::RanOut => Claim::Take(Box::new(claimed_row(row, arrival, taking_over(token))), Take::LeaseRanOut),
    }
}

fn claim_waiting(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    if arrival.seq < row.seq {
        return Claim::Repeat(Box::new(row.clone()));
    }
    Claim::Take(Box::new(claimed_row(row, arrival, token)), Take::Send)
}

/// The row as the claim writes it. Its counts win over the message's, unless the message counts further: then a new
/// epoch begins, or the ledger was set back to an older state.
fn claimed_row(row: &Row, arrival: &Arrival, token: Uuid) -> Row {
    let mut next = Row {
        state: State::Sending,
        token,
        lease: Lease::Live,
        has_letter: false,
        // Whoever writes the row looks its recipient up.
        suppressed_for: None,
        ..row.clone()
    };
    if (arrival.epoch, arrival.seq) > (row.epoch, row.seq) {
        let attempts_here = if arrival.epoch == row.epoch { row.attempt } else { 0 };
        next.attempt = attempts_here.max(arrival.attempt);
        (next.epoch, next.seq) = (arrival.epoch, arrival.seq);
    }
    next
}

#[cfg(test)]
mod tests;
