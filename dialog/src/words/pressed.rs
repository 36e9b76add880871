//! Takes a button of an ask: nothing that it says is believed before the row was asked, and it is theirs alone for whom it was
//! made.

use domain::{AskVerdict, GivenAnswer, Tenant, Ticket, Timestamp};
use serde_json::json;
use store::{AskCopy, AskFound};

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
    let Some(AskFound { ask, copies, .. }) = found.filter(|found| shared.secrets.has_made(&found.ask.seed(), ticket))
    else {
        super::count("forged");
        return tell(shared, one, &Tenant::default(), "unknown_code", None).await;
    };
    let theirs = theirs(shared, one, copies);
    let is_theirs = theirs.iter().any(|copy| copy.place == ticket.approver);
    let locale = theirs.first().and_then(|copy| copy.locale.clone());
    let approver = ask.approver(ticket.approver).filter(|_| is_theirs).unwrap_or(STRANGER);
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
    // Whoever has a button of their own is not told that nobody has asked them.
    if !theirs.is_empty() && !is_theirs && answered.decision.verdict == AskVerdict::NotAsked {
        return tell(shared, one, &ask.key.tenant, "not_yours", locale).await;
    }
    match reply_to(one, locale) {
        Some(to) => asks::tell_verdict(shared, &answered, &given, &to).await,
        None => Ok(()),
    }
}

/// Of the messages with the question those that were sent to whoever has pressed a button, in a chat of theirs alone.
fn theirs(shared: &Shared, one: &Said, mut copies: Vec<AskCopy>) -> Vec<AskCopy> {
    let person = one.person.as_deref().filter(|_| is_private(one));
    let hashes = person.map(|person| operations::every_recipient(&one.channel, person, &shared.intake.hasher));
    let is_theirs =
        |copy: &AskCopy| copy.channel == one.channel && hashes.iter().flatten().any(|hash| *hash == copy.recipient);
    copies.retain(is_theirs);
    copies
}
