//! What the ledger says at the end of jobs over dead letters, read past the fleet.

use std::collections::HashMap;

use anyhow::Result;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, FromRow, PgConnection, Postgres, Sqlite, SqliteConnection};

use super::book::Book;
use crate::chaos::reconcile::Handled;
use crate::chaos::world::{Ledger, World};

/// A job that has not ended.
#[derive(Debug)]
pub(super) struct OpenJob {
    pub(super) id: String,
    pub(super) action: String,
    pub(super) state: String,
}

/// The jobs that run or pause.
///
/// # Errors
/// The ledger's.
pub(super) async fn open_jobs(world: &World) -> Result<Vec<OpenJob>> {
    const READ: &str = "SELECT id, action, state FROM letter_jobs WHERE state IN ('running', 'paused')";
    let rows: Vec<(String, String, String)> = read(world, READ).await?;
    Ok(rows.into_iter().map(|(id, action, state)| OpenJob { id, action, state }).collect())
}

/// How many letters are in the archive.
///
/// # Errors
/// The ledger's.
pub(super) async fn archived(world: &World) -> Result<i64> {
    let rows: Vec<(i64,)> = read(world, "SELECT COUNT(*) FROM archived_letters").await?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// What was done with the letters of each delivery: by jobs, as the ledger has it, and by hand.
///
/// # Errors
/// The ledger's.
pub(in crate::chaos) async fn handled(world: &World, book: &Book) -> Result<HashMap<String, Handled>> {
    const READ: &str = "SELECT i.id, COUNT(*) FROM letter_job_items AS i JOIN letter_jobs AS j ON j.id = i.job \
         WHERE j.action = 'replay' AND i.state IN ('taken', 'done', 'unclear') GROUP BY i.id";
    let replayed: Vec<(String, i64)> = read(world, READ).await?;
    let mut handled: HashMap<String, Handled> = HashMap::new();
    for (id, times) in replayed {
        handled.entry(id).or_default().budgets += usize::try_from(times)?;
    }
    for (id, times) in book.by_hand() {
        handled.entry(id).or_default().budgets += times;
    }
    for id in book.purged() {
        handled.entry(id).or_default().purged = true;
    }
    Ok(handled)
}

/// How many letters of which jobs are in which state, for people.
///
/// # Errors
/// The ledger's.
pub(in crate::chaos) async fn outline(world: &World) -> Result<String> {
    const READ: &str = "SELECT j.action, i.state, COUNT(*) FROM letter_job_items AS i \
         JOIN letter_jobs AS j ON j.id = i.job WHERE j.started_at IS NOT NULL GROUP BY j.action, i.state \
         ORDER BY j.action, i.state";
    let rows: Vec<(String, String, i64)> = read(world, READ).await?;
    let told: Vec<String> = rows.iter().map(|(action, state, letters)| format!("{action} {state} {letters}")).collect();
    Ok(format!("letters of jobs: {}", told.join(", ")))
}

async fn read<T>(world: &World, sql: &'static str) -> Result<Vec<T>>
where
    T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    match &world.ledger {
        Ledger::Postgres { server, .. } => {
            let url = format!("postgresql://postgres@127.0.0.1:{}/chaos", server.port);
            let mut connection = PgConnection::connect(&url).await?;
            Ok(sqlx::query_as::<Postgres, T>(sql).fetch_all(&mut connection).await?)
        }
        Ledger::Sqlite { file } => {
            let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await?;
            Ok(sqlx::query_as::<Sqlite, T>(sql).fetch_all(&mut connection).await?)
        }
    }
}
