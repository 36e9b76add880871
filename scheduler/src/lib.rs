//! The scheduler: everything that happens because time passed.
//!
//! [`consume`] stores what is due later: the crate [`intake`] says who it is and repeats what was not taken,
//! [`deferral`] keeps the row of a job without an id, or that cannot be stored, and [`settlement`] ends its message.
//! [`wake`] says when to look, [`ticker`] that one should look anyway, [`fire`] publishes what is due, [`rules`] looks
//! whether clocks were changed, [`retention`] forgets what ended long ago, [`stuck`] counts what should have moved and
//! did not. [`Scheduler`] puts them together, and [`shared`] is what every job has.
//! SQL is the truth: any number of schedulers may run at once, kept apart by leases.

mod consume;
mod contained;
mod deferral;
mod demo;
mod fire;
mod job;
mod retention;
mod rules;
mod scheduler;
mod settings;
mod settlement;
mod shared;
mod stuck;
#[cfg(test)]
mod testing;
mod ticker;
mod wake;

pub use demo::Demo;
pub use scheduler::Scheduler;
pub use settings::{Media, Settings};
