//! The ledger and the jobs on Postgres or SQLite: the only crate besides `migrations` that speaks SQL.
//!
//! A [`Store`] is a cheap handle. The worker's two moves are [`Store::claim`] and [`Store::record`]; both
//! go out in groups, one commit in flight and what arrives meanwhile is the next group, so that nothing
//! waits when the load is low. Every move can be repeated after [`StoreError::Unavailable`].

mod adopt;
mod cancel;
mod captures;
mod claim;
mod db;
mod error;
mod jobs;
mod logins;
mod postgres;
mod prune;
mod record;
mod row;
mod soonest;
mod sql;
mod sqlite;
mod stuck;
mod users;
mod views;
mod warnings;
mod writer;

use std::sync::Arc;

use domain::{Clock, Key};
use secrecy::SecretString;

use crate::claim::Claiming;
use crate::db::Db;
use crate::record::Outcome;
use crate::writer::{Work, Writer};

pub use adopt::{Adoption, Sight};
pub use cancel::{Cancel, Target};
pub use captures::{Capture, CapturedView};
pub use claim::Claimed;
pub use error::StoreError;
pub use jobs::{FinishedJob, Job, JobFilter, JobKind, JobPage, JobSummary, Put};
pub use logins::{Login, Standing};
pub use prune::Pruned;
pub use record::Recorded;
pub use soonest::Soonest;
pub use stuck::{Patience, StuckCounts, StuckDelivery, StuckJob};
pub use users::{NewUser, User};
pub use views::{Cursor, DeliveryView, Filter, Page};

/// Where the ledger is and how to open it.
#[derive(Clone)]
pub struct Options {
    /// `postgres://…`, `postgresql://…` or `sqlite:…`. Holds a password, so it never prints.
    pub url: SecretString,
    /// Connections to Postgres at most, and at least 6; readers of SQLite, whose one writer comes on top.
    pub max_connections: u32,
    /// How many captures of the sandbox are kept of each tenant, the newest.
    pub captures_kept: u32,
    /// A SQLite file that is not there is an error and is not made: for whoever only reads.
    pub must_exist: bool,
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// Ten connections, a thousand captures of each tenant.
    pub fn new(url: SecretString, clock: Arc<dyn Clock>) -> Self {
        Self { url, max_connections: 10, captures_kept: 1_000, must_exist: false, clock }
    }
}

/// A handle to the database: clones share its connections and its writers.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    db: Arc<Db>,
    clock: Arc<dyn Clock>,
    claims: Writer<Claiming, Claimed>,
    outcomes: Writer<Outcome, Recorded>,
    jobs: Writer<Job, Put>,
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
        let claims = Work {
            name: "claims",
            key: |op: &Claiming| &op.candidate.key,
            commit: |line, ops| Box::pin(claim::commit(line, ops)),
        };
        let outcomes =
            Work { name: "outcomes", key: Outcome::key, commit: |line, ops| Box::pin(record::commit(line, ops)) };
        let jobs = Work {
            name: "jobs",
            key: |job: &Job| &job.key,
            commit: |line, ops| Box::pin(jobs::put::commit(line, ops)),
        };
        let inner = Inner {
            claims: Writer::start(db.clone(), claims),
            outcomes: Writer::start(db.clone(), outcomes),
            jobs: Writer::start(db.clone(), jobs),
            clock: options.clock,
            soonest: Soonest::default(),
            db,
        };
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

/// Postgres cannot store it; SQLite refuses it all the same, so that both take the same ids.
fn refuse_nul(key: &Key) -> Result<(), StoreError> {
    if key.id.contains('\0') {
        return Err(StoreError::Refused("the id holds a NUL character; choose another id".into()));
    }
    Ok(())
}

fn page_size(asked: u32) -> usize {
    if asked == 0 { 100 } else { asked.min(1_000) as usize }
}
