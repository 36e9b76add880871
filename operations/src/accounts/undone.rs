//! Why a change of accounts was not made.

use domain::{Denied, FieldError};
use store::StoreError;

use super::passwords::NoTurn;
use crate::allowed::NotDone;

/// Nothing was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Undone {
    /// The actor lacks a scope without which it could not even ask.
    Denied(Denied),
    /// These fields are beyond what the actor may give or reach, and nothing else is wrong.
    Beyond(Vec<FieldError>),
    /// Every field that is wrong.
    Invalid(Vec<FieldError>),
    /// There is none of this name or id that the actor could see.
    Unknown,
    /// There is a user of this name.
    Taken,
    /// There are as many as a tenant may have.
    TooMany,
    /// It is the last user who can log in and manages the users of every tenant.
    LastOfAll,
    /// It is the last user who can log in and manages the users of its tenant.
    LastOfTenant,
    /// The password that was given for the old one is not it.
    WrongPassword,
    /// Too many failed with this name from there: wait for so long.
    Locked(std::time::Duration),
    /// The password was neither hashed nor checked.
    NoTurn(NoTurn),
    Ledger(StoreError),
}

impl Undone {
    /// Whether something may have been changed all the same: a ledger that has not answered may have done it.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Ledger(_))
    }
}

impl From<NotDone> for Undone {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Denied(denied) => Self::Denied(denied),
            NotDone::Ledger(error) => Self::Ledger(error),
        }
    }
}

impl From<NoTurn> for Undone {
    fn from(no_turn: NoTurn) -> Self {
        Self::NoTurn(no_turn)
    }
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error)
    }
}
