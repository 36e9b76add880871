//! Leases tokens of the limits that the whole fleet keeps together: a chunk at a time, beside the path of deliveries, which
//! find their tokens here or wait.

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;

/// How long the ledger is left alone after it has failed.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);
/// The bounds of a sleep: the clock by which windows end may be set while this sleeps.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(60);

/// Runs until the stop, or ends at once where the fleet has no limits. Tokens are there before messages ask for them, so
/// that one that comes after a quiet hour need not wait.
pub(crate) async fn lease(shared: Arc<Shared>, stop: CancellationToken) {
    let (clock, health) = (&shared.intake.clock, &shared.health);
    while let Some(ends) = health.window_ends(clock.now()) {
        let leased = lease_once(&shared).await;
        let has_failed = leased.inspect_err(|error| tracing::debug!(%error, "no tokens were leased")).is_err();
        let pause = if has_failed { AFTER_A_FAILURE } else { ends.since(clock.now()).clamp(SHORTEST, LONGEST) };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
            () = health.until_low(), if !has_failed => {}
        }
    }
}

/// Leases all that is wanted now, one statement after the other.
async fn lease_once(shared: &Shared) -> Result<(), StoreError> {
    let (store, health) = (&shared.intake.store, &shared.health);
    for lease in health.leases(shared.intake.clock.now()) {
        let (provider, medium, window) = (lease.provider, lease.medium, lease.wanted.window.unit.as_str());
        let leased = store.lease_tokens(provider, medium, lease.wanted).await?;
        metrics::gauge!("chasqui_provider_limit_used",
            "provider" => provider, "medium" => medium, "window" => window)
        .set(f64::from(leased.used));
        health.leased(lease, leased);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{Ambiguity, Before, Lane, Timestamp, Window, WindowUnit};
    use store::LimitUse;

    use super::*;
    use crate::health::Wants;
    use crate::testing::{Parts, notification, parts_with_limits};

    /// How many messages are taken, one after the other, while tokens are leased between them.
    async fn taken(parts: &Parts, now: Timestamp) -> usize {
        let mail = notification("email", "ana@example.org");
        let carriers = parts.shared.setup.channels.carriers_of(&mail).unwrap();
        let before = Before { last: None, ambiguous: false, policy: Ambiguity::Resend };
        let wants = Wants { lane: Lane::Urgent, is_reserved: false, paused: None };
        let mut taken = 0;
        for _ in 0..30 {
            lease_once(&parts.shared).await.unwrap();
            taken += usize::from(parts.shared.health.choose(carriers, before, wants, now).is_ok());
        }
        taken
    }

    #[tokio::test]
    async fn a_worker_takes_what_it_has_leased_and_no_more_than_the_limit() {
        let parts = parts_with_limits(&[Window { unit: WindowUnit::Day, messages: 20 }]).await;
        let now = parts.shared.intake.clock.now();
        assert_eq!(taken(&parts, now).await, 20);
        let found = parts.shared.intake.store.limits(now).await.unwrap();
        let [LimitUse { provider, medium, used, .. }] = &found[..] else { panic!("{found:?}") };
        assert_eq!((provider.as_str(), medium.as_str(), *used), ("smtp", "email", 20));
    }
}
