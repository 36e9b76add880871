//! What a caller can do about a failure of the database: try again, or give up on this one row.

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

impl From<sea_orm::DbErr> for StoreError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Unavailable(error.to_string())
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
