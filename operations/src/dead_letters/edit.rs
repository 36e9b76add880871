//! Edits a dead letter: what an operator has corrected is published as a delivery of its own, checked as any other
//! notification, and the letter is taken out of the queue and kept once the broker has confirmed that.
//!
//! The letter is kept from all other jobs before anything is published. The same edit gives the same delivery however often
//! it is asked for, so that one that breaks off in between is just repeated.

mod wish;

use std::fmt::Write as _;

use domain::{Actor, Entry, LetterSealer, Scope, Timestamp, content_of};
use serde_json::Value;
use store::{LetterEdit, OpenedLetter, Reserved, Store};
use topology::{Letter, Publisher};

use self::wish::difference;
pub use self::wish::{EDIT_FIELDS, Wish};
use crate::accept::{Accepted, Unconfirmed, accept};
use crate::allowed::{NotDone, must};
use crate::checked::{Checked, Refused, Rules, field};

/// What is kept of one who may not.
const ASKED: &str = "edit a dead letter";

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

/// What became of an edit.
#[derive(Debug)]
pub enum Edited {
    /// What was edited is on its way.
    Sent { accepted: Accepted, difference: Value },
    /// What was edited cannot be sent, or nothing was.
    Refused(Refused),
    /// The letter is not in the queue any more.
    Gone,
    /// A job has the letter.
    InJob { job: String, by: String },
    /// The broker has not confirmed it: the letter is kept from other jobs until the same is asked for again, or the job
    /// of this id is cancelled.
    Unconfirmed(Unconfirmed),
}

/// Has a letter read for whoever edits it. Ask again until it is there, or gone.
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
    // What is read is not masked.
    must(store, actor, &[Scope::Admin], ASKED, now).await?;
    if letter.contains('\0') {
        return Ok(Opened::Gone);
    }
    if let Some(OpenedLetter { kept, body }) = store.opened_letter(&actor.tenant, letter).await? {
        let opened = sealer.open(&kept, letter).zip(sealer.open(&body, letter));
        let opened = opened.and_then(|(kept, body)| Letter::of_kept(&kept, body));
        return Ok(opened.map_or(Opened::OtherSecret, |letter| Opened::Here(Box::new(letter))));
    }
    if !store.open_letter(&actor.tenant, letter, now).await? {
        return Ok(Opened::Gone);
    }
    if !store.reading().await?.is_asked_for {
        store.ask_for_letters().await?;
    }
    Ok(Opened::Asked)
}

/// Sends what somebody has made of a letter, and closes the letter. `rules` are those of the caller, without an
/// idempotency key.
///
/// # Errors
/// [`NotDone`]: where the ledger was away, repeat it, whether something was published or not.
pub async fn edit(
    store: &Store,
    publisher: &Publisher,
    rules: &Rules<'_>,
    actor: &Actor,
    letter: &Letter,
    wish: &Wish,
) -> Result<Edited, NotDone> {
    let now = rules.clock.now();
    must(store, actor, &[Scope::Admin], ASKED, now).await?;
    let (checked, difference) = match checked(rules, letter, wish) {
        Ok(checked) => checked,
        Err(refused) => return Ok(Edited::Refused(refused)),
    };
    let edit = LetterEdit {
        id: checked.key.id.clone(),
        letter: letter.reference.clone(),
        difference: difference.to_string(),
        why: wish.why().to_owned(),
    };
    let told = Entry::of(actor, "dead_letter.edited", letter.message_id.clone(), now)
        .with("letter", edit.letter.clone())
        .with("sent_as", edit.id.clone())
        .with("difference", difference.clone())
        .with("why", edit.why.clone());
    match store.reserve_letter_edit(rules.tenant, &edit, &told).await? {
        Reserved::Reserved => {}
        Reserved::Gone => return Ok(Edited::Gone),
        Reserved::InJob { job, by } => return Ok(Edited::InJob { job, by }),
    }
    match accept(publisher, checked, &actor.name, None, now).await {
        Ok(accepted) => {
            store.confirm_letter_edit(rules.tenant, &edit, rules.clock.now()).await?;
            Ok(Edited::Sent { accepted, difference })
        }
        Err(unconfirmed) => Ok(Edited::Unconfirmed(unconfirmed)),
    }
}

/// The notification that was made of a letter, and what differs.
fn checked(rules: &Rules<'_>, letter: &Letter, wish: &Wish) -> Result<(Checked, Value), Refused> {
    let (edited, own) = wish.on(&letter.body).map_err(Refused::Fields)?;
    let difference = difference(&own, &edited);
    if difference.is_empty() {
        let detail = "changes nothing of the letter: replay it instead";
        return Err(Refused::Fields(vec![field(wish.pointer(), detail)]));
    }
    let text = Value::Object(edited).to_string();
    let mut idempotency_key = format!("edit {} ", letter.reference);
    for byte in content_of(text.as_bytes()) {
        let _ = write!(idempotency_key, "{byte:02x}");
    }
    let rules = Rules { idempotency_key: Some(&idempotency_key), ..*rules };
    Ok((Checked::read(&text, "", None, &rules)?, Value::Array(difference)))
}
