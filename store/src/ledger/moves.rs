//! The moves that are committed in groups: claim, record and what follows from it, and storing a job.

use std::time::Duration;

use domain::{Arrival, Entry, FieldError, Key, Listed, Row, Transition};

use super::captures::Capture;
use super::claim::{Claimed, Claiming};
use super::input::refuse_nul;
use super::jobs::{self, Job, Put};
use super::record::{Recorded, Recording};
use super::warnings;
use super::write::LedgerWrite;
use crate::error::StoreError;
use crate::inbox::post::Post;
use crate::journal;
use crate::store::Store;

impl Store {
    /// Inserts `candidate`, which is a first row, when its key is unknown. Otherwise reads the row, lets [`domain::claim`] decide, and writes
    /// a row that is claimed by compare and swap. `lease` runs by the database's clock. Repeating the claim with the
    /// same token succeeds, and renews the lease. Nobody is looked up in the suppression list: whoever may send claims
    /// by [`Store::claim_to_send`].
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it with the same candidate.
    pub async fn claim(&self, candidate: Row, arrival: &Arrival, lease: Duration) -> Result<Claimed, StoreError> {
        self.claim_listed(candidate, arrival, lease, None).await
    }

    /// The same as [`Store::claim`] for a delivery that may be sent. Looks its recipient up in the suppression list, in
    /// the statement that writes the row, which then says why nothing is to be sent for this claim, and knows the
    /// recipient by the hash that was looked up.
    ///
    /// # Errors
    /// Those of [`Store::claim`].
    pub async fn claim_to_send(
        &self,
        candidate: Row,
        arrival: &Arrival,
        lease: Duration,
        listed: Listed,
    ) -> Result<Claimed, StoreError> {
        self.claim_listed(candidate, arrival, lease, Some(listed)).await
    }

    async fn claim_listed(
        &self,
        mut candidate: Row,
        arrival: &Arrival,
        lease: Duration,
        listed: Option<Listed>,
    ) -> Result<Claimed, StoreError> {
        debug_assert!(candidate.is_first(), "a claim inserts a first row: {candidate:?}");
        refuse_nul(&candidate.key)?;
        // A report that names nobody puts the recipient on the list by the row.
        if let Some(listed) = &listed {
            candidate.recipient_hash = listed.recipient;
        }
        self.inner.writers.claims.write(Claiming { candidate, arrival: arrival.clone(), lease, listed }).await
    }

    /// Writes the transition's row if the claim with its token still has it, the attempt, and what the sandbox
    /// captured. Repeating it succeeds, also after the lease.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it before anything follows from it.
    pub async fn record(&self, transition: &Transition, capture: Option<Capture>) -> Result<Recorded, StoreError> {
        refuse_nul(&transition.row.key)?;
        self.inner.writers.outcomes.write(LedgerWrite::Record(recording(transition, capture, None))).await
    }

    /// The same for a message that goes into an inbox: its item is written with the transition, unless another claim has taken
    /// the row over. An inbox has a delivery once.
    ///
    /// # Errors
    /// Those of [`Store::record`].
    pub async fn record_posted(&self, transition: &Transition, post: Post) -> Result<Recorded, StoreError> {
        refuse_nul(&transition.row.key)?;
        let recording = recording(transition, None, Some(Box::new(post)));
        self.inner.writers.outcomes.write(LedgerWrite::Record(recording)).await
    }

    /// Notes that the broker has confirmed the dead letter of `epoch`, so that no copy publishes another one. Changes
    /// nothing when an operator's move has begun the next epoch meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_letter(&self, key: &Key, epoch: u32) -> Result<(), StoreError> {
        self.inner.writers.outcomes.write(LedgerWrite::Letter { key: key.clone(), epoch }).await.map(drop)
    }

    /// Stores warnings beside the delivery, behind those that it has, with the next group of writes. Nobody waits for
    /// that: a warning that is lost with its process is no loss of a message. What is recorded of the delivery after this
    /// call is written after the warnings.
    pub fn warn(&self, key: &Key, warnings: &[FieldError]) {
        if warnings.is_empty() || key.id.contains('\0') {
            return;
        }
        let lines = warnings::lines_of(warnings);
        self.inner.writers.outcomes.write_unasked(LedgerWrite::Warn { key: key.clone(), lines });
    }

    /// Stores a job once: repeating it is harmless.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn put_job(&self, job: Job) -> Result<Put, StoreError> {
        refuse_nul(&job.key)?;
        let due = job.due_at;
        let put = self.inner.writers.jobs.write(job).await?;
        if put == Put::Stored {
            self.inner.soonest.report(due);
        }
        Ok(put)
    }

    /// Stores a job that an operator has asked for, with what that has to tell.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn put_job_told(&self, job: Job, told: &Entry) -> Result<Put, StoreError> {
        refuse_nul(&job.key)?;
        let due = job.due_at;
        let mut session = self.inner.db.begin().await?;
        let put = jobs::put::put(&mut session, std::slice::from_ref(&job)).await?.first().copied();
        let put = put.ok_or_else(|| StoreError::Unavailable("no answer".into()))?;
        if put == Put::Stored {
            journal::insert(&mut session, told).await?;
            session.commit().await?;
            self.inner.soonest.report(due);
        }
        Ok(put)
    }
}

fn recording(transition: &Transition, capture: Option<Capture>, post: Option<Box<Post>>) -> Box<Recording> {
    let mut row = transition.row.clone();
    // Postgres refuses NUL in text, and an answer must not be lost for a provider's odd character.
    for answer in [&mut row.provider_id, &mut row.code].into_iter().flatten() {
        answer.retain(|c| c != '\0');
    }
    Box::new(Recording { row, attempt: transition.attempt.clone(), capture, post })
}
