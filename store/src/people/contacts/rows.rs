//! The rows of a contact and of its addresses.

use domain::{ChannelName, Key, Purpose, RecipientHash, Tenant, Timestamp};
use sea_orm::QueryResult;

use super::{Contact, ContactAddress, MAX_CONTACTS};
use crate::error::StoreError;
use crate::sql::{Session, Value, get, key_of, key_values, keys_group, time_of, unreadable};

pub(super) const COLUMNS: &str =
    "tenant, id, name, locale, member_of, salt, key_id, link_until, created_at, updated_at";

pub(super) fn is_same(one: &ContactAddress, other: &ContactAddress) -> bool {
    (&one.channel, &one.destination) == (&other.channel, &other.destination)
}

/// The contact of the tenant that has this address.
pub(super) async fn holder(
    session: &mut Session,
    tenant: &Tenant,
    address: &ContactAddress,
) -> Result<Option<String>, StoreError> {
    // Found by the address: the key would give all addresses of the tenant.
    const HOLDER: &str = "SELECT contact FROM contact_addresses WHERE tenant || '' = $1 AND recipient = $2 \
                          AND channel = $3 LIMIT 1";
    let values = [
        Value::Text(Some(tenant.as_str())),
        Value::Bytes(Some(address.recipient.as_bytes())),
        Value::Text(Some(address.channel.as_str())),
    ];
    let rows = session.query(HOLDER, &values).await?;
    rows.first().map(|row| get(row, "contact")).transpose()
}

/// How many contacts a tenant has, as far as that matters.
pub(super) async fn count(session: &mut Session, tenant: &Tenant) -> Result<usize, StoreError> {
    let sql = format!("SELECT id FROM contacts WHERE tenant = $1 LIMIT {MAX_CONTACTS}");
    Ok(session.query(&sql, &[Value::Text(Some(tenant.as_str()))]).await?.len())
}

pub(super) async fn write(session: &mut Session, contact: &Contact) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO contacts ({COLUMNS}, handle) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, locale = excluded.locale, \
         member_of = excluded.member_of, updated_at = excluded.updated_at"
    );
    let groups = format!(" {} ", contact.groups.join(" "));
    let handle = Purpose::Connect.handle(&contact.key);
    let [tenant, id] = key_values(&contact.key);
    let values = [
        tenant,
        id,
        Value::Text(Some(&contact.name)),
        Value::Text(contact.locale.as_deref()),
        Value::Text(Some(&groups)),
        Value::Bytes(Some(&contact.salt)),
        Value::Text(Some(&contact.key_id)),
        Value::Int(contact.link_until.map(Timestamp::as_micros)),
        Value::Int(Some(contact.created_at.as_micros())),
        Value::Int(Some(contact.updated_at.as_micros())),
        Value::Bytes(Some(handle.as_bytes())),
    ];
    session.query(&sql, &values).await.map(drop)
}

pub(super) async fn delete_addresses(session: &mut Session, contact: &Key) -> Result<(), StoreError> {
    const DELETE: &str = "DELETE FROM contact_addresses WHERE tenant = $1 AND contact = $2";
    session.query(DELETE, &key_values(contact)).await.map(drop)
}

pub(super) async fn add_address(
    session: &mut Session,
    contact: &Key,
    place: usize,
    address: &ContactAddress,
) -> Result<(), StoreError> {
    const ADD: &str = "INSERT INTO contact_addresses (tenant, contact, place, channel, destination, recipient, since, proved) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let [tenant, id] = key_values(contact);
    let values = [
        tenant,
        id,
        Value::Int(i64::try_from(place).ok()),
        Value::Text(Some(address.channel.as_str())),
        Value::Text(Some(&address.destination)),
        Value::Bytes(Some(address.recipient.as_bytes())),
        Value::Int(Some(address.since.as_micros())),
        Value::Flag(address.proved),
    ];
    session.query(ADD, &values).await.map(drop)
}

pub(super) async fn prove_address(session: &mut Session, contact: &Key, place: usize) -> Result<(), StoreError> {
    const PROVE: &str = "UPDATE contact_addresses SET proved = TRUE WHERE tenant = $1 AND contact = $2 AND place = $3";
    let [tenant, id] = key_values(contact);
    session.query(PROVE, &[tenant, id, Value::Int(i64::try_from(place).ok())]).await.map(drop)
}

pub(super) async fn read(session: &mut Session, key: &Key) -> Result<Option<Contact>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM contacts WHERE tenant = $1 AND id = $2");
    let rows = session.query(&sql, &key_values(key)).await?;
    Ok(with_addresses(session, &rows).await?.pop())
}

/// The contacts of these rows, each with its addresses.
pub(super) async fn with_addresses(session: &mut Session, rows: &[QueryResult]) -> Result<Vec<Contact>, StoreError> {
    const ADDRESSES: &str = "SELECT a.tenant, a.contact AS id, a.channel, a.destination, a.recipient, a.since, a.proved \
         FROM {u} JOIN contact_addresses AS a ON a.tenant = u.tenant AND a.contact = u.id \
         ORDER BY a.tenant, a.contact, a.place";
    let mut contacts: Vec<Contact> = rows.iter().map(contact_of).collect::<Result<_, _>>()?;
    let keys: Vec<Key> = contacts.iter().map(|contact| contact.key.clone()).collect();
    for row in &session.query_group(ADDRESSES, &keys_group(keys.iter())).await? {
        let (key, address) = (key_of(row)?, address_of(row)?);
        if let Some(contact) = contacts.iter_mut().find(|contact| contact.key == key) {
            contact.addresses.push(address);
        }
    }
    Ok(contacts)
}

fn contact_of(row: &QueryResult) -> Result<Contact, StoreError> {
    let groups: String = get(row, "member_of")?;
    Ok(Contact {
        key: key_of(row)?,
        name: get(row, "name")?,
        locale: get(row, "locale")?,
        groups: groups.split_whitespace().map(str::to_owned).collect(),
        addresses: Vec::new(),
        salt: get::<Vec<u8>>(row, "salt")?.try_into().map_err(|_| unreadable("salt"))?,
        key_id: get(row, "key_id")?,
        link_until: time_of(row, "link_until")?,
        created_at: Timestamp::from_micros(get(row, "created_at")?),
        updated_at: Timestamp::from_micros(get(row, "updated_at")?),
    })
}

fn address_of(row: &QueryResult) -> Result<ContactAddress, StoreError> {
    let recipient: Vec<u8> = get(row, "recipient")?;
    Ok(ContactAddress {
        channel: ChannelName::parse(&get::<String>(row, "channel")?).map_err(|_| unreadable("channel"))?,
        destination: get(row, "destination")?,
        recipient: RecipientHash::from_bytes(&recipient).ok_or_else(|| unreadable("recipient"))?,
        since: Timestamp::from_micros(get(row, "since")?),
        proved: get(row, "proved")?,
    })
}
