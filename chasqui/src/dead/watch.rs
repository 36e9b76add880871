//! Follows a job over dead letters to its end, and says what there is to do then.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use domain::{Tenant, printable};
use operations::dead_letters::{self, Shown};
use store::{JobState, LetterAction, Store};

use super::shown::waiting;
use super::{LOOK_EVERY, shown};
use crate::exit;
use crate::output::{self, say};
use crate::words::counted;

/// What is counted of a job, in the order in which it is told.
const STATES: [&str; 5] = ["done", "missing", "failed", "unclear", "left_out"];

/// Prints what changes until the job ends or pauses. The job goes on without whoever watches.
pub(super) async fn follow(store: &Store, tenant: &Tenant, mut shown: Shown, is_json: bool) -> Result<ExitCode> {
    let mut told = None;
    loop {
        let done = hundredths(&shown);
        let now = Some((done, shown.waits_for()));
        if told != now && !is_json {
            say!("  {} {done:>3} %  {}", bar(done), line_of(&shown));
            told = now;
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
        what_now(&shown).iter().for_each(|line| say!("  {line}"));
    }
    let all_done = ["missing", "failed", "unclear"].iter().all(|state| shown.count(state) == 0);
    Ok(exit::answer(shown.job.state == JobState::Done && all_done))
}

/// Why a job that is over has not done all that it was to do, and what comes next.
fn what_now(shown: &Shown) -> Vec<String> {
    let (id, missing) = (&shown.job.id, shown.count("missing"));
    let undone = shown.count("failed") + shown.count("unclear");
    let gone = match shown.job.action {
        LetterAction::Restore => "not kept any more: restored by another job, or over its time",
        LetterAction::Close => "not to be closed any more",
        LetterAction::Replay | LetterAction::Drop | LetterAction::Redirect | LetterAction::Edit => {
            "not in the queue any more: moved or taken by something else"
        }
    };
    let missing = (missing > 0).then(|| format!("{} {gone}", counted(missing, "letter was", "letters were")));
    let undone =
        (undone > 0).then(|| format!("with {} it has failed, or nobody knows", counted(undone, "letter", "letters")));
    let mut lines: Vec<String> = missing.into_iter().chain(undone).collect();
    if !lines.is_empty() {
        lines.push(format!("`chasqui dead failures {id}` names them, and says why"));
    }
    if shown.job.state == JobState::Paused {
        lines.push(format!(
            "`chasqui dead resume {id}` lets it go on with the others, `chasqui dead cancel {id}` leaves them in the queue"
        ));
    }
    lines
}

/// How much of a job is over. A line is printed when this changes, or its canary has ended: at most a hundred and two.
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
    let to_go = format!("{} to go", shown.open());
    let waits = shown.waits_for().map(waiting);
    let counts = (!counts.is_empty()).then(|| counts.join(", "));
    counts.into_iter().chain([to_go]).chain(waits).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;
    use super::*;

    #[test]
    fn a_job_that_has_not_done_all_says_why_and_what_comes_next() {
        use LetterAction::{Replay, Restore};
        for (action, state, counts, expected) in [
            (
                Replay,
                JobState::Done,
                &[("missing", 5)][..],
                &["5 letters were not in the queue any more: moved or taken", "`chasqui dead failures j-1` names them"]
                    [..],
            ),
            (Replay, JobState::Done, &[("done", 5)], &[]),
            (
                Restore,
                JobState::Done,
                &[("missing", 1)],
                &["1 letter was not kept any more", "`chasqui dead failures j-1`"],
            ),
            (
                Replay,
                JobState::Done,
                &[("unclear", 1), ("failed", 1)],
                &["with 2 letters it has failed", "`chasqui dead"],
            ),
            (
                Replay,
                JobState::Paused,
                &[("done", 20), ("pending", 80)],
                &["`chasqui dead resume j-1` lets it go on with the others, `chasqui dead cancel j-1` leaves"],
            ),
        ] {
            let told = what_now(&shown(action, state, counts));
            assert_eq!(told.len(), expected.len(), "{told:?}");
            assert!(told.iter().zip(expected).all(|(told, words)| told.starts_with(*words)), "{told:?}");
        }
    }

    #[test]
    fn the_line_of_a_job_says_what_it_waits_for() {
        let mut job = shown(LetterAction::Replay, JobState::Running, &[("done", 20), ("pending", 80)]);
        assert_eq!(line_of(&job), "20 done; 80 to go; waits for the first 20 to end");
        job.job.canary_passed = true;
        assert_eq!(line_of(&job), "20 done; 80 to go");
        let first = shown(LetterAction::Drop, JobState::Paused, &[("pending", 80)]);
        assert_eq!(line_of(&first), "80 to go");
    }

    #[test]
    fn a_bar_is_as_full_as_the_job() {
        assert_eq!(bar(0), "[....................]");
        assert_eq!(bar(50), "[##########..........]");
        assert_eq!(bar(100), "[####################]");
    }
}
