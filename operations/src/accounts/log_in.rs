//! A name and a password in, a user out, and the same words and times for whoever only guesses. Each entrance has its
//! own words for them.

use std::net::IpAddr;
use std::time::Duration;

use domain::{Actor, Clock, LoginHasher, Timestamp};
use secrecy::SecretString;
use store::{Login, Standing, Store, StoreError, User};
use tokio::time::Instant;

use super::grants::{is_user_name, known_scopes};
use super::passwords::{self, NoTurn, Passwords, Place, Turn};

/// After which a login that is locked out is refused, whether its password was looked at or not: several times what
/// looking at one takes.
const LOCKED_OUT_PAUSE: Duration = Duration::from_millis(500);

/// What a login stands on.
#[derive(Clone, Copy)]
pub struct LogIn<'a> {
    pub store: &'a Store,
    pub passwords: &'a Passwords,
    pub hasher: &'a LoginHasher,
    pub clock: &'a dyn Clock,
}

/// Somebody who has shown its password.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    pub user: User,
    /// When the user was read: whatever ended its tokens since then ends those that it gets now.
    pub at: Timestamp,
}

/// Why somebody is not logged in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotLoggedIn {
    /// The name or the password is wrong, or the user is disabled: which of them is not said.
    Wrong,
    /// Too many have failed: wait for so long.
    Locked(Duration),
    NoTurn(NoTurn),
    /// The ledger could not be read.
    Unread(StoreError),
    /// The ledger does not take what must be counted.
    Uncounted(StoreError),
}

impl LoggedIn {
    pub fn actor(&self) -> Actor {
        let User { name, tenant, scopes, .. } = &self.user;
        Actor { name: name.clone(), tenant: tenant.clone(), scopes: known_scopes(scopes) }
    }
}

impl From<NoTurn> for NotLoggedIn {
    fn from(no_turn: NoTurn) -> Self {
        Self::NoTurn(no_turn)
    }
}

impl LogIn<'_> {
    /// Looks at a password. `peer` is the network that it comes from. From the fifth failure in a row on, a name must wait
    /// where it was tried.
    ///
    /// # Errors
    /// [`NotLoggedIn`].
    pub async fn log_in(
        &self,
        name: &str,
        password: SecretString,
        peer: Option<IpAddr>,
    ) -> Result<LoggedIn, NotLoggedIn> {
        let place = self.passwords.place(peer)?;
        let refused_at = Instant::now() + LOCKED_OUT_PAUSE;
        let login = self.counted(name, peer);
        let standing = self.standing_of(&login).await?;
        if is_locked_out(&standing) {
            return Err(self.locked_out(&login, &standing, place, refused_at).await);
        }
        let turn = self.passwords.turn(place, standing.known).await?;
        // Again: while this one waited, others may have failed.
        let standing = self.standing_of(&login).await?;
        if is_locked_out(&standing) {
            return Err(self.locked_out(&login, &standing, turn.give_back(), refused_at).await);
        }
        let at = self.clock.now();
        // Whoever is disabled is nobody: the same work, and the same counts.
        let user = if is_user_name(name) { self.store.user(name).await.map_err(NotLoggedIn::Unread)? } else { None };
        let user = user.filter(|user| user.disabled_at.is_none());
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let (verified, turn) = passwords::verify(turn, password, hash).await?;
        match user.filter(|_| verified) {
            Some(user) => {
                let counted = self.store.login_succeeded(&login, self.clock.now()).await;
                counted.map_err(NotLoggedIn::Uncounted)?;
                Ok(LoggedIn { user, at })
            }
            None if standing.locked_until.is_some() => {
                Err(self.locked_out(&login, &standing, turn.give_back(), refused_at).await)
            }
            None => Err(self.failed(&login, standing.known, turn).await),
        }
    }

    /// # Errors
    /// [`NotLoggedIn::Locked`] while the name is locked out for failures of its own from there: then no password is looked
    /// at.
    async fn standing_of(&self, login: &Login) -> Result<Standing, NotLoggedIn> {
        let now = self.clock.now();
        let standing = self.store.login_standing(login, now).await.map_err(NotLoggedIn::Unread)?;
        if standing.locked_here { Err(locked(&standing, now)) } else { Ok(standing) }
    }

    /// The refusal of who is locked out for what others have done, be it that its name is not known from there or that
    /// its password is wrong: the same words, counts and time for both, or they would tell which names have logged in
    /// there.
    async fn locked_out(&self, login: &Login, standing: &Standing, place: Place, refused_at: Instant) -> NotLoggedIn {
        let counted = self.store.login_refused(login, self.clock.now()).await;
        tokio::time::sleep_until(refused_at).await;
        drop(place);
        counted.map_or_else(NotLoggedIn::Uncounted, |()| locked(standing, self.clock.now()))
    }

    /// Counts a wrong password. The turn is held until it counts, so that nobody gets more guesses than there are turns. A
    /// name that nobody has counts as well: both answers cost the same, and say the same.
    async fn failed(&self, login: &Login, known: bool, turn: Turn) -> NotLoggedIn {
        if let Err(error) = self.store.login_failed(login, self.clock.now()).await {
            return NotLoggedIn::Uncounted(error);
        }
        if !known {
            return NotLoggedIn::Wrong;
        }
        // Who is known had no queue before it, and a quicker refusal would tell.
        match self.passwords.turn(turn.give_back(), false).await {
            Ok(_turn) => NotLoggedIn::Wrong,
            Err(no_turn) => no_turn.into(),
        }
    }

    /// Under what a failure is counted.
    fn counted(&self, name: &str, peer: Option<IpAddr>) -> Login {
        let peer = peer.map_or_else(String::new, |peer| peer.to_string());
        let hash = |kind: &str, name: &str, peer: &str| self.hasher.hash(&format!("{kind}\0{name}\0{peer}"));
        Login {
            name_and_peer: hash("name and peer", name, &peer),
            peer: hash("peer", "", &peer),
            name: hash("name", name, ""),
        }
    }
}

/// For what others have done; a name that is known from there may still show that it has the right password.
fn is_locked_out(standing: &Standing) -> bool {
    standing.locked_until.is_some() && !standing.known
}

fn locked(standing: &Standing, now: Timestamp) -> NotLoggedIn {
    NotLoggedIn::Locked(standing.locked_until.map_or(Duration::ZERO, |until| until.since(now)))
}
