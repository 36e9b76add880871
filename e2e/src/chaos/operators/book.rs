//! What everybody has asked for, and what they were answered. Something is written down before it is asked for, so that
//! whoever is called away in the middle leaves an answer that was lost.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::chaos::reconcile::journal::{Action, Refusal, Said};
use crate::chaos::reconcile::{Answer, Entry};

#[derive(Clone, Default)]
pub(in crate::chaos) struct Book(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    actions: Vec<Action>,
    refusals: Vec<Refusal>,
    /// Jobs that somebody has started, or may have.
    jobs: Vec<Job>,
    /// What was sent, or may have been, in the place of letters.
    edits: Vec<Entry>,
    /// How often the letter of a delivery was moved to a lane by hand, or may have been.
    by_hand: HashMap<String, usize>,
    /// The deliveries whose letters were taken out of the queue for good, or may have been.
    purged: HashSet<String>,
    /// Answers that must not be.
    wrong: Vec<String>,
}

/// A job over dead letters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) action: &'static str,
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what is about to be asked for, and gives its place.
    pub(super) fn begin(&self, kind: &'static str, subject: &str) -> usize {
        let mut pages = self.pages();
        pages.actions.push(Action { kind, subject: subject.to_owned(), said: Said::Lost });
        pages.actions.len() - 1
    }

    pub(super) fn end(&self, at: usize, said: Said) {
        self.pages().actions[at].said = said;
    }

    pub(super) fn note_refusal(&self, refusal: Refusal) {
        self.pages().refusals.push(refusal);
    }

    pub(super) fn note_start(&self, job: Job) {
        self.pages().jobs.push(job);
    }

    pub(super) fn jobs(&self) -> Vec<Job> {
        self.pages().jobs.clone()
    }

    /// Writes down what is about to be sent in the place of a letter, and gives its place. None where something was sent, or
    /// may have been, to the same recipient: each is sent to once.
    pub(super) fn begin_edit(&self, entry: Entry) -> Option<usize> {
        let mut pages = self.pages();
        if pages.edits.iter().any(|edit| edit.recipient == entry.recipient) {
            return None;
        }
        pages.edits.push(entry);
        Some(pages.edits.len() - 1)
    }

    /// What was sent in the place of a letter was accepted, with this id.
    pub(super) fn end_edit(&self, at: usize, id: Option<&str>) {
        let edit = &mut self.pages().edits[at];
        edit.id = id.map(str::to_owned);
        edit.answer = Answer::Accepted;
    }

    pub(in crate::chaos) fn edits(&self) -> Vec<Entry> {
        self.pages().edits.clone()
    }

    pub(super) fn note_moved_by_hand(&self, id: &str) {
        *self.pages().by_hand.entry(id.to_owned()).or_default() += 1;
    }

    pub(super) fn by_hand(&self) -> HashMap<String, usize> {
        self.pages().by_hand.clone()
    }

    pub(super) fn note_purged(&self, id: &str) {
        self.pages().purged.insert(id.to_owned());
    }

    pub(super) fn purged(&self) -> HashSet<String> {
        self.pages().purged.clone()
    }

    pub(super) fn note_wrong(&self, what: String) {
        self.pages().wrong.push(what);
    }

    pub(in crate::chaos) fn wrong(&self) -> Vec<String> {
        self.pages().wrong.clone()
    }

    pub(in crate::chaos) fn actions(&self) -> Vec<Action> {
        self.pages().actions.clone()
    }

    pub(in crate::chaos) fn refusals(&self) -> Vec<Refusal> {
        self.pages().refusals.clone()
    }
}
