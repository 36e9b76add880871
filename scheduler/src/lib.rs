//! The scheduler: everything that happens because time passed.
//!
//! [`consume`] stores what is due later: the crate [`intake`] names each message and repeats steps that failed,
//! [`deferral`] records the row of a job without an id, or of one that cannot be stored, and [`settlement`] settles the
//! message. [`wake`] says when to look for due jobs, [`ticker`] makes the scheduler look once a second anyway, and
//! [`fire`] publishes what is due, and [`readiness`] says whether all this works. [`rules`] moves schedules when a country has changed its clocks, [`retention`]
//! deletes what ended long ago, [`stuck`] counts what should have moved and did not, [`letters`] reads and moves dead letters, and [`journal`] chains what
//! operators did. [`Scheduler`] puts the parts
//! together, and [`shared`] is what every job has. SQL is the truth: any number of schedulers may run at once, and
//! leases keep them apart.

mod consume;
mod contained;
mod deferral;
mod demo;
mod fan_out;
mod fire;
mod job;
mod journal;
mod letters;
mod readiness;
mod retention;
mod rules;
mod scheduler;
mod settings;
mod settlement;
mod shared;
mod stored_files;
mod stuck;
#[cfg(test)]
mod testing;
mod ticker;
mod wake;

pub use demo::Demo;
pub use scheduler::Scheduler;
pub use settings::{Media, Settings};
