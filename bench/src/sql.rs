//! What the measurements ask of PostgreSQL directly.

use std::ops::Range;

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

use crate::message;

/// Runs statements one after the other.
pub(crate) async fn run(url: &str, statements: &[String]) -> Result<()> {
    let mut connection = PgConnection::connect(url).await.context("PostgreSQL")?;
    for statement in statements {
        let done = connection.execute(AssertSqlSafe(statement.clone())).await;
        done.with_context(|| format!("PostgreSQL does not: {statement}"))?;
    }
    connection.close().await?;
    Ok(())
}

/// Reads the first column of the first row.
pub(crate) async fn text(url: &str, question: &str) -> Result<String> {
    let mut connection = PgConnection::connect(url).await.context("PostgreSQL")?;
    let row = connection.fetch_one(AssertSqlSafe(question.to_owned())).await?;
    connection.close().await?;
    Ok(row.try_get(0)?)
}

/// Lists the columns of a table, in their order.
pub(crate) async fn columns(url: &str, table: &str) -> Result<Vec<String>> {
    let question = format!(
        "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns \
         WHERE table_name = '{table}'"
    );
    Ok(text(url, &question).await?.split(',').map(str::to_owned).collect())
}

/// The condition for rows of these users, of which there is one at least.
pub(crate) fn of_users(numbers: &Range<u64>) -> String {
    let (first, last) = (message::user(numbers.start), message::user(numbers.end.saturating_sub(1)));
    format!("tenant = 'default' AND user_id BETWEEN '{first}' AND '{last}'")
}

/// Counts the rows of a table.
pub(crate) async fn count(url: &str, table: &str) -> Result<u64> {
    Ok(text(url, &format!("SELECT count(*)::text FROM {table}")).await?.parse()?)
}
