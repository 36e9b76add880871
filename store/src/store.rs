//! The handle that callers have of the ledger. Its methods stand in `ledger` and `accounts`, beside their tables.

use std::sync::Arc;

use domain::Clock;

use crate::error::{MigrateError, StoreError};
use crate::ledger::jobs::Soonest;
use crate::options::Options;
use crate::sql::Db;
use crate::writers::Writers;

/// A handle to the database: clones share its connections and its writers.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) db: Arc<Db>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) writers: Writers,
    pub(crate) soonest: Soonest,
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

    /// Brings the tables up to date; returns how many migrations it applied. Several processes may call this at once:
    /// one applies them, the others wait and find them applied. Warns when Postgres commits lazily.
    ///
    /// # Errors
    /// [`MigrateError`]; after [`StoreError::Unavailable`] in it repeat it.
    pub async fn migrate(&self) -> Result<usize, MigrateError> {
        self.inner.db.migrate().await
    }

    /// Asks the database for one round trip, for readiness.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.inner.db.reader().query("SELECT 1 AS pong", &[]).await.map(drop)
    }

    /// Asks the database whether it takes changes: one that answers may be read-only, such as a replica, or locked. The
    /// statement changes no row.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ping_writing(&self) -> Result<(), StoreError> {
        self.inner.db.writer().query("UPDATE deliveries SET id = id WHERE 1 = 0", &[]).await.map(drop)
    }
}
