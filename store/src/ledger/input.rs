//! What callers may ask for: ids that both databases take, and pages of a bounded size.

use domain::Key;

use crate::error::StoreError;

/// Postgres cannot store such an id; SQLite refuses it all the same, so that both take the same ids.
pub(crate) fn refuse_nul(key: &Key) -> Result<(), StoreError> {
    if key.id.contains('\0') {
        return Err(StoreError::Refused("the id holds a NUL character; choose another id".into()));
    }
    Ok(())
}

/// How many rows a page has when `asked` are asked for.
pub(crate) fn page_size(asked: u32) -> usize {
    if asked == 0 { 100 } else { asked.min(1_000) as usize }
}
