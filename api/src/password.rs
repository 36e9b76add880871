//! Hashes and checks passwords with argon2id, at most two at once, so that logins never starve the rest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use axum::http::StatusCode;
use domain::{Content, Timestamp, content_of};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::Problem;

/// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes worked out at once: each takes a core for a while.
const AT_ONCE: usize = 2;
/// How long a login waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// Checked for a name that nobody has, so that it costs what a wrong password costs.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// Names without an account whose failures are remembered.
const STRANGERS: usize = 10_000;
/// As the store does for accounts: from the fifth failure 1 s, doubling.
const FREE_FAILURES: u32 = 4;
const LONGEST_LOCK_SECONDS: u64 = 15 * 60;

/// The turns at hashing, and the failures of names that have no account: they are answered like the others.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    strangers: Mutex<HashMap<Content, Failures>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: u32,
    locked_until: Timestamp,
}

/// Whoever holds one may hash.
pub(crate) type Turn = OwnedSemaphorePermit;

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), strangers: Mutex::default() }
    }
}

impl Passwords {
    /// # Errors
    /// 429 when too many are waiting.
    pub(crate) async fn turn(&self) -> Result<Turn, Problem> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or_else(|| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-logins",
                "Too many logins at once",
                "Wait as long as Retry-After says, then log in again.",
            )
            .with_retry_after(PATIENCE.as_secs())
        })
    }

    /// A name without an account has failed again.
    pub(crate) fn stranger_failed(&self, name: &str, now: Timestamp) {
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        if strangers.len() >= STRANGERS {
            strangers.retain(|_, failures| failures.locked_until > now);
        }
        if strangers.len() >= STRANGERS {
            strangers.clear();
        }
        let failures = strangers.entry(content_of(name.as_bytes())).or_default();
        failures.count = failures.count.saturating_add(1);
        failures.locked_until = now.plus(lock_after(failures.count));
    }

    pub(crate) fn stranger_locked_until(&self, name: &str) -> Option<Timestamp> {
        let strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.get(&content_of(name.as_bytes())).map(|failures| failures.locked_until)
    }
}

fn lock_after(failures: u32) -> Duration {
    let doublings = failures.checked_sub(FREE_FAILURES + 1);
    let seconds = doublings.map_or(0, |doublings| 1_u64.checked_shl(doublings).unwrap_or(u64::MAX));
    Duration::from_secs(seconds.min(LONGEST_LOCK_SECONDS))
}

/// A PHC string with a salt of its own.
///
/// # Errors
/// 500 when this machine gives neither memory nor randomness.
pub(crate) async fn hash(turn: Turn, password: SecretString) -> Result<SecretString, Problem> {
    let work = move || {
        let _turn = turn;
        argon2id()?.hash_password(password.expose_secret().as_bytes()).ok().map(|hash| hash.to_string())
    };
    let hash = tokio::task::spawn_blocking(work).await.ok().flatten();
    hash.map(SecretString::from).ok_or_else(|| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal-error",
            "The API failed",
            "The password could not be hashed. Nothing was changed; try again, and tell the operator.",
        )
    })
}

/// Whether the password belongs to the hash; the same work when there is none. Gives the turn back.
pub(crate) async fn verify(turn: Turn, password: SecretString, hash: Option<SecretString>) -> (bool, Option<Turn>) {
    let work = move || {
        let text = hash.as_ref().map_or(NOBODYS_HASH, |hash| hash.expose_secret());
        let verified = PasswordHash::new(text).ok().zip(argon2id()).is_some_and(|(parsed, argon2)| {
            argon2.verify_password(password.expose_secret().as_bytes(), &parsed).is_ok()
        });
        (verified && hash.is_some(), Some(turn))
    };
    tokio::task::spawn_blocking(work).await.unwrap_or((false, None))
}

fn argon2id() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_hash_costs_what_every_hash_costs() {
        let parsed = PasswordHash::new(NOBODYS_HASH).unwrap();
        let params = Params::try_from(&parsed).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY_KIB, PASSES, LANES));
        assert!(argon2id().unwrap().verify_password(b"", &parsed).is_err());
    }

    #[test]
    fn the_lock_doubles_from_the_fifth_failure_to_fifteen_minutes() {
        let seconds = |failures| lock_after(failures).as_secs();
        assert_eq!([0, 4, 5, 6, 10, 14, 15, 200].map(seconds), [0, 0, 1, 2, 32, 512, 900, 900]);
    }

    #[tokio::test]
    async fn a_password_belongs_to_its_own_hash_only() {
        let passwords = Passwords::default();
        let secret = |text: &str| SecretString::from(text.to_owned());
        let hash = hash(passwords.turn().await.unwrap(), secret("correct horse")).await.unwrap();
        assert!(hash.expose_secret().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        for (password, belongs) in [("correct horse", true), ("Correct horse", false), ("", false)] {
            let turn = passwords.turn().await.unwrap();
            assert_eq!(verify(turn, secret(password), Some(hash.clone())).await.0, belongs);
        }
    }
}
