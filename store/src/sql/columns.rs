//! Reads the columns of a row from the database as the values of `domain`.

use domain::{Content, Key, Tenant, Timestamp};
use sea_orm::{QueryResult, TryGetable};
use uuid::Uuid;

use crate::error::StoreError;

/// Reads one column of a row.
pub(crate) fn get<T: TryGetable>(row: &QueryResult, column: &str) -> Result<T, StoreError> {
    row.try_get("", column).map_err(|_| unreadable(column))
}

/// The error of a stored value that this version cannot read. It names the column, never the value.
pub(crate) fn unreadable(column: &str) -> StoreError {
    StoreError::Unreadable(format!(
        "the stored column {column} is not readable by this version; was the database written by a newer one?"
    ))
}

pub(crate) fn key_of(row: &QueryResult) -> Result<Key, StoreError> {
    key_in(row, "id")
}

/// The key whose id stands in this column.
pub(crate) fn key_in(row: &QueryResult, column: &str) -> Result<Key, StoreError> {
    let tenant: String = get(row, "tenant")?;
    let tenant = Tenant::parse(&tenant).ok_or_else(|| unreadable("tenant"))?;
    Ok(Key { tenant, id: get(row, column)? })
}

pub(crate) fn count_of(row: &QueryResult, column: &str) -> Result<u32, StoreError> {
    u32::try_from(get::<i64>(row, column)?).map_err(|_| unreadable(column))
}

pub(crate) fn time_of(row: &QueryResult, column: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp::from_micros))
}

pub(crate) fn uuid_of(row: &QueryResult, column: &str) -> Result<Uuid, StoreError> {
    Uuid::from_slice(&get::<Vec<u8>>(row, column)?).map_err(|_| unreadable(column))
}

pub(crate) fn content_of(row: &QueryResult, column: &str) -> Result<Option<Content>, StoreError> {
    let bytes: Option<Vec<u8>> = get(row, column)?;
    bytes.map(|bytes| bytes.try_into().map_err(|_| unreadable(column))).transpose()
}
