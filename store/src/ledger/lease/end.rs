//! How a lease ends in the ledger: the message of its row is settled, or the claimant releases the row.

use domain::Key;
use uuid::Uuid;

use crate::error::StoreError;
use crate::sql::{Session, keys_group};

/// Marks rows whose message was acknowledged and cannot come again: no other message continues them.
pub(crate) async fn settle(session: &mut Session, keys: &[&Key]) -> Result<(), StoreError> {
    const SETTLE: &str = "UPDATE deliveries SET settled = TRUE FROM {u} \
                          WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id";
    session.query_group(SETTLE, &keys_group(keys.iter().copied())).await?;
    Ok(())
}

/// A claimant that releases its row.
pub(crate) struct Release<'a> {
    pub(crate) key: &'a Key,
    pub(crate) claimant: &'a Uuid,
    /// The row's message is certainly with the broker, so the row is free at once. Otherwise the lease only runs out,
    /// so that the next copy does not take the message for certain when this claimant could not.
    pub(crate) certain: bool,
}

/// Releases rows. A row that another claimant has leased by now stays as it is.
pub(crate) async fn release(session: &mut Session, releases: &[Release<'_>]) -> Result<(), StoreError> {
    const RELEASE: &str = "UPDATE deliveries SET adopter = CASE WHEN u.certain THEN NULL ELSE deliveries.adopter END, \
                           adopted_until = CASE WHEN u.certain THEN NULL ELSE {now} END, \
                           leaving = deliveries.leaving AND NOT u.certain FROM {u} \
                           WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id \
                           AND deliveries.adopter = u.claimant";
    let group = keys_group(releases.iter().map(|one| one.key))
        .bytes("claimant", releases.iter().map(|one| one.claimant.as_bytes().as_slice()))
        .flag("certain", releases.iter().map(|one| one.certain));
    session.query_group(RELEASE, &group).await?;
    Ok(())
}
