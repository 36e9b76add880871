//! Hashes and checks passwords with argon2id, at most two at once, so that logins never starve the rest.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The longest time that a login waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most logins of one peer that wait at once, so that others wait for a few of them only.
const PLACES_OF_A_PEER: usize = 16;
const MIN_CHARS: usize = 8;
const MAX_BYTES: usize = 128;
/// The hash that is checked for a name that nobody has, so that such a name costs what a wrong password costs.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password was neither hashed nor checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoTurn {
    /// Too many wait. Somebody who asks again after this time may come to it.
    Busy(Duration),
    /// This machine gave neither memory nor randomness nor a thread.
    Failed,
}

/// What a password must be.
///
/// # Errors
/// A text that begins with "must".
pub fn check(password: &str) -> Result<(), String> {
    if password.chars().count() < MIN_CHARS || password.len() > MAX_BYTES {
        return Err(format!("must have at least {MIN_CHARS} characters and at most {MAX_BYTES} bytes"));
    }
    Ok(())
}

/// The turns at hashing, one at a time for those who are known and one for all others: each takes a core for a while.
#[derive(Debug)]
pub struct Passwords {
    known: Arc<Semaphore>,
    others: Arc<Semaphore>,
    waiting: Arc<Mutex<HashMap<Option<IpAddr>, usize>>>,
}

/// A place among the logins of a peer: whoever holds one waits for a turn, or has it.
#[derive(Debug)]
pub struct Place {
    peer: Option<IpAddr>,
    waiting: Arc<Mutex<HashMap<Option<IpAddr>, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = waiting.get_mut(&self.peer) {
            *places -= 1;
            if *places == 0 {
                waiting.remove(&self.peer);
            }
        }
    }
}

/// A turn at hashing: whoever holds one may hash.
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
    place: Place,
}

impl Turn {
    /// Others may hash; the place among those who wait stays taken.
    pub fn give_back(self) -> Place {
        self.place
    }
}

impl Default for Passwords {
    fn default() -> Self {
        let one = || Arc::new(Semaphore::new(1));
        Self { known: one(), others: one(), waiting: Arc::default() }
    }
}

impl Passwords {
    /// # Errors
    /// [`NoTurn::Busy`] when too many of this peer are waiting.
    pub fn place(&self, peer: Option<IpAddr>) -> Result<Place, NoTurn> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let places = waiting.entry(peer).or_default();
        if *places >= PLACES_OF_A_PEER {
            return Err(NoTurn::Busy(PATIENCE));
        }
        *places += 1;
        Ok(Place { peer, waiting: Arc::clone(&self.waiting) })
    }

    /// Those who are known never wait for the others.
    ///
    /// # Errors
    /// [`NoTurn::Busy`] when too many are waiting.
    pub async fn turn(&self, place: Place, known: bool) -> Result<Turn, NoTurn> {
        let turns = Arc::clone(if known { &self.known } else { &self.others });
        let permit = tokio::time::timeout(PATIENCE, turns.acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok).ok_or(NoTurn::Busy(PATIENCE))?;
        Ok(Turn { _permit: permit, place })
    }
}

/// Hashes a password into a PHC string with a salt of its own.
///
/// # Errors
/// [`NoTurn::Failed`] when this machine gives neither memory nor randomness.
pub async fn hash(turn: Turn, password: SecretString) -> Result<SecretString, NoTurn> {
    let work = move || {
        let _turn = turn;
        argon2id()?.hash_password(password.expose_secret().as_bytes()).ok().map(|hash| hash.to_string())
    };
    let hash = tokio::task::spawn_blocking(work).await.ok().flatten();
    hash.map(SecretString::from).ok_or(NoTurn::Failed)
}

/// Whether the password belongs to the hash; the same work when there is none. Gives the turn back.
///
/// # Errors
/// [`NoTurn::Failed`] when this machine gives no thread for it.
pub async fn verify(turn: Turn, password: SecretString, hash: Option<SecretString>) -> Result<(bool, Turn), NoTurn> {
    let work = move || {
        let text = hash.as_ref().map_or(NOBODYS_HASH, |hash| hash.expose_secret());
        let verified = PasswordHash::new(text).ok().zip(argon2id()).is_some_and(|(parsed, argon2)| {
            argon2.verify_password(password.expose_secret().as_bytes(), &parsed).is_ok()
        });
        (verified && hash.is_some(), turn)
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| NoTurn::Failed)
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

    #[tokio::test]
    async fn a_password_belongs_to_its_own_hash_only() {
        let passwords = Passwords::default();
        let secret = |text: &str| SecretString::from(text.to_owned());
        let turn = async || passwords.turn(passwords.place(None).unwrap(), false).await.unwrap();
        let hash = hash(turn().await, secret("correct horse")).await.unwrap();
        assert!(hash.expose_secret().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        for (password, belongs) in [("correct horse", true), ("Correct horse", false), ("", false)] {
            assert_eq!(verify(turn().await, secret(password), Some(hash.clone())).await.unwrap().0, belongs);
        }
    }

    #[tokio::test]
    async fn who_is_known_does_not_wait_for_a_flood_and_a_flood_waits_for_itself() {
        let passwords = Passwords::default();
        let flood: Option<IpAddr> = "192.0.2.66".parse().ok();
        let _held = passwords.turn(passwords.place(flood).unwrap(), false).await.unwrap();
        let mut places = Vec::new();
        while let Ok(place) = passwords.place(flood) {
            places.push(place);
        }
        assert_eq!(places.len() + 1, PLACES_OF_A_PEER);
        let other = passwords.place("192.0.2.7".parse().ok()).unwrap();
        assert!(passwords.turn(other, true).await.is_ok());
        drop(places);
        assert!(passwords.place(flood).is_ok());
    }
}
