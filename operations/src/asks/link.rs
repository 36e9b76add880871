//! Answers by a link: whom it is for, how the question stands, and what is published when somebody has chosen. Nothing that
//! a ticket says is believed before its row was asked.

use domain::{Answer, Ask, AskVerdict, GivenAnswer, Purpose, Secrets, Ticket, Timestamp};
use serde_json::json;
use store::{AskFound, Store, StoreError};
use topology::{Publication, PublishError, Publisher};

use crate::checked::mint;
use crate::own::marked;

/// By which an answer is known among the messages of the fleet's own.
const TO_ANSWER: &str = "/asks/answer";
/// How it came.
const VIA: &str = "link";

/// Whom a genuine link is for, and what they are asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Linked {
    pub ask: Ask,
    /// The id under which they are known.
    pub approver: String,
    /// Of the message with the link, BCP 47. None for that of the fleet.
    pub locale: Option<String>,
    /// Those that are kept, in their order.
    pub answers: Vec<Answer>,
}

/// How a question stands for one of those who are asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing<'a> {
    pub ask: Ask,
    /// The choice that they have made and that counts.
    pub own: Option<&'a str>,
    /// Their answer came when it had ended.
    pub is_late: bool,
    /// Whether a choice of theirs may change anything now.
    pub may_answer: bool,
    /// It was their answer that has ended it.
    pub has_ended_it: bool,
    /// How many have answered so far.
    pub answered: usize,
}

/// What became of a choice that somebody has made by a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answering {
    /// There is no such choice: nothing was published.
    UnknownChoice,
    /// They have said the same before: nothing was published.
    Said,
    /// The broker has it. Of one that changes nothing, such as a second thought where none is allowed, nobody need wait for
    /// what becomes of it.
    Published { id: String, is_awaited: bool },
}

/// Finds whom a link is for. None for every text that is none of our links to an answer, alike for one that was never made
/// and for one that was changed.
///
/// # Errors
/// [`StoreError`].
pub async fn linked(store: &Store, secrets: &Secrets, ticket: &str) -> Result<Option<Linked>, StoreError> {
    let is_of_a_link = |ticket: &Ticket| ticket.purpose == Purpose::Answer && ticket.choice.is_none();
    let Some(ticket) = Ticket::parse(ticket).filter(is_of_a_link) else { return Ok(None) };
    let Some(AskFound { ask, copies, .. }) = store.ask_of_ticket(ticket.handle).await? else { return Ok(None) };
    if !secrets.has_made(&ask.seed(), &ticket) {
        return Ok(None);
    }
    let Some(approver) = ask.approver(ticket.approver).map(str::to_owned) else { return Ok(None) };
    let Some((ask, answers)) = store.ask_with_answers(&ask.key).await? else { return Ok(None) };
    let locale = copies.into_iter().find(|copy| copy.place == ticket.approver).and_then(|copy| copy.locale);
    Ok(Some(Linked { ask, approver, locale, answers }))
}

/// The same, read anew. None where its row is no more.
///
/// # Errors
/// [`StoreError`].
pub async fn read_again(store: &Store, linked: &Linked) -> Result<Option<Linked>, StoreError> {
    let Some((ask, answers)) = store.ask_with_answers(&linked.ask.key).await? else { return Ok(None) };
    Ok(Some(Linked { ask, answers, ..linked.clone() }))
}

impl Linked {
    /// How the question stands for them. One whose time is over has ended, whether anybody has noted that or not.
    pub fn standing(&self, now: Timestamp) -> Standing<'_> {
        let ask = self.ask.expired(now).map_or_else(|| self.ask.clone(), |ending| ending.ask);
        let own = |late: bool| {
            let mut theirs = self.answers.iter().rev().filter(move |answer| answer.late == late);
            theirs.find(|answer| answer.given.approver == self.approver)
        };
        let may_answer =
            ask.end.is_none() && !ask.is_kept_out(&self.approver) && (own(false).is_none() || ask.may_change);
        let mut people: Vec<&str> =
            self.answers.iter().filter(|answer| !answer.late).map(|answer| answer.given.approver.as_str()).collect();
        people.sort_unstable();
        people.dedup();
        Standing {
            own: own(false).map(|answer| answer.given.choice.as_str()),
            is_late: own(true).is_some(),
            may_answer,
            has_ended_it: ask.end.as_ref().is_some_and(|end| end.by.as_deref() == Some(self.approver.as_str())),
            answered: people.len(),
            ask,
        }
    }

    /// Whether the ledger shows what became of an answer of theirs.
    pub fn has(&self, answer: &str) -> bool {
        self.answers.iter().any(|kept| kept.given.approver == self.approver && kept.given.id == answer)
    }
}

/// Publishes a choice that somebody has made, and returns when the broker has confirmed it. What it does is decided where
/// the message is heard.
///
/// # Errors
/// [`PublishError`]: nothing was decided, and it may be repeated.
pub async fn answer_by_link(
    publisher: &Publisher,
    secrets: &Secrets,
    linked: &Linked,
    choice: &str,
    now: Timestamp,
) -> Result<Answering, PublishError> {
    let id = mint(now);
    let ask = &linked.ask;
    let evidence = json!({"link": Purpose::Answer.handle(&ask.key).to_string()}).to_string();
    let given = GivenAnswer {
        id: id.clone(),
        approver: linked.approver.clone(),
        choice: choice.to_owned(),
        via: VIA.to_owned(),
        at: now,
        evidence,
    };
    let is_awaited = match ask.answered(&linked.answers, &given).verdict {
        AskVerdict::UnknownChoice => return Ok(Answering::UnknownChoice),
        AskVerdict::Same => return Ok(Answering::Said),
        AskVerdict::Counts { .. } | AskVerdict::Ends { .. } => true,
        AskVerdict::Stands { .. }
        | AskVerdict::TooOften
        | AskVerdict::Late(_)
        | AskVerdict::NotAsked
        | AskVerdict::IsRequester => false,
    };
    let body = json!({
        "tenant": ask.key.tenant.as_str(), "ask": ask.key.id, "approver": given.approver, "choice": given.choice,
        "id": given.id, "via": given.via, "evidence": given.evidence,
    });
    let inbound = marked(secrets, TO_ANSWER, body, now);
    publisher.publish(Publication::of_inbound(id.clone(), inbound)).await?;
    Ok(Answering::Published { id, is_awaited })
}
