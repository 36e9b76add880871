//! What is known of people: who is on the suppression list, and who was taken off it.

pub(crate) mod lookup;
mod suppressions;

pub use suppressions::{Lift, LiftPage, SuppressionCursor, SuppressionFilter, SuppressionPage, Which};
