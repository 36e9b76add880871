//! What only SQLite says: how to open it, its clock, and a group of values as one list of `VALUES`.

use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Arguments as _, ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool};

use super::value::{Column, Group, Value};
use crate::error::StoreError;

/// Microseconds since the epoch by SQLite's clock, which counts milliseconds.
pub(crate) const NOW: &str = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";

/// Starts a transaction as the writer. One that starts as a reader and then writes fails at once with "database is
/// locked", whatever the time-out.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// How long a writer waits for the writer of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The size of the writer's page cache; SQLite reads a negative number as KiB. Ids are in no order, so every commit
/// touches pages all over the table: with SQLite's own 2 MiB most of them are read again and again.
const WRITER_CACHE: &str = "-16384";

/// One writer, so that this process needs no lock against itself, and `readers` that never wait for it.
pub(crate) struct Pools {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

pub(crate) fn open(url: &str, readers: u32, acquire_timeout: Duration, must_exist: bool) -> Result<Pools, StoreError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| StoreError::Refused("DATABASE_URL is not a SQLite URL; write sqlite:path/to/file.db".into()))?
        .disable_statement_logging()
        .create_if_missing(!must_exist)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        // With an automatic index SQLite would walk through the whole ledger and look every row up in the group.
        .pragma("automatic_index", "OFF");
    let file = options.get_filename();
    let checked = if must_exist { is_there(file) } else { create_folder(file) };
    checked?;
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(acquire_timeout)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_release(|connection, _| Box::pin(has_no_transaction(connection)))
    };
    let writer = pool().max_connections(1).connect_lazy_with(options.clone().pragma("cache_size", WRITER_CACHE));
    let readers = pool().max_connections(readers).connect_lazy_with(options);
    Ok(Pools { writer, readers })
}

/// Whether a connection counts no transaction any more. SQLite ends a transaction by itself when the disk is full; sqlx
/// goes on counting that transaction, and refuses every later one on the same connection. Such a connection is closed,
/// and a new one takes its place.
async fn has_no_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // sqlx rolls a dropped transaction back before it answers the ping.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

fn is_there(file: &Path) -> Result<(), StoreError> {
    if file.is_file() {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!(
        "there is no ledger at {}: name the one of the fleet in DATABASE_URL, or run this where the fleet runs; a role or \
         `chasqui migrate` makes one",
        file.display()
    )))
}

fn create_folder(file: &Path) -> Result<(), StoreError> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| {
        StoreError::Unavailable(format!(
            "cannot create the folder {} for the SQLite file: {error}; create it or choose another in DATABASE_URL",
            folder.display()
        ))
    })
}

/// The group as a table: `(SELECT column1 AS tenant, column2 AS n FROM (VALUES (?, ?), …) WHERE …) AS u`. The list is
/// padded with empty rows to a power of two, so that ten statements serve every size of group and stay prepared. The
/// parameters have no numbers: SQLite looks numbered ones up in a list, which was half of all its work.
pub(crate) fn table(group: &Group<'_>) -> String {
    let width = group.columns.len();
    let rows = group.rows.next_power_of_two();
    let row = format!("({})", vec!["?"; width].join(","));
    let mut table = String::with_capacity(rows * (row.len() + 1) + 32 * width);
    table.push_str("(SELECT ");
    for (at, (name, _)) in group.columns.iter().enumerate() {
        let _ = write!(table, "{}column{} AS {name}", if at == 0 { "" } else { ", " }, at + 1);
    }
    table.push_str(" FROM (VALUES ");
    for at in 0..rows {
        table.push_str(if at == 0 { "" } else { "," });
        table.push_str(&row);
    }
    table.push_str(") WHERE column1 IS NOT NULL) AS u");
    table
}

pub(crate) fn bind_group(group: &Group<'_>) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    for row in 0..group.rows {
        for (_, column) in &group.columns {
            let value = match column {
                Column::Text(values) => Value::Text(values[row]),
                Column::Int(values) => Value::Int(values[row]),
                Column::Bytes(values) => Value::Bytes(values[row]),
                Column::Flag(values) => Value::Flag(values[row]),
            };
            add(&mut arguments, value)?;
        }
    }
    // The padding gets no values: SQLite reads a parameter without one as NULL.
    Ok(arguments)
}

pub(crate) fn bind(values: &[Value<'_>]) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    values.iter().try_for_each(|value| add(&mut arguments, *value))?;
    Ok(arguments)
}

fn add(arguments: &mut SqliteArguments, value: Value<'_>) -> Result<(), StoreError> {
    match value {
        Value::Text(value) => arguments.add(value),
        Value::Int(value) => arguments.add(value),
        Value::Bytes(value) => arguments.add(value),
        Value::Flag(value) => arguments.add(value),
    }
    .map_err(|_| StoreError::Refused("a value is too large to be stored".into()))
}
