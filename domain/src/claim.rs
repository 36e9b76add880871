//! May this copy of a delivery be sent now? Every rule here stands for a loss or a silent duplicate
//! that would happen without it.

use uuid::Uuid;

use crate::{Arrival, Hand, Lease, Row, State};

/// What to do with one copy, given what the ledger remembers of its delivery.
#[derive(Clone, PartialEq, Debug)]
pub enum Claim {
    /// Write this row (compare and swap on its version) and go on as [`Take`] says.
    Take(Box<Row>, Take),
    /// Another claim is live: publish unchanged to the first retry tier, acknowledge.
    Park,
    /// Do again what this row's order says, acknowledge: nobody can know whether that copy went out.
    Repeat(Box<Row>),
    /// Publish it to its lane with this epoch and nothing counted, acknowledge. So the budget that an
    /// operator gave by publishing a dead letter by hand travels with the message, and a
    /// crash gives none; and a copy that lost its counts joins the epoch of its row.
    Reissue { epoch: u32 },
    /// The delivery has ended: acknowledge.
    Ended,
    /// Its dead letter is in the dead-letter queue, and this copy is not an operator's: acknowledge, without another
    /// letter.
    HasLetter,
    /// The id is known with another body: to the dead-letter queue, never sent, never dropped.
    Conflict,
}

/// Why a taken delivery is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Take {
    /// Send it.
    Send,
    /// The lease of the claim before ran out: its attempt is ambiguous, decide that first.
    LeaseRanOut,
}

/// Decides about a copy that met a row. Only the end of a delivery, or a letter that is surely in the dead-letter
/// queue, lets a copy go: whatever the counts say, it may be the only one left.
/// (A copy that meets none is inserted by the store as it is.)
/// `token` is the new claim's. Due times are never compared: the broker's delay has already passed.
pub fn claim(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    if let Some(take) = committed_before(row, token) {
        return Claim::Take(Box::new(row.clone()), take);
    }
    if row.content.is_some_and(|content| content != arrival.content) {
        return Claim::Conflict;
    }
    match row.state {
        State::FellBack => Claim::Repeat(Box::new(row.clone())),
        state if state.is_final() => Claim::Ended,
        _ if arrival.epoch > row.epoch => claim_next_epoch(row, arrival, token),
        state if state.is_dead_lettered() => claim_dead(row, arrival),
        _ if arrival.epoch < row.epoch => Claim::Reissue { epoch: row.epoch },
        State::Sending => claim_sending(row, arrival, token),
        _ => claim_waiting(row, arrival, token),
    }
}

/// The answer of this claim's first commit was lost: the same answer again.
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
    let mut next = taken(row, arrival, token);
    next.throttled_since = None;
    next.ambiguous |= row.state == State::Sending;
    Claim::Take(Box::new(next), Take::Send)
}

/// The obligation is a dead letter. One that an operator moved too late goes there again, of an older epoch too: it may
/// be the very letter, moved and then redelivered, and no other copy need exist. A publisher's copy that comes for the
/// first time is not the one whose letter may still have to be published: that one was delivered before.
fn claim_dead(row: &Row, arrival: &Arrival) -> Claim {
    match arrival.hand {
        Hand::Asker if !arrival.redelivered && row.epoch < u32::MAX => Claim::Reissue { epoch: row.epoch + 1 },
        Hand::Asker | Hand::Mover => Claim::Repeat(Box::new(row.clone())),
        Hand::Publisher if !arrival.redelivered => Claim::HasLetter,
        Hand::Publisher | Hand::Fleet if row.has_letter => Claim::HasLetter,
        // Whoever has just recorded the death is publishing the letter.
        Hand::Fleet if !arrival.redelivered && row.lease == Lease::Live => Claim::Park,
        Hand::Publisher | Hand::Fleet => Claim::Repeat(Box::new(row.clone())),
    }
}

fn claim_sending(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    match row.lease {
        _ if arrival.seq < row.seq => Claim::Repeat(Box::new(row.clone())),
        Lease::Live => Claim::Park,
        Lease::RanOut => Claim::Take(Box::new(taken(row, arrival, taking_over(token))), Take::LeaseRanOut),
    }
}

fn claim_waiting(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    if arrival.seq < row.seq {
        return Claim::Repeat(Box::new(row.clone()));
    }
    Claim::Take(Box::new(taken(row, arrival, token)), Take::Send)
}

/// The row beats the message, unless the message counts further: then a new epoch begins, or the ledger
/// was set back to an older state.
fn taken(row: &Row, arrival: &Arrival, token: Uuid) -> Row {
    let mut next = Row { state: State::Sending, token, lease: Lease::Live, has_letter: false, ..row.clone() };
    if (arrival.epoch, arrival.seq) > (row.epoch, row.seq) {
        let attempts_here = if arrival.epoch == row.epoch { row.attempt } else { 0 };
        next.attempt = attempts_here.max(arrival.attempt);
        (next.epoch, next.seq) = (arrival.epoch, arrival.seq);
    }
    next
}

#[cfg(test)]
mod tests;
