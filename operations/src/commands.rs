//! Has services do something, and shows what became of it. Each caller names its tenant.
//!
//! A command is published like a notification, and made by the role that hears of it: `request` is what travels, `read` makes
//! one of what was written, `keys` say which service has reported, `bodies` are the deliveries that it makes, `words` is what
//! people are told, and `faults` of arguments.

mod bodies;
mod faults;
mod keys;
mod read;
mod request;
mod words;

use std::collections::BTreeSet;

use domain::{
    Actor, Answer, Command, CommandState, Entry, FieldError, Key, Registry, Scope, Secrets, Timestamp, Unresolved,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Map;
use store::{CommandFilter, CommandPage, Contact, MAX_PAGE, Store, StoreError, USUAL_PAGE};
use topology::{Publication, PublishError, Publisher};
use uuid::Uuid;

pub use self::bodies::{TOLD_FOR_SECONDS, UNASKED, of_its_end, to_its_service};
pub use self::keys::ServiceKeys;
pub use self::read::{FIELDS, REPORT_FIELDS, ReportWritten, Written, read, read_report};
pub use self::request::{CommandRequest, ReportRequest};
pub(crate) use self::words::question_in;
pub use self::words::{
    accepted, help, no_such_command, of_no_such_tenant, question, refusal, rejected_line, which_tenant, yes_and_no,
};
use crate::accept::Unconfirmed;
use crate::allowed::{ADMINISTRATOR, NotDone, must};
use crate::listed::{NotListed, must_be_of};
use crate::own::marked;

/// By which these are known among the messages of the fleet's own.
const DISPATCH: &str = "/commands";
const REPORT: &str = "/commands/event";
/// The group of callers who may do anything.
const ADMINS: &str = "admins";

/// A command that the broker has on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    pub id: String,
    /// The state in which it begins.
    pub state: CommandState,
}

/// Why no command was published.
#[derive(Clone, PartialEq, Debug)]
pub enum NotAccepted {
    Undone(NotDone),
    Unresolved(Unresolved),
    /// The tenant has another command of this id.
    Another {
        id: String,
    },
    Unconfirmed(Unconfirmed),
}

/// Why a service's report was not published.
#[derive(Clone, PartialEq, Debug)]
pub enum NotHeard {
    /// The tenant has no command of this id.
    Unknown,
    /// It is another service's command.
    Foreign,
    Ledger(StoreError),
    Unconfirmed(PublishError),
}

/// What a command stands on.
#[derive(Clone, Copy)]
pub struct Dispatching<'a> {
    pub services: &'a Registry,
    pub store: &'a Store,
    pub publisher: &'a Publisher,
    pub secrets: &'a Secrets,
}

/// Publishes a command under this id, and returns when the broker has confirmed it.
///
/// # Errors
/// [`NotAccepted`].
pub async fn dispatch(
    parts: Dispatching<'_>,
    actor: &Actor,
    written: Written,
    id: String,
    now: Timestamp,
) -> Result<Accepted, NotAccepted> {
    let Dispatching { services, store, publisher, secrets } = parts;
    must(store, actor, &[Scope::Operate], "have a service do something", now).await.map_err(NotAccepted::Undone)?;
    let groups = groups(store, actor).await.map_err(|error| NotAccepted::Undone(error.into()))?;
    let request = written.by(actor, groups, id);
    let wanted = request.wanted(services).map_err(NotAccepted::Unresolved)?;
    let command = request.command(&wanted, now);
    let known = store.command(&request.key).await.map_err(|error| NotAccepted::Undone(error.into()))?;
    let (state, id) = (command.state, request.key.id.clone());
    if known.as_ref().is_some_and(|known| !is_same(known, &command)) {
        return Err(NotAccepted::Another { id });
    }
    // A repeat is what it was.
    if known.is_none() && wanted.is_confirmed && wanted.service.approvers.is_empty() {
        may_confirm(store, actor, &wanted.service.name).await?;
    }
    let inbound = marked(secrets, DISPATCH, request.to_value(), now);
    match publisher.publish(Publication::of_inbound(id.clone(), inbound)).await {
        Ok(()) => Ok(Accepted { id, state }),
        Err(error) => Err(NotAccepted::Unconfirmed(Unconfirmed { id, error })),
    }
}

/// Whether both were asked for by the same request.
pub fn is_same(known: &Command, other: &Command) -> bool {
    let what = |command: &Command| {
        let Command { service, action, arguments, requested_by, .. } = command.clone();
        (service, action, arguments, requested_by)
    };
    what(known) == what(other)
}

/// Refuses what nobody could confirm: whoever asks would, and is nobody who is known. Whoever opens the question finds the same
/// out, after the command was taken. Administrators are in the settings of that role.
async fn may_confirm(store: &Store, actor: &Actor, service: &str) -> Result<(), NotAccepted> {
    let contact = contact(store, actor).await.map_err(|error| NotAccepted::Undone(error.into()))?;
    if contact.is_some() || actor.name.starts_with(ADMINISTRATOR) {
        return Ok(());
    }
    let (service, by) = (service.to_owned(), actor.name.clone());
    Err(NotAccepted::Unresolved(Unresolved::NobodyConfirms { service, by }))
}

/// The groups that a caller is in: those of the contact of the same id, and `admins` with the scope of that name.
///
/// # Errors
/// [`StoreError`].
pub async fn groups(store: &Store, actor: &Actor) -> Result<Vec<String>, StoreError> {
    let known = contact(store, actor).await?.map(|contact| contact.groups).unwrap_or_default();
    let mut groups = BTreeSet::from_iter(known);
    if actor.may(Scope::Admin) {
        groups.insert(ADMINS.to_owned());
    }
    Ok(groups.into_iter().collect())
}

/// The contact of the id by which a caller is known.
async fn contact(store: &Store, actor: &Actor) -> Result<Option<Contact>, StoreError> {
    store.contact(&Key { tenant: actor.tenant.clone(), id: actor.name.clone() }).await
}

/// One of them. None where the tenant has none of this id, or nobody has made it yet.
///
/// # Errors
/// [`StoreError`].
pub async fn show(store: &Store, key: &Key) -> Result<Option<Command>, StoreError> {
    store.command(key).await
}

/// A page of them, the newest first. `limit` is 1 to 1,000; 0 stands for 100.
///
/// # Errors
/// [`NotListed`].
pub async fn list(store: &Store, filter: CommandFilter) -> Result<CommandPage, NotListed> {
    must_be_of(filter.after.as_ref(), &filter)?;
    let limit = match filter.limit {
        0 => USUAL_PAGE as usize,
        limit => limit.min(MAX_PAGE as usize),
    };
    Ok(store.commands(&CommandFilter { limit, ..filter }).await?)
}

/// Publishes what a service says of a command of its own, and returns when the broker has confirmed it.
///
/// # Errors
/// [`NotHeard`].
pub async fn report(
    store: &Store,
    publisher: &Publisher,
    secrets: &Secrets,
    service: &str,
    written: ReportWritten,
    now: Timestamp,
) -> Result<(), NotHeard> {
    let known = store.command(&written.key).await.map_err(NotHeard::Ledger)?.ok_or(NotHeard::Unknown)?;
    if known.service != service {
        return Err(NotHeard::Foreign);
    }
    let inbound = marked(secrets, REPORT, written.by(service).to_value(), now);
    let publication = Publication::of_inbound(Uuid::now_v7().to_string(), inbound);
    publisher.publish(publication).await.map_err(NotHeard::Unconfirmed)
}

/// What a service says of a command of its own in a message that it has published, where the token that came with it is the
/// service's, and of that command.
///
/// # Errors
/// Why it is not taken.
pub fn believed(
    keys: &ServiceKeys,
    token: &SecretString,
    body: &[u8],
    now: Timestamp,
) -> Result<ReportRequest, &'static str> {
    const FORGED: &str =
        "notify-token is of no registered service, not in force, good for more than a day, or has no command_id";
    let (service, command) = keys.service_and_command_of(token.expose_secret(), now).ok_or(FORGED)?;
    let text = std::str::from_utf8(body).map_err(|_| "it is no UTF-8")?;
    let written = read_report(text).map_err(|_| "it is no report of a command: command_id, state, output, tenant")?;
    if written.key.id != command {
        return Err("notify-token is of another command: its command_id must be that of the body");
    }
    Ok(written.by(&service))
}

/// What is wrong with a command, by the fields of its request.
pub fn as_fields(unresolved: &Unresolved) -> Vec<FieldError> {
    let at = |pointer: &str| vec![FieldError { pointer: pointer.to_owned(), detail: unresolved.to_string() }];
    match unresolved {
        Unresolved::UnknownService { .. } | Unresolved::NobodyConfirms { .. } => at("/service"),
        Unresolved::UnknownAction { .. } | Unresolved::NoAction { .. } | Unresolved::Forbidden { .. } => at("/action"),
        Unresolved::Arguments(faults) => {
            let under = |fault: FieldError| FieldError { pointer: format!("/arguments{}", fault.pointer), ..fault };
            faults.iter().map(|fault| under(fault.field())).collect()
        }
    }
}

/// What the journal is told of a command that is made.
pub fn told(command: &Command) -> Entry {
    let entry = Entry {
        tenant: command.key.tenant.clone(),
        kind: "command.made",
        subject: command.key.id.clone(),
        actor: command.requested_by.clone(),
        at: command.created_at,
        data: Map::new(),
    };
    let entry = entry.with("service", command.service.as_str()).with("action", command.action.as_str());
    entry.with("state", command.state.as_str()).with("correlation_id", command.correlation_id.as_deref())
}

/// What the journal is told before a command goes on that somebody has confirmed, or refused: who has asked for it, who has
/// decided, by which channel, and what shows that it was they. `decided` is the answer by which the ask has ended; none
/// where it was taken back. None for a command of which nobody was asked.
pub fn decided(command: &Command, by: &str, decided: Option<&Answer>) -> Option<Entry> {
    let kind = match command.state {
        CommandState::Dispatched => "command.confirmed",
        CommandState::Rejected => "command.refused",
        _ => return None,
    };
    let given = decided.map(|answer| &answer.given);
    let entry = Entry {
        tenant: command.key.tenant.clone(),
        kind,
        subject: command.key.id.clone(),
        actor: by.to_owned(),
        at: command.updated_at,
        data: Map::new(),
    };
    let entry = entry.with("service", command.service.as_str()).with("action", command.action.as_str());
    let entry = entry.with("requested_by", command.requested_by.as_str()).with("ask", command.ask.as_deref());
    let entry = entry.with("via", given.map(|given| given.via.as_str()));
    let entry = entry.with("answer", given.map(|given| given.id.as_str()));
    Some(entry.with("evidence", given.map(|given| given.evidence.as_str())))
}
