//! What is rendered once for everybody who looks at the same: fifty readers of a stream cost one rendering.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Tenant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::words::Lang;

/// The most streams that are open at once.
const MAX_STREAMS: usize = 500;
/// The most of one user, so that nobody takes the places of all others.
const MAX_STREAMS_OF_A_USER: usize = 50;

/// Whose numbers, and in which language.
pub(crate) type Topic = (Option<Tenant>, Lang);

/// What readers get: a page's live part, empty until it is rendered for the first time.
pub(crate) type Rendered = Arc<str>;

/// The topics that somebody reads, each with one writer.
pub(crate) struct Feed {
    topics: Mutex<HashMap<Topic, watch::Receiver<Rendered>>>,
    places: Arc<Semaphore>,
    of_users: OfUsers,
}

/// How many streams each user has open.
type OfUsers = Arc<Mutex<HashMap<String, usize>>>;

/// The place of one reader. Dropping it makes room.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    user: String,
    of_users: OfUsers,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of_users = self.of_users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = of_users.get_mut(&self.user) {
            *open -= 1;
            if *open == 0 {
                of_users.remove(&self.user);
            }
        }
    }
}

impl Default for Feed {
    fn default() -> Self {
        let places = Arc::new(Semaphore::new(MAX_STREAMS));
        Self { topics: Mutex::default(), places, of_users: OfUsers::default() }
    }
}

impl Feed {
    /// A place for a reader of this user, until it is dropped. None when all are taken, or all that one user may have.
    pub(crate) fn place(&self, user: &str) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut of_users = self.of_users.lock().unwrap_or_else(PoisonError::into_inner);
        let open = of_users.entry(user.to_owned()).or_default();
        if *open >= MAX_STREAMS_OF_A_USER {
            return None;
        }
        *open += 1;
        Some(Place { _permit: permit, user: user.to_owned(), of_users: Arc::clone(&self.of_users) })
    }

    /// Reads a topic. Where nobody writes it, `write` is given what it writes into; it must end when [`Self::is_read`]
    /// says so.
    pub(crate) fn read(&self, topic: &Topic, write: impl FnOnce(watch::Sender<Rendered>)) -> watch::Receiver<Rendered> {
        let mut topics = self.topics();
        // One that is closed has lost its writer.
        if let Some(told) = topics.get(topic).filter(|told| told.has_changed().is_ok()) {
            return told.clone();
        }
        let (sender, told) = watch::channel(Rendered::from(""));
        topics.insert(topic.clone(), told.clone());
        write(sender);
        told
    }

    /// Whether anybody reads a topic still. When nobody does, the next reader gets another writer.
    pub(crate) fn is_read(&self, topic: &Topic, sender: &watch::Sender<Rendered>) -> bool {
        let mut topics = self.topics();
        // One receiver is our own.
        let is_read = sender.receiver_count() > 1;
        if !is_read {
            topics.remove(topic);
        }
        is_read
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<Topic, watch::Receiver<Rendered>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_readers_have_one_writer_and_none_has_none() {
        let (feed, topic) = (Feed::default(), (None, Lang::En));
        let writers = Mutex::new(Vec::new());
        let read = || feed.read(&topic, |sender| writers.lock().unwrap().push(sender));
        let (first, second) = (read(), read());
        assert_eq!(writers.lock().unwrap().len(), 1);
        let is_read = || feed.is_read(&topic, &writers.lock().unwrap()[0]);
        assert!(is_read());
        drop(first);
        assert!(is_read());
        drop(second);
        assert!(!is_read());
        let _third = read();
        assert_eq!(writers.lock().unwrap().len(), 2);
    }

    #[test]
    fn one_user_does_not_take_the_places_of_all() {
        let feed = Feed::default();
        let places: Vec<Place> = std::iter::from_fn(|| feed.place("ana")).take(MAX_STREAMS).collect();
        assert_eq!(places.len(), MAX_STREAMS_OF_A_USER);
        assert!(feed.place("bob").is_some());
        drop(places);
        assert!(feed.place("ana").is_some());
    }

    #[test]
    fn a_writer_that_is_gone_is_replaced() {
        let (feed, topic) = (Feed::default(), (None, Lang::Es));
        let told = feed.read(&topic, drop);
        assert!(told.has_changed().is_err());
        let mut writer = None;
        let told = feed.read(&topic, |sender| writer = Some(sender));
        assert!(told.has_changed().is_ok() && writer.is_some());
    }
}
