//! Asks a provider for what it keeps until somebody asks. Each update is published as the API would publish the call of a
//! webhook, and only then confirmed, by asking for those behind it: whoever dies in between has it told again.
//!
//! One dialog of a fleet asks, which has a lease. Where it cannot, it leaves that to the others; but where all that comes goes
//! elsewhere they would be told the same, so that it keeps the lease, and is the only one that is not ready.

use std::time::{Duration, Instant};

use runtime::{Outage, failpoint};
use tokio::task::JoinSet;
use topology::{ConfirmOutcome, Inbound, Publication};
use uuid::Uuid;

use crate::shared::Shared;
use crate::updates::{NotTold, Polling, Update};

/// How long the others wait for one that was killed, and how often one that asks has its lease renewed.
const LEASE: Duration = Duration::from_secs(12);
const RENEW_EVERY: Duration = Duration::from_secs(4);
/// How often the others look whether they are to ask.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long is waited after a question that was not answered, twice as long after each, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One of those who would ask.
pub(crate) struct Poller {
    polling: Polling,
    /// The name of the lease, and by which id this one has it.
    lease: String,
    holder: Uuid,
    outage: Outage,
}

impl Poller {
    pub(crate) fn new(polling: Polling) -> Self {
        let lease = format!("poll/{}", polling.provider);
        Self { polling, lease, holder: Uuid::now_v7(), outage: Outage::new() }
    }

    /// Asks again and again, until the future is dropped.
    pub(crate) async fn keep(&self, shared: &Shared) {
        let (mut taken, mut wait) = (None, FIRST_WAIT);
        loop {
            if !self.has_the_lease(shared).await {
                // Somebody else asks, and confirms what they publish.
                taken = None;
                shared.health.note_polling(None);
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            let told = tokio::select! {
                told = (self.polling.ask)(taken) => told,
                () = self.until_the_lease_is_lost(shared) => continue,
            };
            match told {
                Ok(updates) => {
                    self.note_success(shared);
                    wait = FIRST_WAIT;
                    taken = self.publish(shared, updates).await;
                }
                Err(not_now) => {
                    let others_would_meet_it = matches!(not_now, NotTold::Elsewhere(_));
                    let at_least = self.note_failure(shared, not_now);
                    if !others_would_meet_it {
                        self.leave(shared).await;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(wait.max(at_least)) => {}
                        () = self.until_the_lease_is_lost(shared), if others_would_meet_it => {}
                    }
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
            }
        }
    }

    /// Ends the lease, so that another dialog may ask at once.
    pub(crate) async fn leave(&self, shared: &Shared) {
        if let Err(error) = shared.intake.store.leave_lease(&self.lease, self.holder).await {
            tracing::debug!(%error, provider = self.polling.provider, "the lease of whoever asks ends by itself");
        }
    }

    /// False also while the ledger is away: then nobody asks, and the provider keeps what comes.
    async fn has_the_lease(&self, shared: &Shared) -> bool {
        shared.intake.store.hold_lease(&self.lease, self.holder, LEASE).await.unwrap_or(false)
    }

    async fn until_the_lease_is_lost(&self, shared: &Shared) {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            // While the ledger is away nobody else gets it either.
            if let Ok(false) = shared.intake.store.hold_lease(&self.lease, self.holder, LEASE).await {
                return;
            }
        }
    }

    /// Publishes updates, and answers those that wait for an answer. Returns from which number to ask then: none where
    /// there were none, so that nobody asks for ever from where the numbers have once been, or where the stop came first.
    async fn publish(&self, shared: &Shared, updates: Vec<Update>) -> Option<i64> {
        let mut publishing = JoinSet::new();
        for update in &updates {
            let (publisher, stopping) = (shared.intake.publisher.clone(), shared.intake.stopping.clone());
            let publication = self.publication(shared, update);
            publishing.spawn(async move { publisher.publish_until_confirmed(publication, &stopping).await });
        }
        while let Some(outcome) = publishing.join_next().await {
            // What the broker would never take is told by the publisher: it must not keep out all that comes behind it.
            let is_passed = matches!(outcome, Ok(ConfirmOutcome::Confirmed | ConfirmOutcome::Impossible));
            if !is_passed {
                return None;
            }
        }
        let taken = updates.iter().map(|update| update.number).max()?;
        failpoint("dialog.polled_before_offset");
        metrics::counter!("chasqui_polled_updates_total", "provider" => self.polling.provider)
            .increment(updates.len() as u64);
        updates.into_iter().filter_map(|update| update.query).for_each(|query| self.answer(shared, query));
        Some(taken.saturating_add(1))
    }

    fn publication(&self, shared: &Shared, update: &Update) -> Publication {
        let (now, body) = (shared.intake.clock.now(), update.body.clone());
        let inbound = Inbound::call(self.polling.provider, self.polling.target, now, body);
        Publication::of_inbound(Uuid::now_v7().to_string(), inbound.marked(&shared.secrets))
    }

    /// Answers beside the questions, for which whoever has pressed a button need not wait.
    fn answer(&self, shared: &Shared, query: String) {
        let (answering, provider) = ((self.polling.answer)(query), self.polling.provider);
        shared.events.spawn(async move {
            if let Err(why) = answering.await {
                tracing::debug!(provider, why, "a press was not answered");
            }
        });
    }

    fn note_success(&self, shared: &Shared) {
        shared.health.note_polling(None);
        if let Some(lasted) = self.outage.ended(Instant::now()) {
            let provider = self.polling.provider;
            tracing::info!(provider, seconds = lasted.as_secs(), "the provider tells again what people write");
        }
    }

    /// Returns how long nobody is to ask. Only what somebody must put right keeps the dialog from being ready.
    fn note_failure(&self, shared: &Shared, not_told: NotTold) -> Duration {
        let provider = self.polling.provider;
        let note_trouble = |why: &str| {
            shared.health.note_polling(Some(format!("{provider} does not tell what people write: {why}")));
        };
        let (why, at_least) = match not_told {
            NotTold::Now { why, wait } => (why, wait),
            NotTold::Refused(why) => {
                note_trouble(&why);
                (why, Some(LONGEST_WAIT))
            }
            NotTold::Elsewhere(why) => {
                note_trouble(&why);
                (why, None)
            }
        };
        if let Some(untold) = self.outage.failed(Instant::now()) {
            tracing::warn!(provider, why, untold, "the provider does not tell what people write; asking again");
        }
        at_least.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
