//! Reads the header by which a client says that a request is the same as one before.

use axum::http::{HeaderMap, StatusCode};

use crate::problem::Problem;

const IDEMPOTENCY_HEADER: &str = "idempotency-key";
const MAX_IDEMPOTENCY_KEY_BYTES: usize = 255;

/// Reads the key of a request; None without the header.
///
/// # Errors
/// 400 when it is given twice, empty, too long or not printable.
#[inline]
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let fits = |key: &&str| (1..=MAX_IDEMPOTENCY_KEY_BYTES).contains(&key.len()) && !key.contains('\t');
    let key = value.to_str().ok().map(str::trim).filter(fits);
    match (key, values.next()) {
        (Some(key), None) => Ok(Some(key)),
        _ => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid-idempotency-key",
            "The Idempotency-Key is not valid",
            format!("Send it once, with 1 to {MAX_IDEMPOTENCY_KEY_BYTES} printable ASCII characters."),
        )),
    }
}
