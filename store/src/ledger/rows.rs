//! Reads rows that are wanted at once.

use std::collections::HashMap;

use domain::{Key, Row};

use super::row::{COLUMNS, row_of};
use crate::error::StoreError;
use crate::sql::{Line, keys_group};

/// Reads the rows of a group, in the order of its keys.
pub(crate) async fn read_rows(line: &mut Line, keys: &[Key]) -> Result<Vec<Option<Row>>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM {{u}} JOIN deliveries AS d ON d.tenant = u.tenant AND d.id = u.id");
    let found = line.db.reader().query_group(&sql, &keys_group(keys.iter())).await?;
    let rows = found.iter().map(|row| row_of(row).map(|row| (row.key.clone(), row)));
    let rows = rows.collect::<Result<HashMap<Key, Row>, StoreError>>()?;
    Ok(keys.iter().map(|key| rows.get(key).cloned()).collect())
}
