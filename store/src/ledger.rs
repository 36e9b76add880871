//! What is sent and what became of it: deliveries, attempts, warnings, captures, and the jobs that are due later.
//!
//! `moves` are the operations that are committed in groups: `claim`, `write` (which commits what is written once an
//! attempt has ended: `record` and others), and `jobs::put`. `lease` is for messages without an id, `jobs` for what is
//! due later, `cancel` for cancelling, `prune` for forgetting. Operators read through `views`, `search`, `lately` and `stuck`. `row` and
//! `insert` are shared by many. `receipts` are what providers report
//! later, and `merge` writes what follows from that.

mod attempts;
mod cancel;
mod captures;
pub(crate) mod claim;
mod input;
mod insert;
pub(crate) mod jobs;
pub(crate) mod keeping;
mod lately;
mod lease;
mod merge;
mod moves;
mod prune;
mod receipts;
pub(crate) mod record;
mod row;
pub(crate) mod rows;
mod search;
mod stuck;
mod views;
pub(crate) mod warnings;
pub(crate) mod write;

pub use cancel::{Cancel, Target};
pub use captures::{Capture, CapturedPage, CapturedView};
pub use claim::Claimed;
pub use input::{MAX_PAGE, USUAL_PAGE};
pub use jobs::{Ahead, FinishedJob, Hurried, Job, JobFilter, JobKind, JobPage, JobPause, JobSummary, Put, Soonest};
pub use keeping::KeptReport;
pub use lately::{Lately, LatelyGroup, Took};
pub use lease::{RowLease, Sight};
pub use prune::Pruned;
pub use receipts::Receipt;
pub use record::Recorded;
pub use search::{Cursor, Filter, LOOK, LOOK_BY_ID, Page};
pub use stuck::{Patience, StuckCounts, StuckDelivery, StuckJob};
pub use views::DeliveryView;

#[cfg(test)]
mod tests;
