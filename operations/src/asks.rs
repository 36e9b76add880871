//! Asks people, and shows, lists and takes back what they are asked. Each caller names its tenant.
//!
//! An ask is published like a notification, and opened by the role that hears of it: `read` makes one of what was written,
//! `people` tells of contacts whom nobody knows, `link` is how somebody answers who was sent a link, `spoken` what each reads.

mod link;
mod people;
mod read;
mod spoken;

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::{Actor, Answer, Ask, AskKind, Entry, Key, RecipientHasher, Scope, State, Timestamp, mask};
use store::{AskCancelled, AskFilter, AskPage, MAX_PAGE, Store, StoreError, USUAL_PAGE};
use topology::{Inbound, Publication, Publisher, TraceHeaders};

pub use self::link::{Answering, Linked, Standing, answer_by_link, linked, read_again};
pub use self::people::faults_of_contacts;
pub use self::read::{CheckedAsk, faults_of_message};
pub use self::spoken::{called, is_operator, spoken, unnamed};
use crate::accept::Unconfirmed;
use crate::allowed::{NotDone, must};
use crate::listed::{NotListed, must_be_of};
use crate::reader;

/// Of so many messages of a question it is looked up what became of them.
const MOST_LOOKED_UP: usize = 200;
/// By which a request to ask is known among the messages of the fleet's own.
const TO_ASK: &str = "/asks";

/// What became of a question.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    pub ask: Ask,
    /// In their order, late ones last.
    pub answers: Vec<Answer>,
    pub copies: Vec<Message>,
}

/// One message with the question, to one person by one channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Who is asked by it. None where the audience has nobody at its place, as of a newer version.
    pub approver: Option<String>,
    /// 0 for those who were asked at once, and then the steps of the escalation.
    pub step: u32,
    pub channel: String,
    /// None once the ask has ended and nothing more is sent there.
    pub recipient_mask: Option<String>,
    /// The id of its delivery.
    pub delivery: String,
    /// When it is sent, unless the question has ended by then.
    pub due_at: Timestamp,
}

/// What became of the wish to take a question back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Withdrawn {
    Cancelled(Box<Ask>),
    /// It had ended before, in this way.
    Ended(Box<Ask>),
    /// The tenant has none of this id: not yet, or never.
    Unknown,
}

/// Publishes a request to ask, and returns its id when the broker has confirmed it.
///
/// # Errors
/// [`Unconfirmed`].
pub async fn ask(
    publisher: &Publisher,
    asked: CheckedAsk,
    trace: Option<&TraceHeaders>,
    now: Timestamp,
) -> Result<String, Unconfirmed> {
    let CheckedAsk { key, body, .. } = asked;
    let mut publication = own(key.id.clone(), TO_ASK, body, now);
    if let Some(trace) = trace {
        publication.publisher_properties = publication.publisher_properties.in_trace(trace.clone());
    }
    match publisher.publish(publication).await {
        Ok(()) => Ok(key.id),
        Err(error) => Err(Unconfirmed { id: key.id, error }),
    }
}

/// Whether the tenant has another question of this id. The role that asks goes by the same rule: whoever sees it here is
/// told sooner.
///
/// # Errors
/// [`StoreError`].
pub async fn is_known_as_another(
    store: &Store,
    asked: &CheckedAsk,
    recipients: &RecipientHasher,
) -> Result<bool, StoreError> {
    let Some(known) = store.ask(&asked.key).await? else { return Ok(false) };
    let is_same = recipients.every_hash(&asked.request.canonical()).contains(&known.content);
    Ok(known.kind != AskKind::Confirm || !is_same)
}

/// A message of the fleet's own to the role that asks.
fn own(message_id: String, target: &str, body: Bytes, at: Timestamp) -> Publication {
    Publication::of_inbound(message_id, Inbound::call(topology::OWN, target, at, body))
}

/// One of them with its answers and its messages. None where the tenant has none of this id, or nobody has opened it yet.
///
/// # Errors
/// [`StoreError`].
pub async fn show(store: &Store, key: &Key) -> Result<Option<Shown>, StoreError> {
    let Some((ask, answers)) = store.ask_with_answers(key).await? else { return Ok(None) };
    let message = |copy: store::AskCopy| Message {
        approver: ask.approver(copy.place).map(str::to_owned),
        step: copy.step,
        channel: copy.channel.to_string(),
        recipient_mask: copy.destination.as_deref().map(mask),
        delivery: copy.delivery,
        due_at: copy.due_at,
    };
    let copies = store.ask_copies(key).await?.into_iter().map(message).collect();
    Ok(Some(Shown { ask, answers, copies }))
}

/// A page of them, the newest first. `limit` is 1 to 1,000; 0 stands for 100.
///
/// # Errors
/// [`NotListed`].
pub async fn list(store: &Store, filter: AskFilter) -> Result<AskPage, NotListed> {
    must_be_of(filter.after.as_ref(), &filter)?;
    let limit = match filter.limit {
        0 => USUAL_PAGE as usize,
        limit => limit.min(MAX_PAGE as usize),
    };
    Ok(store.asks(&AskFilter { limit, ..filter }).await?)
}

/// What each person has chosen who has answered in time: what they have said last.
pub fn chosen(answers: &[Answer]) -> BTreeMap<&str, &str> {
    let in_time = answers.iter().filter(|answer| !answer.late);
    in_time.map(|answer| (answer.given.approver.as_str(), answer.given.choice.as_str())).collect()
}

/// How many people have answered each of these in time, in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn answered(store: &Store, asks: &[Ask]) -> Result<Vec<usize>, StoreError> {
    let mut counts = Vec::with_capacity(asks.len());
    for ask in asks {
        counts.push(chosen(&store.answers(&ask.key).await?).len());
    }
    Ok(counts)
}

/// The states of the deliveries that take these messages, in their order; none of one that no worker has taken, and of
/// those beyond the first 200.
///
/// # Errors
/// [`StoreError`].
pub async fn states(store: &Store, ask: &Key, messages: &[Message]) -> Result<Vec<Option<State>>, StoreError> {
    let mut states = Vec::with_capacity(messages.len());
    for message in messages.iter().take(MOST_LOOKED_UP) {
        let key = Key { tenant: ask.tenant.clone(), id: message.delivery.clone() };
        states.push(store.row(&key).await?.map(|row| row.state));
    }
    states.resize(messages.len(), None);
    Ok(states)
}

/// Reads why a question is taken back: it must be said, in one line.
///
/// # Errors
/// A text that begins with "must".
pub fn why(text: &str) -> Result<String, String> {
    reader::why(text)
}

/// Takes a question back, for a reason if one is given; that of a command only for whoever may have one done. Whoever watches what has ended tells of it and edits the messages.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn cancel(
    store: &Store,
    actor: &Actor,
    id: &str,
    why: Option<&str>,
    now: Timestamp,
) -> Result<Withdrawn, NotDone> {
    must(store, actor, &[Scope::Operate, Scope::Notify], "take a question back", now).await?;
    let key = Key { tenant: actor.tenant.clone(), id: id.to_owned() };
    // Whoever may only ask people has nothing to say about a command that somebody else wants done.
    if !actor.may(Scope::Operate) && store.ask(&key).await?.is_some_and(|ask| ask.kind == AskKind::Command) {
        must(store, actor, &[Scope::Operate], "take the question of a command back", now).await?;
    }
    let told = Entry::of(actor, "ask.cancelled", id, now).with("why", why);
    Ok(match store.cancel_ask(&key, &actor.name, now, &told).await? {
        AskCancelled::Cancelled(ask) => Withdrawn::Cancelled(ask),
        AskCancelled::Ended(ask) => Withdrawn::Ended(ask),
        AskCancelled::Unknown => Withdrawn::Unknown,
    })
}
