//! What is known of people: their names and addresses, who is on the suppression list, who was taken off it, when that was said last, and with which
//! keys they were hashed, and when they have written last.

mod contacts;
mod heard;
mod keys;
pub(crate) mod lookup;
mod suppressions;
mod times;

pub use contacts::{Contact, ContactAddress, ContactLinked, ContactPut, MAX_ADDRESSES, MAX_CONTACTS, MOST_OF_ACCOUNT};
pub use suppressions::{Lift, LiftFilter, LiftPage, SuppressionCursor, SuppressionFilter, SuppressionPage, Which};
