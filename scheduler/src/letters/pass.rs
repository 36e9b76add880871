//! One pass through the dead-letter queue, from its beginning to its end.

use std::convert::Infallible;
use std::time::Duration;

use store::OpenedLetter;
use tokio::time::Instant;
use topology::{Held, Letter, Letters, Topology};
use uuid::Uuid;

use super::in_hand::Work;
use super::{LEASE, Trouble, act, sorting};
use crate::shared::Shared;

/// The longest pass. The broker takes back what a consumer has for longer than half an hour, and nobody else sees what a
/// pass has.
const LONGEST: Duration = Duration::from_secs(300);

/// Reads the queue, does what jobs want done with its letters, and lets go of the others.
pub(super) async fn walk(shared: &Shared, topology: &Topology, owner: Uuid) -> Result<(), Trouble> {
    let store = &shared.intake.store;
    let Some(pass) = store.begin_letter_pass(owner).await? else { return Ok(()) };
    let mut letters = Letters::open(topology).await?;
    let walked = tokio::select! {
        walked = through(shared, &mut letters, owner, pass.number) => walked,
        never = keep_lead(shared, owner) => match never {},
    };
    letters.close().await;
    if walked? {
        store.end_letter_pass(owner, pass, shared.intake.clock.now()).await?;
    }
    Ok(())
}

/// Whether the end of the queue was reached.
async fn through(shared: &Shared, letters: &mut Letters<'_>, owner: Uuid, pass: i64) -> Result<bool, Trouble> {
    let store = &shared.intake.store;
    let until = Instant::now() + LONGEST;
    let mut work = Work::new(shared, owner, until, store.running_letter_jobs().await?);
    while work.may_go_on().await? {
        let window = letters.next().await?;
        if window.is_empty() {
            return Ok(true);
        }
        sorting::index(shared, pass, &window).await?;
        open(shared, &window).await?;
        act::work_on(&mut work, letters, window).await?;
    }
    Ok(false)
}

/// Keeps the letters of a window that somebody waits for to edit them.
async fn open(shared: &Shared, window: &[(Letter, Held)]) -> Result<(), Trouble> {
    let store = &shared.intake.store;
    let names: Vec<String> = window.iter().map(|(letter, _)| letter.reference.clone()).collect();
    let wanted = store.letters_to_open(&names).await?;
    let letters = window.iter().map(|(letter, _)| letter).filter(|letter| wanted.contains(&letter.reference));
    let opened = |letter: &Letter| {
        let seal = |text: &[u8]| shared.sealer.seal(text, &letter.reference);
        (letter.reference.clone(), OpenedLetter { kept: seal(&letter.kept()), body: seal(&letter.body) })
    };
    let opened: Vec<(String, OpenedLetter)> = letters.map(opened).collect();
    Ok(store.keep_opened_letters(&opened).await?)
}

/// Keeps the lead while a pass waits for the broker. Where it is lost, the pass ends at its next step.
async fn keep_lead(shared: &Shared, owner: Uuid) -> Infallible {
    loop {
        tokio::time::sleep(LEASE / 4).await;
        if let Err(error) = shared.intake.store.lead_letters(owner, LEASE).await {
            tracing::debug!(%error, "the lead of the dead letters was not renewed");
        }
    }
}
