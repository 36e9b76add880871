//! Sessions of browsers: found by the hash of their token, ended with their user's tokens.

use domain::{Content, Tenant, Timestamp};

use crate::error::StoreError;
use crate::sql::{Session as Statements, Value, content_of, get, unreadable};
use crate::store::Store;

/// The most sessions that are forgotten with each that is opened: more than are opened.
const FORGET_AT_ONCE: i64 = 100;
/// The most sessions of a user that are listed: those that were used last.
const MOST_LISTED: u32 = 100;

/// A session to open.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// The hash of its token, which nobody else has.
    pub token: &'a Content,
    pub user: &'a str,
    /// When the user was read who has just shown its password: what ended its sessions since then ends this one too.
    pub read_at: Timestamp,
    pub now: Timestamp,
    pub until: Timestamp,
}

/// A session with what its user may do by now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    pub user: String,
    pub tenant: Tenant,
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
}

/// A session of a user among the others of that user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenSession {
    /// The hash of its token.
    pub token: Content,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Store {
    /// Opens a session; false when its user has been disabled, deleted or signed out everywhere since it was read.
    /// Sessions that have expired are forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_session(&self, new: &NewSession<'_>) -> Result<bool, StoreError> {
        const FORGET: &str = "DELETE FROM sessions WHERE token_hash IN \
             (SELECT token_hash FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 {skip_locked})";
        // The user's row is locked: what ends its sessions comes before, and is seen here, or comes later, and sees this one.
        const OPEN: &str = "INSERT INTO sessions (token_hash, user_name, created_at, last_seen_at, expires_at) \
             SELECT $1, name, $3, $3, $4 FROM users WHERE name = $2 AND disabled_at IS NULL \
             AND (tokens_valid_from IS NULL OR tokens_valid_from <= $5) {for_update} RETURNING user_name";
        let (now, until) = (Value::Int(Some(new.now.as_micros())), Value::Int(Some(new.until.as_micros())));
        let mut session = self.inner.db.begin().await?;
        session.query(FORGET, &[now, Value::Int(Some(FORGET_AT_ONCE))]).await?;
        let read_at = Value::Int(Some(new.read_at.as_micros()));
        let values = [Value::Bytes(Some(new.token)), Value::Text(Some(new.user)), now, until, read_at];
        let opened = !session.query(OPEN, &values).await?.is_empty();
        session.commit().await?;
        Ok(opened)
    }

    /// The session with this token, unless it has expired or its user is disabled.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session(&self, token: &Content, now: Timestamp) -> Result<Option<Session>, StoreError> {
        const FIND: &str = "SELECT u.name AS name, u.tenant AS tenant, u.scopes AS scopes, \
             s.created_at AS created_at, s.last_seen_at AS last_seen_at \
             FROM sessions s JOIN users u ON u.name = s.user_name \
             WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.disabled_at IS NULL";
        let values = [Value::Bytes(Some(token)), Value::Int(Some(now.as_micros()))];
        let rows = self.inner.db.reader().query(FIND, &values).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let scopes: String = get(row, "scopes")?;
        Ok(Some(Session {
            user: get(row, "name")?,
            tenant: Tenant::parse(&get::<String>(row, "tenant")?).ok_or_else(|| unreadable("tenant"))?,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            created_at: Timestamp::from_micros(get(row, "created_at")?),
            last_seen_at: Timestamp::from_micros(get(row, "last_seen_at")?),
        }))
    }

    /// The sessions of a user that are in force, that which was used last before the others: at most 100.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sessions_of(&self, user: &str, now: Timestamp) -> Result<Vec<OpenSession>, StoreError> {
        let sql = format!(
            "SELECT token_hash, created_at, last_seen_at, expires_at FROM sessions \
             WHERE user_name = $1 AND expires_at > $2 ORDER BY last_seen_at DESC, created_at DESC LIMIT {MOST_LISTED}"
        );
        let values = [Value::Text(Some(user)), Value::Int(Some(now.as_micros()))];
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        let session = |row| {
            Ok(OpenSession {
                token: content_of(row, "token_hash")?.ok_or_else(|| unreadable("token_hash"))?,
                created_at: Timestamp::from_micros(get(row, "created_at")?),
                last_seen_at: Timestamp::from_micros(get(row, "last_seen_at")?),
                expires_at: Timestamp::from_micros(get(row, "expires_at")?),
            })
        };
        rows.iter().map(session).collect()
    }

    /// Notes that a session is used, which then lasts until this time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn touch_session(&self, token: &Content, now: Timestamp, until: Timestamp) -> Result<(), StoreError> {
        const TOUCH: &str = "UPDATE sessions SET last_seen_at = $2, expires_at = $3 WHERE token_hash = $1";
        let (now, until) = (Value::Int(Some(now.as_micros())), Value::Int(Some(until.as_micros())));
        self.inner.db.writer().query(TOUCH, &[Value::Bytes(Some(token)), now, until]).await.map(drop)
    }

    /// Ends a session, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_session(&self, token: &Content) -> Result<(), StoreError> {
        const END: &str = "DELETE FROM sessions WHERE token_hash = $1";
        self.inner.db.writer().query(END, &[Value::Bytes(Some(token))]).await.map(drop)
    }

    /// Ends all sessions of a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_sessions(&self, user: &str) -> Result<(), StoreError> {
        end_all(&mut self.inner.db.writer(), user).await
    }
}

pub(super) async fn end_all(session: &mut Statements, user: &str) -> Result<(), StoreError> {
    const END_ALL: &str = "DELETE FROM sessions WHERE user_name = $1";
    session.query(END_ALL, &[Value::Text(Some(user))]).await.map(drop)
}
