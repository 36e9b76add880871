//! The gateways of the fleet, as each has noted itself, and who is connected to them. It is shown and decides nothing: whether
//! somebody was reached is in the inbox. Each caller names its tenant.

use domain::Tenant;
use store::{Filtering, Gateway, LargeRoom, PageCursor, PresentUser, Store, StoreError, fingerprint};

use crate::listed::{NotListed, must_be_of};

/// So many of the largest rooms are told.
const LARGEST: usize = 20;

/// Who is connected, in the order of their ids.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PresentPage {
    pub people: Vec<PresentUser>,
    /// Where the next page begins.
    pub next: Option<PageCursor>,
}

/// Those of a tenant who are asked for.
struct Asked<'a> {
    tenant: &'a Tenant,
    beginning: &'a str,
}

impl Filtering for Asked<'_> {
    fn fingerprint(&self) -> String {
        fingerprint("present", (self.tenant.as_str(), self.beginning), &[])
    }
}

/// The gateways that live, the oldest first: all of the fleet, since each serves all tenants.
///
/// # Errors
/// [`StoreError`].
pub async fn list(store: &Store) -> Result<Vec<Gateway>, StoreError> {
    store.gateways().await
}

/// The largest rooms of a tenant, as far as they are among the largest of their gateways.
///
/// # Errors
/// [`StoreError`].
pub async fn rooms(store: &Store, tenant: &Tenant) -> Result<Vec<LargeRoom>, StoreError> {
    store.largest_rooms(tenant, LARGEST).await
}

/// A page of those of a tenant who are connected: those whose ids begin so.
///
/// # Errors
/// [`NotListed`].
pub async fn present(
    store: &Store,
    tenant: &Tenant,
    beginning: Option<&str>,
    after: Option<&PageCursor>,
    limit: usize,
) -> Result<PresentPage, NotListed> {
    let asked = Asked { tenant, beginning: beginning.unwrap_or_default() };
    must_be_of(after, &asked)?;
    let after = after.map_or("", |cursor| cursor.row().as_str());
    let mut people = store.everybody_present(tenant, asked.beginning, after, limit.saturating_add(1)).await?;
    let more = people.len() > limit;
    people.truncate(limit);
    let next = people.last().filter(|_| more).map(|last| PageCursor::of_row(&asked, last.user.clone()));
    Ok(PresentPage { people, next })
}

/// How many people of a tenant are connected.
///
/// # Errors
/// [`StoreError`].
pub async fn count(store: &Store, tenant: &Tenant) -> Result<u32, StoreError> {
    store.count_present(tenant).await
}
