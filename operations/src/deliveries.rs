//! Shows what became of notifications: one with all that is known of it, or a page of them. Each caller names its
//! tenant.

pub mod written;

use std::fmt;
use std::time::Duration;

use domain::{
    ChannelName, FieldError, Key, MAX_ID_BYTES, Reason, RecipientHash, RecipientHasher, Row, State, Tenant, Timestamp,
    child_id, is_unsafe_in_a_line,
};
use media::MEDIA;
use media::whatsapp::{self, Recipient};
use store::{Cursor, DeliveryView, Filter, JobKind, JobSummary, Page, Receipt, Store, StoreError};

use crate::listed::{NotListed, must_be_of};

/// The longest chain of fallbacks that is followed: a notification may have fewer.
pub(crate) const MAX_CHAIN: usize = 16;

/// One delivery, wherever it stands.
#[derive(Clone, PartialEq, Debug)]
pub enum Shown {
    Taken(Box<Taken>),
    /// A job that the scheduler has not released yet *is* its delivery.
    Scheduled {
        job: Box<JobSummary>,
        /// The fields and headers of the job's message that were not read.
        warnings: Vec<FieldError>,
    },
}

/// A delivery that a worker has taken, or that was cancelled before one could.
#[derive(Clone, PartialEq, Debug)]
pub struct Taken {
    pub view: DeliveryView,
    /// The deliveries that took over from this one, in their order.
    pub fallbacks: Vec<Fallback>,
    /// What was not read of the delivery's message, or has no effect.
    pub warnings: Vec<FieldError>,
    /// What its provider reported later.
    pub receipts: Vec<Receipt>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fallback {
    pub id: String,
    /// None while no worker has taken the fallback from its queue yet.
    pub state: Option<State>,
    /// The scheduler keeps it until it is due.
    pub is_scheduled: bool,
}

/// Why no delivery of an id is known. Nobody can tell an id that is still in its queue from one that never was, or that
/// was forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotKnown {
    retention: Option<Duration>,
    now: Timestamp,
}

/// Which deliveries to list. What is left out lists all of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    pub state: Option<State>,
    pub ambiguous: Option<bool>,
    /// The recipient as it was published, or in one of its usual forms: see [`list`].
    pub recipient: Option<String>,
    pub channel: Option<ChannelName>,
    /// Who answered the last attempt.
    pub provider: Option<String>,
    pub template: Option<String>,
    /// Why it is in the dead-letter queue.
    pub reason: Option<Reason>,
    /// What the last attempt was answered.
    pub code: Option<String>,
    /// First seen at this time or later.
    pub from: Option<Timestamp>,
    /// First seen before this time.
    pub until: Option<Timestamp>,
    /// How the id begins: pages are in the order of ids then.
    pub id_prefix: Option<String>,
    pub after: Option<Cursor>,
    /// 1 to 1,000; 0 stands for 100.
    pub limit: u32,
}

/// Whether a delivery or a schedule may be called so.
pub fn is_id(text: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&text.len()) && !text.chars().any(is_unsafe_in_a_line)
}

/// Reads one delivery. None when nothing is known of the delivery: see [`NotKnown`].
///
/// # Errors
/// [`StoreError`].
pub async fn show(store: &Store, key: &Key) -> Result<Option<Shown>, StoreError> {
    if let Some(view) = store.delivery(key).await? {
        let fallbacks = fallbacks(store, &view).await?;
        let (warnings, receipts) = (store.warnings(key).await?, store.receipts(key).await?);
        return Ok(Some(Shown::Taken(Box::new(Taken { view, fallbacks, warnings, receipts }))));
    }
    let Some(job) = store.job(key).await?.filter(|job| job.kind == JobKind::OneShot) else { return Ok(None) };
    let warnings = store.warnings(key).await?;
    Ok(Some(Shown::Scheduled { job: Box::new(job.summary), warnings }))
}

/// Lists deliveries of a tenant, or of all of them: the newest first, or in the order of ids where their beginning is
/// asked for. A page may have few, or none, and a next page: see [`Store::deliveries`]. A recipient is found by whichever
/// key had hashed it: in any spelling that reaches the same where a worker has claimed the delivery; else, as what was
/// cancelled before that, as it is written, with and without the prefix of WhatsApp, and with its domain in lower case.
///
/// # Errors
/// [`NotListed`].
pub async fn list(
    store: &Store,
    tenant: Option<Tenant>,
    wanted: Wanted,
    recipients: &RecipientHasher,
) -> Result<Page, NotListed> {
    let filter = Filter {
        tenant,
        state: wanted.state,
        ambiguous: wanted.ambiguous,
        recipient: wanted.recipient.map(|written| hashes_of(&written, recipients)).unwrap_or_default(),
        channel: wanted.channel,
        provider: wanted.provider,
        template: wanted.template,
        reason: wanted.reason,
        code: wanted.code,
        from: wanted.from,
        until: wanted.until,
        id_prefix: wanted.id_prefix,
        after: wanted.after,
        limit: wanted.limit,
    };
    must_be_of(filter.after.as_ref(), &filter)?;
    Ok(store.deliveries(filter).await?)
}

/// Every hash under which the ledger may have a recipient that somebody looks for: see [`list`].
pub fn hashes_of(written: &str, recipients: &RecipientHasher) -> Vec<RecipientHash> {
    usual_forms(written).iter().flat_map(|form| recipients.every_hash(form)).collect()
}

impl NotKnown {
    /// `retention` is how long ended deliveries are remembered. None remembers them for ever.
    pub fn of(retention: Option<Duration>, now: Timestamp) -> Self {
        Self { retention, now }
    }

    /// The instant before which ids may be forgotten; None when ids are remembered for ever.
    pub fn remembered_since(&self) -> Option<Timestamp> {
        self.retention.map(|retention| self.now.minus(retention))
    }
}

impl fmt::Display for NotKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const EITHER: &str = "Either it was accepted and no worker has taken it yet: then it is still in its queue, \
                              ask again in a while. Or its body could not be read: then it is in the dead-letter \
                              queue, and is explained as soon as a scheduler has read that. Or nothing was ever accepted under this id for your tenant: check \
                              how it is written";
        match self.retention.zip(self.remembered_since()) {
            None => write!(f, "{EITHER}. Ids are remembered for ever."),
            Some((retention, since)) => {
                let days = retention.as_secs() / 86_400;
                let unit = if days == 1 { "day" } else { "days" };
                write!(
                    f,
                    "{EITHER}. Or it ended long ago: what has ended is remembered for {days} {unit} (RETENTION_DAYS), so \
                     that ids that were taken before {since} may be forgotten."
                )
            }
        }
    }
}

/// The forms in which a recipient is looked for: as it is written, as it is usually written, and as each medium compares
/// it.
fn usual_forms(written: &str) -> Vec<String> {
    let mut forms = vec![written.to_owned()];
    if let Some((local, domain)) = written.rsplit_once('@') {
        forms.push(format!("{local}@{}", domain.to_ascii_lowercase()));
    }
    let bare = whatsapp::bare(written);
    if bare.starts_with('+') || matches!(Recipient::of(bare), Recipient::Person(_)) {
        forms.extend([bare.to_owned(), format!("{}{bare}", whatsapp::PREFIX)]);
    }
    forms.extend(MEDIA.iter().map(|medium| (medium.compared)(written)));
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// Follows the chain of fallbacks: each delivery hands on to one other. A child that was called off is shown too.
async fn fallbacks(store: &Store, parent: &DeliveryView) -> Result<Vec<Fallback>, StoreError> {
    let mut fallbacks = Vec::new();
    let (mut key, mut handing_on) = (parent.row.key.clone(), hands_on(&parent.row));
    while let Some(is_certain) = handing_on.filter(|_| fallbacks.len() < MAX_CHAIN) {
        key.id = child_id(&key, 1);
        let child = store.row(&key).await?;
        let is_scheduled = child.is_none() && is_certain && store.job(&key).await?.is_some();
        if child.is_none() && !is_certain {
            break;
        }
        let state = child.as_ref().map(|row| row.state);
        handing_on = child.as_ref().and_then(hands_on);
        fallbacks.push(Fallback { id: key.id.clone(), state, is_scheduled });
    }
    Ok(fallbacks)
}

/// Whether the delivery has a child: surely, or only if there is one. None where there can be none.
fn hands_on(row: &Row) -> Option<bool> {
    let surely = row.state == State::FellBack || row.order.escalates_at().is_some();
    (surely || row.state == State::Delivered).then_some(surely)
}
