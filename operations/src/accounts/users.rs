//! Users: listed, added, disabled, enabled, deleted, given another password or other scopes, and signed out everywhere.
//! An administrator manages those of its tenant, with the scope `tenants` those of all; nobody manages somebody who may do
//! what it could not give.

mod written;

use std::net::IpAddr;

use domain::{Actor, Clock, Entry, Scope, Tenant, Timestamp};
use secrecy::SecretString;
use store::{Changed, NewUser, Store, User, UserChange, UserPage};

use super::Undone;
use super::grants::{Beyond, beyond_tenant, beyond_user_scopes, is_user_name, known_scopes, reach, within, words_of};
use super::log_in::{LogIn, NotLoggedIn};
use super::passwords::{self, Passwords};
use crate::checked::field;

pub use written::AddedBy;

/// The fields of a user to add, as its client writes them.
pub const FIELDS: [&str; 5] = ["username", "password", "role", "scope", "tenant"];
/// What a user gets who was given no scopes.
pub const USUAL_SCOPES: [Scope; 2] = [Scope::Notify, Scope::Read];

const PASSWORD_CHANGED: &str = "user.password_changed";

/// A user to add.
#[derive(Clone, Debug)]
pub struct Asked {
    pub name: String,
    pub tenant: Tenant,
    pub scopes: Vec<Scope>,
    pub password: SecretString,
}

/// By whose turns a password is hashed, and for whom.
#[derive(Clone, Copy)]
pub struct Hashing<'a> {
    pub passwords: &'a Passwords,
    pub peer: Option<IpAddr>,
}

impl Hashing<'_> {
    async fn hash(&self, password: SecretString) -> Result<SecretString, Undone> {
        let turn = self.passwords.turn(self.passwords.place(self.peer)?, true).await?;
        Ok(passwords::hash(turn, password).await?)
    }
}

/// A page of the users that the actor manages, in the order of their names; those of one tenant if one is given. `after`
/// is the name behind which it begins.
///
/// # Errors
/// [`Undone::Denied`], [`Undone::Ledger`].
pub async fn list(
    store: &Store,
    actor: &Actor,
    tenant: Option<&Tenant>,
    after: Option<&str>,
    limit: usize,
    clock: &dyn Clock,
) -> Result<UserPage, Undone> {
    let own = reach(store, actor, "list users", clock.now()).await?;
    if tenant.is_some_and(|tenant| own.is_some_and(|own| own != tenant)) {
        return Ok(UserPage { users: Vec::new(), next: None });
    }
    Ok(store.users(own.or(tenant), after, limit).await?)
}

/// The user of this name, if the actor manages it.
///
/// # Errors
/// [`Undone::Denied`], [`Undone::Unknown`], [`Undone::Ledger`].
pub async fn show(store: &Store, actor: &Actor, name: &str, clock: &dyn Clock) -> Result<User, Undone> {
    let own = reach(store, actor, &format!("show the user {name}"), clock.now()).await?;
    found(store, own, name).await
}

async fn found(store: &Store, own: Option<&Tenant>, name: &str) -> Result<User, Undone> {
    let user = if is_user_name(name) { store.user(name).await? } else { None };
    user.filter(|user| own.is_none_or(|own| *own == user.tenant)).ok_or(Undone::Unknown)
}

/// Adds a user.
///
/// # Errors
/// [`Undone`]: denied, beyond, taken, no turn to hash, or the ledger.
pub async fn add(
    store: &Store,
    hashing: Hashing<'_>,
    actor: &Actor,
    asked: Asked,
    clock: &dyn Clock,
) -> Result<(), Undone> {
    let (what, now) = (format!("add the user {}", asked.name), clock.now());
    reach(store, actor, &what, now).await?;
    within(store, actor, beyond(actor, &asked.tenant, &asked.scopes), &what, now).await?;
    let user = hashed(hashing, asked).await?;
    let told = added(actor, &user, clock.now());
    if store.create_user(user, &told).await? { Ok(()) } else { Err(Undone::Taken) }
}

/// What is beyond an actor who adds a user of this tenant with these scopes.
fn beyond(actor: &Actor, tenant: &Tenant, scopes: &[Scope]) -> [Option<Beyond>; 2] {
    [beyond_tenant(actor, tenant), beyond_user_scopes(actor, scopes)]
}

/// Adds the first user, who is its own actor. False when there is a user already. Of two calls at once one succeeds.
///
/// # Errors
/// [`Undone`]: no turn to hash, or the ledger.
pub async fn add_first(store: &Store, hashing: Hashing<'_>, asked: Asked, clock: &dyn Clock) -> Result<bool, Undone> {
    let actor = Actor { name: asked.name.clone(), tenant: asked.tenant.clone(), scopes: asked.scopes.clone() };
    let user = hashed(hashing, asked).await?;
    let told = added(&actor, &user, clock.now()).with("first", true);
    Ok(store.create_first_user(user, &told).await?)
}

async fn hashed(hashing: Hashing<'_>, asked: Asked) -> Result<NewUser, Undone> {
    let Asked { name, tenant, scopes, password } = asked;
    let password_hash = hashing.hash(password).await?;
    Ok(NewUser { name, tenant, password_hash, scopes: words_of(&scopes) })
}

fn added(actor: &Actor, user: &NewUser, now: Timestamp) -> Entry {
    let entry = Entry::of(actor, "user.added", &user.name, now).with("scope", user.scopes.join(" "));
    Entry { tenant: user.tenant.clone(), ..entry }
}

/// What can be done to a user without saying more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// It cannot log in any more; its sessions and tokens end.
    Disable,
    /// It may log in again.
    Enable,
    /// It is forgotten; its sessions and tokens end.
    Delete,
    /// Its sessions and tokens end.
    Revoke,
}

impl Act {
    fn parts(self) -> (UserChange, &'static str) {
        match self {
            Self::Disable => (UserChange::Disable, "user.disabled"),
            Self::Enable => (UserChange::Enable, "user.enabled"),
            Self::Delete => (UserChange::Delete, "user.deleted"),
            Self::Revoke => (UserChange::RevokeTokens, "user.tokens_revoked"),
        }
    }
}

/// Does this to a user, and returns the user as it was. Tokens end within five seconds.
///
/// # Errors
/// [`Undone`]: denied, beyond, unknown, the last of all, or the ledger.
pub async fn act(store: &Store, actor: &Actor, name: &str, act: Act, clock: &dyn Clock) -> Result<User, Undone> {
    let (change, kind) = act.parts();
    let user = managed(store, actor, name, kind, clock.now()).await?;
    changed(store, actor, &user, &change, kind, &[], clock.now()).await
}

/// Says what a user may do from now on. Its tokens end, its sessions go on with that.
///
/// # Errors
/// As [`act()`].
pub async fn set_scopes(
    store: &Store,
    actor: &Actor,
    name: &str,
    scopes: &[Scope],
    clock: &dyn Clock,
) -> Result<User, Undone> {
    let (kind, now) = ("user.scopes_changed", clock.now());
    let user = managed(store, actor, name, kind, now).await?;
    within(store, actor, [beyond_user_scopes(actor, scopes)], &format!("{kind} {name}"), now).await?;
    let words = words_of(scopes);
    let (after, before) = (words.join(" "), user.scopes.join(" "));
    let told = [("scope", after.as_str()), ("scope_before", before.as_str())];
    changed(store, actor, &user, &UserChange::Scopes(words), kind, &told, now).await
}

/// Gives a user another password; its sessions and tokens end.
///
/// # Errors
/// As [`act()`]; also invalid, and no turn to hash.
pub async fn set_password(
    store: &Store,
    hashing: Hashing<'_>,
    actor: &Actor,
    name: &str,
    password: SecretString,
    clock: &dyn Clock,
) -> Result<User, Undone> {
    check_password("/password", &password)?;
    let user = managed(store, actor, name, PASSWORD_CHANGED, clock.now()).await?;
    let change = UserChange::Password(hashing.hash(password).await?);
    changed(store, actor, &user, &change, PASSWORD_CHANGED, &[], clock.now()).await
}

/// Gives the actor itself another password, who shows the old one as if it logged in: failures count as they do there. Its
/// sessions and tokens end, also that with which it asks.
///
/// # Errors
/// [`Undone`]: invalid, unknown, a wrong password, locked, no turn to hash, or the ledger.
pub async fn change_own_password(
    login: LogIn<'_>,
    peer: Option<IpAddr>,
    actor: &Actor,
    old: SecretString,
    new: SecretString,
) -> Result<(), Undone> {
    check_password("/new_password", &new)?;
    // A key or a token of another issuer has no password here.
    let user = if is_user_name(&actor.name) { login.store.user(&actor.name).await? } else { None };
    let user = user.filter(|user| user.tenant == actor.tenant).ok_or(Undone::Unknown)?;
    login.log_in(&user.name, old, peer).await.map_err(not_logged_in)?;
    let hashing = Hashing { passwords: login.passwords, peer };
    let change = UserChange::Password(hashing.hash(new).await?);
    let now = login.clock.now();
    changed(login.store, actor, &user, &change, PASSWORD_CHANGED, &[], now).await.map(drop)
}

fn not_logged_in(why: NotLoggedIn) -> Undone {
    match why {
        NotLoggedIn::Wrong => Undone::WrongPassword,
        NotLoggedIn::Locked(wait) => Undone::Locked(wait),
        NotLoggedIn::NoTurn(no_turn) => no_turn.into(),
        NotLoggedIn::Unread(error) | NotLoggedIn::Uncounted(error) => error.into(),
    }
}

fn check_password(pointer: &str, password: &SecretString) -> Result<(), Undone> {
    use secrecy::ExposeSecret as _;
    passwords::check(password.expose_secret()).map_err(|rule| Undone::Invalid(vec![field(pointer, rule)]))
}

/// The user of this name, if the actor manages it. `kind` says what it is to be for.
async fn managed(store: &Store, actor: &Actor, name: &str, kind: &'static str, now: Timestamp) -> Result<User, Undone> {
    let asked = format!("{kind} {name}");
    let own = reach(store, actor, &asked, now).await?;
    let user = found(store, own, name).await?;
    // Whoever could give itself the password of somebody who may do more would soon do more.
    let beyond = beyond_user_scopes(actor, &known_scopes(&user.scopes)).map(|Beyond { error, needed }| {
        let error = field("", format!("the user may do more: this {}", error.detail));
        Beyond { error, needed }
    });
    within(store, actor, [beyond], &asked, now).await?;
    Ok(user)
}

async fn changed(
    store: &Store,
    actor: &Actor,
    user: &User,
    change: &UserChange,
    kind: &'static str,
    more: &[(&str, &str)],
    now: Timestamp,
) -> Result<User, Undone> {
    let told = Entry { tenant: user.tenant.clone(), ..Entry::of(actor, kind, &user.name, now) };
    let told = more.iter().fold(told, |told, (name, value)| told.with(name, *value));
    let by_all = actor.scopes.contains(&Scope::Tenants);
    match store.change_user(&user.name, Some(user), change, by_all, &told).await? {
        Changed::Done(user) => Ok(*user),
        Changed::Unknown => Err(Undone::Unknown),
        Changed::LastOfAll => Err(Undone::LastOfAll),
        Changed::LastOfTenant => Err(Undone::LastOfTenant),
    }
}
