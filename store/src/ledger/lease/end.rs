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

/// One claimant that lets its row go.
pub(crate) struct Release<'a> {
    pub(crate) key: &'a Key,
    pub(crate) claimant: &'a Uuid,
    /// The next copy has the row without doubt. Otherwise the lease only runs out, so that the next copy learns no more
    /// than this claimant knew.
    pub(crate) certain: bool,
}

/// Changes nothing where another claimant has the row by now.
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
