//! What is due later: deliveries with a `send_at`, and recurring schedules.

mod ahead;
mod due;
mod hurry;
mod job;
mod list;
mod pause;
pub(crate) mod put;
mod row;
mod soonest;

pub use ahead::Ahead;
pub use hurry::Hurried;
pub use job::{FinishedJob, Job, JobFilter, JobKind, JobPage, JobPause, JobSummary, Put};
pub use soonest::Soonest;
