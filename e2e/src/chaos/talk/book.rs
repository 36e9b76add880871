//! What people have pressed and programs have asked for, and what they were answered. A press is written down before it is
//! made, so that one whose answer is lost may count.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::chaos::reconcile::talk::{Books, Posted, Press};

#[derive(Clone, Default)]
pub(super) struct Book(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    books: Books,
    /// Answers that must not be.
    wrong: Vec<String>,
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note_asked(&self, id: String) {
        self.pages().books.asked.push(id);
    }

    pub(super) fn note_ordered(&self, id: String) {
        self.pages().books.ordered.push(id);
    }

    pub(super) fn note_succeeded(&self, id: &str) {
        self.pages().books.succeeded.insert(id.to_owned());
    }

    /// Writes down what is about to be pressed, and gives its place.
    pub(super) fn begin_press(&self, press: Press) -> usize {
        let presses = &mut self.pages().books.presses;
        presses.push(press);
        presses.len() - 1
    }

    pub(super) fn confirm_press(&self, at: usize) {
        self.pages().books.presses[at].is_confirmed = true;
    }

    pub(super) fn note_wrong(&self, what: String) {
        self.pages().wrong.push(what);
    }

    pub(super) fn wrong(&self) -> Vec<String> {
        self.pages().wrong.clone()
    }

    /// All of it, with what the service was sent.
    pub(super) fn books(&self, posted: Vec<Posted>) -> Books {
        Books { posted, ..self.pages().books.clone() }
    }
}
