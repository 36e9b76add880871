//! Has what one person says to one question heard in the order in which it came, while everything else goes on beside it: of
//! two answers the first stands. Two dialogs know nothing of each other's turns; which answer goes before which, the ask
//! decides by when they came in.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// Who is being heard.
#[derive(Default)]
pub(crate) struct Turns(Mutex<Queued>);

#[derive(Default)]
struct Queued {
    /// The last turn of each speaker, and what ends with it.
    last: HashMap<String, (u64, CancellationToken)>,
    next: u64,
}

/// A place behind whoever speaks for the same, until this is dropped.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    place: Place,
}

/// What a turn is made of while nobody has it.
pub(crate) struct Place {
    number: u64,
    speakers: BTreeSet<String>,
    before: Vec<CancellationToken>,
    done: CancellationToken,
}

impl Turns {
    /// A place behind everything that these speakers have said so far, from now on until [`Self::turn`] of it ends.
    pub(crate) fn queue(&self, speakers: BTreeSet<String>) -> Place {
        let mut queued = self.queued();
        let (number, done) = (queued.next, CancellationToken::new());
        queued.next += 1;
        let before = speakers.iter().filter_map(|one| queued.last.insert(one.clone(), (number, done.clone())));
        let before = before.map(|(_, before)| before).collect();
        Place { number, speakers, before, done }
    }

    /// Waits until everybody before it has been heard.
    pub(crate) async fn turn(&self, place: Place) -> Turn<'_> {
        // Who gives up waiting is waited for no more.
        let turn = Turn { turns: self, place };
        for before in &turn.place.before {
            before.cancelled().await;
        }
        turn
    }

    fn queued(&self) -> MutexGuard<'_, Queued> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut queued = self.turns.queued();
        for speaker in &self.place.speakers {
            if queued.last.get(speaker).is_some_and(|(number, _)| *number == self.place.number) {
                queued.last.remove(speaker);
            }
        }
        self.place.done.cancel();
    }
}

#[cfg(test)]
mod tests;
