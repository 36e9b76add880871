//! What follows from the calls of providers: what a call says is put on the suppression list, kept, merged into the rows of
//! its deliveries and told, before it is acknowledged. Requests of our own come by the same queue, and what services say.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::{EventName, Heard, Key, Merged, Reason, Report, Row, State, Tenant, Timestamp, Transition};
use intake::{Told, TooOften};
use operations::suppressions::is_of_a_copy;
use runtime::failpoint;
use store::KeptReport;
use topology::{Inbound, Incoming, Publication};

use crate::disposition::Disposition;
use crate::requests::{self, Request};
use crate::said::{Said, Spoken};
use crate::shared::Shared;
use crate::{commands, listing, words};

/// How often a call waits, 5 seconds each, for the record of the attempt that it is about, or for its child to be with the
/// scheduler: longer than an attempt takes.
const ROUNDS_OF_AN_ATTEMPT: u32 = 24;
/// How often it waits for a delivery that the ledger does not know: a row is there before its message is sent, but for a
/// ledger that was restored.
const ROUNDS_OF_THE_UNKNOWN: u32 = 3;

/// A call in hand.
struct Call<'a> {
    inbound: &'a Inbound,
    /// How often it has waited.
    round: u32,
    /// Whoever had it in hand before may have died between any two steps.
    redelivered: bool,
}

/// What became of one report.
enum Taken {
    Done,
    /// How often the call may wait for it.
    Waits(u32),
}

/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn heard(
    shared: &Shared,
    incoming: &Incoming,
    spoken: Option<Result<Spoken, String>>,
) -> Result<Disposition, Disposition> {
    if TooOften::of(incoming).is_some() {
        let error = format!("delivered {} times without being taken", incoming.delivery_count + 1);
        return Err(Disposition::DeadLetter(Reason::RedeliveredTooOften, error));
    }
    if incoming.token.is_some() {
        commands::said_by_a_service(shared, incoming).await?;
        return Ok(Disposition::Acknowledge);
    }
    let unreadable = |why: String| Disposition::DeadLetter(Reason::DecodeError, why);
    let no_call = || unreadable("it is no call of a provider".into());
    let inbound = incoming.inbound.as_ref().ok_or_else(no_call)?;
    if inbound.is_own() {
        let message_id = incoming.message_id.as_deref().unwrap_or_default();
        let request = Request { inbound, message_id, round: incoming.headers.seq.unwrap_or(0) };
        return requests::asked(shared, &request).await;
    }
    let Spoken { said, unread } = spoken.ok_or_else(no_call)?.map_err(unreadable)?;
    let call = Call { inbound, round: incoming.headers.seq.unwrap_or(0), redelivered: incoming.redelivered };
    let received = follow_and_keep(shared, &call, &said).await?;
    let mut rounds = 0;
    for (one, received_at) in said.iter().zip(received) {
        if let Taken::Waits(of_this) = taken(shared, &call, one, received_at).await? {
            rounds = rounds.max(of_this);
        }
    }
    if call.round >= rounds {
        // What can be read was taken: it is a repeat by the time at which somebody moves the rest back.
        return Ok(unread.map_or(Disposition::Acknowledge, unreadable));
    }
    let id = incoming.message_id.clone().unwrap_or_default();
    let later = Publication::of_inbound_later(id, inbound.clone(), call.round + 1);
    Ok(Disposition::replaced_by(later, &shared.intake).await)
}

/// Follows with the suppression list what was not heard before, keeps it all, and tells what people have written. A repeat
/// changes the list no more: what it said may have been taken back since. Reports are kept after that, so that whoever dies
/// in between has them followed again rather than never. Returns when each of them came for the first time: what is told of
/// a repeat, or of two copies at once, must be the same, and with another time the same event would be a conflict.
async fn follow_and_keep(shared: &Shared, call: &Call<'_>, said: &[Said]) -> Result<Vec<Timestamp>, Disposition> {
    let reports: Vec<Report> = said.iter().map(|one| one.report.clone()).collect();
    // Most calls change no list, and need not be asked for before they are kept.
    let followed = match said.iter().any(listing::is_changed_by) {
        true => Some(follow_new(shared, call, said, &reports).await?),
        false => None,
    };
    failpoint("dialog.followed");
    let kept = keep(shared, call, &reports).await?;
    failpoint("dialog.kept");
    let followed = match followed {
        Some(followed) => followed,
        None => {
            let is_new: Vec<bool> = kept.iter().map(|one| one.is_new).collect();
            follow_each(shared, call, said, &is_new).await?
        }
    };
    let received: Vec<Timestamp> = kept.iter().map(|one| one.received_at).collect();
    // Whoever has published the call once more had done the rest: a code would be counted in every round.
    if call.round > 0 {
        return Ok(received);
    }
    let is_believed = call.inbound.is_marked(&shared.secrets);
    for ((one, tenants), received_at) in said.iter().zip(followed).zip(&received) {
        // An answer to a question of ours is told as that, and its code or button to nobody. Whoever may publish could answer
        // for somebody, or have a command done, if what the fleet has not marked counted as more than a report.
        // What somebody else has published before under the same number may have come from the future, and be no answer in time.
        let at = (*received_at).min(call.inbound.at);
        if is_believed && words::taken(shared, one, at).await? {
            continue;
        }
        tell_of_words(shared, call, one, tenants, *received_at).await?;
    }
    Ok(received)
}

/// The tenants of each report that was not heard before.
type Followed = Vec<Option<BTreeSet<Tenant>>>;

async fn follow_new(
    shared: &Shared,
    call: &Call<'_>,
    said: &[Said],
    reports: &[Report],
) -> Result<Followed, Disposition> {
    let intake = &shared.intake;
    let repeats = intake.breaker.retry_until_taken(|| intake.store.are_repeats(reports)).await?;
    let is_new: Vec<bool> = repeats.into_iter().map(|is_repeat| !is_repeat).collect();
    follow_each(shared, call, said, &is_new).await
}

async fn follow_each(
    shared: &Shared,
    call: &Call<'_>,
    said: &[Said],
    is_new: &[bool],
) -> Result<Followed, Disposition> {
    let mut followed = Vec::with_capacity(said.len());
    for (one, is_new) in said.iter().zip(is_new) {
        followed.push(if *is_new { Some(follow(shared, call, one).await?) } else { None });
    }
    Ok(followed)
}

/// Keeps reports. One that an earlier try of this very call may have kept, whose answer was lost, is as new as it was then.
async fn keep(shared: &Shared, call: &Call<'_>, reports: &[Report]) -> Result<Vec<KeptReport>, Disposition> {
    let (intake, tries) = (&shared.intake, AtomicU32::new(0));
    let step = || {
        tries.fetch_add(1, Ordering::Relaxed);
        intake.store.keep_reports(reports, call.inbound.at)
    };
    let mut kept = intake.breaker.retry_until_taken(step).await?;
    if tries.load(Ordering::Relaxed) > 1 {
        for one in &mut kept {
            one.is_new |= one.received_at == call.inbound.at;
        }
    }
    Ok(kept)
}

/// Returns the tenants that it is about.
async fn follow(shared: &Shared, call: &Call<'_>, one: &Said) -> Result<BTreeSet<Tenant>, Disposition> {
    count(&one.report);
    listing::follow(shared, one, call.inbound.at).await
}

async fn taken(shared: &Shared, call: &Call<'_>, one: &Said, received_at: Timestamp) -> Result<Taken, Disposition> {
    let report = &one.report;
    let Some(about) = &report.about else { return Ok(Taken::Done) };
    let row = match merged(shared, call, one, &about.key).await? {
        Ok(row) => row,
        Err(without_a_row) => return Ok(without_a_row),
    };
    if let Some(name) = EventName::of_reaction(&report.said) {
        let (tenant, channel) = (&row.key.tenant, &row.channel);
        let heard = Heard { name, tenant, channel, row: Some(&row), from: None, report, received_at };
        tell(shared, shared.intake.told_of_heard(&heard)).await?;
    }
    Ok(Taken::Done)
}

/// Merges a report into the row of its delivery, and gives the row as it is then; or says that it is too early, or that it
/// is done: what became of a copy changes no row and tells nothing of the delivery.
async fn merged(shared: &Shared, call: &Call<'_>, one: &Said, key: &Key) -> Result<Result<Row, Taken>, Disposition> {
    let (intake, report) = (&shared.intake, &one.report);
    // Whoever wrote the row with this report may not have told of it.
    let mut may_be_untold = call.redelivered;
    loop {
        let found = intake.breaker.retry_until_taken(|| intake.store.row(key)).await?;
        let Some(row) = found else { return Ok(Err(Taken::Waits(ROUNDS_OF_THE_UNKNOWN))) };
        if one.person.as_deref().is_some_and(|person| is_of_a_copy(&row, person, &intake.hasher)) {
            return Ok(Err(Taken::Done));
        }
        // The body is at hand nowhere, so that a late failure is the end: without a policy nothing is published again.
        let merged = domain::report(&row, report, None, intake.clock.now());
        // Before the row is written, which may forget then that it has a child.
        let Some(merged) = intake.answer_escalation(&row, report, merged).await? else {
            return Ok(Err(Taken::Waits(ROUNDS_OF_AN_ATTEMPT)));
        };
        failpoint("dialog.answered_escalation");
        match merged {
            Merged::Early => return Ok(Err(Taken::Waits(ROUNDS_OF_AN_ATTEMPT))),
            Merged::Kept => {
                if may_be_untold && matches!(row.state, State::Delivered | State::Bounced) {
                    tell(shared, intake.told_of_row(&row, None)).await?;
                }
                return Ok(Ok(row));
            }
            Merged::Moved(transition) => {
                may_be_untold = true;
                if moved(shared, &row, &transition).await? {
                    return Ok(Ok(transition.row));
                }
            }
        }
    }
}

/// Tells what the row says, writes it, and tells what it says then. False where somebody else has written it meanwhile,
/// or where an answer was lost: it is read again.
async fn moved(shared: &Shared, before: &Row, transition: &Transition) -> Result<bool, Disposition> {
    let intake = &shared.intake;
    // Once the row has moved on, nobody can tell any more what it said: its worker may have died before it did.
    tell(shared, intake.told_of_row(before, None)).await?;
    failpoint("dialog.told_before_merge");
    if !intake.breaker.retry_until_taken(|| intake.store.merge_report(transition)).await? {
        return Ok(false);
    }
    failpoint("dialog.merged");
    if transition.alarm {
        let code = transition.row.code.as_deref().unwrap_or_default();
        tracing::error!(delivery = %transition.row.key, code, "a provider reports a failure that is our own fault");
    }
    tell(shared, intake.told_of_row(&transition.row, None)).await?;
    failpoint("dialog.told_after_merge");
    Ok(true)
}

/// Tells these tenants what a person has written. Without them it is a repeat, which is told only where whoever had the call
/// in hand before may have died between keeping and telling it.
async fn tell_of_words(
    shared: &Shared,
    call: &Call<'_>,
    one: &Said,
    tenants: Option<BTreeSet<Tenant>>,
    received_at: Timestamp,
) -> Result<(), Disposition> {
    if one.report.said.written_by().is_none() {
        return Ok(());
    }
    let tenants = match tenants {
        Some(tenants) => tenants,
        None if call.redelivered => listing::tenants_of(shared, one).await?,
        None => return Ok(()),
    };
    for tenant in &tenants {
        let heard = Heard {
            name: EventName::Inbound,
            tenant,
            channel: &one.channel,
            row: None,
            from: one.person.as_deref(),
            report: &one.report,
            received_at,
        };
        tell(shared, shared.intake.told_of_heard(&heard)).await?;
    }
    Ok(())
}

async fn tell(shared: &Shared, told: Vec<Told>) -> Result<(), Disposition> {
    if shared.intake.tell(told).await { Ok(()) } else { Err(Disposition::GiveBack) }
}

fn count(report: &Report) {
    let (provider, said) = (report.provider, report.said.as_str());
    metrics::counter!("chasqui_reports_total", "provider" => provider, "said" => said).increment(1);
}
