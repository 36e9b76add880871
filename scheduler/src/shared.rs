//! What every job of one scheduler shares.

use domain::{LetterSealer, Zones};
use intake::Intake;
use runtime::Outage;
use tokio_util::task::TaskTracker;

/// What every job of one scheduler shares.
pub(crate) struct Shared {
    pub(crate) intake: Intake,
    pub(crate) zones: Zones,
    /// Of dead letters that are kept.
    pub(crate) sealer: LetterSealer,
    pub(crate) jobs: TaskTracker,
    /// The ledger does not say what is due.
    pub(crate) looking: Outage,
    /// The broker does not confirm what is due.
    pub(crate) confirming: Outage,
}
