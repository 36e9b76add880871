//! The audit at the end: gathers for each notification what the ledger, the jobs, the dead-letter queue and the
//! provider have of it. [`super::reconcile`] judges that.

use std::collections::HashMap;

use anyhow::Result;
use domain::RecipientHasher;
use serde_json::Value;
use store::{DeliveryView, Filter, Job, JobFilter, Store};

use super::reconcile::{Entry, Found, Handled, Told};
use crate::fleet::DeadLetter;
use crate::provider::Received;

/// What was found at the end, by recipient: every notification has one of its own.
pub(super) struct Audit {
    found: HashMap<String, Found>,
    /// What was done with the letters of a delivery, by its id.
    handled: HashMap<String, Handled>,
    /// What belongs to no notification of the run.
    pub(super) unmatched: Vec<String>,
}

impl Audit {
    pub(super) fn new(
        entries: &[Entry],
        hasher: &RecipientHasher,
        rows: Vec<DeliveryView>,
        jobs: &[Job],
        letters: Vec<DeadLetter>,
        received: Vec<Received>,
    ) -> Self {
        let by_hash: HashMap<_, _> =
            entries.iter().map(|entry| (hasher.hash(&entry.recipient), &entry.recipient)).collect();
        let by_id: HashMap<_, _> =
            entries.iter().filter_map(|entry| Some((entry.id.as_deref()?, &entry.recipient))).collect();
        let mut audit = Self { found: HashMap::new(), handled: HashMap::new(), unmatched: Vec::new() };
        for view in rows {
            // A tombstone knows only the id.
            let whose = by_hash.get(&view.row.recipient_hash).or_else(|| by_id.get(view.row.key.id.as_str()));
            match whose {
                Some(recipient) => audit.of(recipient).rows.push(view),
                None => audit.unmatched.push(format!("a row {} {}", view.row.key, view.row.state)),
            }
        }
        for job in jobs {
            match destination(&job.body) {
                Some(recipient) => audit.of(&recipient).jobs += 1,
                None => audit.unmatched.push(format!("a job {}", job.key)),
            }
        }
        for letter in letters {
            match destination(&letter.body) {
                Some(recipient) => audit.of(&recipient).letters.push(letter),
                None => audit.unmatched.push(format!("a dead letter {:?}", letter.message_id)),
            }
        }
        for received in received.into_iter().filter(|received| received.answer.may_have_accepted()) {
            let recipient = received.to.strip_prefix("whatsapp:").unwrap_or(&received.to).to_owned();
            audit.of(&recipient).copies.push(received);
        }
        audit
    }

    /// What a subscriber was told. An event names its delivery, and never a recipient.
    pub(super) fn hear(&mut self, told: Vec<Told>) {
        let rows =
            self.found.iter().flat_map(|(recipient, found)| found.rows.iter().map(move |view| (view, recipient)));
        let by_id: HashMap<String, String> =
            rows.map(|(view, recipient)| (view.row.key.id.clone(), recipient.clone())).collect();
        for event in told {
            match by_id.get(&event.delivery) {
                Some(recipient) => self.of(recipient).told.push(event),
                None => self.unmatched.push(format!("an event of a delivery without a row: {event:?}")),
            }
        }
    }

    /// What was done with dead letters, by the ids of their deliveries.
    pub(super) fn handle(&mut self, handled: HashMap<String, Handled>) {
        self.handled = handled;
    }

    fn of(&mut self, recipient: &str) -> &mut Found {
        self.found.entry(recipient.to_owned()).or_default()
    }

    pub(super) fn found(&self, entry: &Entry) -> Found {
        let handled = entry.id.as_ref().and_then(|id| self.handled.get(id)).cloned().unwrap_or_default();
        Found { handled, ..self.found.get(&entry.recipient).cloned().unwrap_or_default() }
    }
}

fn destination(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body["destination"].as_str().map(str::to_owned)
}

/// Reads every row of the ledger, with its attempts.
///
/// # Errors
/// The ledger's.
pub(super) async fn all_rows(store: &Store) -> Result<Vec<DeliveryView>> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = store.deliveries(Filter { after, limit: 1000, ..Filter::default() }).await?;
        rows.extend(page.deliveries);
        let Some(next) = page.next else { return Ok(rows) };
        after = Some(next);
    }
}

/// Reads every job that waits, with its body, which lists leave out.
///
/// # Errors
/// The ledger's.
pub(super) async fn all_jobs(store: &Store) -> Result<Vec<Job>> {
    let (mut jobs, mut after) = (Vec::new(), None);
    loop {
        let page = store.jobs(JobFilter { after, limit: 1000, ..JobFilter::default() }).await?;
        for listed in &page.jobs {
            // A job that fires meanwhile is gone.
            jobs.extend(store.job(&listed.key).await?);
        }
        match page.jobs.last() {
            Some(last) if page.more => after = Some(last.key.clone()),
            _ => return Ok(jobs),
        }
    }
}
