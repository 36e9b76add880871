//! What is answered when the ledger or the broker has not done its part.

use axum::http::StatusCode;
use store::StoreError;
use web::problem::Problem;

/// Seconds after which a request that met an absent broker or ledger may be repeated.
const RETRY_AFTER_SECONDS: u64 = 5;

/// The ledger has refused, or does not answer; the reason stays in our log.
pub(crate) fn ledger_problem(error: StoreError) -> Problem {
    match error {
        StoreError::Unavailable(_) => {}
        StoreError::Refused(_) => {
            tracing::warn!(%error, "the ledger refused a request");
            return Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "refused-by-ledger",
                "The ledger does not take this",
                "Some value cannot be stored. Nothing was done, and the same request will be refused again.",
            );
        }
        StoreError::Unreadable(_) => {
            tracing::error!(%error, "the ledger holds what this version cannot read");
            return Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "unreadable-ledger",
                "The ledger holds what this version cannot read",
                "A newer version may have written it: tell the operator. Nothing was decided.",
            );
        }
    }
    tracing::warn!(%error, "the ledger did not answer");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "ledger-unavailable",
        "The ledger cannot be reached",
        "Nothing was decided. Send the same request again; publishing does not need the ledger and still works.",
    )
    .with_retry_after(RETRY_AFTER_SECONDS)
}

/// The broker has not confirmed. Says nothing of what to repeat: the caller knows the id.
pub(crate) fn broker_problem(detail: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "broker-unavailable",
        "The broker has not confirmed the message",
        detail,
    )
    .with_retry_after(RETRY_AFTER_SECONDS)
}
