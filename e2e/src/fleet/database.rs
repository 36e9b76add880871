//! The fleet's ledger on Postgres, past the fleet.

use sqlx::{Connection as _, PgConnection};

use super::TestFleet;

impl TestFleet {
    /// Connects to the fleet's own Postgres database, for whatever the fleet itself does not do.
    pub async fn database(&self) -> PgConnection {
        let url = self.sources.get("DATABASE_URL").expect("a ledger");
        PgConnection::connect(&url).await.expect("connected")
    }
}
