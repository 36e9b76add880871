//! What is answered when the ledger or the broker has not done its part.

use std::fmt::Display;
use std::time::Instant;

use axum::http::StatusCode;
use operations::deliveries::written::OF_ANOTHER_SEARCH;
use operations::{NotListed, Unconfirmed};
use runtime::Outage;
use store::StoreError;
use web::problem::Problem;

/// Seconds after which a request that met an absent broker or ledger may be repeated.
const RETRY_AFTER_SECONDS: u64 = 5;

/// A ledger may answer, and take no changes: of the two a process tells on their own.
static READING: Outage = Outage::new();
static CHANGING: Outage = Outage::new();
static PUBLISHING: Outage = Outage::new();

/// What the ledger has answered to a question.
///
/// # Errors
/// The answer when the ledger has refused or does not answer; the reason stays in our log.
pub(crate) fn ledger_read<T>(answer: Result<T, StoreError>) -> Result<T, Problem> {
    of_the_ledger(&READING, "reading", answer)
}

/// What the ledger has answered to the question for a page of a list.
///
/// # Errors
/// 422 for a cursor of another list; else as of [`ledger_read`].
pub(crate) fn page_read<T>(answer: Result<T, NotListed>) -> Result<T, Problem> {
    match answer {
        Err(NotListed::OtherFilter) => {
            Err(Problem::invalid_parameters(vec![("cursor".to_owned(), OF_ANOTHER_SEARCH.to_owned())]))
        }
        Err(NotListed::Store(error)) => ledger_read(Err(error)),
        Ok(page) => ledger_read(Ok(page)),
    }
}

/// What the ledger has answered to a change.
///
/// # Errors
/// As of [`ledger_read`].
pub(crate) fn ledger_changed<T>(answer: Result<T, StoreError>) -> Result<T, Problem> {
    of_the_ledger(&CHANGING, "changing", answer)
}

fn of_the_ledger<T>(outage: &Outage, doing: &str, answer: Result<T, StoreError>) -> Result<T, Problem> {
    if answer.is_ok()
        && let Some(lasted) = outage.ended(Instant::now())
    {
        tracing::info!(doing, seconds = lasted.as_secs(), "the ledger answers requests again");
    }
    answer.map_err(|error| ledger_problem(outage, doing, error))
}

fn ledger_problem(outage: &Outage, doing: &str, error: StoreError) -> Problem {
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
    if let Some(untold) = outage.failed(Instant::now()) {
        tracing::warn!(%error, doing, untold, "the ledger did not answer a request");
    }
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "ledger-unavailable",
        "The ledger cannot be reached",
        "Nothing was decided. Send the same request again; publishing does not need the ledger and still works.",
    )
    .with_retry_after(RETRY_AFTER_SECONDS)
}

/// Notes that the broker has confirmed all that a request published.
pub(crate) fn broker_confirmed() {
    if let Some(lasted) = PUBLISHING.ended(Instant::now()) {
        tracing::info!(seconds = lasted.as_secs(), "notifications are confirmed again");
    }
}

/// Notes that the broker has not confirmed a notification; the reason stays in our log.
pub(crate) fn broker_failed(error: impl Display) {
    if let Some(untold) = PUBLISHING.failed(Instant::now()) {
        tracing::warn!(%error, untold, "a notification was not confirmed");
    }
}

/// The broker has not confirmed a message of this id: what that means for it, and `then` how to repeat it.
pub(crate) fn not_confirmed(unconfirmed: Unconfirmed, then: &str) -> Problem {
    broker_problem(format!("{} {then}", explain(&unconfirmed))).with("id", unconfirmed.id)
}

/// Tells the client a sentence; the broker's own words stay in our log.
pub(crate) fn explain(unconfirmed: &Unconfirmed) -> &'static str {
    broker_failed(&unconfirmed.error);
    unconfirmed.what_happened()
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
