//! Connects an account with somebody who is known, by the link that they were given.

use domain::{Entry, Tenant, Ticket, Timestamp};
use runtime::failpoint;
use serde_json::json;
use store::{ContactAddress, ContactLinked};

use super::{is_private, tell};
use crate::disposition::Disposition;
use crate::said::Said;
use crate::shared::Shared;

/// # Errors
/// What follows where not everything could be done.
pub(super) async fn connect(shared: &Shared, one: &Said, ticket: &Ticket, at: Timestamp) -> Result<(), Disposition> {
    let intake = &shared.intake;
    let found = intake.breaker.retry_until_taken(|| intake.store.contact_of_ticket(ticket.handle)).await?;
    let genuine = found.filter(|contact| shared.secrets.has_made(&contact.seed(), ticket));
    let (Some(contact), Some(person), true) = (genuine, one.person.as_deref(), is_private(one)) else {
        super::count("link_ended");
        return tell(shared, one, &Tenant::default(), "link_ended", None).await;
    };
    let address = ContactAddress {
        channel: one.channel.clone(),
        destination: person.to_owned(),
        recipient: operations::recipient_of(&one.channel, person, &intake.hasher),
        since: at,
        proved: true,
    };
    let (tenant, subject) = (contact.key.tenant.clone(), contact.key.id.clone());
    let told =
        Entry { tenant, kind: "contact.linked", actor: subject.clone(), subject, at, data: serde_json::Map::new() };
    let evidence = json!({ "provider": one.report.provider, "event": one.report.event_id }).to_string();
    let told = told.with("channel", one.channel.as_str()).with("evidence", evidence);
    let link = || intake.store.link_contact(&contact, &address, at, &told);
    let verdict = match intake.breaker.retry_until_taken(link).await? {
        ContactLinked::Now | ContactLinked::Again => "linked",
        ContactLinked::Ended => "link_ended",
        ContactLinked::Taken => "link_taken",
        ContactLinked::TooMany => "link_too_many",
    };
    failpoint("dialog.linked");
    super::count(verdict);
    tell(shared, one, &contact.key.tenant, verdict, contact.locale.clone()).await
}
