//! What is sent and what became of it: deliveries, attempts, warnings, captures, and the jobs that are due later.
//!
//! The moves in the order of a delivery: `claim`, `write` (which commits what is to be written once an attempt has
//! ended: `record` and others), `lease` for messages without an id, `jobs` for what is due later, `cancel`. Operators
//! read through `views` and `stuck`; `prune` forgets. `row` and `insert` are what the moves share.

mod attempts;
mod cancel;
mod captures;
pub(crate) mod claim;
mod input;
mod insert;
pub(crate) mod jobs;
mod lease;
mod prune;
pub(crate) mod record;
mod row;
mod stuck;
mod views;
mod warnings;
pub(crate) mod write;

pub use cancel::{Cancel, Target};
pub use captures::{Capture, CapturedView};
pub use claim::Claimed;
pub use jobs::{FinishedJob, Job, JobFilter, JobKind, JobPage, JobSummary, Put, Soonest};
pub use lease::{Adoption, Sight};
pub use prune::Pruned;
pub use record::Recorded;
pub use stuck::{Patience, StuckCounts, StuckDelivery, StuckJob};
pub use views::{Cursor, DeliveryView, Filter, Page};

#[cfg(test)]
mod tests;
