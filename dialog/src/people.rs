//! Who people are: the contacts of a tenant, and the administrators whom the settings name.

use domain::{ChannelName, Key, Tenant, mask};
use store::{Contact, MOST_OF_ACCOUNT, StepError};

use crate::shared::Shared;

/// The channel of the administrators.
pub(crate) const TELEGRAM: &str = "telegram";
/// The other one whose messages have buttons, and are changed once they were sent.
pub(crate) const SLACK: &str = "slack";
/// The one that takes words only for some time after somebody has written by it.
pub(crate) const WHATSAPP: &str = "whatsapp";
/// The channels that write to the number of a phone.
const OF_PHONES: [&str; 2] = ["sms", WHATSAPP];
/// The group in which every administrator is.
const ADMINS: &str = "admins";

/// Somebody who is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Person {
    pub(crate) key: Key,
    /// What they are called. None where nobody has said it.
    pub(crate) name: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) groups: Vec<String>,
    /// In the order in which they are tried.
    pub(crate) addresses: Vec<Address>,
}

/// Where somebody is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Address {
    pub(crate) channel: ChannelName,
    pub(crate) destination: String,
}

impl Person {
    /// What people call them, and where nobody has said that, where they are reached, as far as it may be shown. None where
    /// that is nothing.
    pub(crate) fn shown(&self) -> Option<String> {
        let masked = || self.addresses.first().map(|address| mask(&address.destination));
        self.name.clone().or_else(|| masked().filter(|mask| !mask.trim_matches('*').is_empty()))
    }

    /// The names by which they are allowed something: their own, and those of their groups.
    pub(crate) fn names(&self) -> Vec<&str> {
        std::iter::once(self.key.id.as_str()).chain(self.groups.iter().map(String::as_str)).collect()
    }
}

impl From<Contact> for Person {
    fn from(contact: Contact) -> Self {
        let address =
            |address: store::ContactAddress| Address { channel: address.channel, destination: address.destination };
        Self {
            key: contact.key,
            name: Some(contact.name).filter(|name| !name.is_empty()),
            locale: contact.locale,
            groups: contact.groups,
            addresses: contact.addresses.into_iter().map(address).collect(),
        }
    }
}

/// Somebody of this id.
///
/// # Errors
/// [`StepError`] with the ledger.
pub(crate) async fn known(shared: &Shared, key: &Key) -> Result<Option<Person>, StepError> {
    let intake = &shared.intake;
    if let Some(contact) = intake.breaker.retry_until_taken(|| intake.store.contact(key)).await? {
        return Ok(Some(contact.into()));
    }
    match admins(shared, &key.tenant).into_iter().find(|admin| admin.key == *key) {
        Some(admin) => as_they_are_known(shared, admin).await.map(Some),
        None => Ok(None),
    }
}

/// Everybody of a group, at most so many of the contacts.
///
/// # Errors
/// [`StepError`] with the ledger.
pub(crate) async fn in_group(
    shared: &Shared,
    tenant: &Tenant,
    group: &str,
    limit: usize,
) -> Result<Vec<Person>, StepError> {
    let intake = &shared.intake;
    let found = intake.breaker.retry_until_taken(|| intake.store.contacts_in_group(tenant, group, limit)).await?;
    let mut people: Vec<Person> = found.into_iter().map(Person::from).collect();
    if group == ADMINS {
        for admin in admins(shared, tenant) {
            let person = as_they_are_known(shared, admin).await?;
            if people.iter().all(|known| known.key != person.key) {
                people.push(person);
            }
        }
    }
    Ok(people)
}

/// An administrator, as the contact of the same account where there is one: under two names somebody would count twice, and
/// confirm what they have asked for themselves.
async fn as_they_are_known(shared: &Shared, admin: Person) -> Result<Person, StepError> {
    let Some(Address { channel, destination }) = admin.addresses.first() else { return Ok(admin) };
    let people = behind(shared, channel, destination).await?;
    Ok(people.into_iter().find(|person| person.key.tenant == admin.key.tenant).unwrap_or(admin))
}

/// Whoever of a tenant has this address, proved or not: a contact, or an administrator of the settings. A number is looked for
/// under every channel that writes to numbers.
///
/// # Errors
/// [`StepError`] with the ledger.
pub(crate) async fn of_address(
    shared: &Shared,
    tenant: &Tenant,
    address: &Address,
) -> Result<Option<Person>, StepError> {
    let intake = &shared.intake;
    let Address { channel, destination } = address;
    for alike in reached_alike(channel) {
        let hashes = operations::every_recipient(&alike, destination, &intake.hasher);
        let find = || intake.store.contact_of_address(tenant, &alike, &hashes);
        if let Some(contact) = intake.breaker.retry_until_taken(find).await? {
            return Ok(Some(contact.into()));
        }
    }
    Ok(admins(shared, tenant).into_iter().find(|admin| admin.addresses.contains(address)))
}

/// What an address of a channel is: two channels of one kind reach the same person by the same address.
pub(crate) fn kind_of_address(channel: &ChannelName) -> &str {
    if OF_PHONES.contains(&channel.as_str()) { "phone" } else { channel.as_str() }
}

/// The channels that reach the same person by the same address: this one first.
fn reached_alike(channel: &ChannelName) -> Vec<ChannelName> {
    let others = OF_PHONES.into_iter().filter_map(|name| ChannelName::parse(name).ok());
    let others = others.filter(|other| other != channel && kind_of_address(other) == kind_of_address(channel));
    std::iter::once(channel.clone()).chain(others).collect()
}

/// Whoever has shown that this address is theirs, those of the tenant `default` first, an administrator of the settings among
/// them. An administrator who is a contact of the tenant `default`, too, is that contact, in the group of the administrators: the
/// settings vouch for their account, and for no other address of a contact that no administrator has put into that group. Any
/// tenant may have a contact with anybody's address; without having proved it they are nobody.
///
/// # Errors
/// [`StepError`] with the ledger.
pub(crate) async fn behind(
    shared: &Shared,
    channel: &ChannelName,
    destination: &str,
) -> Result<Vec<Person>, StepError> {
    let intake = &shared.intake;
    let hashes = operations::every_recipient(channel, destination, &intake.hasher);
    let find = || intake.store.contacts_of_account(channel, &hashes);
    let found = intake.breaker.retry_until_taken(find).await?;
    if found.len() >= MOST_OF_ACCOUNT {
        tracing::warn!(%channel, most = MOST_OF_ACCOUNT, "somebody is a contact of more tenants than are looked at");
    }
    let own = Tenant::default();
    let mut people: Vec<Person> = found.into_iter().map(Person::from).collect();
    people.sort_by_key(|person| person.key.tenant != own);
    let is_this = |admin: &Person| {
        admin.addresses.iter().any(|address| address.channel == *channel && address.destination == destination)
    };
    let Some(admin) = admins(shared, &own).into_iter().find(is_this) else { return Ok(people) };
    let find = || intake.store.contact_of_address(&own, channel, &hashes);
    let admin = match intake.breaker.retry_until_taken(find).await? {
        Some(contact) => administrating(contact.into(), admin),
        None => admin,
    };
    people.retain(|person| person.key != admin.key);
    people.insert(0, admin);
    Ok(people)
}

/// A contact who is an administrator of the settings.
fn administrating(mut person: Person, admin: Person) -> Person {
    if !person.groups.iter().any(|group| group == ADMINS) {
        // Whoever manages contacts may give them any address: the settings vouch for the account alone.
        person.addresses = admin.addresses;
        person.groups.push(ADMINS.to_owned());
    }
    person
}

/// The administrators of the settings: people of the tenant `default`, each with one address.
fn admins(shared: &Shared, tenant: &Tenant) -> Vec<Person> {
    let Ok(channel) = ChannelName::parse(TELEGRAM) else { return Vec::new() };
    if *tenant != Tenant::default() {
        return Vec::new();
    }
    let admin = |id: &String| Person {
        key: Key { tenant: tenant.clone(), id: format!("{TELEGRAM}:{id}") },
        name: None,
        locale: None,
        groups: vec![ADMINS.to_owned()],
        addresses: vec![Address { channel: channel.clone(), destination: id.clone() }],
    };
    shared.settings.admins.iter().map(admin).collect()
}
