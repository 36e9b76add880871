//! Follows a job over dead letters to its end.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use domain::{Tenant, printable};
use operations::dead_letters::{self, Shown};
use store::{JobState, Store};

use super::{LOOK_EVERY, shown};
use crate::exit;
use crate::output::{self, say};

/// What is counted of a job, in the order in which it is told.
const STATES: [&str; 5] = ["done", "missing", "failed", "unclear", "left_out"];

/// Prints what changes until the job ends or pauses. The job goes on without whoever watches.
pub(super) async fn follow(store: &Store, tenant: &Tenant, mut shown: Shown, is_json: bool) -> Result<ExitCode> {
    let mut told = None;
    loop {
        let done = hundredths(&shown);
        if told != Some(done) && !is_json {
            say!("  {} {done:>3} %  {}", bar(done), line_of(&shown));
            told = Some(done);
        }
        if shown.job.state != JobState::Running {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = tokio::signal::ctrl_c() => {
                let id = &shown.job.id;
                output::complain(format_args!("the job goes on: `chasqui dead show {id}`, `chasqui dead cancel {id}`"));
                return Ok(exit::interrupted());
            }
        }
        let now = dead_letters::show(store, tenant, &shown.job.id).await.context("the ledger has not answered")?;
        shown = now.context("the job is not there any more")?;
    }
    if is_json {
        shown::plan(&shown, true);
    } else {
        let why = shown.job.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        say!("{}{}", shown.job.state.as_str(), printable(&why));
    }
    let all_done = ["missing", "failed", "unclear"].iter().all(|state| shown.count(state) == 0);
    Ok(exit::answer(shown.job.state == JobState::Done && all_done))
}

/// How much of a job is over. A line is printed when this changes: at most a hundred and one.
fn hundredths(shown: &Shown) -> u32 {
    let all: u32 = shown.counted.iter().map(|counted| counted.letters).sum();
    let over = u64::from(all - shown.open().min(all)) * 100;
    u32::try_from(over / u64::from(all.max(1))).unwrap_or(100)
}

fn bar(hundredths: u32) -> String {
    let full = (hundredths.min(100) / 5) as usize;
    format!("[{}{}]", "#".repeat(full), ".".repeat(20 - full))
}

fn line_of(shown: &Shown) -> String {
    let counts = STATES.iter().map(|state| (state, shown.count(state))).filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(state, count)| format!("{count} {}", state.replace('_', " "))).collect();
    let open = shown.open();
    if counts.is_empty() { format!("{open} to go") } else { format!("{}; {open} to go", counts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_the_job() {
        assert_eq!(bar(0), "[....................]");
        assert_eq!(bar(50), "[##########..........]");
        assert_eq!(bar(100), "[####################]");
    }
}
