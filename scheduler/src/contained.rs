//! A panic is an outcome: it ends one step, and not the loop that takes it.

use runtime::catch_panic;

/// None when it panicked, which is logged (without the panic's words: they may quote a body) and counted.
pub(crate) async fn contained<T>(step: &'static str, doing: impl Future<Output = T>) -> Option<T> {
    let done = catch_panic(doing).await.ok();
    if done.is_none() {
        report(step);
    }
    done
}

/// The same of a panic that was contained elsewhere.
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
