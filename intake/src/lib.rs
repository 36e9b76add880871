//! What every consumer does with a message in hand, written once for all roles: it reads the body, names the delivery,
//! repeats its steps with the ledger until these are done, tells what has happened to it, and settles the message once
//! what follows from it is confirmed.
//!
//! A role makes one [`Intake`], and an [`InHand`] for each message. In the order of a message:
//! [`TooOften`] says whether anything may still be tried, [`Intake::decode`] reads the body, [`InHand::identify`] names
//! the delivery, the [`store::LedgerBreaker`] repeats each step with the ledger, and one method of [`InHand`] settles the
//! message. [`Role`] has everything in which the roles differ.

mod escalation;
mod following;
mod in_hand;
mod intake;
mod named;
mod role;
mod telling;
mod too_often;

pub use following::Following;
pub use in_hand::{InHand, ItsRow};
pub use intake::Intake;
pub use named::Named;
pub use role::{DeadLettered, Role, Steps};
pub use telling::{Teller, Told};
pub use too_often::TooOften;
