//! Sessions of browsers: a token in a cookie, of which the ledger has the hash. One ends 12 hours after it was used last,
//! and 7 days after it was opened, and with everything that ends its user's tokens.

use std::time::Duration;

use domain::{Actor, Clock, Content, Timestamp, content_of};
use secrecy::{ExposeSecret as _, SecretString};
use store::{NewSession, OpenSession, Store, StoreError};

use super::grants::known_scopes;
use super::keys::random;
use super::log_in::LoggedIn;

/// How long a session lasts without being used.
pub const IDLE: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a session lasts.
pub const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long a use is not noted again.
const NOTED_EVERY: Duration = Duration::from_secs(60);
/// A token is 64 digits of 16.
const TOKEN_BYTES: usize = 64;
/// How many bytes of the hash of a token tell a session from the others of its user.
const ID_BYTES: usize = 8;

/// Opens a session of somebody who has just shown its password, and returns its token. None when the user was disabled or
/// signed out everywhere meanwhile, or twice within the last second: whoever logs in again gets one.
///
/// # Errors
/// [`StoreError`].
pub async fn open(store: &Store, who: &LoggedIn, clock: &dyn Clock) -> Result<Option<SecretString>, StoreError> {
    let token = random();
    let now = clock.now();
    let hash = content_of(token.as_bytes());
    let new = NewSession { token: &hash, user: &who.user.name, read_at: who.at, now, until: now.plus(IDLE) };
    Ok(store.open_session(&new).await?.then(|| SecretString::from(token)))
}

/// Who has a session with this token, with what that user may do by now. Using it keeps it.
///
/// # Errors
/// [`StoreError`].
pub async fn find(store: &Store, token: &SecretString, clock: &dyn Clock) -> Result<Option<Actor>, StoreError> {
    let Some(hash) = hash_of(token) else { return Ok(None) };
    let now = clock.now();
    let Some(session) = store.session(&hash, now).await? else { return Ok(None) };
    if now.since(session.last_seen_at) >= NOTED_EVERY {
        let until = ends_at(session.created_at, now);
        // A ledger that takes no changes now still lets people look.
        let _ = store.touch_session(&hash, now, until).await;
    }
    Ok(Some(Actor { name: session.user, tenant: session.tenant, scopes: known_scopes(&session.scopes) }))
}

/// Ends the session with this token, if there is one.
///
/// # Errors
/// [`StoreError`].
pub async fn end(store: &Store, token: &SecretString) -> Result<(), StoreError> {
    match hash_of(token) {
        Some(hash) => store.end_session(&hash).await,
        None => Ok(()),
    }
}

/// Ends all sessions of the actor, on every device. Its tokens stay: revoking them is another thing.
///
/// # Errors
/// [`StoreError`].
pub async fn end_all(store: &Store, actor: &Actor) -> Result<(), StoreError> {
    store.end_sessions(&actor.name).await
}

/// A session that is in force, as its user sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    /// Tells it from the user's others; nobody gets in by it.
    pub id: String,
    pub created_at: Timestamp,
    /// To about a minute.
    pub last_seen_at: Timestamp,
    /// When it ends if it is not used again.
    pub ends_at: Timestamp,
}

/// The sessions of the actor, that which was used last before the others: at most 100.
///
/// # Errors
/// [`StoreError`].
pub async fn list(store: &Store, actor: &Actor, clock: &dyn Clock) -> Result<Vec<Open>, StoreError> {
    let found = store.sessions_of(&actor.name, clock.now()).await?;
    let open = |session: &OpenSession| Open {
        id: id(&session.token),
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        ends_at: session.expires_at,
    };
    Ok(found.iter().map(open).collect())
}

/// Ends the session of the actor that has this id in [`list()`]. False where there is none.
///
/// # Errors
/// [`StoreError`].
pub async fn end_one(store: &Store, actor: &Actor, named: &str, clock: &dyn Clock) -> Result<bool, StoreError> {
    let found = store.sessions_of(&actor.name, clock.now()).await?;
    match found.iter().find(|session| id(&session.token) == named) {
        Some(session) => store.end_session(&session.token).await.map(|()| true),
        None => Ok(false),
    }
}

/// The id of the session with this token. None for what cannot be a token.
pub fn id_of(token: &SecretString) -> Option<String> {
    hash_of(token).map(|hash| id(&hash))
}

/// The first digits of the hash of a token.
fn id(hash: &Content) -> String {
    hash.iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

fn ends_at(created_at: Timestamp, now: Timestamp) -> Timestamp {
    now.plus(IDLE).min(created_at.plus(LONGEST))
}

fn hash_of(token: &SecretString) -> Option<Content> {
    let token = token.expose_secret();
    (token.len() == TOKEN_BYTES).then(|| content_of(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_after_a_week_however_much_it_is_used() {
        let opened = Timestamp::from_seconds(1_800_000_000);
        assert_eq!(ends_at(opened, opened), opened.plus(IDLE));
        assert_eq!(ends_at(opened, opened.plus(LONGEST - Duration::from_secs(60))), opened.plus(LONGEST));
    }
}
