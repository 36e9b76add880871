//! What a store is opened with.

use std::sync::Arc;

use domain::Clock;
use secrecy::SecretString;

/// Where the ledger is and how to open it.
#[derive(Clone)]
pub struct Options {
    /// `postgres://…`, `postgresql://…` or `sqlite:…`. The URL may hold a password, so it never prints.
    pub url: SecretString,
    /// `DATABASE_MAX_CONNECTIONS`: the most connections to Postgres, which has at least 6; or the readers of SQLite, whose one writer comes on top.
    pub max_connections: u32,
    /// How many captures of the sandbox are kept of each tenant: the newest.
    pub captures_kept: u32,
    /// A SQLite file that is not there is an error, and no file is made. A command that only reads asks for this.
    pub must_exist: bool,
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// The newest thousand captures of each tenant are kept, and a SQLite file is made where there is none.
    pub fn new(url: SecretString, max_connections: u32, clock: Arc<dyn Clock>) -> Self {
        Self { url, max_connections, captures_kept: 1_000, must_exist: false, clock }
    }
}
