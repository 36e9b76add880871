//! The options that a store is opened with.

use std::sync::Arc;

use domain::Clock;
use secrecy::SecretString;

/// Where the ledger is and how to open it.
#[derive(Clone)]
pub struct Options {
    /// `postgres://…`, `postgresql://…` or `sqlite:…`. The URL may hold a password, so it never prints.
    pub url: SecretString,
    /// `DATABASE_MAX_CONNECTIONS`: the most connections to Postgres, at least 6; or the readers of SQLite, which has
    /// one writer besides.
    pub max_connections: u32,
    /// How many of its newest captures each tenant keeps.
    pub captures_kept: u32,
    /// A SQLite file that is not there is then an error, and no file is made. Commands that only read ask for this.
    pub must_exist: bool,
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// Options that keep the newest thousand captures of each tenant, and make a SQLite file where there is none.
    pub fn new(url: SecretString, max_connections: u32, clock: Arc<dyn Clock>) -> Self {
        Self { url, max_connections, captures_kept: 1_000, must_exist: false, clock }
    }
}
