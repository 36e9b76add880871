//! What callers may ask for: ids that both databases accept, and pages of a bounded size.

use domain::Key;

use crate::error::StoreError;

/// Refuses an id with the character NUL. Postgres cannot store one, and SQLite refuses it so that both accept the same
/// ids.
pub(crate) fn refuse_nul(key: &Key) -> Result<(), StoreError> {
    if key.id.contains('\0') {
        return Err(StoreError::Refused("the id holds a NUL character; choose another id".into()));
    }
    Ok(())
}

/// The rows of a page for which a caller `asked`.
pub(crate) fn page_size(asked: u32) -> usize {
    if asked == 0 { 100 } else { asked.min(1_000) as usize }
}
