//! Who was known by a session when the ledger answered last: while it does not, they may go on reading what was last
//! known. They change nothing by it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use domain::{Actor, Timestamp};

/// How long somebody may read without the ledger.
const KEPT: Duration = Duration::from_secs(15 * 60);
/// The most sessions that are kept in mind.
const MAX_SESSIONS: usize = 1_000;

/// By the cookies with which they came.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<HashMap<Vec<u8>, (Actor, Timestamp)>>);

impl Remembered {
    /// Notes what the ledger has just said of the session with these cookies.
    pub(crate) fn note(&self, headers: &HeaderMap, actor: Option<&Actor>, now: Timestamp) {
        let mut sessions = self.lock();
        let Some(actor) = actor else {
            sessions.remove(&key(headers));
            return;
        };
        if sessions.len() >= MAX_SESSIONS {
            sessions.retain(|_, (_, at)| now.since(*at) <= KEPT);
        }
        if sessions.len() < MAX_SESSIONS {
            sessions.insert(key(headers), (actor.clone(), now));
        }
    }

    /// Who it was, and when the ledger has said so last.
    pub(crate) fn find(&self, headers: &HeaderMap, now: Timestamp) -> Option<(Actor, Timestamp)> {
        let sessions = self.lock();
        let (actor, at) = sessions.get(&key(headers))?;
        (now.since(*at) <= KEPT).then(|| (actor.clone(), *at))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, (Actor, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(headers: &HeaderMap) -> Vec<u8> {
    headers.get_all(COOKIE).iter().map(|line| line.as_bytes()).collect::<Vec<_>>().join(&b';')
}

#[test]
fn who_was_known_is_known_for_a_while_and_not_after_a_session_has_ended() {
    let (remembered, actor) = (Remembered::default(), Actor::on_this_machine("ana"));
    let headers = HeaderMap::from_iter([(COOKIE, axum::http::HeaderValue::from_static("a=b"))]);
    let now = Timestamp::from_seconds(1_000_000);
    remembered.note(&headers, Some(&actor), now);
    assert_eq!(remembered.find(&headers, now.plus(KEPT)), Some((actor, now)));
    assert_eq!(remembered.find(&headers, now.plus(KEPT * 2)), None);
    assert_eq!(remembered.find(&HeaderMap::new(), now), None);
    remembered.note(&headers, None, now);
    assert_eq!(remembered.find(&headers, now), None);
}
