//! What people say to a question as they say it, until it has ended.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use domain::{Answer, Ask, AskChoice, AskState, Key, printable};
use operations::asks::{self, Shown};
use store::Store;

use super::rejected::Rejections;
use super::shown;
use crate::exit;
use crate::follow::{self, Untaken};
use crate::output::say;

/// The choice that means no although it may be an answer like every other, as it is where nobody has given choices.
const NO: &str = "no";

/// Prints what changes until the question has ended: exit code 0 where something was decided that is no [`NO`]. `said` are
/// the answers that were told before. A request that nobody can read never becomes a question: what to look at then, such as
/// the queue `dead_letters`, is told once. Nor does one that is rejected, which ends with its reason where that is heard.
pub(super) async fn watch(
    store: &Store,
    key: &Key,
    dead_letters: &str,
    said: &[Answer],
    mut rejections: Rejections<'_>,
) -> Result<ExitCode> {
    let mut told: BTreeSet<(String, String)> = said.iter().map(name_of).collect();
    let mut untaken = Untaken::by("dialog", dead_letters);
    let mut is_opened = !said.is_empty();
    loop {
        let found = asks::show(store, key).await.context("the ledger could not be read")?;
        untaken.look(found.is_some());
        if let Some(Shown { ask, answers, .. }) = found {
            if !is_opened {
                is_opened = true;
                say!("  {}", printable(&opened(&ask)));
            }
            for answer in answers.iter().filter(|answer| told.insert(name_of(answer))) {
                say!("  {}", printable(&shown::line_of(&ask, answer)));
            }
            if let Some(end) = &ask.end {
                say!("  {}", printable(&format!("{}  {}", end.at, shown::outcome(&ask))));
                return Ok(exit::answer(is_agreed(&ask)));
            }
        }
        tokio::select! {
            goes_on = follow::again() => if !goes_on {
                return Ok(exit::interrupted());
            },
            why = rejections.next(&key.id) => {
                say!("  {}", printable(&format!("rejected, and nobody was asked: {why}")));
                return Ok(exit::answer(false));
            }
        }
    }
}

fn name_of(answer: &Answer) -> (String, String) {
    (answer.given.approver.clone(), answer.given.id.clone())
}

fn opened(ask: &Ask) -> String {
    format!("{}  open until {}: {}, of {}", ask.created_at, ask.expires_at, shown::needed(ask), ask.audience.join(", "))
}

/// Whether something was decided that is neither a refusal nor a [`NO`]: a shell goes on by it, as in `chasqui ask … && deploy`.
pub(super) fn is_agreed(ask: &Ask) -> bool {
    let Some(end) = ask.end.as_ref().filter(|end| end.state == AskState::Answered) else { return false };
    let is_yes = |choice: &AskChoice| !choice.refuses && choice.id != NO;
    ask.choices.iter().any(|choice| end.choice.as_deref() == Some(choice.id.as_str()) && is_yes(choice))
}
