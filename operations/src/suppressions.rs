//! The suppression list: puts people on it, takes them off it, and shows it. An operator acts as an
//! `Actor`; what recipients and providers have said comes with a tenant, by `suppress_as_said` and its like.

mod written;

use std::collections::BTreeSet;

use domain::{
    Actor, ChannelName, Clock, Entry as Told, RecipientHash, RecipientHasher, Row, Scope, SuppressedFor, Suppression,
    SuppressionScope, Tenant, Timestamp, mask,
};
use store::{
    LiftFilter, LiftPage, MAX_PAGE, Store, StoreError, SuppressionCursor, SuppressionFilter, SuppressionPage,
    USUAL_PAGE, Which,
};

use crate::allowed::{NotDone, must};
use crate::listed::{NotListed, must_be_of};
use crate::reader;

/// The fields of an entry, as its client writes them.
pub const FIELDS: [&str; 6] = ["channel", "destination", "reason", "scope", "until", "note"];

/// Somebody to put on the list, as [`Entry::read`] makes one.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    pub channel: ChannelName,
    /// As a notification names it.
    pub destination: String,
    pub reason: SuppressedFor,
    pub scope: SuppressionScope,
    pub until: Option<Timestamp>,
    pub note: Option<String>,
}

/// Which entries to show, or which lifts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    pub channel: Option<ChannelName>,
    /// One destination of that channel, in any form that reaches the same.
    pub destination: Option<String>,
    pub after: Option<SuppressionCursor>,
    /// 1 to 1,000; 0 stands for 100.
    pub limit: u32,
}

/// What to take off the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lifted {
    /// The entry of this id.
    Entry(String),
    /// All entries of a destination, or that for one reason.
    Destination { channel: ChannelName, destination: String, reason: Option<SuppressedFor> },
    /// What a destination asked for at this time, unless something else was said of it at the same time or later.
    Said { channel: ChannelName, destination: String, reason: SuppressedFor, at: Timestamp },
}

/// Puts a recipient on the list, or renews the entry for the same reason, and returns the entry as it stands. What is
/// claimed from then on is not sent; what a worker has in hand may still go out.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn suppress(
    store: &Store,
    actor: &Actor,
    entry: Entry,
    recipients: &RecipientHasher,
    clock: &dyn Clock,
) -> Result<Suppression, NotDone> {
    let now = clock.now();
    must(store, actor, &[Scope::Operate], "suppress", now).await?;
    let suppression = suppression_of(actor.tenant.clone(), entry, actor.name.clone(), recipients, now);
    let told = Told::of(actor, "suppression.added", suppression.id.clone(), now);
    let told = told.with("channel", suppression.channel.as_str()).with("for", suppression.reason.as_str());
    let told = told.with("until", suppression.until.map(|at| at.to_string())).with("note", suppression.note.clone());
    Ok(store.suppress(&suppression, Some(&told)).await?)
}

/// Does the same for a recipient who has left a list by a link of ours. The list itself keeps that they did.
///
/// # Errors
/// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
pub async fn leave(
    store: &Store,
    tenant: Tenant,
    entry: Entry,
    by: String,
    recipients: &RecipientHasher,
    clock: &dyn Clock,
) -> Result<Suppression, StoreError> {
    store.suppress(&suppression_of(tenant, entry, by, recipients, clock.now()), None).await
}

/// Does the same for what a recipient or a provider said at the time `at`, unless they have said something else since, or
/// an operator has lifted it: then it returns false.
///
/// # Errors
/// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
pub async fn suppress_as_said(
    store: &Store,
    tenant: Tenant,
    entry: Entry,
    by: String,
    at: Timestamp,
    recipients: &RecipientHasher,
    clock: &dyn Clock,
) -> Result<bool, StoreError> {
    let before = recipients.hash_before(&media::compared(&entry.channel, &entry.destination));
    store.suppress_as_said(&suppression_of(tenant, entry, by, recipients, clock.now()), before, at).await
}

fn suppression_of(
    tenant: Tenant,
    entry: Entry,
    by: String,
    recipients: &RecipientHasher,
    now: Timestamp,
) -> Suppression {
    let recipient = recipients.hash(&media::compared(&entry.channel, &entry.destination));
    Suppression {
        id: Suppression::id_of(&tenant, &entry.channel, recipient, entry.reason),
        tenant,
        recipient,
        recipient_mask: mask(&entry.destination),
        channel: entry.channel,
        reason: entry.reason,
        scope: entry.scope,
        since: now,
        until: entry.until,
        by,
        note: entry.note,
    }
}

/// Puts the recipient of a delivery on its tenant's list, as [`suppress_as_said`] does, by the hash in the delivery's row:
/// for reports that name nobody. The row of whatever a worker has claimed has the very hash that the list is asked for.
///
/// # Errors
/// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
pub async fn suppress_recipient(
    store: &Store,
    row: &Row,
    reason: SuppressedFor,
    by: &str,
    at: Timestamp,
    clock: &dyn Clock,
) -> Result<bool, StoreError> {
    let suppression = Suppression {
        id: Suppression::id_of(&row.key.tenant, &row.channel, row.recipient_hash, reason),
        tenant: row.key.tenant.clone(),
        recipient: row.recipient_hash,
        recipient_mask: row.recipient_mask.clone(),
        channel: row.channel.clone(),
        reason,
        scope: reason.usual_scope(),
        since: clock.now(),
        until: None,
        by: by.to_owned(),
        note: None,
    };
    store.suppress_as_said(&suppression, None, at).await
}

/// Whether a report about a delivery names somebody who only gets a copy of it: it says nothing of the delivery then. Mails
/// alone have copies. Others have one recipient, whom a provider may write in another way than whoever published.
pub fn is_of_a_copy(row: &Row, person: &str, recipients: &RecipientHasher) -> bool {
    if row.channel.as_str() != media::email::MEDIUM.name || row.recipient_hash == RecipientHash::UNKNOWN {
        return false;
    }
    let compared = media::compared(&row.channel, person);
    let forms = [compared.as_str(), person];
    !forms.into_iter().any(|form| recipients.every_hash(form).contains(&row.recipient_hash))
}

/// The tenants that have written to a destination by this channel, in any form that reaches the same. It reads the whole
/// ledger.
///
/// # Errors
/// [`StoreError`].
pub async fn who_has_written_to(
    store: &Store,
    channel: &ChannelName,
    destination: &str,
    recipients: &RecipientHasher,
) -> Result<BTreeSet<Tenant>, StoreError> {
    let compared = media::compared(channel, destination);
    let forms = [compared.as_str(), destination].into_iter();
    let hashes: Vec<RecipientHash> = forms.flat_map(|form| recipients.every_hash(form)).collect();
    store.tenants_of(channel, &hashes).await
}

/// Takes entries off the list, and keeps who did so, when and why. Returns what was on the list; nothing where no entry
/// fits. What was suppressed before stays so, until it is asked for again.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn lift(
    store: &Store,
    actor: &Actor,
    lifted: Lifted,
    why: &str,
    recipients: &RecipientHasher,
    clock: &dyn Clock,
) -> Result<Vec<Suppression>, NotDone> {
    let now = clock.now();
    must(store, actor, &[Scope::Operate], "lift a suppression", now).await?;
    let told = Told::of(actor, "suppression.lifted", "", now).with("why", why);
    let which = which(lifted, recipients);
    Ok(store.lift(&actor.tenant, &which, &actor.name, why, now, Some(&told)).await?)
}

/// Does the same for what a recipient or a provider has said.
///
/// # Errors
/// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
pub async fn lift_as_said(
    store: &Store,
    tenant: &Tenant,
    lifted: Lifted,
    by: &str,
    why: &str,
    recipients: &RecipientHasher,
    clock: &dyn Clock,
) -> Result<Vec<Suppression>, StoreError> {
    store.lift(tenant, &which(lifted, recipients), by, why, clock.now(), None).await
}

fn which(lifted: Lifted, recipients: &RecipientHasher) -> Which {
    match lifted {
        Lifted::Entry(id) => Which::Id(id),
        Lifted::Destination { channel, destination, reason } => {
            Which::Recipient { recipient: hashes(recipients, &channel, &destination), channel, reason }
        }
        Lifted::Said { channel, destination, reason, at } => {
            Which::Said { recipient: hashes(recipients, &channel, &destination), channel, reason, at }
        }
    }
}

/// Shows a page of the list, whoever was put on it last first.
///
/// # Errors
/// [`NotListed`].
pub async fn list(
    store: &Store,
    tenant: Tenant,
    wanted: Wanted,
    recipients: &RecipientHasher,
) -> Result<SuppressionPage, NotListed> {
    let filter = filter(tenant, wanted, recipients);
    must_be_of(filter.after.as_ref(), &filter)?;
    Ok(store.suppressions(&filter).await?)
}

/// Shows one entry. None when the tenant has none of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn show(store: &Store, tenant: &Tenant, id: &str) -> Result<Option<Suppression>, StoreError> {
    store.suppression(tenant, id).await
}

/// Shows a page of what was lifted, the last first.
///
/// # Errors
/// [`NotListed`].
pub async fn lifts(
    store: &Store,
    tenant: Tenant,
    wanted: Wanted,
    recipients: &RecipientHasher,
) -> Result<LiftPage, NotListed> {
    let filter = filter(tenant, wanted, recipients);
    must_be_of(filter.after.as_ref(), &LiftFilter(&filter))?;
    Ok(store.lifts(&filter).await?)
}

/// Reads why an entry is lifted: it must be said, in one line.
///
/// # Errors
/// A text that begins with "must".
pub fn why(text: &str) -> Result<String, String> {
    reader::why(text)
}

fn filter(tenant: Tenant, wanted: Wanted, recipients: &RecipientHasher) -> SuppressionFilter {
    let Wanted { channel, destination, after, limit } = wanted;
    let recipient = channel.as_ref().zip(destination.as_deref());
    let recipient = recipient.map(|(channel, destination)| hashes(recipients, channel, destination));
    let limit = if limit == 0 { USUAL_PAGE } else { limit.min(MAX_PAGE) };
    SuppressionFilter { tenant, channel, recipient: recipient.unwrap_or_default(), after, limit: limit as usize }
}

/// Every hash under which a destination may be on the list.
fn hashes(recipients: &RecipientHasher, channel: &ChannelName, destination: &str) -> Vec<RecipientHash> {
    let compared = media::compared(channel, destination);
    std::iter::once(recipients.hash(&compared)).chain(recipients.hash_before(&compared)).collect()
}
