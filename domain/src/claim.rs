//! May this copy of a delivery be sent now? Every rule here stands for a loss or a silent duplicate
//! that would happen without it.

use uuid::Uuid;

use crate::{Arrival, Lease, Row, State};

/// What to do with one copy, given what the ledger remembers of its delivery.
#[derive(Clone, PartialEq, Debug)]
pub enum Claim {
    /// Write this row (compare and swap on its version) and go on as [`Take`] says.
    Take(Box<Row>, Take),
    /// Another claim is live: publish unchanged to the first retry tier, acknowledge.
    Park,
    /// Do again what this row's order says, acknowledge: nobody can know whether that copy went out.
    Repeat(Box<Row>),
    /// An operator published a dead letter again without its headers: publish it to its lane with
    /// this epoch, acknowledge. So the new budget travels with the message, and a crash gives none.
    Reissue { epoch: u32 },
    /// Acknowledge without sending.
    Drop(Drop),
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

/// Why a copy is acknowledged without being sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Drop {
    /// The delivery has ended.
    Ended,
    /// The copy belongs to a budget that an operator's move has ended.
    OldEpoch,
    /// A later copy has already been claimed.
    OldSeq,
}

impl Drop {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::OldEpoch => "old_epoch",
            Self::OldSeq => "old_seq",
        }
    }
}

/// Decides about a copy that met a row. (A copy that meets none is inserted by the store as it is.)
/// `token` is the new claim's. Due times are never compared: the broker's delay has already passed.
pub fn claim(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    if row.token == token && row.state == State::Sending {
        return Claim::Take(Box::new(row.clone()), Take::Send);
    }
    if row.content.is_some_and(|content| content != arrival.content) {
        return Claim::Conflict;
    }
    match row.state {
        State::FellBack => Claim::Repeat(Box::new(row.clone())),
        state if state.is_final() => Claim::Drop(Drop::Ended),
        _ if arrival.epoch > row.epoch => claim_next_epoch(row, arrival, token),
        state if state.is_dead_lettered() => claim_dead(row, arrival),
        _ if arrival.epoch < row.epoch => Claim::Drop(Drop::OldEpoch),
        State::Sending => claim_sending(row, arrival, token),
        _ => claim_waiting(row, arrival, token),
    }
}

/// A move out of the dead-letter queue gives a fresh budget, unless somebody is sending right now.
fn claim_next_epoch(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    if row.state == State::Sending && row.lease == Lease::Live {
        return Claim::Park;
    }
    let mut next = taken(row, token);
    next.epoch = arrival.epoch;
    next.attempt = 0;
    next.seq = 0;
    next.throttled_since = None;
    next.ambiguous |= row.state == State::Sending;
    Claim::Take(Box::new(next), Take::Send)
}

fn claim_dead(row: &Row, arrival: &Arrival) -> Claim {
    if arrival.bare && !arrival.redelivered {
        return Claim::Reissue { epoch: row.epoch.saturating_add(1) };
    }
    if arrival.epoch < row.epoch {
        return Claim::Drop(Drop::OldEpoch);
    }
    Claim::Repeat(Box::new(row.clone()))
}

fn claim_sending(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    match row.lease {
        _ if arrival.seq < row.seq => Claim::Drop(Drop::OldSeq),
        Lease::Live => Claim::Park,
        Lease::RanOut => Claim::Take(Box::new(taken(row, token)), Take::LeaseRanOut),
    }
}

fn claim_waiting(row: &Row, arrival: &Arrival, token: Uuid) -> Claim {
    if arrival.seq < row.seq {
        return Claim::Repeat(Box::new(row.clone()));
    }
    Claim::Take(Box::new(taken(row, token)), Take::Send)
}

fn taken(row: &Row, token: Uuid) -> Row {
    Row { state: State::Sending, token, lease: Lease::Live, ..row.clone() }
}
