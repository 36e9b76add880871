//! What only Postgres says: how to open it, its clock, and a group of values as `unnest` of arrays.

use std::fmt::Write as _;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions};
use sqlx::{Arguments as _, ConnectOptions as _, Connection as _, Executor as _, PgPool};

use super::value::{Column, Group, Value};
use crate::error::StoreError;

/// Microseconds since the epoch by the server's clock.
pub(crate) const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// A connection that was idle for longer is tested before it is used.
pub(crate) const TEST_AFTER_IDLE: Duration = Duration::from_secs(1);

/// Makes Postgres look rows up by key, which every join of ours is about. A prepared plan is made while the tables are
/// young, and a scan that is cheap then stays in use until the next ANALYZE: measured with 300,000 rows, 43 ms for a
/// group of 256 instead of 3 ms.
///
/// What has no index, such as a table of one row, is scanned all the same, and Postgres holds that for so dear that it
/// compiles the statement: measured, 300 ms instead of 0.1.
///
/// A statement is planned once. Left alone, Postgres plans a statement about a small group each time anew, because it
/// holds any group for one of ten: measured with groups of four, 60 µs a row to claim instead of 30. Searches, which do
/// depend on what is searched for, say so themselves ([`super::Db::hasty_reader`]).
const PLAN_BY_KEY: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
                           SET jit = off; SET plan_cache_mode = force_generic_plan";

/// Has the server end a statement for which we do not wait any more ([`super::session`] waits for 30 s): otherwise it goes
/// on for nobody, and has its connection. Where commits wait for a replica that is not done: a commit that is ended while it
/// waits stands as if the replica had it.
const END_STATEMENTS: &str = "SELECT set_config('statement_timeout', '40000', FALSE) \
                              WHERE current_setting('synchronous_standby_names') = ''";

/// Opens lazily: the server may be away and come back at any time.
pub(crate) fn open(url: &str, max_connections: u32, acquire_timeout: Duration) -> Result<PgPool, StoreError> {
    let mut options = PgConnectOptions::from_str(url)
        .map_err(|_| {
            StoreError::Refused("DATABASE_URL is not a Postgres URL; write postgres://user@host:5432/name".into())
        })?
        .disable_statement_logging();
    if options.get_application_name().is_none() {
        options = options.application_name("chasqui");
    }
    let pool = PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(acquire_timeout)
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(PLAN_BY_KEY).await?;
                connection.execute(END_STATEMENTS).await.map(drop)
            })
        })
        .before_acquire(|connection, meta| {
            Box::pin(async move { Ok(meta.idle_for < TEST_AFTER_IDLE || connection.ping().await.is_ok()) })
        });
    Ok(pool.connect_lazy_with(options))
}

/// The group as a table: `unnest($1::text[], $2::bigint[]) AS u(tenant, n)`.
pub(crate) fn table(group: &Group<'_>) -> String {
    let mut arrays = String::new();
    let mut names = String::new();
    for (at, (name, column)) in group.columns.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let kind = match column {
            Column::Text(_) => "text",
            Column::Int(_) => "bigint",
            Column::Bytes(_) => "bytea",
            Column::Flag(_) => "boolean",
        };
        let _ = write!(arrays, "{comma}${}::{kind}[]", at + 1);
        let _ = write!(names, "{comma}{name}");
    }
    format!("unnest({arrays}) AS u({names})")
}

pub(crate) fn bind_group(group: &Group<'_>) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
    for (_, column) in &group.columns {
        match column {
            Column::Text(values) => arguments.add(values),
            Column::Int(values) => arguments.add(values),
            Column::Bytes(values) => arguments.add(values),
            Column::Flag(values) => arguments.add(values),
        }
        .map_err(|_| StoreError::Refused("a value is too large to be sent".into()))?;
    }
    Ok(arguments)
}

pub(crate) fn bind(values: &[Value<'_>]) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
    for value in values {
        match *value {
            Value::Text(value) => arguments.add(value),
            Value::Int(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
            Value::Flag(value) => arguments.add(value),
        }
        .map_err(|_| StoreError::Refused("a value is too large to be sent".into()))?;
    }
    Ok(arguments)
}
