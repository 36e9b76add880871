//! What the sandbox captured instead of sending it, for people to see. Each caller names its tenant.

use domain::{ChannelName, Tenant};
use store::{CapturedPage, CapturedView, Store, StoreError};

/// At so many captures one search looks at most.
const LOOK: u32 = 500;

/// Which captures to find. What is left out finds all of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    pub channel: Option<ChannelName>,
    /// What the recipient, the subject, the words or the id of the delivery have in them, in upper or lower case.
    pub text: Option<String>,
    /// Only what was captured before this one.
    pub before: Option<i64>,
}

/// What a search has found, the newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub captures: Vec<CapturedView>,
    /// At how many it has looked. There may be fewer among them that fit than were asked for, and more behind them.
    pub looked_at: usize,
    /// What to give as `before` for those behind them. None where there are none.
    pub next: Option<i64>,
}

/// A page of captures in their order: those after one, or without it the last before one.
///
/// # Errors
/// [`StoreError`].
pub async fn page(
    store: &Store,
    tenant: &Tenant,
    after: Option<i64>,
    before: Option<i64>,
    limit: u32,
) -> Result<CapturedPage, StoreError> {
    store.captures_of(tenant, after, before, limit).await
}

/// Finds so many captures at most.
///
/// # Errors
/// [`StoreError`].
pub async fn find(store: &Store, tenant: &Tenant, wanted: &Wanted, limit: usize) -> Result<Found, StoreError> {
    // Where all fit, those behind what is shown need not be read.
    let all_fit = wanted.channel.is_none() && wanted.text.is_none();
    let look = if all_fit { u32::try_from(limit).unwrap_or(LOOK).min(LOOK) } else { LOOK };
    let page = page(store, tenant, None, wanted.before, look).await?;
    let (oldest, there) = (page.captures.first().map(|view| view.id), page.captures.len());
    let text = wanted.text.as_deref().map(str::to_lowercase);
    let mut found = Found { captures: Vec::new(), looked_at: 0, next: None };
    for view in page.captures.into_iter().rev() {
        found.looked_at += 1;
        let (id, fits) = (view.id, fits(&view, wanted.channel.as_ref(), text.as_deref()));
        if fits {
            found.captures.push(view);
        }
        if found.captures.len() >= limit {
            found.next = (found.looked_at < there || page.more).then_some(id);
            return Ok(found);
        }
    }
    found.next = oldest.filter(|_| page.more);
    Ok(found)
}

/// One capture. None when the tenant has none of this id, or has it no longer.
///
/// # Errors
/// [`StoreError`].
pub async fn show(store: &Store, tenant: &Tenant, id: i64) -> Result<Option<CapturedView>, StoreError> {
    let around = (id.saturating_sub(1), id.saturating_add(1));
    let page = page(store, tenant, Some(around.0), Some(around.1), 1).await?;
    Ok(page.captures.into_iter().find(|view| view.id == id))
}

fn fits(view: &CapturedView, channel: Option<&ChannelName>, text: Option<&str>) -> bool {
    let capture = &view.capture;
    let has = |text: &str| {
        let subject = capture.subject.as_deref().unwrap_or_default();
        let parts = [view.key.id.as_str(), capture.destination.as_str(), subject, capture.text.as_str()];
        parts.iter().any(|part| part.to_lowercase().contains(text))
    };
    channel.is_none_or(|channel| *channel == capture.channel) && text.is_none_or(has)
}
