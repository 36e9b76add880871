//! Sessions: the pool, the writer's own connection or a transaction, all of which run the same statements.

use std::time::{Duration, Instant};

use sea_orm::QueryResult;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use super::value::{Group, Value};
use super::{postgres, sqlite};
use crate::error::StoreError;

/// Where statements go: the pool or a writer's own connection (each its own commit), or a transaction.
pub(crate) enum Session {
    PostgresPool(PgPool),
    /// A connection that a writer keeps from group to group.
    PostgresKept {
        connection: PoolConnection<Postgres>,
        /// When the connection came out of the pool.
        since: Instant,
    },
    SqlitePool(SqlitePool),
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

/// The two ways to give a statement its values.
enum Given<'a> {
    Values(&'a [Value<'a>]),
    Group(&'a Group<'a>),
}

impl Session {
    /// Runs a statement; returns its rows.
    pub(crate) async fn query(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<QueryResult>, StoreError> {
        Box::pin(self.run(sql, Given::Values(values))).await
    }

    /// Runs a statement with a group; returns its rows. An empty group runs nothing.
    pub(crate) async fn query_group(&mut self, sql: &str, group: &Group<'_>) -> Result<Vec<QueryResult>, StoreError> {
        if group.rows == 0 {
            return Ok(Vec::new());
        }
        Box::pin(self.run(sql, Given::Group(group))).await
    }

    /// Locks `table`: until the commit, nobody else writes into it. On SQLite a transaction is the only one that writes
    /// anyway.
    pub(crate) async fn lock_for_writing(&mut self, table: &'static str) -> Result<(), StoreError> {
        if let Self::Postgres(_) = self {
            self.query(&format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"), &[]).await?;
        }
        Ok(())
    }

    /// Locks a name, which need not be that of anything: until the commit, nobody else has the lock. On SQLite a transaction is
    /// the only one that writes anyway.
    pub(crate) async fn lock_name(&mut self, name: &str) -> Result<(), StoreError> {
        const LOCK: &str = "SELECT CAST(pg_advisory_xact_lock(hashtextextended($1, 0)) AS TEXT) AS locked";
        if let Self::Postgres(_) = self {
            self.query(LOCK, &[Value::Text(Some(name))]).await?;
        }
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::PostgresPool(_) | Self::PostgresKept { .. } | Self::SqlitePool(_) => Ok(()),
            Self::Postgres(transaction) => within(transaction.commit()).await,
            Self::Sqlite(transaction) => within(transaction.commit()).await,
        }
    }

    /// Runs a statement. The callers put this future into a box: otherwise the future of everybody who awaits them,
    /// each delivery among them, would have room for every statement.
    async fn run(&mut self, sql: &str, given: Given<'_>) -> Result<Vec<QueryResult>, StoreError> {
        match self {
            Self::PostgresPool(pool) => on_postgres(&mut *within(pool.acquire()).await?, sql, given).await,
            Self::PostgresKept { connection, .. } => on_postgres(connection, sql, given).await,
            Self::Postgres(transaction) => on_postgres(transaction, sql, given).await,
            Self::SqlitePool(pool) => {
                let (sql, arguments) = for_sqlite(sql, given)?;
                let rows = within(sqlx::query_with(AssertSqlSafe(sql), arguments).fetch_all(&*pool)).await?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
            Self::Sqlite(transaction) => {
                let (sql, arguments) = for_sqlite(sql, given)?;
                let rows =
                    within(sqlx::query_with(AssertSqlSafe(sql), arguments).fetch_all(&mut **transaction)).await?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
        }
    }
}

async fn on_postgres(
    connection: &mut PgConnection,
    sql: &str,
    given: Given<'_>,
) -> Result<Vec<QueryResult>, StoreError> {
    let (sql, arguments) = for_postgres(sql, given)?;
    let running = async {
        let rows = sqlx::query_with(AssertSqlSafe(sql), arguments).fetch_all(&mut *connection).await;
        if rows.as_ref().is_err_and(is_outdated) {
            connection.clear_cached_statements().await?;
        }
        rows
    };
    Ok(within(running).await?.into_iter().map(Into::into).collect())
}

/// Whether a connection has outdated statements ("cached plan must not change result type"): a table was changed,
/// perhaps by another process's migration, after this connection had prepared its statements. The connection must
/// prepare them anew, or it fails for as long as it lives.
fn is_outdated(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "0A000")
}

/// The longest time for one statement. None of ours takes so long: a server that has not answered by then is away
/// without having said so.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) async fn within<T>(statement: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(STATEMENT_TIMEOUT, statement).await {
        Ok(result) => Ok(result?),
        Err(_) => Err(StoreError::Unavailable(format!("no answer within {} s", STATEMENT_TIMEOUT.as_secs()))),
    }
}

fn for_postgres(sql: &str, given: Given<'_>) -> Result<(String, sqlx::postgres::PgArguments), StoreError> {
    let sql = sql
        .replace("{now}", postgres::NOW)
        .replace("{leased_for}", &domain::ROW_LEASED_FOR.as_micros().to_string())
        .replace("{for_update}", "FOR UPDATE")
        .replace("{skip_locked}", "FOR UPDATE SKIP LOCKED");
    Ok(match given {
        Given::Values(values) => (sql, postgres::bind(values)?),
        Given::Group(group) => (sql.replace("{u}", &postgres::table(group)), postgres::bind_group(group)?),
    })
}

fn for_sqlite(sql: &str, given: Given<'_>) -> Result<(String, sqlx::sqlite::SqliteArguments), StoreError> {
    let sql = sql
        .replace("{now}", sqlite::NOW)
        .replace("{leased_for}", &domain::ROW_LEASED_FOR.as_micros().to_string())
        .replace("{for_update}", "")
        .replace("{skip_locked}", "");
    Ok(match given {
        Given::Values(values) => (sql, sqlite::bind(values)?),
        Given::Group(group) => (sql.replace("{u}", &sqlite::table(group)), sqlite::bind_group(group)?),
    })
}
