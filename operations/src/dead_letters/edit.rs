//! Edits a dead letter: what an operator has corrected is published as a delivery of its own, checked as any other
//! notification, and the letter is taken out of the queue and kept once the broker has confirmed that.
//!
//! The letter is kept from all other jobs before anything is published. The same edit gives the same delivery however often
//! it is asked for, so that one that breaks off in between is just repeated. To send the same once more, for an equal letter
//! or for one that was put back, somebody says for which copy.

mod wish;

use std::fmt::Write as _;

use domain::{Actor, Entry, Scope, content_of, parse_object};
use serde_json::Value;
use store::{LetterEdit, Reserved, Store};
use topology::{Letter, Publisher};

pub use self::wish::{Changed, EDIT_FIELDS, Wish};
use self::wish::{changes, changes_something, difference, nameless};
use crate::accept::{Accepted, Unconfirmed, accept, accepted_before};
use crate::allowed::{NotDone, must};
use crate::checked::{Checked, Refused, Rules, field};

/// What is kept of one who may not.
const ASKED: &str = "edit a dead letter";

/// What became of an edit.
#[derive(Debug)]
pub enum Edited {
    /// What was edited is on its way, or was sent when the same was asked for before.
    Sent { accepted: Accepted, difference: Value },
    /// What was edited cannot be sent, or nothing was.
    Refused(Refused),
    /// The letter is not in the queue any more.
    Gone,
    /// A job has the letter.
    InJob { job: String, by: String },
    /// The same was sent as this delivery before, for the copy of this number, and there is a letter of this name in the
    /// queue: it was put back, or is an equal one. Nothing was sent.
    SentBefore { id: String, copy: u32 },
    /// The broker has not confirmed it: the letter is kept from other jobs until the same is asked for again, or the job
    /// of this id is cancelled.
    Unconfirmed(Unconfirmed),
}

/// The body of a letter as whoever edits it begins with: without what names the delivery.
pub fn editable(letter: &Letter) -> String {
    let readable = parse_object(&letter.body).ok();
    let text = readable.and_then(|body| serde_json::to_string_pretty(&nameless(body)).ok());
    text.unwrap_or_else(|| String::from_utf8_lossy(&letter.body).into_owned())
}

/// What an edit would change, in clear. Nothing is sent.
///
/// # Errors
/// [`NotDone`].
pub async fn preview(
    store: &Store,
    rules: &Rules<'_>,
    actor: &Actor,
    letter: &Letter,
    wish: &Wish,
) -> Result<Result<Vec<Changed>, Refused>, NotDone> {
    must(store, actor, &[Scope::Admin], ASKED, rules.clock.now()).await?;
    let checked = checked(rules, letter, wish);
    let bodies = wish.on(&letter.body).map_err(Refused::Fields);
    Ok(checked.and(bodies).map(|(edited, own)| changes(&own, &edited)))
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
        Reserved::Sent => {
            let accepted = accepted_before(checked, &actor.name, now);
            return Ok(Edited::Sent { accepted, difference });
        }
        Reserved::SentBefore => return Ok(Edited::SentBefore { id: edit.id, copy: wish.copy() }),
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
    if !changes_something(&own, &edited) {
        let detail = "changes nothing of the letter: replay it instead";
        return Err(Refused::Fields(vec![field(wish.pointer(), detail)]));
    }
    let text = Value::Object(edited).to_string();
    let mut idempotency_key = format!("edit {} ", letter.reference);
    for byte in content_of(text.as_bytes()) {
        let _ = write!(idempotency_key, "{byte:02x}");
    }
    if wish.copy() > 1 {
        let _ = write!(idempotency_key, " copy {}", wish.copy());
    }
    let rules = Rules { idempotency_key: Some(&idempotency_key), ..*rules };
    Ok((Checked::read(&text, "", None, &rules)?, Value::Array(difference)))
}
