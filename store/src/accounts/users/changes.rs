//! What is changed about a user: in one transaction with its sessions and the journal, and never so that nobody is left
//! who manages the users of every tenant, or those of one.

use std::time::Duration;

use domain::{Entry, Scope, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

use super::{User, find};
use crate::accounts::sessions;
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value};
use crate::store::Store;

/// What is to be changed.
#[derive(Clone, Debug)]
pub enum UserChange {
    /// The user cannot log in any more, and its sessions and tokens end.
    Disable,
    /// The user may log in again. Tokens of before stay refused.
    Enable,
    /// The user is forgotten, its sessions and tokens end, and the name is free.
    Delete,
    /// The new hash. Sessions and tokens end.
    Password(SecretString),
    /// What the user may do, as words. Sessions go on with it, tokens end.
    Scopes(Vec<String>),
    /// Sessions and tokens end.
    RevokeTokens,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Changed {
    /// The user as it was before.
    Done(Box<User>),
    /// There is none of this name in the tenant.
    Unknown,
    /// It is the last enabled user who manages the users of every tenant.
    LastOfAll,
    /// It is the last enabled user of its tenant who manages its users, and nobody of all tenants does this.
    LastOfTenant,
}

impl UserChange {
    /// Whether a user who was able to do something is not any longer. `may` says of scopes whether they are enough for it.
    fn takes_away(&self, may: fn(&[String]) -> bool) -> bool {
        match self {
            Self::Disable | Self::Delete => true,
            Self::Scopes(words) => !may(words),
            Self::Enable | Self::Password(_) | Self::RevokeTokens => false,
        }
    }

    /// Whether it leaves the user as it is.
    fn is_idle(&self, user: &User) -> bool {
        matches!(self, Self::Enable) && user.disabled_at.is_none()
    }

    fn ends_sessions(&self) -> bool {
        match self {
            Self::Disable | Self::Delete | Self::Password(_) | Self::RevokeTokens => true,
            Self::Enable | Self::Scopes(_) => false,
        }
    }
}

fn manages_all(scopes: &[String]) -> bool {
    manages_some(scopes) && has(scopes, Scope::Tenants)
}

fn manages_some(scopes: &[String]) -> bool {
    has(scopes, Scope::Admin)
}

fn has(scopes: &[String], scope: Scope) -> bool {
    scopes.iter().any(|word| word == scope.as_str())
}

impl Store {
    /// Changes a user at the time of the entry, and notes it in the journal. What changes nothing is not noted. `seen` is the
    /// user as it was when somebody looked whether it may be changed; one of another tenant is unknown. `by_all` says whether
    /// somebody asks who manages the users of every tenant: nobody else takes a tenant its last administrator, nor does
    /// anybody where no user could give it another.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] look at the user and repeat it: what the user may do may have been
    /// changed since it was seen.
    pub async fn change_user(
        &self,
        name: &str,
        seen: Option<&User>,
        change: &UserChange,
        by_all: bool,
        told: &Entry,
    ) -> Result<Changed, StoreError> {
        let mut session = self.inner.db.begin().await?;
        // Of two who are the last but one, only one is disabled: nobody else changes users meanwhile.
        session.lock_for_writing("users").await?;
        let found = find(&mut session, name, "{for_update}").await?;
        let Some(user) = found.filter(|user| seen.is_none_or(|seen| seen.tenant == user.tenant)) else {
            return Ok(Changed::Unknown);
        };
        // Whoever may change what the user was need not be one who may change what it has become.
        if seen.is_some_and(|seen| seen.scopes != user.scopes) {
            return Err(StoreError::Unavailable("another process has changed what the user may do".into()));
        }
        if change.is_idle(&user) {
            return Ok(Changed::Done(Box::new(user)));
        }
        if let Some(last) = last(&mut session, &user, change, by_all).await? {
            return Ok(last);
        }
        let from = valid_from(&user, told.at);
        apply(&mut session, name, change, told.at, from).await?;
        if change.ends_sessions() {
            sessions::end_all(&mut session, name).await?;
        }
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(Changed::Done(Box::new(user)))
    }
}

/// Whether the change would leave nobody who manages the users of every tenant, or of the user's.
async fn last(
    session: &mut Session,
    user: &User,
    change: &UserChange,
    by_all: bool,
) -> Result<Option<Changed>, StoreError> {
    if user.disabled_at.is_some() || !manages_some(&user.scopes) || !change.takes_away(manages_all) {
        return Ok(None);
    }
    let is_left = others_manage_all(session, &user.name).await?;
    if manages_all(&user.scopes) && !is_left {
        return Ok(Some(Changed::LastOfAll));
    }
    if !change.takes_away(manages_some) || (by_all && is_left) || others_manage_tenant(session, user).await? {
        return Ok(None);
    }
    Ok(Some(Changed::LastOfTenant))
}

async fn others_manage_tenant(session: &mut Session, user: &User) -> Result<bool, StoreError> {
    const OTHERS: &str = "SELECT 1 AS there FROM users WHERE name <> $1 AND tenant = $2 AND disabled_at IS NULL \
         AND ' ' || scopes || ' ' LIKE '% admin %' LIMIT 1";
    let values = [Value::Text(Some(&user.name)), Value::Text(Some(user.tenant.as_str()))];
    Ok(!session.query(OTHERS, &values).await?.is_empty())
}

async fn others_manage_all(session: &mut Session, name: &str) -> Result<bool, StoreError> {
    const OTHERS: &str = "SELECT 1 AS there FROM users WHERE name <> $1 AND disabled_at IS NULL \
         AND ' ' || scopes || ' ' LIKE '% admin %' AND ' ' || scopes || ' ' LIKE '% tenants %' LIMIT 1";
    Ok(!session.query(OTHERS, &[Value::Text(Some(name))]).await?.is_empty())
}

/// From when on tokens count after a change. One that was issued in the second of the change before counts as issued in
/// the next second: this change refuses it as well, also where it comes in that same second.
fn valid_from(user: &User, at: Timestamp) -> Timestamp {
    user.tokens_valid_from.map_or(at, |before| at.max(before.plus(Duration::from_secs(1))))
}

async fn apply(
    session: &mut Session,
    name: &str,
    change: &UserChange,
    at: Timestamp,
    valid_from: Timestamp,
) -> Result<(), StoreError> {
    const DISABLE: &str =
        "UPDATE users SET disabled_at = COALESCE(disabled_at, $3), tokens_valid_from = $2 WHERE name = $1";
    const ENABLE: &str = "UPDATE users SET disabled_at = NULL WHERE name = $1";
    const DELETE: &str = "DELETE FROM users WHERE name = $1";
    const REMEMBER: &str = "INSERT INTO deleted_users (name, deleted_at) VALUES ($1, $2) \
                            ON CONFLICT (name) DO UPDATE SET deleted_at = excluded.deleted_at";
    const PASSWORD: &str =
        "UPDATE users SET password_hash = $4, password_changed_at = $3, tokens_valid_from = $2 WHERE name = $1";
    const SCOPES: &str = "UPDATE users SET scopes = $3, tokens_valid_from = $2 WHERE name = $1";
    const REVOKE: &str = "UPDATE users SET tokens_valid_from = $2 WHERE name = $1";
    let (name, from) = (Value::Text(Some(name)), Value::Int(Some(valid_from.as_micros())));
    let at = Value::Int(Some(at.as_micros()));
    let done = match change {
        UserChange::Disable => session.query(DISABLE, &[name, from, at]).await,
        UserChange::Enable => session.query(ENABLE, &[name]).await,
        UserChange::Delete => {
            session.query(DELETE, &[name]).await?;
            session.query(REMEMBER, &[name, from]).await
        }
        UserChange::Password(hash) => {
            session.query(PASSWORD, &[name, from, at, Value::Text(Some(hash.expose_secret()))]).await
        }
        UserChange::Scopes(words) => {
            let words = words.join(" ");
            session.query(SCOPES, &[name, from, Value::Text(Some(&words))]).await
        }
        UserChange::RevokeTokens => session.query(REVOKE, &[name, from]).await,
    };
    done.map(drop)
}
