//! Says in words what became of a delivery, and why: from its row, its attempts, its receipts, its family and the dead letters
//! of its id. What has no row is told from its letters alone.

mod own;

use std::time::Duration;

use domain::{
    Child, EditFact, Explanation, Facts, FieldError, Key, LetterFact, LetterPlace, MOST_LETTERS, ReceiptFact,
    Unreleased,
};
use store::{EditedLetter, IndexedLetter, JobSummary, OF_NO_CALL, Receipt, Store, StoreError, TakenLetter};

use self::own::Known;
use crate::deliveries::{Fallback, Shown, Taken, is_id, show};

/// One more than is told, to know that there are more.
const LETTERS_READ: usize = MOST_LETTERS + 1;

/// Explains one delivery, or the dead letters of its id where no delivery is known. None when nothing is known of either: see
/// [`NotKnown`](crate::deliveries::NotKnown). `delays` are those of the three retry queues.
///
/// # Errors
/// [`StoreError`].
pub async fn explain(store: &Store, key: &Key, delays: [Duration; 3]) -> Result<Option<Explanation>, StoreError> {
    match show(store, key).await? {
        Some(shown) => explain_shown(store, &shown, delays).await.map(Some),
        None => explain_letters(store, key).await,
    }
}

/// The same of a delivery that was read already.
///
/// # Errors
/// [`StoreError`].
pub async fn explain_shown(store: &Store, shown: &Shown, delays: [Duration; 3]) -> Result<Explanation, StoreError> {
    match shown {
        Shown::Taken(taken) => {
            let key = &taken.view.row.key;
            let (edits, letters) = (store.letter_edits(key).await?, store.letters_of(key, LETTERS_READ).await?);
            let known = Known::of(store, &taken.view.row).await?;
            Ok(of_taken(taken, &edits, &letters, &known, delays))
        }
        Shown::Scheduled { job, warnings } => {
            let letters = store.letters_of(&job.key, LETTERS_READ).await?;
            Ok(of_job(job, &letters, warnings))
        }
    }
}

/// Explains the dead letters of an id of which no delivery is known: those of the queue, and those that were taken out of it
/// and are kept. None when there are none.
///
/// # Errors
/// [`StoreError`].
pub async fn explain_letters(store: &Store, key: &Key) -> Result<Option<Explanation>, StoreError> {
    // Letters without an id have nothing in common.
    if !is_id(&key.id) {
        return Ok(None);
    }
    let (letters, taken) =
        (store.letters_of(key, LETTERS_READ).await?, store.taken_letters_of(key, LETTERS_READ).await?);
    if letters.is_empty() && taken.is_empty() {
        return Ok(None);
    }
    let edits = store.letter_edits(key).await?;
    let facts: Vec<_> = letters.iter().map(letter).chain(taken.iter().map(taken_letter)).collect();
    let edits: Vec<_> = edits.iter().map(edit).collect();
    Ok(domain::explain_letters(key, &facts, &edits))
}

fn of_taken(
    taken: &Taken,
    edits: &[EditedLetter],
    letters: &[IndexedLetter],
    known: &Known,
    delays: [Duration; 3],
) -> Explanation {
    let own = known.place(&taken.view.row, letters);
    let receipts: Vec<_> = taken.receipts.iter().map(receipt).collect();
    let children: Vec<_> = taken.fallbacks.iter().map(child).collect();
    let edits: Vec<_> = edits.iter().map(edit).collect();
    let letters: Vec<_> = letters.iter().map(letter).collect();
    domain::explain(&Facts {
        row: &taken.view.row,
        due_at: taken.view.due_at,
        attempts: &taken.view.attempts,
        receipts: &receipts,
        children: &children,
        edits: &edits,
        own,
        letters: &letters,
        warnings: &taken.warnings,
        delays,
    })
}

fn of_job(job: &JobSummary, letters: &[IndexedLetter], warnings: &[FieldError]) -> Explanation {
    let letters: Vec<_> = letters.iter().map(letter).collect();
    domain::explain_unreleased(&Unreleased {
        lane: job.lane,
        due: job.due_at,
        expires_at: job.expires_at,
        epoch: job.epoch,
        attempt: job.attempt,
        letters: &letters,
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

fn letter(indexed: &IndexedLetter) -> LetterFact<'_> {
    LetterFact {
        letter: &indexed.letter,
        group: &indexed.fingerprint,
        reason: &indexed.reason,
        error: &indexed.error,
        channel: &indexed.channel,
        epoch: indexed.epoch,
        attempts: Some(indexed.attempts),
        is_of_no_call: indexed.channel == OF_NO_CALL,
        place: LetterPlace::InQueue { since: indexed.dead_at },
    }
}

fn taken_letter(taken: &TakenLetter) -> LetterFact<'_> {
    LetterFact {
        letter: &taken.letter,
        group: &taken.fingerprint,
        reason: &taken.reason,
        error: &taken.words,
        channel: &taken.channel,
        epoch: taken.epoch,
        attempts: None,
        is_of_no_call: taken.channel == OF_NO_CALL,
        place: LetterPlace::Taken { at: taken.at, job: &taken.job, action: taken.action.as_str() },
    }
}
