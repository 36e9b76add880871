//! What every process stands on and no rule may know: the wall clock, whether a role is ready, panics that are
//! contained, how settings are read, and the steps at which a test ends a process.

mod clock;
mod failpoint;
mod panics;
mod readiness;
pub mod settings;

pub use clock::SystemClock;
pub use failpoint::{failpoint, failpoint_on};
pub use panics::{Panicked, catch_panic};
pub use readiness::Readiness;
