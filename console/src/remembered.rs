//! Who was known by a session when the ledger answered last: while it does not, they may go on reading what was last
//! known. They change nothing by it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Actor, Timestamp};

/// How long somebody may read without the ledger.
const KEPT: Duration = Duration::from_secs(15 * 60);
/// The most sessions that are kept in mind.
const MAX_SESSIONS: usize = 1_000;

/// By their sessions, as `Doors::session_id` tells them apart: the other cookies of a browser say nothing of who it is.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<HashMap<String, (Actor, Timestamp)>>);

impl Remembered {
    /// Notes what the ledger has just said of a session.
    pub(crate) fn note(&self, session: Option<&str>, actor: Option<&Actor>, now: Timestamp) {
        let Some(session) = session else { return };
        let mut sessions = self.lock();
        let Some(actor) = actor else {
            sessions.remove(session);
            return;
        };
        if sessions.len() >= MAX_SESSIONS {
            sessions.retain(|_, (_, at)| now.since(*at) <= KEPT);
        }
        if sessions.len() < MAX_SESSIONS {
            sessions.insert(session.to_owned(), (actor.clone(), now));
        }
    }

    /// Who it was, and when the ledger has said so last.
    pub(crate) fn find(&self, session: Option<&str>, now: Timestamp) -> Option<(Actor, Timestamp)> {
        let sessions = self.lock();
        let (actor, at) = sessions.get(session?)?;
        (now.since(*at) <= KEPT).then(|| (actor.clone(), *at))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Actor, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[test]
fn who_was_known_is_known_for_a_while_and_not_after_a_session_has_ended() {
    let (remembered, actor) = (Remembered::default(), Actor::on_this_machine("ana"));
    let now = Timestamp::from_seconds(1_000_000);
    remembered.note(Some("a"), Some(&actor), now);
    assert_eq!(remembered.find(Some("a"), now.plus(KEPT)), Some((actor, now)));
    assert_eq!(remembered.find(Some("a"), now.plus(KEPT * 2)), None);
    assert_eq!((remembered.find(Some("b"), now), remembered.find(None, now)), (None, None));
    remembered.note(Some("a"), None, now);
    assert_eq!(remembered.find(Some("a"), now), None);
}
