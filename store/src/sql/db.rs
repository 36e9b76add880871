//! The open database: where to read, where to write, and how to bring its tables up to date.

use std::sync::Arc;
use std::time::{Duration, Instant};

use migrations::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, QueryResult, SqliteTransactionMode,
    SqlxPostgresConnector, SqlxSqliteConnector, TransactionOptions, TransactionTrait as _,
};
use secrecy::ExposeSecret as _;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};

use super::columns::get;
use super::session::{Session, within};
use super::value::Value;
use super::{postgres, sqlite};
use crate::error::{MigrateError, StoreError};
use crate::options::Options;

/// How long a caller waits for a connection before the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the statement of a page may take.
const HASTE: Duration = Duration::from_secs(5);

/// The fewest connections to Postgres: each of the four writers that write without a transaction keeps one, a
/// transaction needs one, and two are left for reading.
const MIN_CONNECTIONS: u32 = 7;

/// The advisory lock of migrating processes: "chasqui" in ASCII.
const MIGRATION_LOCK: i64 = 0x0063_6861_7371_7569;

/// A writer gives its connection back to the pool after this time, because the pool replaces connections that are too
/// old.
const KEPT_FOR: Duration = Duration::from_secs(60);

pub(crate) struct Db {
    pools: Pools,
}

enum Pools {
    Postgres(PgPool),
    Sqlite(sqlite::Pools),
}

impl Db {
    pub(crate) fn open(options: &Options) -> Result<Self, StoreError> {
        let url = options.url.expose_secret();
        let connections = options.max_connections;
        let pools = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => {
                postgres::open(url, connections.max(MIN_CONNECTIONS), ACQUIRE_TIMEOUT).map(Pools::Postgres)
            }
            Some("sqlite") => {
                sqlite::open(url, connections.max(1), ACQUIRE_TIMEOUT, options.must_exist).map(Pools::Sqlite)
            }
            _ => Err(StoreError::Refused("DATABASE_URL must start with postgres://, postgresql:// or sqlite:".into())),
        }?;
        Ok(Self { pools })
    }

    /// A session for reading. On SQLite, readers never wait for the writer.
    pub(crate) fn reader(&self) -> Session {
        match &self.pools {
            Pools::Postgres(pool) => Session::PostgresPool(pool.clone()),
            Pools::Sqlite(pools) => Session::SqlitePool(pools.readers.clone()),
        }
    }

    /// A session for reading, whose statements Postgres ends when one takes longer than `limit`, and plans for the very
    /// values that they have: a plan for any value may walk through the whole ledger for a rare one. SQLite has neither:
    /// what is read there must be bounded by the statement itself.
    pub(crate) async fn hasty_reader(&self, limit: Duration) -> Result<Session, StoreError> {
        const HASTY: &str = "SELECT set_config('statement_timeout', $1, TRUE) AS timeout, \
                             set_config('plan_cache_mode', 'force_custom_plan', TRUE) AS plans";
        let Pools::Postgres(pool) = &self.pools else { return Ok(self.reader()) };
        let mut session = Session::Postgres(within(pool.begin()).await?);
        let limit = limit.as_millis().to_string();
        session.query(HASTY, &[Value::Text(Some(&limit))]).await?;
        Ok(session)
    }

    /// A hasty reader for a page that somebody waits for.
    pub(crate) async fn page_reader(&self) -> Result<Session, StoreError> {
        self.hasty_reader(HASTE).await
    }

    /// Runs one statement of a page that somebody waits for, as a hasty reader does.
    pub(crate) async fn hasty_query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<QueryResult>, StoreError> {
        let mut session = self.page_reader().await?;
        let rows = session.query(sql, values).await?;
        session.commit().await?;
        Ok(rows)
    }

    /// A session for writing, in which each statement is a commit of its own.
    pub(crate) fn writer(&self) -> Session {
        match &self.pools {
            Pools::Postgres(pool) => Session::PostgresPool(pool.clone()),
            Pools::Sqlite(pools) => Session::SqlitePool(pools.writer.clone()),
        }
    }

    /// A session for writing that is one transaction. Dropped without a commit, it is rolled back.
    pub(crate) async fn begin(&self) -> Result<Session, StoreError> {
        Ok(match &self.pools {
            Pools::Postgres(pool) => Session::Postgres(within(pool.begin()).await?),
            Pools::Sqlite(pools) => Session::Sqlite(within(pools.writer.begin_with(sqlite::BEGIN)).await?),
        })
    }

    /// The same, whose statements Postgres plans for the very values that they have. What is done with hundreds of rows of a
    /// table that was empty a moment ago has a plan for an empty table otherwise, until somebody looks how large it is:
    /// measured with 100,000 dead letters, 150 ms instead of 5 to find which of 500 a job wants.
    pub(crate) async fn begin_anew(&self) -> Result<Session, StoreError> {
        const ANEW: &str = "SELECT set_config('plan_cache_mode', 'force_custom_plan', TRUE) AS plans";
        let mut session = self.begin().await?;
        if let Pools::Postgres(_) = &self.pools {
            session.query(ANEW, &[]).await?;
        }
        Ok(session)
    }

    /// Applies the migrations that are missing, in one transaction under a lock, so that of several processes one
    /// applies them and the others find them applied.
    pub(crate) async fn migrate(&self) -> Result<usize, MigrateError> {
        let connection = self.connection();
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = connection.begin_with_options(options).await?;
        if let Pools::Postgres(_) = self.pools {
            // A change of a large table takes its time, and so does waiting for who makes it.
            transaction.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
            lock_migrations(&transaction).await?;
        }
        let pending = Migrator::get_pending_migrations(&transaction).await?.len();
        Migrator::up(&transaction, None).await?;
        transaction.commit().await?;
        if pending == Migrator::migrations().len() {
            // A path that was mistyped shows by this: the fleet's own ledger would have had its tables.
            tracing::info!("a new ledger was made at {}", self.place());
        }
        self.warn_of_lazy_commits().await?;
        Ok(pending)
    }

    /// Where the ledger is, without a user and a password.
    pub(crate) fn place(&self) -> String {
        match &self.pools {
            Pools::Postgres(pool) => {
                let options = pool.connect_options();
                let database = options.get_database().unwrap_or("the database of the user's name");
                format!("{database} on {}", options.get_host())
            }
            Pools::Sqlite(pools) => {
                let options = pools.writer.connect_options();
                let file = options.get_filename();
                std::path::absolute(file).unwrap_or_else(|_| file.to_owned()).display().to_string()
            }
        }
    }

    fn connection(&self) -> DatabaseConnection {
        match &self.pools {
            Pools::Postgres(pool) => SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()),
            Pools::Sqlite(pools) => SqlxSqliteConnector::from_sqlx_sqlite_pool(pools.writer.clone()),
        }
    }

    async fn warn_of_lazy_commits(&self) -> Result<(), StoreError> {
        let Pools::Postgres(_) = self.pools else { return Ok(()) };
        let rows = self.reader().query("SELECT current_setting('synchronous_commit') AS setting", &[]).await?;
        let Some(row) = rows.first() else { return Ok(()) };
        if get::<String>(row, "setting")? == "off" {
            tracing::warn!(
                "Postgres runs with synchronous_commit=off: a crash of the server can forget deliveries that were \
                 acknowledged, and send them twice; set it to on for this database"
            );
        }
        Ok(())
    }
}

/// A writer's way to the database. On Postgres it keeps one connection from group to group. The pool would test every
/// connection that is given back, which is a round trip for each group, and hand out another meanwhile.
pub(crate) struct Line {
    pub(crate) db: Arc<Db>,
    kept: Option<KeptConnection>,
}

struct KeptConnection {
    connection: PoolConnection<Postgres>,
    since: Instant,
    used: Instant,
}

impl Line {
    pub(crate) fn new(db: Arc<Db>) -> Self {
        Self { db, kept: None }
    }

    /// A session for writing, in which each statement is a commit of its own. A caller gives the session to
    /// [`Line::keep`] when everything went well. A session that is dropped gives its connection back to the pool, which
    /// tests it.
    pub(crate) async fn session(&mut self) -> Result<Session, StoreError> {
        let Pools::Postgres(pool) = &self.db.pools else { return Ok(self.db.writer()) };
        let is_fresh =
            |kept: &KeptConnection| kept.used.elapsed() < postgres::TEST_AFTER_IDLE && kept.since.elapsed() < KEPT_FOR;
        let (connection, since) = match self.kept.take().filter(is_fresh) {
            Some(kept) => (kept.connection, kept.since),
            None => (within(pool.acquire()).await?, Instant::now()),
        };
        Ok(Session::PostgresKept { connection, since })
    }

    pub(crate) fn keep(&mut self, session: Session) {
        if let Session::PostgresKept { connection, since } = session {
            self.kept = Some(KeptConnection { connection, since, used: Instant::now() });
        }
    }
}

async fn lock_migrations(transaction: &DatabaseTransaction) -> Result<(), StoreError> {
    let statement = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
    transaction.execute_unprepared(&statement).await?;
    Ok(())
}
