//! What was said of a delivery when it was first seen: fields of its message that were not read.
//!
//! Few deliveries have any. They have a table of their own, so that a delivery without them costs nothing more.

use domain::{FieldError, Key};

use crate::record::Outcome;
use crate::sql::{Group, Session, Value, get};
use crate::{Store, StoreError};

impl Store {
    /// Keeps them beside the delivery, with the next group of outcomes. Nobody waits for it: a warning that is lost
    /// with its process is no loss of a message.
    pub fn warn(&self, key: &Key, warnings: &[FieldError]) {
        if warnings.is_empty() || key.id.contains('\0') {
            return;
        }
        let lines: Vec<String> =
            warnings.iter().map(|one| format!("{}\t{}", one.pointer, one.detail).replace(['\n', '\0'], " ")).collect();
        self.inner.outcomes.write_unasked(Outcome::Warn { key: key.clone(), lines: lines.join("\n") });
    }

    /// What [`Store::warn`] kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn warnings(&self, key: &Key) -> Result<Vec<FieldError>, StoreError> {
        if key.id.contains('\0') {
            return Ok(Vec::new());
        }
        let sql = "SELECT lines FROM warnings WHERE tenant = $1 AND id = $2";
        let values = [Value::Text(Some(key.tenant.as_str())), Value::Text(Some(&key.id))];
        let rows = self.inner.db.reader().query(sql, &values).await?;
        let lines: String = rows.first().map(|row| get(row, "lines")).transpose()?.unwrap_or_default();
        let read = lines.lines().filter_map(|line| line.split_once('\t'));
        Ok(read.map(|(pointer, detail)| FieldError { pointer: pointer.into(), detail: detail.into() }).collect())
    }
}

const INSERT: &str = "INSERT INTO warnings (tenant, id, lines) SELECT u.tenant, u.id, u.lines FROM {u} \
     WHERE TRUE ON CONFLICT (tenant, id) DO NOTHING";

/// Does nothing when there are none.
pub(crate) async fn insert(session: &mut Session, warnings: &[(&Key, &str)]) -> Result<(), StoreError> {
    let group = Group::of(warnings.len())
        .text("tenant", warnings.iter().map(|(key, _)| key.tenant.as_str()))
        .text("id", warnings.iter().map(|(key, _)| key.id.as_str()))
        .text("lines", warnings.iter().map(|(_, lines)| *lines));
    session.query_group(INSERT, &group).await.map(drop)
}
