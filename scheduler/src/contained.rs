//! Contains panics: a panic ends one step, and not the loop that runs the step.

use runtime::catch_panic;

/// Runs a step; None when it panicked. The panic is counted and logged without its message, which may quote a body.
pub(crate) async fn contained<T>(step: &'static str, doing: impl Future<Output = T>) -> Option<T> {
    let done = catch_panic(doing).await.ok();
    if done.is_none() {
        report(step);
    }
    done
}

/// Counts and logs a panic that was contained elsewhere.
pub(crate) fn report(step: &'static str) {
    metrics::counter!("chasqui_scheduler_panics_total", "step" => step).increment(1);
    tracing::error!(step, "a step of the scheduler panicked: a bug of ours; going on with the next one");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_outcome() {
        let panicking = async {
            tokio::task::yield_now().await;
            panic!("between the claim and the publish")
        };
        assert_eq!(contained::<()>("fire", panicking).await, None);
        assert_eq!(contained("fire", async { 7 }).await, Some(7));
    }
}
