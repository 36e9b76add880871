//! The promises of the store, each shown on SQLite and on Postgres.
//!
//! `CHASQUI_TEST_POSTGRES_URL` names the server of Postgres; every test makes a database of its own there, and fails
//! where there is no server. `make test` starts one; the filter `on_sqlite` runs the tests that need none.

mod api_keys;
mod asks;
mod cancel;
mod commands;
mod contacts;
mod cost;
mod cursors;
mod database;
mod endpoints;
mod faults;
mod files;
mod heard;
mod inbox;
mod jobs;
mod jobs_model;
mod journal;
mod lately;
mod leases;
mod ledger;
mod letters;
mod limits;
mod logins;
mod migrate;
mod model;
mod outages;
mod pauses;
mod presence;
mod providers;
mod prune;
mod receipts;
mod row_lease;
mod row_lease_model;
mod search;
mod sessions;
mod stuck;
mod suppressions;
mod topics;
mod users;
mod verifications;
mod views;

/// Makes of each `async fn name(db: &Database)` two tests: `name::on_sqlite` and `name::on_postgres`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name(&crate::tests::database::Database::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$name(&crate::tests::database::Database::postgres().await).await;
            }
        }
    )+};
}
pub(crate) use on_both;
