//! Says in words what became of a delivery, and why: from its row, its attempts, its receipts and its family.

use std::time::Duration;

use domain::{Child, EditFact, Explanation, Facts, FieldError, Key, ReceiptFact, Unreleased};
use store::{EditedLetter, JobSummary, Receipt, Store, StoreError};

use crate::deliveries::{Fallback, Shown, Taken, show};

/// Explains one delivery. None when nothing is known of it: see [`NotKnown`](crate::deliveries::NotKnown). `delays` are
/// those of the three retry queues.
///
/// # Errors
/// [`StoreError`].
pub async fn explain(store: &Store, key: &Key, delays: [Duration; 3]) -> Result<Option<Explanation>, StoreError> {
    match show(store, key).await? {
        Some(shown) => explain_shown(store, &shown, delays).await.map(Some),
        None => Ok(None),
    }
}

/// The same of a delivery that was read already.
///
/// # Errors
/// [`StoreError`].
pub async fn explain_shown(store: &Store, shown: &Shown, delays: [Duration; 3]) -> Result<Explanation, StoreError> {
    Ok(match shown {
        Shown::Taken(taken) => of_taken(taken, &store.letter_edits(&taken.view.row.key).await?, delays),
        Shown::Scheduled { job, warnings } => of_job(job, warnings),
    })
}

fn of_taken(taken: &Taken, edits: &[EditedLetter], delays: [Duration; 3]) -> Explanation {
    let receipts: Vec<_> = taken.receipts.iter().map(receipt).collect();
    let children: Vec<_> = taken.fallbacks.iter().map(child).collect();
    let edits: Vec<_> = edits.iter().map(edit).collect();
    domain::explain(&Facts {
        row: &taken.view.row,
        due_at: taken.view.due_at,
        attempts: &taken.view.attempts,
        receipts: &receipts,
        children: &children,
        edits: &edits,
        warnings: &taken.warnings,
        delays,
    })
}

fn of_job(job: &JobSummary, warnings: &[FieldError]) -> Explanation {
    domain::explain_unreleased(&Unreleased {
        lane: job.lane,
        due: job.due_at,
        expires_at: job.expires_at,
        epoch: job.epoch,
        attempt: job.attempt,
        warnings,
    })
}

fn receipt(receipt: &Receipt) -> ReceiptFact<'_> {
    ReceiptFact {
        provider: &receipt.provider,
        epoch: receipt.epoch,
        attempt: receipt.attempt,
        said: &receipt.said,
        class: receipt.class.as_deref(),
        code: receipt.code.as_deref(),
        detail: &receipt.detail,
        at: receipt.happened_at.unwrap_or(receipt.received_at),
    }
}

fn edit(edited: &EditedLetter) -> EditFact<'_> {
    let EditedLetter { id, edited_from, by, why, at, .. } = edited;
    EditFact { id, edited_from, by, why, at: *at }
}

fn child(fallback: &Fallback) -> Child<'_> {
    Child { id: &fallback.id, state: fallback.state, is_scheduled: fallback.is_scheduled }
}
