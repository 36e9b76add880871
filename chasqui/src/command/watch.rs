//! How far a command is, as it goes on, until it has ended.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::{Command, CommandState, Key, printable};
use operations::commands;
use store::Store;

use super::delivery;
use crate::exit;
use crate::follow::{self, Untaken};
use crate::output::say;

/// Prints the states of a command until it has ended: exit code 0 where it has succeeded. `told` is the version that was told
/// before. A request that nobody can read never becomes a command: what to look at then, such as the queue `dead_letters`, is
/// told once.
pub(super) async fn watch(
    store: &Store,
    key: &Key,
    dead_letters: &str,
    told: u32,
    delays: [Duration; 3],
) -> Result<ExitCode> {
    let (mut told, mut untaken) = (told, Untaken::by("dialog", dead_letters));
    let mut failing = None;
    loop {
        let found = commands::show(store, key).await.context("the ledger could not be read")?;
        untaken.look(found.is_some());
        if let Some(command) = &found {
            let now = delivery::failing(store, command, delays).await?;
            if let Some(said) = now.as_ref().filter(|_| now != failing) {
                say!("  {}", printable(said));
            }
            failing = now;
        }
        if let Some(command) = found.filter(|command| command.version != told) {
            passed(&command, told).for_each(|state| say!("  before that  {}", state.as_str()));
            told = command.version;
            say!("  {}", printable(&step_of(&command)));
            if command.state.is_ended() {
                return Ok(exit::answer(command.state == CommandState::Succeeded));
            }
        }
        if !follow::again().await {
            return Ok(exit::interrupted());
        }
    }
}

/// The states that a command has had since the version that was told before, but for the present one: its row has only that, and
/// each of them is another version.
pub(super) fn passed(command: &Command, told: u32) -> impl Iterator<Item = CommandState> {
    const ALL: [CommandState; 3] = [CommandState::PendingConfirmation, CommandState::Dispatched, CommandState::Running];
    let begun = usize::from(command.ask.is_none());
    let before = command.version.saturating_sub(1) as usize;
    ALL.into_iter().skip(begun).take(before).skip(told as usize)
}

/// The state that a command has reached, with what there is to say of it.
pub(super) fn step_of(command: &Command) -> String {
    let said = match command.state {
        CommandState::PendingConfirmation => "  `chasqui ask show` of the same id says who is asked".to_owned(),
        CommandState::Dispatched => {
            command.confirmed_by.as_deref().map(|by| format!("  confirmed by {by}")).unwrap_or_default()
        }
        _ => command.output.as_deref().map(|output| format!("  {output}")).unwrap_or_default(),
    };
    format!("{}  {}{said}", command.updated_at, command.state.as_str())
}
