//! Databases of a test's own on the PostgreSQL that all tests share.

use sqlx::{AssertSqlSafe, Connection as _, Error, Executor as _, PgConnection};
use url::Url;

/// The variable that names the server: a superuser's URL of its database `postgres`.
pub const SERVER: &str = "CHASQUI_TEST_POSTGRES_URL";

/// Creates a database, with `options` as `CREATE DATABASE` has them behind the name: its URL.
///
/// # Errors
/// The server's.
pub async fn create_database(server: &str, name: &str, options: &str) -> Result<String, Error> {
    execute(server, format!("CREATE DATABASE {name} {options}")).await?;
    let mut url = Url::parse(server).map_err(|error| Error::Configuration(error.into()))?;
    url.set_path(name);
    Ok(url.into())
}

/// Drops a database, whoever is connected to it.
///
/// # Errors
/// The server's.
pub async fn drop_database(server: &str, name: &str) -> Result<(), Error> {
    execute(server, format!("DROP DATABASE {name} WITH (FORCE)")).await
}

async fn execute(server: &str, sql: String) -> Result<(), Error> {
    let mut connection = PgConnection::connect(server).await?;
    connection.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}
