//! Why there is no page of a list: also because it was asked for where a page of another list has ended.

use std::fmt;

use store::{Filtering, PageCursor, StoreError};

/// Why there is no list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotListed {
    /// The cursor is of a list of something else.
    OtherFilter,
    Store(StoreError),
}

impl fmt::Display for NotListed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherFilter => f.write_str("the cursor is of a list of something else"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotListed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::OtherFilter => None,
            Self::Store(error) => std::error::Error::source(error),
        }
    }
}

impl From<StoreError> for NotListed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Lets a page begin where one of the same filter has ended, and nowhere else.
pub(crate) fn must_be_of<R>(after: Option<&PageCursor<R>>, filter: &impl Filtering) -> Result<(), NotListed> {
    match after.is_some_and(|cursor| !cursor.is_of(filter)) {
        true => Err(NotListed::OtherFilter),
        false => Ok(()),
    }
}
