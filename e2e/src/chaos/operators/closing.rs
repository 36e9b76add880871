//! The end of a run for the dead letters: every job has to end, what was dropped has to come back, and the rows of letters that
//! somebody has purged are closed, which tells that they are not there any more.

use std::time::Duration;

use anyhow::{Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::book::Book;
use super::desk::Desk;
use super::ledger::{archived, open_jobs};
use super::letters::{cancel, resume, start};
use crate::chaos::world::{LOOK_EVERY, World};

/// How long every job may take to end, or the queue to be read: longer than the lease of a scheduler that was killed, and
/// some passes through the queue.
const PATIENCE: Duration = Duration::from_secs(120);

/// Leaves no job, no letter in the archive, and no dead delivery whose letter is gone.
///
/// # Errors
/// What never came to its end.
pub(in crate::chaos) async fn close(world: &World, book: &Book) -> Result<()> {
    let desk = Desk { clients: &world.clients, book, token: &world.clients.operator };
    end_jobs(world, &desk).await?;
    run(world, &desk, "restore", &json!({"action": "restore", "all": true, "why": "the end of the run"})).await?;
    read(world, &desk).await?;
    run(world, &desk, "close", &json!({"action": "close", "all": true, "why": "the end of the run"})).await
}

/// How many letters are in the archive.
///
/// # Errors
/// The ledger's.
pub(in crate::chaos) async fn left_in_the_archive(world: &World) -> Result<i64> {
    archived(world).await
}

/// Waits until every job has ended. One that pauses goes on, and an edit that was not confirmed is called off.
async fn end_jobs(world: &World, desk: &Desk<'_>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let open = open_jobs(world).await?;
        if open.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("jobs over dead letters do not end: {open:?}");
        }
        for job in open.iter().filter(|job| job.state == "paused") {
            match job.action.as_str() {
                "edit" => cancel(desk, &job.id).await,
                _ => resume(desk, &job.id).await,
            }
        }
        sleep(LOOK_EVERY * 5).await;
    }
}

/// Waits until the queue was read from its beginning to its end.
async fn read(world: &World, desk: &Desk<'_>) -> Result<()> {
    desk.until_answered(Method::POST, "/dead-letters/read", None, None).await;
    let deadline = Instant::now() + PATIENCE;
    while world.store.reading().await?.is_asked_for {
        if Instant::now() > deadline {
            bail!("the dead-letter queue is not read");
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

async fn run(world: &World, desk: &Desk<'_>, action: &'static str, body: &Value) -> Result<()> {
    // Where there is nothing to do, none is started.
    let _ = start(desk, action, body).await;
    end_jobs(world, desk).await
}
