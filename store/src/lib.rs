//! The ledger and the jobs on Postgres or SQLite: the only crate besides `migrations` that speaks SQL.
//!
//! A [`Store`] is a cheap handle. The worker's two moves are [`Store::claim`] and [`Store::record`]; both
//! go out in groups, one commit in flight and what arrives meanwhile is the next group, so that nothing
//! waits when the load is low. Every move can be repeated after [`StoreError::Unavailable`].
//!
//! Read in this order: `sql` knows both databases and no table, `ledger` has the tables of what is sent, `accounts`
//! those of who may log in, and `writers` wires the moves that are committed in groups.

mod accounts;
mod error;
mod ledger;
mod options;
mod sql;
mod writers;

use std::sync::Arc;

use domain::Clock;

use crate::sql::Db;
use crate::writers::Writers;

pub use accounts::{Login, NewUser, Standing, User};
pub use error::StoreError;
pub use ledger::{
    Adoption, Cancel, Capture, CapturedView, Claimed, Cursor, DeliveryView, Filter, FinishedJob, Job, JobFilter,
    JobKind, JobPage, JobSummary, Page, Patience, Pruned, Put, Recorded, Sight, Soonest, StuckCounts, StuckDelivery,
    StuckJob, Target,
};
pub use options::Options;

/// A handle to the database: clones share its connections and its writers.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    db: Arc<Db>,
    clock: Arc<dyn Clock>,
    writers: Writers,
    soonest: Soonest,
}

impl Store {
    /// Opens lazily: a database that is away shows at the first use, and is used again once it is back.
    /// Must be called within a Tokio runtime, which runs the writers.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a URL that is neither Postgres nor SQLite,
    /// [`StoreError::Unavailable`] when the folder of a SQLite file cannot be made, or a file that must exist does not.
    pub async fn connect(options: Options) -> Result<Self, StoreError> {
        let db = Arc::new(Db::open(&options)?);
        let writers = Writers::start(&db, options.captures_kept);
        let inner = Inner { db, clock: options.clock, writers, soonest: Soonest::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Brings the tables up to date; returns how many migrations it applied. Several processes at once
    /// are safe: one works, the others wait and find it done. Warns when Postgres commits lazily.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        self.inner.db.migrate().await
    }

    /// For readiness: one round trip.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.inner.db.reader().query("SELECT 1 AS pong", &[]).await.map(drop)
    }
}
