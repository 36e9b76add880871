//! Commands to services: what people type, what services say, and what follows from the end of the ask that confirms one.

use domain::{Ask, Command, Reason, Timestamp};
use serde_json::{Map, Value};

use crate::disposition::Disposition;
use crate::people::Person;
use crate::said::Said;
use crate::shared::Shared;

/// Has a command done, which somebody has asked for by a request of ours (`/commands`). `at` is when it came in.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn dispatch(_: &Shared, _: Map<String, Value>, _: Timestamp) -> Result<(), Disposition> {
    Err(not_yet())
}

/// Takes what a service says of a command (`/commands/event`). `at` is when it came in.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn reported(_: &Shared, _: Map<String, Value>, _: Timestamp) -> Result<(), Disposition> {
    Err(not_yet())
}

/// Does what somebody has typed into a private chat with our bot, which begins with `/cmd` or is `/help`. `people` are those
/// whose account it is, one of each tenant, and at least one.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn typed(
    _: &Shared,
    _people: &[Person],
    _said: &Said,
    _text: &str,
    _at: Timestamp,
) -> Result<(), Disposition> {
    Err(not_yet())
}

/// Does what follows for the command that has waited for this ask, which has ended.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn ask_ended(_: &Shared, _: &Ask) -> Result<(), Disposition> {
    Ok(())
}

/// Does what follows from the end of a command whose time is over, beside its event: it is told to whoever has asked for it.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn expired(_: &Shared, _: &Command) -> Result<(), Disposition> {
    Ok(())
}

fn not_yet() -> Disposition {
    Disposition::DeadLetter(Reason::Unsupported, "this version has no commands".into())
}
