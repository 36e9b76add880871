//! What is known of a plan or job whoever looks, at once: of few letters it is read while somebody waits, of many it was read
//! some seconds ago, and is read again beside the request. So a page with 100,000 letters answers as one with ten.

use std::time::Duration;

use domain::{Canary, Tenant, Timestamp};
use serde::{Deserialize, Serialize};
use store::{AtIt, Counted, JobState, LetterAction, Outlook, Store, StoreError};
use tokio::time::timeout;

use super::{Shown, show_job, since};

/// The longest reading. After that what was known stays, with its age and why it is so old, and a later look has it read
/// again.
const LONGEST: Duration = Duration::from_secs(30);
/// How long what was read of a running job is good for: whoever watches it asks as often.
const GOOD_WHILE_RUNNING: Duration = Duration::from_secs(2);
const GOOD_FOR: Duration = Duration::from_secs(10);

/// What is kept of one reading. The samples are read at each look: they are few, and their errors are not to outlast them.
#[derive(Serialize, Deserialize)]
struct Read {
    counted: Vec<ReadCount>,
    outlook: Option<ReadOutlook>,
    since: Option<ReadSince>,
}

#[derive(Serialize, Deserialize)]
struct ReadCount {
    lane: String,
    channel: String,
    provider: String,
    state: String,
    why: String,
    letters: u32,
}

#[derive(Serialize, Deserialize)]
struct ReadOutlook {
    newcomers: u32,
    gone: u32,
    maybe_sent: u32,
    others: Vec<ReadOther>,
}

#[derive(Serialize, Deserialize)]
struct ReadOther {
    who: String,
    action: Option<String>,
    what: String,
    /// In microseconds.
    since: i64,
    letters: u32,
}

#[derive(Serialize, Deserialize)]
struct ReadSince {
    tried: u32,
    well: u32,
    failed: u32,
}

/// Shows a plan, or the job that it became, as far as it is known: [`Shown::as_of`]. None when the tenant has none of this
/// id. Must be called within a Tokio runtime.
///
/// # Errors
/// [`StoreError`].
pub async fn known(store: &Store, tenant: &Tenant, id: &str) -> Result<Option<Shown>, StoreError> {
    let Some(job) = store.letter_job(tenant, id).await? else { return Ok(None) };
    let Some(kept) = store.kept_letter_reading(tenant, id).await? else { return Ok(None) };
    if kept.is_read_at_once(job.state) {
        return show_job(store, tenant, job).await.map(Some);
    }
    if kept.is_due {
        let (store, tenant, id) = (store.clone(), tenant.clone(), id.to_owned());
        tokio::spawn(async move {
            if let Err(error) = renew(&store, &tenant, &id).await {
                tracing::warn!(job = %id, %error, "a reading of a plan or job over dead letters was neither begun nor kept");
            }
        });
    }
    let (is_being_read, failed) = (kept.is_due || kept.is_being_read, kept.failed);
    let read = kept.read.and_then(|(text, at)| Some((Known::of(&text)?, at)));
    let (Known { counted, mut outlook, since }, as_of) = match read {
        Some((known, at)) => (known, Some(at)),
        // Its state has changed, or nobody has ever looked.
        None => {
            let counted = store.count_letter_job(id).await?;
            (Known { counted, outlook: None, since: since(store, &job).await? }, None)
        }
    };
    if let Some(outlook) = outlook.as_mut().filter(|_| job.action.is_of_the_queue()) {
        outlook.samples = store.letter_samples(id).await?;
    }
    Ok(Some(Shown { job, counted, outlook, since, as_of, is_being_read, failed }))
}

/// Reads a plan that was just made, so that whoever has made it sees all of it.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn prepare(store: &Store, tenant: &Tenant, id: &str) -> Result<(), StoreError> {
    match store.kept_letter_reading(tenant, id).await? {
        Some(kept) if kept.is_due && !kept.is_read_at_once(JobState::Planned) => renew(store, tenant, id).await,
        _ => Ok(()),
    }
}

/// Reads and keeps what is known, where that is due and nobody is at it.
async fn renew(store: &Store, tenant: &Tenant, id: &str) -> Result<(), StoreError> {
    let Some(began) = store.begin_letter_reading(id).await? else { return Ok(()) };
    let why = match timeout(LONGEST, read(store, tenant, id)).await {
        Ok(Ok(Some((text, good_for)))) => return store.keep_letter_reading(id, began, &text, good_for).await,
        Ok(Ok(None)) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it takes longer than {} s", LONGEST.as_secs()),
    };
    tracing::warn!(job = %id, %why, "a plan or job over dead letters could not be read anew: what is shown is older");
    store.fail_letter_reading(id, began, &why).await
}

/// What is to be kept, and for how long that is good. None where there is no such plan any more.
async fn read(store: &Store, tenant: &Tenant, id: &str) -> Result<Option<(String, Duration)>, StoreError> {
    // It is read after the beginning: a later change of its state has this reading forgotten.
    let Some(job) = store.letter_job(tenant, id).await? else { return Ok(None) };
    let good_for = if job.state == JobState::Running { GOOD_WHILE_RUNNING } else { GOOD_FOR };
    let shown = show_job(store, tenant, job).await?;
    let text = serde_json::to_string(&Read::of(shown)).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    Ok(Some((text, good_for)))
}

impl Read {
    fn of(shown: Shown) -> Self {
        let count = |counted: Counted| {
            let Counted { lane, channel, provider, state, why, letters } = counted;
            ReadCount { lane, channel, provider, state, why, letters }
        };
        let other = |other: AtIt| {
            let AtIt { who, action, what, since, letters } = other;
            let action = action.map(|action| action.as_str().to_owned());
            ReadOther { who, action, what, since: since.as_micros(), letters }
        };
        let outlook = |outlook: Outlook| {
            let Outlook { newcomers, gone, maybe_sent, samples: _, others } = outlook;
            ReadOutlook { newcomers, gone, maybe_sent, others: others.into_iter().map(other).collect() }
        };
        Self {
            counted: shown.counted.into_iter().map(count).collect(),
            outlook: shown.outlook.map(outlook),
            since: shown.since.map(|Canary { tried, well, failed }| ReadSince { tried, well, failed }),
        }
    }
}

/// What was read, as it is shown; without samples.
struct Known {
    counted: Vec<Counted>,
    outlook: Option<Outlook>,
    since: Option<Canary>,
}

impl Known {
    /// None for what this version cannot read: it is read anew.
    fn of(text: &str) -> Option<Self> {
        let Read { counted, outlook, since } = serde_json::from_str(text).ok()?;
        let count = |counted: ReadCount| {
            let ReadCount { lane, channel, provider, state, why, letters } = counted;
            Counted { lane, channel, provider, state, why, letters }
        };
        let outlook = match outlook {
            Some(ReadOutlook { newcomers, gone, maybe_sent, others }) => {
                let others = others.into_iter().map(at_it).collect::<Option<Vec<_>>>()?;
                Some(Outlook { newcomers, gone, maybe_sent, samples: Vec::new(), others })
            }
            None => None,
        };
        let since = since.map(|ReadSince { tried, well, failed }| Canary { tried, well, failed });
        Some(Self { counted: counted.into_iter().map(count).collect(), outlook, since })
    }
}

fn at_it(other: ReadOther) -> Option<AtIt> {
    let ReadOther { who, action, what, since, letters } = other;
    let action = match action {
        Some(action) => Some(LetterAction::parse(&action)?),
        None => None,
    };
    Some(AtIt { who, action, what, since: Timestamp::from_micros(since), letters })
}
