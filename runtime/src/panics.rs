//! Contains panics: a panic ends one step, and not the loop or the process that runs the step.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

/// The step has panicked. The panic's message is not kept, because it may quote a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Panicked;

/// Awaits a step that may panic.
///
/// # Errors
/// [`Panicked`] when it did: what the step has begun is left as it is.
pub fn catch_panic<T>(step: impl Future<Output = T>) -> impl Future<Output = Result<T, Panicked>> {
    AssertUnwindSafe(step).catch_unwind().map(|done| done.map_err(|_panic| Panicked))
}
