//! What a caller can do about a failure of the database: try again, or give up on this one row.

use sea_orm::{DbErr, RuntimeErr};

/// An error never holds a value of a row: a recipient or a body in an error would end in a log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, busy or full. Nothing is known to have been written: repeat the call, as every move of the
    /// store can be repeated.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database works and will never accept this one row. The other rows of its group are written.
    #[error("the database refused this row: {0}")]
    Refused(String),
    /// The database holds something that this version cannot read.
    #[error("{0}")]
    Unreadable(String),
}

impl StoreError {
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Why the tables could not be brought up to date.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database server answers and does not let us in. No waiting repairs that; the text says what does.
    #[error("{0}")]
    NotLetIn(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for MigrateError {
    fn from(error: DbErr) -> Self {
        let refused = of_database(&error).and_then(|(code, message)| {
            let what = match code.as_str() {
                "3D000" => "make it with `createdb`, or correct its name in DATABASE_URL",
                "28P01" => "correct the user and the password in DATABASE_URL",
                "28000" => "correct the user in DATABASE_URL, or let it in (pg_hba.conf of the server)",
                _ => return None,
            };
            Some(format!("the database server refuses us: {message} (code {code}): {what}"))
        });
        refused.map_or_else(|| Self::Store(error.into()), Self::NotLetIn)
    }
}

/// The code and the message of an error that the database itself has told.
fn of_database(error: &DbErr) -> Option<(String, String)> {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    let error = error.as_database_error()?;
    Some((error.code()?.into_owned(), error.message().to_owned()))
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => from_database(error.code().as_deref().unwrap_or("?"), error.message()),
            sqlx::Error::PoolTimedOut => Self::Unavailable(
                "no connection could be made or came free within 5 s; check that it runs and is reachable".into(),
            ),
            sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => {
                Self::Refused("a value could not be converted".into())
            }
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        // The whole text of such an error names a line of the server's own source.
        let told = of_database(&error).map(|(code, message)| format!("{message} (code {code})"));
        Self::Unavailable(told.unwrap_or_else(|| error.to_string()))
    }
}

/// Says what an error of the database is about. Only an error that the row itself caused refuses the row: a missing
/// table or a full disk must not empty a queue into the dead letters.
fn from_database(code: &str, message: &str) -> StoreError {
    let of_the_row = match (code.len(), code.parse::<u32>()) {
        // The (extended) result codes of SQLite: TOOBIG, CONSTRAINT, MISMATCH.
        (1..5, Ok(result)) => (18..=20).contains(&(result & 0xff)),
        // SQLSTATE classes: cardinality, data exception, integrity constraint, program limit, raised by
        // PL/pgSQL, internal.
        _ => ["21", "22", "23", "54", "P0", "XX"].iter().any(|class| code.starts_with(class)),
    };
    if of_the_row {
        // The message may quote a value.
        return StoreError::Refused(format!("code {code}"));
    }
    StoreError::Unavailable(format!("{message} (code {code})"))
}
