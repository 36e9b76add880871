//! When nothing is on its way any more.

use std::time::Duration;

use anyhow::Result;
use domain::{RecipientHasher, State};
use embedded::VHOST;
use reqwest::Method;
use serde_json::Value;
use store::JobFilter;
use tokio::time::Instant;

use super::amqp::SUBSCRIBER;
use super::audit::all_rows;
use super::reconcile::{Answer, Entry};
use super::world::{DEAD_LETTERS, LOOK_EVERY, World, hasher};

const QUEUES: [&str; 9] = [
    "notifications.queue",
    "notifications.queue.urgent",
    "notifications.queue.bulk",
    "notifications.queue.scheduled",
    "notifications.queue.inbound",
    "notifications.queue.fanout",
    "notifications.queue.retry.1",
    "notifications.queue.retry.2",
    "notifications.queue.retry.3",
];

impl World {
    /// Waits until nothing is on its way any more: every accepted notification has ended, and every queue but the
    /// dead-letter queue and the subscriber's is empty. False when that does not come within the patience.
    pub(super) async fn until_idle(&self, entries: &[Entry], patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let hasher = hasher();
        while Instant::now() < deadline {
            if self.is_idle(entries, &hasher).await.unwrap_or(false) {
                return true;
            }
            tokio::time::sleep(LOOK_EVERY * 5).await;
        }
        false
    }

    async fn is_idle(&self, entries: &[Entry], hasher: &RecipientHasher) -> Result<bool> {
        if !self.store.jobs(JobFilter::default()).await?.jobs.is_empty() {
            return Ok(false);
        }
        if !self.store.running_letter_jobs().await?.is_empty() {
            return Ok(false);
        }
        let rows = all_rows(&self.store).await?;
        if rows.iter().any(|view| matches!(view.row.state, State::Sending | State::Waiting)) {
            return Ok(false);
        }
        let hashes: std::collections::HashSet<_> = rows.iter().map(|view| view.row.recipient_hash).collect();
        let ids: std::collections::HashSet<_> = rows.iter().map(|view| view.row.key.id.as_str()).collect();
        let known = |entry: &Entry| {
            hashes.contains(&hasher.hash(&entry.recipient)) || entry.id.as_deref().is_some_and(|id| ids.contains(id))
        };
        if !entries.iter().filter(|entry| entry.answer == Answer::Accepted).all(known) {
            return Ok(false);
        }
        for queue in QUEUES {
            if self.clients.amqp.ready(queue).await != Some(0) {
                return Ok(false);
            }
        }
        // Messages in hand show in the statistics only, some seconds late.
        let queues = self.manage(Method::GET, &format!("queues/{VHOST}"), None).await?;
        let keeps =
            |queue: &Value| queue["name"].as_str().is_some_and(|name| [DEAD_LETTERS, SUBSCRIBER].contains(&name));
        let holds = |queue: &Value| queue["messages"].as_u64().is_some_and(|count| count > 0);
        let busy = queues.as_array().into_iter().flatten().any(|queue| !keeps(queue) && holds(queue));
        Ok(!busy)
    }
}
