//! A message that comes again and again: whoever held it has probably ended by it.

use topology::{Incoming, TOO_MANY_DELIVERIES};

/// What may still be done with a message that came too often, before it goes to the dead-letter queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TooOften {
    /// Its row may be looked for once, so that the row ends with it.
    EndItsRow,
    /// Looking for its row has not helped either: nothing but the dead letter is tried.
    LeaveItsRow,
}

impl TooOften {
    /// `None` for a message that has come as seldom as others.
    pub fn of(incoming: &Incoming) -> Option<Self> {
        match incoming.delivery_count {
            ..TOO_MANY_DELIVERIES => None,
            TOO_MANY_DELIVERIES => Some(Self::EndItsRow),
            _ => Some(Self::LeaveItsRow),
        }
    }
}
