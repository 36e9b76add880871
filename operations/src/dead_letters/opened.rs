//! Letters of which somebody wants to see more than the index has: a scheduler keeps their headers and their bodies for a
//! while, sealed. What is personal in them is shown to whoever may edit them, and to nobody else.

use domain::{Actor, DeadMark, Entry, Lane, LetterSealer, Scope, Tenant, Timestamp, parse_object};
use serde_json::{Map, Value};
use store::{OpenedLetter, Store, StoreError};
use topology::Letter;

use super::TOLD_ONCE_IN;
use super::impersonal::masked;
use crate::allowed::{NotDone, must};

/// Whether a letter can be edited yet.
#[derive(Clone, PartialEq, Debug)]
pub enum Opened {
    /// A scheduler has to read it first: ask again.
    Asked,
    Here(Box<Letter>),
    /// It is not in the queue, as that was read last.
    Gone,
    /// The scheduler that has read it has another `SECRET_KEY`.
    OtherSecret,
}

/// A letter with all that is personal masked.
#[derive(Clone, PartialEq, Debug)]
pub struct Masked {
    /// The lane to which it is published again.
    pub lane: Lane,
    /// How often it was moved before.
    pub moved: u32,
    pub publisher: Option<String>,
    /// The delivery whose fallback it is.
    pub parent: Option<String>,
    pub due: Option<Timestamp>,
    /// What we have noted of its death. None where the broker has dead-lettered it.
    pub dead: Option<DeadMark>,
    /// None where it cannot be read.
    pub body: Option<Map<String, Value>>,
    pub bytes: usize,
}

/// Has a letter read for whoever edits it. Ask again until it is there, or gone. One that was edited and is out of the queue
/// is here as well, while it is kept: whoever repeats an edit whose answer was lost gets that once more.
///
/// # Errors
/// [`NotDone`].
pub async fn open(
    store: &Store,
    sealer: &LetterSealer,
    actor: &Actor,
    letter: &str,
    now: Timestamp,
) -> Result<Opened, NotDone> {
    if let Some(opened) = opened(store, sealer, actor, letter, now).await? {
        return Ok(opened);
    }
    if ask_for(store, &actor.tenant, letter, now).await? {
        return Ok(Opened::Asked);
    }
    let Some(edited) = edited(store, sealer, &actor.tenant, letter).await? else { return Ok(Opened::Gone) };
    here(store, actor, letter, edited, now).await
}

/// A letter that was read for whoever edits it, who then sees the person in it: that is in the journal before. None where no
/// scheduler has read it since somebody asked, or nobody has.
///
/// # Errors
/// [`NotDone`].
pub async fn opened(
    store: &Store,
    sealer: &LetterSealer,
    actor: &Actor,
    letter: &str,
    now: Timestamp,
) -> Result<Option<Opened>, NotDone> {
    must(store, actor, &[Scope::Admin], "open a dead letter", now).await?;
    let Some(kept) = kept(store, sealer, &actor.tenant, letter).await? else { return Ok(None) };
    here(store, actor, letter, kept, now).await.map(Some)
}

/// The journal is told of a letter before somebody sees it.
async fn here(
    store: &Store,
    actor: &Actor,
    letter: &str,
    unsealed: Option<Letter>,
    now: Timestamp,
) -> Result<Opened, NotDone> {
    let Some(unsealed) = unsealed else { return Ok(Opened::OtherSecret) };
    let told = Entry::of(actor, "dead_letter.opened", letter, now).with("delivery", unsealed.message_id.as_str());
    store.journal_once(&told, TOLD_ONCE_IN).await?;
    Ok(Opened::Here(Box::new(unsealed)))
}

/// Has a letter read for whoever looks at it. False when it is not in the queue, as that was read last.
///
/// # Errors
/// [`NotDone`].
pub async fn ask_to_look(store: &Store, actor: &Actor, letter: &str, now: Timestamp) -> Result<bool, NotDone> {
    must(store, actor, &[Scope::Operate], "look into a dead letter", now).await?;
    Ok(ask_for(store, &actor.tenant, letter, now).await?)
}

/// What was read of a letter for somebody, masked. None where nothing was, or where it cannot be opened here.
///
/// # Errors
/// [`StoreError`].
pub async fn look(
    store: &Store,
    sealer: &LetterSealer,
    tenant: &Tenant,
    letter: &str,
) -> Result<Option<Masked>, StoreError> {
    let kept = kept(store, sealer, tenant, letter).await?;
    Ok(kept.flatten().map(|letter| Masked {
        lane: letter.lane,
        moved: letter.epoch(),
        publisher: letter.headers.publisher.clone(),
        parent: letter.headers.parent.clone(),
        due: letter.headers.due,
        dead: letter.headers.dead.clone(),
        body: parse_object(&letter.body).ok().map(|body| masked(&body)),
        bytes: letter.body.len(),
    }))
}

/// What a scheduler has kept of a letter; the inner None cannot be opened with our secret.
async fn kept(
    store: &Store,
    sealer: &LetterSealer,
    tenant: &Tenant,
    letter: &str,
) -> Result<Option<Option<Letter>>, StoreError> {
    if letter.contains('\0') {
        return Ok(None);
    }
    Ok(store.opened_letter(tenant, letter).await?.map(|opened| unsealed(sealer, letter, &opened)))
}

/// A letter that was edited, as a job has kept it when it took it out of the queue.
async fn edited(
    store: &Store,
    sealer: &LetterSealer,
    tenant: &Tenant,
    letter: &str,
) -> Result<Option<Option<Letter>>, StoreError> {
    if letter.contains('\0') {
        return Ok(None);
    }
    Ok(store.edited_letter(tenant, letter).await?.map(|kept| unsealed(sealer, letter, &kept)))
}

fn unsealed(sealer: &LetterSealer, letter: &str, sealed: &OpenedLetter) -> Option<Letter> {
    let opened = sealer.open(&sealed.kept, letter).zip(sealer.open(&sealed.body, letter));
    opened.and_then(|(kept, body)| Letter::of_kept(&kept, body))
}

async fn ask_for(store: &Store, tenant: &Tenant, letter: &str, now: Timestamp) -> Result<bool, StoreError> {
    if letter.contains('\0') || !store.open_letter(tenant, letter, now).await? {
        return Ok(false);
    }
    if !store.reading().await?.is_asked_for {
        store.ask_for_letters().await?;
    }
    Ok(true)
}
