//! Takes a button of an ask: nothing that it says is believed before the row was asked, and it is theirs alone for whom it was
//! made.

use domain::{Ask, GivenAnswer, Tenant, Ticket, Timestamp};
use serde_json::json;
use store::AskCopy;

use super::{id_of, is_private, reply_to, tell};
use crate::asks;
use crate::disposition::Disposition;
use crate::said::Said;
use crate::shared::Shared;

/// Stands for somebody for whom the button was not made. No id of a person has a space before it.
const STRANGER: &str = " somebody else";

/// # Errors
/// What follows where not everything could be done.
pub(super) async fn press(shared: &Shared, one: &Said, ticket: &Ticket, at: Timestamp) -> Result<(), Disposition> {
    let intake = &shared.intake;
    let found = intake.breaker.retry_until_taken(|| intake.store.ask_of_ticket(ticket.handle)).await?;
    let Some(ask) = found.filter(|ask| shared.secrets.has_made(&ask.seed(), ticket)) else {
        super::count("forged");
        return tell(shared, one, &Tenant::default(), "unknown_code", None).await;
    };
    let copy = theirs(shared, one, &ask, ticket.approver).await?;
    let approver = ask.approver(ticket.approver).filter(|_| copy.is_some()).unwrap_or(STRANGER);
    let choice = ticket.choice.and_then(|place| ask.choice(place)).map(|choice| choice.id.clone());
    let given = GivenAnswer {
        id: id_of(one),
        approver: approver.to_owned(),
        choice: choice.unwrap_or_default(),
        via: one.channel.to_string(),
        at,
        evidence: json!({ "provider": one.report.provider, "event": one.report.event_id }).to_string(),
    };
    let Some(answered) = asks::answer(shared, &ask.key, &given).await? else {
        return tell(shared, one, &ask.key.tenant, "unknown_code", None).await;
    };
    match reply_to(one, copy.and_then(|copy| copy.locale)) {
        Some(to) => asks::tell_verdict(shared, &answered, &given, &to).await,
        None => Ok(()),
    }
}

/// The message with the button, if it was sent to whoever has pressed it, in a chat of theirs alone.
async fn theirs(shared: &Shared, one: &Said, ask: &Ask, place: u16) -> Result<Option<AskCopy>, Disposition> {
    let Some(person) = one.person.as_deref().filter(|_| is_private(one)) else { return Ok(None) };
    let intake = &shared.intake;
    let hashes = operations::every_recipient(&one.channel, person, &intake.hasher);
    let copies = intake.breaker.retry_until_taken(|| intake.store.ask_copies(&ask.key)).await?;
    let mut theirs = copies.into_iter().filter(|copy| copy.place == place && copy.channel == one.channel);
    Ok(theirs.find(|copy| hashes.contains(&copy.recipient)))
}
