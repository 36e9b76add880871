//! What follows from a report for the suppression list: whoever it is about is put on it, or taken off it.

use std::collections::BTreeSet;

use domain::{Reported, SuppressedFor, Tenant, Timestamp};
use operations::suppressions::{self, Entry, Lifted};

use crate::disposition::Disposition;
use crate::said::Said;
use crate::shared::Shared;

/// Puts a person on the list of the tenants that the report is about, or takes them off, unless they, or an operator, have
/// said something else since: calls are heard in any order. Returns these tenants.
pub(crate) async fn follow(
    shared: &Shared,
    one: &Said,
    received_at: Timestamp,
) -> Result<BTreeSet<Tenant>, Disposition> {
    let tenants = tenants_of(shared, one).await?;
    let at = said_at(one, received_at);
    let (suppresses, lifts) = (one.report.said.suppresses(), one.report.said.lifts());
    let Some(person) = one.person.as_deref() else {
        suppress_recipient(shared, one, at).await?;
        return Ok(tenants);
    };
    for tenant in &tenants {
        if let Some(reason) = suppresses {
            suppress(shared, one, person, tenant, (reason, at)).await?;
        }
        if let Some(reason) = lifts {
            lift(shared, one, person, tenant, (reason, at)).await?;
        }
    }
    Ok(tenants)
}

/// Whether anybody is put on the list for what was said, or taken off it.
pub(crate) fn is_changed_by(one: &Said) -> bool {
    one.report.said.suppresses().is_some() || one.report.said.lifts().is_some()
}

/// The tenants that the report is about.
pub(crate) async fn tenants_of(shared: &Shared, one: &Said) -> Result<BTreeSet<Tenant>, Disposition> {
    let said = &one.report.said;
    if let Some(about) = &one.report.about {
        return Ok(BTreeSet::from([about.key.tenant.clone()]));
    }
    // What a provider says of a message that is nobody's here is about a sender of its own.
    if said.said_by().is_none() {
        return Ok(BTreeSet::new());
    }
    let mut tenants = BTreeSet::from([Tenant::default()]);
    if said.suppresses().is_some() || said.lifts().is_some() {
        tenants.extend(who_writes_to(shared, one).await?);
    }
    Ok(tenants)
}

/// When it was said. By the provider's clock where it tells the time, but never later than it came here: with a clock that
/// is ahead it would outweigh what is said after it.
fn said_at(one: &Said, received_at: Timestamp) -> Timestamp {
    one.report.at.map_or(received_at, |at| at.min(received_at))
}

/// The tenants that have written to whoever writes now by the channel by which they write: their words name none, and
/// several may have one number.
async fn who_writes_to(shared: &Shared, one: &Said) -> Result<BTreeSet<Tenant>, Disposition> {
    let Some(person) = one.person.as_deref() else { return Ok(BTreeSet::new()) };
    let intake = &shared.intake;
    let step = || suppressions::who_has_written_to(&intake.store, &one.channel, person, &intake.hasher);
    Ok(intake.breaker.retry_until_taken(step).await?)
}

/// A report that names nobody is about the recipient of its delivery, whom the delivery's row knows by a hash.
async fn suppress_recipient(shared: &Shared, one: &Said, at: Timestamp) -> Result<(), Disposition> {
    let Some((about, reason)) = one.report.about.as_ref().zip(one.report.said.suppresses()) else { return Ok(()) };
    if one.report.has_copies {
        return Ok(());
    }
    let intake = &shared.intake;
    let found = intake.breaker.retry_until_taken(|| intake.store.row(&about.key)).await?;
    let Some(row) = found else { return Ok(()) };
    let by = one.report.provider;
    let step = || suppressions::suppress_recipient(&intake.store, &row, reason, by, at, intake.clock.as_ref());
    intake.breaker.retry_until_taken(step).await?;
    Ok(())
}

async fn suppress(
    shared: &Shared,
    one: &Said,
    person: &str,
    tenant: &Tenant,
    (reason, at): (SuppressedFor, Timestamp),
) -> Result<(), Disposition> {
    let intake = &shared.intake;
    let entry = Entry {
        channel: one.channel.clone(),
        destination: person.to_owned(),
        reason,
        scope: reason.usual_scope(),
        until: None,
        note: None,
    };
    let by = one.report.provider;
    let step = || {
        let (tenant, entry, by) = (tenant.clone(), entry.clone(), by.to_owned());
        suppressions::suppress_as_said(&intake.store, tenant, entry, by, at, &intake.hasher, intake.clock.as_ref())
    };
    intake.breaker.retry_until_taken(step).await?;
    Ok(())
}

async fn lift(
    shared: &Shared,
    one: &Said,
    person: &str,
    tenant: &Tenant,
    (reason, at): (SuppressedFor, Timestamp),
) -> Result<(), Disposition> {
    let intake = &shared.intake;
    let why = match (reason, &one.report.said) {
        (_, Reported::Unblocked { .. }) => "the recipient has let us write again",
        (SuppressedFor::Stop, _) => "the recipient has written START",
        _ => "the recipient has subscribed again at the provider",
    };
    let by = one.report.provider;
    let step = || {
        let (channel, destination) = (one.channel.clone(), person.to_owned());
        let lifted = Lifted::Said { channel, destination, reason, at };
        suppressions::lift_as_said(&intake.store, tenant, lifted, by, why, &intake.hasher, intake.clock.as_ref())
    };
    intake.breaker.retry_until_taken(step).await?;
    Ok(())
}
