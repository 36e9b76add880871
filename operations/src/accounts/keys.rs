//! Keys of services: `chq_<prefix>_<secret>`, shown once. The ledger has the hash of the secret, which is too long to be
//! guessed, and by which it is compared.

mod believed;
mod written;

use std::time::Duration;

use domain::{Actor, Clock, Entry, Scope, Tenant, Timestamp, content_of};
use secrecy::{ExposeSecret as _, SecretString};
use store::{ApiKey, KeyCursor, KeyPage, KeyRotation, MadeKey, NewKey, Store, StoreError};
use uuid::Uuid;

pub use self::believed::Keys;
use super::Undone;
use super::grants::{Beyond, beyond_key_scopes, beyond_tenant, known_scopes, reach, within, words_of};
use crate::checked::{field, mint};

/// The fields of a key, as its client writes them.
pub const FIELDS: [&str; 5] = ["name", "role", "scope", "tenant", "expires_at"];
/// How long a key stays in force beside the one that follows it, where nobody says.
pub const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest such time.
pub const LONGEST_OVERLAP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// An actor that shows a key is called this, and the prefix of the key.
const ACTOR: &str = "key:";
/// What every key begins with, so that one that was published by mistake is found by scanners.
const BEGIN: &str = "chq_";
/// Digits of 16 of a prefix.
const PREFIX_DIGITS: usize = 12;
/// The same of a secret: 244 of its bits are drawn by lot.
const SECRET_DIGITS: usize = 64;

/// A key to make, as [`Asked::read`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub name: String,
    pub scopes: Vec<Scope>,
    pub tenant: Tenant,
    pub expires_at: Option<Timestamp>,
}

/// A key that was just made, with all of its text, which is never shown again.
#[derive(Clone, Debug)]
pub struct Made {
    pub key: ApiKey,
    pub text: SecretString,
    /// Of a key that follows another: until when that one is taken beside it.
    pub old_until: Option<Timestamp>,
}

impl Made {
    /// All of its text, to be shown this once.
    pub fn shown(&self) -> &str {
        self.text.expose_secret()
    }
}

/// 64 digits of 16 that nobody can guess.
pub(super) fn random() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// What a key is made of: its prefix, and its secret.
struct Parts {
    prefix: String,
    secret: String,
}

impl Parts {
    fn new() -> Self {
        // Its first digits are all drawn by lot.
        let prefix = Uuid::new_v4().simple().to_string()[..PREFIX_DIGITS].to_owned();
        Self { prefix, secret: random() }
    }

    /// None for what cannot be a key of ours.
    fn parse(text: &str) -> Option<Self> {
        let (prefix, secret) = text.strip_prefix(BEGIN)?.split_once('_')?;
        let is_of = |text: &str, digits: usize| {
            text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let fits = is_of(prefix, PREFIX_DIGITS) && is_of(secret, SECRET_DIGITS);
        fits.then(|| Self { prefix: prefix.to_owned(), secret: secret.to_owned() })
    }

    fn text(&self) -> SecretString {
        SecretString::from(format!("{BEGIN}{}_{}", self.prefix, self.secret))
    }
}

/// Whether somebody who shows this means to show a key.
pub fn is_meant(text: &str) -> bool {
    text.starts_with(BEGIN)
}

/// Makes a key, whose scopes the actor has itself.
///
/// # Errors
/// [`Undone`]: denied, beyond, invalid, too many, or the ledger.
pub async fn add(store: &Store, actor: &Actor, asked: Asked, clock: &dyn Clock) -> Result<Made, Undone> {
    let (parts, now) = (Parts::new(), clock.now());
    let what = format!("key.added {}", asked.name);
    reach(store, actor, &what, now).await?;
    let beyond = [beyond_tenant(actor, &asked.tenant), beyond_key_scopes(actor, &asked.scopes)];
    within(store, actor, beyond, &what, now).await?;
    if let Some(latest) = outlived(store, actor, asked.expires_at).await? {
        let detail = format!("must be at the latest {latest}: a key does not outlive the one that makes it");
        return Err(Undone::Invalid(vec![field("/expires_at", detail)]));
    }
    let key = NewKey {
        id: mint(now),
        tenant: asked.tenant,
        name: asked.name,
        prefix: parts.prefix.clone(),
        secret_hash: content_of(parts.secret.as_bytes()),
        scopes: words_of(&asked.scopes),
        created_by: actor.name.clone(),
        expires_at: asked.expires_at,
    };
    let told = Entry::of(actor, "key.added", &key.id, now)
        .with("prefix", key.prefix.as_str())
        .with("name", key.name.as_str())
        .with("scope", key.scopes.join(" "));
    let told = Entry { tenant: key.tenant.clone(), ..told };
    made(store.create_key(&key, &told).await?, &parts)
}

/// Makes the key that follows another, which stays in force for the overlap. It ends when the other would have.
///
/// # Errors
/// [`Undone`]: denied, beyond, unknown (also where the key is over, or another follows it already), invalid, too many, or
/// the ledger.
pub async fn rotate(
    store: &Store,
    actor: &Actor,
    id: &str,
    overlap: Duration,
    clock: &dyn Clock,
) -> Result<Made, Undone> {
    if overlap > LONGEST_OVERLAP {
        let most = LONGEST_OVERLAP.as_secs();
        return Err(Undone::Invalid(vec![field("/overlap_seconds", format!("must be at most {most}"))]));
    }
    let (parts, now) = (Parts::new(), clock.now());
    let what = format!("key.rotated {id}");
    let old = managed(store, actor, id, &what, now).await?;
    let beyond = beyond_key_scopes(actor, &known_scopes(&old.scopes));
    let beyond = beyond.map(|Beyond { error, needed }| Beyond { error: field("", error.detail), needed });
    within(store, actor, [beyond], &what, now).await?;
    if let Some(latest) = outlived(store, actor, old.expires_at).await? {
        let detail = format!("the key that follows it would outlive the one that makes it, which ends at {latest}");
        return Err(Undone::Invalid(vec![field("", detail)]));
    }
    let rotation = KeyRotation {
        id: mint(now),
        prefix: parts.prefix.clone(),
        secret_hash: content_of(parts.secret.as_bytes()),
        created_by: actor.name.clone(),
        old_until: now.plus(overlap),
    };
    let told = Entry::of(actor, "key.rotated", &old.id, now)
        .with("replaced_by", rotation.id.as_str())
        .with("prefix", rotation.prefix.as_str())
        .with("overlap_seconds", overlap.as_secs());
    let told = Entry { tenant: old.tenant.clone(), ..told };
    let made = made(store.rotate_key(&old.id, Some(&old.tenant), &rotation, &told).await?, &parts)?;
    // The new one ends when the old one would have.
    let until = made.key.expires_at.map_or(rotation.old_until, |at| at.min(rotation.old_until));
    Ok(Made { old_until: Some(until), ..made })
}

/// The end of the key by which an actor makes another that ends later, or never: whoever has a key for a while would have one
/// for good. None where the other may be made.
async fn outlived(
    store: &Store,
    actor: &Actor,
    expires_at: Option<Timestamp>,
) -> Result<Option<Timestamp>, StoreError> {
    let Some(prefix) = actor.name.strip_prefix(ACTOR) else { return Ok(None) };
    let latest = store.key_by_prefix(prefix).await?.and_then(|maker| maker.expires_at);
    Ok(latest.filter(|latest| expires_at.is_none_or(|at| at > *latest)))
}

fn made(made: MadeKey, parts: &Parts) -> Result<Made, Undone> {
    match made {
        MadeKey::Made(key) => Ok(Made { key: *key, text: parts.text(), old_until: None }),
        MadeKey::Unknown => Err(Undone::Unknown),
        MadeKey::TooMany => Err(Undone::TooMany),
    }
}

/// Revokes a key, and returns it as it was. It is refused within five seconds.
///
/// # Errors
/// [`Undone`]: denied, unknown, or the ledger.
pub async fn revoke(store: &Store, actor: &Actor, id: &str, clock: &dyn Clock) -> Result<ApiKey, Undone> {
    let now = clock.now();
    let key = managed(store, actor, id, &format!("key.revoked {id}"), now).await?;
    let told = Entry::of(actor, "key.revoked", &key.id, now).with("prefix", key.prefix.as_str());
    let told = Entry { tenant: key.tenant.clone(), ..told };
    store.revoke_key(&key.id, Some(&key.tenant), &told).await?.ok_or(Undone::Unknown)
}

/// A page of the keys that the actor manages, the newest first, those that are over as well; those of one tenant if one is
/// given.
///
/// # Errors
/// [`Undone::Denied`], [`Undone::Ledger`].
pub async fn list(
    store: &Store,
    actor: &Actor,
    tenant: Option<&Tenant>,
    after: Option<&KeyCursor>,
    limit: usize,
    clock: &dyn Clock,
) -> Result<KeyPage, Undone> {
    let own = reach(store, actor, "list keys", clock.now()).await?;
    if tenant.is_some_and(|tenant| own.is_some_and(|own| own != tenant)) {
        return Ok(KeyPage { keys: Vec::new(), next: None });
    }
    Ok(store.keys(own.or(tenant), after, limit).await?)
}

/// The key of this id, if the actor manages it.
///
/// # Errors
/// [`Undone::Denied`], [`Undone::Unknown`], [`Undone::Ledger`].
pub async fn show(store: &Store, actor: &Actor, id: &str, clock: &dyn Clock) -> Result<ApiKey, Undone> {
    managed(store, actor, id, &format!("show the key {id}"), clock.now()).await
}

async fn managed(store: &Store, actor: &Actor, id: &str, asked: &str, now: Timestamp) -> Result<ApiKey, Undone> {
    let own = reach(store, actor, asked, now).await?;
    let key = store.api_key(id).await?;
    key.filter(|key| own.is_none_or(|own| *own == key.tenant)).ok_or(Undone::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written_and_no_other_text_is_one() {
        let parts = Parts::new();
        let text = parts.text();
        let read = Parts::parse(text.expose_secret()).unwrap();
        assert_eq!((&read.prefix, &read.secret), (&parts.prefix, &parts.secret));
        assert!(!format!("{text:?}").contains(&parts.secret));
        let upper = text.expose_secret().to_ascii_uppercase();
        for other in ["", "chq_", "chq__", "chq_0123456789ab_", "chq_0123456789ab", upper.as_str()] {
            assert!(Parts::parse(other).is_none(), "{other}");
        }
        assert!(Parts::parse(&format!("{}0", text.expose_secret())).is_none());
    }
}
