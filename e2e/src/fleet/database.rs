//! A database of its own for each fleet, on the Postgres that the tests share.

use anyhow::{Context as _, Result};
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::TestFleet;
use crate::ground::Ground;

impl TestFleet {
    /// A connection to the fleet's own Postgres database, for whatever the fleet itself does not do.
    pub async fn database(&self) -> PgConnection {
        let url = self.sources.get("DATABASE_URL").expect("a ledger");
        PgConnection::connect(&url).await.expect("connected")
    }
}

pub(super) async fn create_database(ground: &Ground, name: &str) -> Result<String> {
    let mut postgres = PgConnection::connect(&ground.postgres).await?;
    postgres.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    let (server, _) = ground.postgres.rsplit_once('/').context("a URL with a database")?;
    Ok(format!("{server}/{name}"))
}

pub(super) async fn drop_database(ground: &Ground, name: &str) -> Result<()> {
    let mut postgres = PgConnection::connect(&ground.postgres).await?;
    postgres.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await?;
    Ok(())
}
