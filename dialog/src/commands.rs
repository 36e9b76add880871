//! Commands to services: what people type, what services say, and what follows from the end of the ask that confirms one.
//!
//! A command's row is written first, with what the journal is told; then its event is told, and then what follows from its state
//! is published: the question to those who confirm it, the delivery that takes it to its service, the message that tells its
//! end. Whoever has the same message in hand once more does the same again, under the same ids. `asking` has somebody asked,
//! `typed` are the lines of a chat.

mod asking;
mod typed;

use domain::{
    Answer, Ask, AskKind, AskState, Command, CommandReport, CommandState, CommandStep, Entry, Key, Reason, Timestamp,
    command_delivery_id,
};
use operations::asks::called;
use operations::commands::{self, CommandRequest, ReportRequest};
use runtime::failpoint;
use serde_json::{Map, Value};
use store::{CommandMade, StoreError};
use topology::Incoming;

use crate::disposition::Disposition;
use crate::outgoing;
use crate::shared::Shared;

pub(crate) use self::typed::{helped, typed};

/// The choice that confirms.
const YES: &str = "yes";

/// Has a command done, which somebody has asked for by a request of ours (`/commands`). `at` is when it came in.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn dispatch(shared: &Shared, body: Map<String, Value>, at: Timestamp) -> Result<(), Disposition> {
    let request = CommandRequest::of(body).ok_or_else(|| unreadable("it is no request for a command"))?;
    match request.wanted(&shared.services) {
        Ok(wanted) => make(shared, request.command(&wanted, at)).await.map(drop),
        // The entrance has refused it already, unless it has read another file of services.
        Err(unresolved) => Err(Disposition::DeadLetter(Reason::Unsupported, unresolved.to_string())),
    }
}

/// Takes what a service says of a command (`/commands/event`). `at` is when it came in.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn reported(shared: &Shared, body: Map<String, Value>, at: Timestamp) -> Result<(), Disposition> {
    let request = ReportRequest::of(&body).ok_or_else(|| unreadable("it is no report of a command"))?;
    take(shared, &request, at).await
}

/// Takes what a service says of a command by a message of its own, which is believed by the token that came with it.
///
/// # Errors
/// What follows where it is not believed, or where not everything could be done.
pub(crate) async fn said_by_a_service(shared: &Shared, incoming: &Incoming) -> Result<(), Disposition> {
    let token = incoming.token.as_ref().ok_or_else(|| unreadable("it has no notify-token"))?;
    let now = shared.intake.clock.now();
    let request = commands::believed(&shared.service_keys, token, &incoming.body, now).map_err(unreadable)?;
    take(shared, &request, now).await
}

async fn take(shared: &Shared, request: &ReportRequest, at: Timestamp) -> Result<(), Disposition> {
    let output = request.output.as_deref();
    let report = CommandReport { service: &request.service, state: request.state, output };
    advance(shared, &request.key, |command| command.reported(&report, at), |_| None).await
}

/// Does what follows for the command that has waited for this ask, which has ended. One that nobody has answered in time
/// expires by itself, at the same time.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn ask_ended(shared: &Shared, ask: &Ask) -> Result<(), Disposition> {
    let Some(end) = ask.end.as_ref().filter(|end| ask.kind == AskKind::Command && end.state != AskState::Expired)
    else {
        return Ok(());
    };
    let intake = &shared.intake;
    let found = intake.breaker.retry_until_taken(|| intake.store.command_of_ask(&ask.key)).await?;
    let Some(command) = found else { return Ok(()) };
    let is_confirmed = end.state == AskState::Answered && end.choice.as_deref() == Some(YES);
    let (by, now) = (end.by.as_deref().unwrap_or("nobody"), intake.clock.now());
    let answers = intake.breaker.retry_until_taken(|| intake.store.answers(&ask.key)).await?;
    // One that was taken back has no answer by which it ended.
    let has_ended_it =
        |answer: &&Answer| !answer.late && end.state == AskState::Answered && answer.given.approver == by;
    let decided = answers.iter().rev().find(has_ended_it);
    let delivery = command_delivery_id(&command.key);
    let step = |command: &Command| match is_confirmed {
        true => command.confirmed(by, &delivery, now),
        false => command.refused(by, now),
    };
    advance(shared, &command.key, step, |command| commands::decided(command, by, decided)).await
}

/// Does what follows from the end of a command that no message has brought, beside its event: it is told to whoever has asked
/// for it.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn expired(shared: &Shared, command: &Command) -> Result<(), Disposition> {
    tell_end(shared, command).await
}

/// Ends the commands whose delivery has failed for good. Nobody hears of these while nobody has subscribed to events, so that
/// the ledger is asked for them again and again. Their rows remember that this must be told: whoever dies behind that leaves
/// it to the others.
///
/// # Errors
/// [`StoreError`]: the next time does the rest.
pub(crate) async fn undelivered(shared: &Shared) -> Result<(), StoreError> {
    let store = &shared.intake.store;
    for command in store.undelivered_commands().await? {
        let now = shared.intake.clock.now();
        let step = |command: &Command| command.undelivered(now);
        if let Some(CommandStep::Moved(moved)) = store.end_command(&command.key, step).await? {
            failpoint("dialog.command_undelivered");
            count(moved.command.state.as_str());
        }
    }
    Ok(())
}

/// Writes the row of a command, and does what follows from it. None where the tenant has another command of its id.
async fn make(shared: &Shared, command: Command) -> Result<Command, Disposition> {
    let intake = &shared.intake;
    let told = commands::told(&command);
    let made = intake.breaker.retry_until_taken(|| intake.store.make_command(&command, &told)).await?;
    let command = match made {
        CommandMade::New => command,
        CommandMade::Known(known) if commands::is_same(&known, &command) => *known,
        CommandMade::Known(_) => {
            let why = "another command has this id".to_owned();
            return Err(Disposition::DeadLetter(Reason::IdConflict, why));
        }
    };
    failpoint("dialog.command_made");
    follow(shared, &command).await?;
    Ok(command)
}

/// Ends a command about which nobody can be asked.
async fn unasked(shared: &Shared, command: &Command, why: &str) -> Result<(), Disposition> {
    let (intake, now) = (&shared.intake, shared.intake.clock.now());
    let step = |command: &Command| command.rejected(&format!("{}: {why}", commands::UNASKED), now);
    let taken =
        intake.breaker.retry_until_taken(|| intake.store.advance_command(&command.key, &step, |_| None)).await?;
    // One that was taken before is told as it is: whoever has it in hand again reads it so.
    let Some(CommandStep::Moved(moved)) = taken else { return Ok(()) };
    count("unasked");
    outgoing::tell(shared, &moved.command.told(), moved.command.correlation_id.as_deref(), None).await?;
    end(shared, &moved.command).await
}

/// Has the next step of a command decided, and does what follows from it. What `told` makes of the step is in the journal
/// before it takes effect. One that was taken before is followed again: whoever had it in hand may have died before that.
async fn advance(
    shared: &Shared,
    key: &Key,
    step: impl Fn(&Command) -> CommandStep,
    told: impl Fn(&Command) -> Option<Entry>,
) -> Result<(), Disposition> {
    let intake = &shared.intake;
    let taken = intake.breaker.retry_until_taken(|| intake.store.advance_command(key, &step, &told)).await?;
    let what = match taken {
        Some(CommandStep::Moved(moved)) => {
            failpoint("dialog.command_moved");
            count(moved.command.state.as_str());
            return follow(shared, &moved.command).await;
        }
        // What it has moved on to meanwhile is told by whoever has moved it.
        Some(CommandStep::Same(command) | CommandStep::Passed(command)) => {
            count("same");
            return follow(shared, &command).await;
        }
        Some(CommandStep::Backwards) => "backwards",
        Some(CommandStep::Ended) => "ended",
        Some(CommandStep::NotDispatched) => "not_dispatched",
        Some(CommandStep::Foreign) => "foreign",
        Some(CommandStep::NoReport) => "no_report",
        None => "unknown",
    };
    count(what);
    // What comes late or twice is usual.
    if matches!(what, "backwards" | "ended") {
        tracing::debug!(command = %key, what, "what was said of a command changes nothing");
    } else {
        tracing::warn!(command = %key, what, "what was said of a command changes nothing");
    }
    Ok(())
}

/// Tells the state of a command, and does what it asks for.
async fn follow(shared: &Shared, command: &Command) -> Result<(), Disposition> {
    outgoing::tell(shared, &command.told(), command.correlation_id.as_deref(), None).await?;
    failpoint("dialog.command_told");
    match command.state {
        CommandState::PendingConfirmation => asking::ask(shared, command).await,
        CommandState::Dispatched => {
            let Some((key, body)) = commands::to_its_service(command, &shared.signer) else { return Ok(()) };
            outgoing::deliver(shared, &key, &body).await
        }
        CommandState::Running => Ok(()),
        CommandState::Succeeded | CommandState::Failed | CommandState::Rejected | CommandState::Expired => {
            end(shared, command).await
        }
    }
}

/// Tells an end to whoever has asked for the command, and forgets where they are told.
async fn end(shared: &Shared, command: &Command) -> Result<(), Disposition> {
    tell_end(shared, command).await?;
    let (intake, keys) = (&shared.intake, [command.key.clone()]);
    Ok(intake.breaker.retry_until_taken(|| intake.store.commands_told(&keys)).await?)
}

/// Tells whoever has asked for a command how it has ended.
async fn tell_end(shared: &Shared, command: &Command) -> Result<(), Disposition> {
    let by = refused_by(shared, command).await?;
    let Some((key, body)) = commands::of_its_end(command, by.as_deref()) else { return Ok(()) };
    outgoing::deliver(shared, &key, &body).await
}

/// What whoever has asked for a command is told of who has refused it. None where that was nobody who was asked.
async fn refused_by(shared: &Shared, command: &Command) -> Result<Option<String>, Disposition> {
    let (Some(reply), Some(ask), None) = (&command.reply, &command.ask, &command.delivery) else { return Ok(None) };
    if command.state != CommandState::Rejected {
        return Ok(None);
    }
    let (intake, key) = (&shared.intake, Key { tenant: command.key.tenant.clone(), id: ask.clone() });
    let found = intake.breaker.retry_until_taken(|| intake.store.ask(&key)).await?;
    let by = found.as_ref().and_then(|ask| Some((ask, ask.end.as_ref()?.by.as_deref()?)));
    let locale = reply.locale.as_deref().or(Some(shared.settings.locale.as_str()));
    Ok(by.map(|(ask, by)| called(ask, by, locale)))
}

fn unreadable(why: &str) -> Disposition {
    Disposition::DeadLetter(Reason::DecodeError, why.to_owned())
}

fn count(what: &'static str) {
    metrics::counter!("chasqui_commands_total", "what" => what).increment(1);
}

#[cfg(test)]
mod tests;
