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

/// How many rows a page has when its caller does not say.
pub const USUAL_PAGE: u32 = 100;
/// The most rows of a page.
pub const MAX_PAGE: u32 = 1_000;

/// The rows of a page for which a caller `asked`.
pub(crate) fn page_size(asked: u32) -> usize {
    if asked == 0 { USUAL_PAGE as usize } else { asked.min(MAX_PAGE) as usize }
}
