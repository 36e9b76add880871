//! People whom a tenant knows by name: put, read, found by an address or a group, and connected with an account by a link
//! that works once.

mod rows;

use std::collections::BTreeSet;

use domain::{ChannelName, Entry, Key, RecipientHash, Salt, Seed, Tenant, Timestamp};
use uuid::Uuid;

use self::rows::{
    COLUMNS, add_address, count, delete_addresses, holder, is_same, prove_address, read, with_addresses, write,
};
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Group, Value, get, key_of, key_values, keys_group};
use crate::store::Store;

/// The most contacts of one tenant.
pub const MAX_CONTACTS: usize = 10_000;

/// The most contacts that are read of one account.
pub const MOST_OF_ACCOUNT: usize = 100;

/// A person whom a tenant knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    pub key: Key,
    pub name: String,
    /// BCP 47.
    pub locale: Option<String>,
    /// The groups of which they are a member: plain names, without a space.
    pub groups: Vec<String>,
    /// In the order in which they are tried.
    pub addresses: Vec<ContactAddress>,
    pub salt: Salt,
    pub key_id: String,
    /// Until when the link connects an account. None where there is no link, or it has been used.
    pub link_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Where somebody is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactAddress {
    pub channel: ChannelName,
    pub destination: String,
    pub recipient: RecipientHash,
    pub since: Timestamp,
    /// Whoever reads it has opened a link of this contact. Anybody may be written to at an address that is not; what comes
    /// from it is nobody's word.
    pub proved: bool,
}

/// The most addresses of one person: as many as a notification has channels one after the other.
pub const MAX_ADDRESSES: usize = 8;

/// What became of a contact that was put.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContactPut {
    New,
    Changed,
    /// The address at this place is another contact's of the tenant, which has this id: nothing was changed.
    Taken(usize, String),
    /// The tenant has [`MAX_CONTACTS`].
    TooMany,
}

/// What became of a link that somebody has used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContactLinked {
    Now,
    /// The same account was connected before.
    Again,
    /// It was used, or another one was made since, or its time is over.
    Ended,
    /// The account is another contact's of the tenant.
    Taken,
    /// The contact has [`MAX_ADDRESSES`].
    TooMany,
}

impl Contact {
    /// What the link is derived from.
    pub fn seed(&self) -> Seed<'_> {
        Seed { key: &self.key, salt: &self.salt, key_id: &self.key_id }
    }

    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|one| one == group)
    }
}

impl Store {
    /// Puts a contact as it is given. One that is there keeps when it was made, its link, and of each address since when it has
    /// it, and whether that was proved.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn put_contact(&self, contact: &Contact, told: &Entry) -> Result<ContactPut, StoreError> {
        let tenant = &contact.key.tenant;
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("contacts").await?;
        for (at, address) in contact.addresses.iter().enumerate() {
            if let Some(other) = holder(&mut session, tenant, address).await?.filter(|id| *id != contact.key.id) {
                return Ok(ContactPut::Taken(at, other));
            }
        }
        let before = read(&mut session, &contact.key).await?;
        if before.is_none() && count(&mut session, tenant).await? >= MAX_CONTACTS {
            return Ok(ContactPut::TooMany);
        }
        write(&mut session, contact).await?;
        delete_addresses(&mut session, &contact.key).await?;
        for (place, address) in contact.addresses.iter().enumerate() {
            let mut known = before.iter().flat_map(|before| &before.addresses);
            let known = known.find(|known| is_same(known, address)).unwrap_or(address);
            let address = ContactAddress { since: known.since, proved: known.proved, ..address.clone() };
            add_address(&mut session, &contact.key, place, &address).await?;
        }
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(if before.is_some() { ContactPut::Changed } else { ContactPut::New })
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn contact(&self, key: &Key) -> Result<Option<Contact>, StoreError> {
        if key.id.contains('\0') {
            return Ok(None);
        }
        read(&mut self.inner.db.reader(), key).await
    }

    /// The contacts of a tenant after this id, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contacts(
        &self,
        tenant: &Tenant,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Contact>, StoreError> {
        let after = after.unwrap_or_default();
        let sql = format!("SELECT {COLUMNS} FROM contacts WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT {limit}");
        if after.contains('\0') {
            return Ok(Vec::new());
        }
        let mut session = self.inner.db.reader();
        let rows = session.query(&sql, &[Value::Text(Some(tenant.as_str())), Value::Text(Some(after))]).await?;
        with_addresses(&mut session, &rows).await
    }

    /// The contacts of a tenant in a group, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contacts_in_group(
        &self,
        tenant: &Tenant,
        group: &str,
        limit: usize,
    ) -> Result<Vec<Contact>, StoreError> {
        // Each name stands between spaces, which no name of a group has in it.
        let named = format!(" {group} ");
        let sql = format!(
            "SELECT {COLUMNS} FROM contacts WHERE tenant = $1 AND replace(member_of, $2, '') <> member_of \
             ORDER BY id LIMIT {limit}"
        );
        if group.contains(['\0', ' ']) {
            return Ok(Vec::new());
        }
        let mut session = self.inner.db.reader();
        let rows = session.query(&sql, &[Value::Text(Some(tenant.as_str())), Value::Text(Some(&named))]).await?;
        with_addresses(&mut session, &rows).await
    }

    /// The ids of the contacts of a tenant in a group, after this one and in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn contact_ids_in_group(
        &self,
        tenant: &Tenant,
        group: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let named = format!(" {group} ");
        let sql = format!(
            "SELECT id FROM contacts WHERE tenant = $1 AND replace(member_of, $2, '') <> member_of AND id > $3 \
             ORDER BY id LIMIT {limit}"
        );
        let values = [tenant.as_str(), &named, after].map(|text| Value::Text(Some(text)));
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        rows.iter().map(|row| get(row, "id")).collect()
    }

    /// The contacts of all tenants that have proved that an address of this channel with one of these hashes is theirs, in the
    /// order of the tenants and at most 100. Any tenant may have put anybody's address: none of those keeps out another.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contacts_of_account(
        &self,
        channel: &ChannelName,
        recipients: &[RecipientHash],
    ) -> Result<Vec<Contact>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM contacts WHERE (tenant, id) IN (SELECT a.tenant, a.contact FROM {{u}} \
             JOIN contact_addresses AS a ON a.recipient = u.recipient AND a.channel = u.channel AND a.proved) \
             ORDER BY tenant, id LIMIT {MOST_OF_ACCOUNT}"
        );
        let group = Group::of(recipients.len())
            .bytes("recipient", recipients.iter().map(RecipientHash::as_bytes))
            .text("channel", recipients.iter().map(|_| channel.as_str()));
        let mut session = self.inner.db.reader();
        let rows = session.query_group(&sql, &group).await?;
        with_addresses(&mut session, &rows).await
    }

    /// The contact of a tenant whose address of this channel has one of these hashes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contact_of_address(
        &self,
        tenant: &Tenant,
        channel: &ChannelName,
        recipients: &[RecipientHash],
    ) -> Result<Option<Contact>, StoreError> {
        // Found by the address: the key would give all addresses of the tenant.
        let sql = format!(
            "SELECT {COLUMNS} FROM contacts WHERE (tenant, id) IN (SELECT a.tenant, a.contact FROM {{u}} \
             JOIN contact_addresses AS a ON a.recipient = u.recipient AND a.channel = u.channel \
             AND a.tenant || '' = u.tenant) ORDER BY tenant, id LIMIT 1"
        );
        let group = Group::of(recipients.len())
            .bytes("recipient", recipients.iter().map(RecipientHash::as_bytes))
            .text("channel", recipients.iter().map(|_| channel.as_str()))
            .text("tenant", recipients.iter().map(|_| tenant.as_str()));
        let mut session = self.inner.db.reader();
        let rows = session.query_group(&sql, &group).await?;
        Ok(with_addresses(&mut session, &rows).await?.pop())
    }

    /// Those of these contacts that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn known_contacts(&self, keys: &[Key]) -> Result<BTreeSet<Key>, StoreError> {
        const KNOWN: &str = "SELECT tenant, id FROM contacts WHERE (tenant, id) IN (SELECT u.tenant, u.id FROM {u})";
        let storable = keys.iter().filter(|key| !key.id.contains('\0'));
        let storable: Vec<&Key> = storable.collect();
        let rows = self.inner.db.reader().query_group(KNOWN, &keys_group(storable.iter().copied())).await?;
        rows.iter().map(key_of).collect()
    }

    /// Deletes a contact with its addresses; false when there was none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_contact(&self, key: &Key, told: &Entry) -> Result<bool, StoreError> {
        const DELETE: &str = "DELETE FROM contacts WHERE tenant = $1 AND id = $2 RETURNING id";
        if key.id.contains('\0') {
            return Ok(false);
        }
        let mut session = self.inner.db.begin().await?;
        if session.query(DELETE, &key_values(key)).await?.is_empty() {
            return Ok(false);
        }
        delete_addresses(&mut session, key).await?;
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(true)
    }

    /// Gives a contact another link, which ends the one before it. `told` is written with it. False where there is no such
    /// contact.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew_contact_link(
        &self,
        key: &Key,
        seed: (&Salt, &str),
        until: Timestamp,
        told: &Entry,
    ) -> Result<bool, StoreError> {
        const RENEW: &str = "UPDATE contacts SET salt = $3, key_id = $4, link_until = $5 \
                             WHERE tenant = $1 AND id = $2 RETURNING id";
        if key.id.contains('\0') {
            return Ok(false);
        }
        let [tenant, id] = key_values(key);
        let (salt, key_id) = seed;
        let values =
            [tenant, id, Value::Bytes(Some(salt)), Value::Text(Some(key_id)), Value::Int(Some(until.as_micros()))];
        self.change_told(RENEW, &values, told).await
    }

    /// The contact that a link names ([`domain::Ticket::handle`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contact_of_ticket(&self, handle: Uuid) -> Result<Option<Contact>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM contacts WHERE handle = $1");
        let mut session = self.inner.db.reader();
        let rows = session.query(&sql, &[Value::Bytes(Some(handle.as_bytes()))]).await?;
        Ok(with_addresses(&mut session, &rows).await?.pop())
    }

    /// Uses up the link of a contact, and gives the contact this address behind those that it has, or notes that one which it
    /// has is proved. `contact` is the row for which the link was made: of several that use it at once one does.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn link_contact(
        &self,
        contact: &Contact,
        address: &ContactAddress,
        now: Timestamp,
        told: &Entry,
    ) -> Result<ContactLinked, StoreError> {
        const USE: &str = "UPDATE contacts SET link_until = NULL, updated_at = $4 WHERE tenant = $1 AND id = $2 \
                           AND salt = $3 AND link_until > $4 RETURNING id";
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("contacts").await?;
        if holder(&mut session, &contact.key.tenant, address).await?.is_some_and(|id| id != contact.key.id) {
            return Ok(ContactLinked::Taken);
        }
        let Some(known) = read(&mut session, &contact.key).await? else { return Ok(ContactLinked::Ended) };
        let is_this = |known: &ContactAddress| known.channel == address.channel && known.recipient == address.recipient;
        let place = known.addresses.iter().position(is_this);
        match place.and_then(|place| known.addresses.get(place)) {
            Some(known) if known.proved => return Ok(ContactLinked::Again),
            None if known.addresses.len() >= MAX_ADDRESSES => return Ok(ContactLinked::TooMany),
            _ => {}
        }
        let [tenant, id] = key_values(&contact.key);
        let values = [tenant, id, Value::Bytes(Some(&contact.salt)), Value::Int(Some(now.as_micros()))];
        if session.query(USE, &values).await?.is_empty() {
            return Ok(ContactLinked::Ended);
        }
        match place {
            Some(place) => prove_address(&mut session, &contact.key, place).await?,
            None => add_address(&mut session, &contact.key, known.addresses.len(), address).await?,
        }
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(ContactLinked::Now)
    }
}
