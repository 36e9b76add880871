//! A panic is an outcome: it ends one step, and not the loop or the process that takes it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

/// The step has panicked. The panic's own words are not kept: they may quote a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Panicked;

/// Waits for a step, also for one that panics.
///
/// # Errors
/// [`Panicked`]: what the step has begun is left as it is.
pub fn catch_panic<T>(step: impl Future<Output = T>) -> impl Future<Output = Result<T, Panicked>> {
    AssertUnwindSafe(step).catch_unwind().map(|done| done.map_err(|_panic| Panicked))
}
