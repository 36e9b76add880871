//! What every process needs and no rule of `domain` may know: whether a role is ready, panics that are contained, how
//! settings are read, and the steps at which a test ends a process. This crate knows no notification.

mod failpoint;
mod panics;
mod readiness;
pub mod settings;

pub use failpoint::{clock_shift_micros, failpoint, failpoint_on};
pub use panics::{Panicked, catch_panic};
pub use readiness::Readiness;
