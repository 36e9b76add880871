//! What every job of one scheduler shares.

use domain::Zones;
use intake::Intake;
use tokio_util::task::TaskTracker;

/// What every job of one scheduler shares.
pub(crate) struct Shared {
    pub(crate) intake: Intake,
    pub(crate) zones: Zones,
    pub(crate) jobs: TaskTracker,
}
