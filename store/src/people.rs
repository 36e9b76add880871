//! What is known of people: who is on the suppression list, who was taken off it, when that was said last, and with which
//! keys they were hashed.

mod keys;
pub(crate) mod lookup;
mod suppressions;
mod times;

pub use suppressions::{Lift, LiftPage, SuppressionCursor, SuppressionFilter, SuppressionPage, Which};
