//! What was put into inboxes and what their users have done. A deed is written down before it is asked for, so that one whose
//! answer is lost may have been done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chasqui::clock::SystemClock;
use domain::Clock as _;

use crate::chaos::reconcile::inboxes::{Act, Books, Deed, Posted, ToTopic};

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

    pub(super) fn note_posted(&self, posted: Posted) {
        self.pages().books.posted.push(posted);
    }

    /// The messages to a user so far.
    pub(super) fn posted_to(&self, user: &str) -> Vec<String> {
        let pages = self.pages();
        pages.books.posted.iter().filter(|posted| posted.user == user).map(|posted| posted.id.clone()).collect()
    }

    pub(super) fn note_to_topic(&self, to_topic: ToTopic) {
        self.pages().books.to_topics.push(to_topic);
    }

    /// Writes down what is about to be done with these items, and gives the place.
    pub(super) fn begin(&self, act: Act, ids: &[String]) -> usize {
        let deeds = &mut self.pages().books.deeds;
        let place = deeds.len();
        deeds.extend(ids.iter().map(|id| Deed { id: id.clone(), act, done: None }));
        place
    }

    /// Writes down that so many deeds from a place on were answered now.
    pub(super) fn end(&self, place: usize, count: usize) {
        let done = Some((SystemClock.now(), Instant::now()));
        self.pages().books.deeds.iter_mut().skip(place).take(count).for_each(|deed| deed.done = done);
    }

    pub(super) fn note_wrong(&self, what: String) {
        self.pages().wrong.push(what);
    }

    pub(super) fn wrong(&self) -> Vec<String> {
        self.pages().wrong.clone()
    }

    pub(super) fn books(&self) -> Books {
        self.pages().books.clone()
    }
}
