//! People whom a tenant knows by name: where they are reached and of which groups they are, and the link by which somebody
//! connects an account of Telegram with themselves. Each caller names its tenant.

mod read;

use std::time::Duration;

use domain::{
    Actor, ChannelName, Entry, Key, Purpose, RecipientHasher, Registry, Salt, Scope, Secrets, Seed, Tenant, Timestamp,
};
use store::{Contact, ContactAddress, ContactPut, Store, StoreError};
use uuid::Uuid;

pub use self::read::Asked;
use crate::allowed::{NotDone, must};
use crate::recipients::recipient_of;

/// The fields of a contact, as its client writes them.
pub const FIELDS: [&str; 4] = ["name", "locale", "groups", "addresses"];

/// How long a link connects an account.
const LINK_LIVES: Duration = Duration::from_secs(24 * 60 * 60);

/// The group in which every administrator of the settings is, and whoever was put into it.
const ADMINS: &str = "admins";

/// What contacts are kept and connected with.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    pub store: &'a Store,
    /// The services that take commands: whoever they trust, an administrator alone changes.
    pub services: &'a Registry,
    pub secrets: &'a Secrets,
    pub recipients: &'a RecipientHasher,
}

/// What became of a contact that was put.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    New(Contact),
    Changed(Contact),
    /// The address at this place is that of the contact of this id.
    Taken {
        at: usize,
        by: String,
    },
    /// The tenant has [`store::MAX_CONTACTS`].
    TooMany,
}

/// A link that connects an account once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    pub url: String,
    pub expires_at: Timestamp,
}

/// Contacts, in the order of their ids.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactPage {
    pub contacts: Vec<Contact>,
    /// The last of them. None when this page is the last.
    pub next: Option<String>,
}

/// Puts a contact under an id as it is given. One that is there keeps when it was made, and its link. Whoever is, or becomes,
/// somebody who may have commands done or confirm them needs an administrator for that.
///
/// # Errors
/// [`NotDone`]; repeating it is harmless.
pub async fn put(
    directory: Directory<'_>,
    actor: &Actor,
    id: &str,
    asked: Asked,
    now: Timestamp,
) -> Result<Outcome, NotDone> {
    let Directory { store, secrets, recipients, .. } = directory;
    must(store, actor, &[Scope::Operate], "put a contact", now).await?;
    let Asked { name, locale, groups, addresses } = asked;
    must_for(directory, actor, id, &groups, "put a contact who may command", now).await?;
    let address = |(channel, destination): (ChannelName, String)| ContactAddress {
        recipient: recipient_of(&channel, &destination, recipients),
        channel,
        destination,
        since: now,
        proved: false,
    };
    let contact = Contact {
        key: Key { tenant: actor.tenant.clone(), id: id.to_owned() },
        name: name.unwrap_or_else(|| id.to_owned()),
        locale,
        groups,
        addresses: addresses.into_iter().map(address).collect(),
        salt: salt(),
        key_id: secrets.key_id().to_owned(),
        link_until: None,
        created_at: now,
        updated_at: now,
    };
    let told = Entry::of(actor, "contact.put", id, now)
        .with("groups", contact.groups.join(" "))
        .with("channels", channels_of(&contact));
    let outcome = store.put_contact(&contact, &told).await?;
    // What was there before has kept some of its own.
    let stands = store.contact(&contact.key).await?.unwrap_or(contact);
    Ok(match outcome {
        ContactPut::New => Outcome::New(stands),
        ContactPut::Changed => Outcome::Changed(stands),
        ContactPut::Taken(at, by) => Outcome::Taken { at, by },
        ContactPut::TooMany => Outcome::TooMany,
    })
}

/// None where the tenant has none of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn show(store: &Store, key: &Key) -> Result<Option<Contact>, StoreError> {
    store.contact(key).await
}

/// A page of them, beginning after the id `after`.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    store: &Store,
    tenant: &Tenant,
    after: Option<&str>,
    limit: usize,
) -> Result<ContactPage, StoreError> {
    let mut contacts = store.contacts(tenant, after, limit.saturating_add(1)).await?;
    let more = contacts.len() > limit;
    contacts.truncate(limit);
    let next = contacts.last().filter(|_| more).map(|last| last.key.id.clone());
    Ok(ContactPage { contacts, next })
}

/// Deletes a contact: nobody asks them any more, and they may press and type nothing. False when the tenant has none of
/// this id.
///
/// # Errors
/// [`NotDone`].
pub async fn delete(store: &Store, actor: &Actor, id: &str, now: Timestamp) -> Result<bool, NotDone> {
    must(store, actor, &[Scope::Operate], "delete a contact", now).await?;
    let key = Key { tenant: actor.tenant.clone(), id: id.to_owned() };
    Ok(store.delete_contact(&key, &Entry::of(actor, "contact.deleted", id, now)).await?)
}

/// Makes a link by which a contact connects an account of Telegram with themselves, once and within a day. It ends the link
/// before it. `bot` is the name of the bot. None where the tenant has none of this id. Whoever opens it has all that the
/// contact may, so that it needs what putting the contact needs.
///
/// # Errors
/// [`NotDone`].
pub async fn link(
    directory: Directory<'_>,
    actor: &Actor,
    id: &str,
    bot: &str,
    now: Timestamp,
) -> Result<Option<Link>, NotDone> {
    let Directory { store, secrets, .. } = directory;
    must(store, actor, &[Scope::Operate], "make a link of a contact", now).await?;
    must_for(directory, actor, id, &[], "make a link of a contact who may command", now).await?;
    let key = Key { tenant: actor.tenant.clone(), id: id.to_owned() };
    let (salt, expires_at) = (salt(), now.plus(LINK_LIVES));
    let told = Entry::of(actor, "contact.link_made", id, now);
    if !store.renew_contact_link(&key, (&salt, secrets.key_id()), expires_at, &told).await? {
        return Ok(None);
    }
    let seed = Seed { key: &key, salt: &salt, key_id: secrets.key_id() };
    let ticket = secrets.link(&seed, Purpose::Connect, 0).expect("the key of today is known");
    Ok(Some(Link { url: format!("https://t.me/{bot}?start={ticket}"), expires_at }))
}

/// Lets an administrator alone change somebody whom a service trusts, or who is to be trusted: whoever manages contacts could
/// make themselves one who commands.
async fn must_for(
    directory: Directory<'_>,
    actor: &Actor,
    id: &str,
    groups: &[String],
    asked: &str,
    now: Timestamp,
) -> Result<(), NotDone> {
    let Directory { store, services, .. } = directory;
    let before = store.contact(&Key { tenant: actor.tenant.clone(), id: id.to_owned() }).await?;
    let before = before.map(|contact| contact.groups).unwrap_or_default();
    let of_groups = groups.iter().chain(&before).map(String::as_str);
    let names: Vec<&str> = std::iter::once(id).chain(of_groups).collect();
    if names.contains(&ADMINS) || services.trusts(&names) {
        must(store, actor, &[Scope::Admin], asked, now).await?;
    }
    Ok(())
}

/// Drawn for each row, so that nobody knows the secrets of one that was deleted and made again.
pub fn salt() -> Salt {
    Uuid::new_v4().into_bytes()
}

fn channels_of(contact: &Contact) -> String {
    contact.addresses.iter().map(|address| address.channel.as_str()).collect::<Vec<_>>().join(" ")
}
