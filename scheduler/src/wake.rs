//! When to look for due jobs again: at the time of the next job, reported or found, by a clock that may jump.

use std::time::Duration;

use domain::{Clock, Timestamp};
use store::Soonest;

/// The time between two looks at the clock: a jump of the clock delays due jobs by no more than this.
const RECHECK: Duration = Duration::from_millis(100);

/// Returns when a job is due: the one that was `found` in the table, or one that this process has stored since. Never
/// returns when there is no job: the ticker covers what other processes store.
pub(crate) async fn when_due(clock: &dyn Clock, soonest: &Soonest, found: Option<Timestamp>) {
    loop {
        let next = soonest.reported().into_iter().chain(found).min();
        let left = next.map(|next| next.since(clock.now()));
        if left == Some(Duration::ZERO) {
            return;
        }
        let nap = async {
            match left {
                Some(left) => tokio::time::sleep(left.min(RECHECK)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = nap => {}
            () = soonest.earlier() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use futures_util::FutureExt as _;
    use tokio::time::Instant;

    use super::*;

    /// A clock that shows tokio's time, which stands still here, and how far it was shifted.
    struct Paused(Instant, AtomicI64);

    impl Paused {
        fn new() -> Self {
            Self(Instant::now(), AtomicI64::new(0))
        }

        fn shift(&self, seconds: i64) {
            self.1.store(seconds, Ordering::SeqCst);
        }
    }

    impl Clock for Paused {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(1_000 + self.1.load(Ordering::SeqCst)).plus(self.0.elapsed())
        }
    }

    const DUE: Timestamp = Timestamp::from_micros(1_000_700_000);

    #[tokio::test(start_paused = true)]
    async fn it_wakes_when_the_next_job_is_due_and_not_before() {
        let (clock, soonest) = (Paused::new(), Soonest::default());
        when_due(&clock, &soonest, Some(DUE)).await;
        assert!((DUE..=DUE.plus(Duration::from_millis(2))).contains(&clock.now()), "{}", clock.now());
        when_due(&clock, &soonest, Some(DUE)).now_or_never().expect("what is past is due");
    }

    #[tokio::test(start_paused = true)]
    async fn it_wakes_for_an_earlier_job_that_was_stored_meanwhile() {
        let (clock, soonest) = (Paused::new(), Soonest::default());
        let later = DUE.plus(Duration::from_secs(3600));
        for found in [None, Some(later)] {
            clock.shift(0);
            soonest.forget();
            let storing = async {
                tokio::task::yield_now().await;
                soonest.report(later);
                soonest.report(clock.now().plus(Duration::from_millis(300)));
            };
            let before = clock.now();
            tokio::join!(when_due(&clock, &soonest, found), storing);
            let waited = clock.now().since(before);
            assert!((300..=302).contains(&waited.as_millis()), "{waited:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_jumps_ahead_is_noticed() {
        let (clock, soonest) = (Paused::new(), Soonest::default());
        let before = Instant::now();
        let jump = async {
            tokio::time::sleep(Duration::from_millis(250)).await;
            clock.shift(7_200);
        };
        tokio::join!(when_due(&clock, &soonest, Some(DUE.plus(Duration::from_secs(3600)))), jump);
        assert!(before.elapsed() <= Duration::from_millis(250) + RECHECK, "{:?}", before.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_job_it_leaves_the_waking_to_the_ticker() {
        let (clock, soonest) = (Paused::new(), Soonest::default());
        let waiting = tokio::time::timeout(Duration::from_secs(3600), when_due(&clock, &soonest, None));
        assert!(waiting.await.is_err());
    }
}
