//! Messages that are delivered again and again: each process that had such a message in hand has probably crashed by
//! it.

use topology::{Incoming, TOO_MANY_DELIVERIES};

/// What may still be done with a message that was delivered too often, before it is dead-lettered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TooOften {
    /// The row may be looked for once, so that it ends with the message.
    EndItsRow,
    /// Looking for the row has not helped either: nothing but the dead letter is tried.
    LeaveItsRow,
}

impl TooOften {
    /// None for a message that was delivered no more often than usual.
    pub fn of(incoming: &Incoming) -> Option<Self> {
        match incoming.delivery_count {
            ..TOO_MANY_DELIVERIES => None,
            TOO_MANY_DELIVERIES => Some(Self::EndItsRow),
            _ => Some(Self::LeaveItsRow),
        }
    }
}
