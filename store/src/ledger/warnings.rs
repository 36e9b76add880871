//! Warnings of a delivery: what was not read of its message, or has no effect, when the delivery was first seen, and who
//! was left out when it was sent.
//!
//! Few deliveries have any. Warnings have a table of their own, so that a delivery without them costs nothing more.

use domain::{FieldError, Key};

use crate::error::StoreError;
use crate::sql::{Group, Session, get, key_values};

pub(crate) async fn read(session: &mut Session, key: &Key) -> Result<Vec<FieldError>, StoreError> {
    const READ: &str = "SELECT lines FROM warnings WHERE tenant = $1 AND id = $2";
    let rows = session.query(READ, &key_values(key)).await?;
    let lines: String = rows.first().map(|row| get(row, "lines")).transpose()?.unwrap_or_default();
    let mut warnings = Vec::new();
    for (pointer, detail) in lines.lines().filter_map(|line| line.split_once('\t')) {
        let warning = FieldError { pointer: pointer.into(), detail: detail.into() };
        // What two attempts have in common is stored with each of them.
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    Ok(warnings)
}

/// Nothing is changed where the same lines are there: as both databases have it, they are there when the text is another
/// one without them.
const INSERT: &str = "INSERT INTO warnings (tenant, id, lines) SELECT u.tenant, u.id, u.lines FROM {u} WHERE TRUE \
     ON CONFLICT (tenant, id) DO UPDATE SET lines = warnings.lines || '\n' || excluded.lines \
     WHERE replace('\n' || warnings.lines || '\n', '\n' || excluded.lines || '\n', '') = \
     '\n' || warnings.lines || '\n'";

/// Writes warnings as one text, a line for each; [`read`] reads that text.
pub(crate) fn lines_of(warnings: &[FieldError]) -> String {
    let line = |one: &FieldError| format!("{}\t{}", one.pointer, one.detail).replace(['\n', '\0'], " ");
    warnings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Inserts warnings, behind those that a delivery has already.
pub(crate) async fn insert(session: &mut Session, warnings: &[(&Key, &str)]) -> Result<(), StoreError> {
    let group = Group::of(warnings.len())
        .text("tenant", warnings.iter().map(|(key, _)| key.tenant.as_str()))
        .text("id", warnings.iter().map(|(key, _)| key.id.as_str()))
        .text("lines", warnings.iter().map(|(_, lines)| *lines));
    session.query_group(INSERT, &group).await.map(drop)
}
