//! A storm of redeliveries: of five workers one dies every moment, whichever it is.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chasqui::config::REFERENCE;
use sqlx::{Connection as _, PgConnection};
use tokio::time::{Instant, sleep};

use super::Needs;
use crate::chaos::replica::KILLED;
use crate::chaos::world::{Ledger, World};
use crate::provider::Answer;

/// How many workers there are besides those that are always there.
const MORE_WORKERS: usize = 3;
const MESSAGES: u64 = 10_000;
const HANDED_IN_OVER: Duration = Duration::from_secs(45);
const LASTS: Duration = Duration::from_secs(60);
/// The time from one death to the next, in milliseconds.
const SOONEST: u64 = 200;
const LATEST: u64 = 2_000;
/// How long what the storm has left may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long the provider takes, so that whoever dies has sends in flight.
const SLOW: Duration = Duration::from_millis(100);

const MOST_MIB: u64 = 300;
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Every process has a name of its own there. What one that died has left is gone as soon as the server notices.
const CONNECTIONS: &str = "SELECT max(count) FROM (SELECT count(*) AS count FROM pg_stat_activity \
     WHERE datname = 'chaos' AND application_name LIKE 'worker-%' GROUP BY application_name) AS counts";

pub(super) fn needs() -> Needs {
    Needs { load: Some((MESSAGES, HANDED_IN_OVER)), ..Needs::default() }
}

pub(super) async fn prepare(world: &mut World) -> Result<()> {
    world.add_workers(MORE_WORKERS).await
}

pub(super) async fn inject(world: &mut World) -> Result<()> {
    let Ledger::Postgres { server, .. } = &world.ledger else { bail!("SQLite has no connections to count") };
    let url = format!("postgresql://postgres@127.0.0.1:{}/postgres", server.port);
    let mut session = PgConnection::connect(&url).await?;
    world.provider.answer(Answer::Slow(SLOW));
    let mut most_connections = 0;
    let injected = tokio::select! {
        injected = kill_workers(world) => injected,
        failed = count_connections(&mut session, &mut most_connections) => Err(failed),
    };
    world.reset_provider();
    world.remove_added_workers().await?;
    let (deaths, kib) = injected?;
    let mib = kib / 1024;
    let figures = format!("at most {mib} MiB resident and {most_connections} connections to the ledger for a worker");
    world.notes.push(format!("{deaths} deaths; {figures}"));
    let allowed = allowed_connections()?;
    if mib >= MOST_MIB || most_connections > allowed {
        bail!("{figures}: more than {MOST_MIB} or {allowed}");
    }
    Ok(())
}

/// Reads how many connections a worker may have to whom nobody says otherwise.
fn allowed_connections() -> Result<i64> {
    let given = REFERENCE.with([]).get("DATABASE_MAX_CONNECTIONS").context("DATABASE_MAX_CONNECTIONS has a default")?;
    Ok(given.parse()?)
}

/// Counts the connections until that fails.
async fn count_connections(session: &mut PgConnection, most: &mut i64) -> anyhow::Error {
    loop {
        match sqlx::query_scalar::<_, Option<i64>>(CONNECTIONS).fetch_one(&mut *session).await {
            Ok(count) => *most = (*most).max(count.unwrap_or(0)),
            Err(error) => return anyhow::Error::from(error).context("counting connections"),
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Says how many died, and the most memory that any of them has had, in KiB.
async fn kill_workers(world: &mut World) -> Result<(usize, u64)> {
    let (mut deaths, mut peak) = (0, 0);
    let end = Instant::now() + LASTS;
    while Instant::now() < end {
        sleep(Duration::from_millis(SOONEST + world.dice.below(LATEST - SOONEST))).await;
        let victim = usize::try_from(world.dice.below(world.workers.len() as u64))?;
        let worker = &world.workers[victim];
        let before = worker.exit_codes().await.len();
        peak = peak.max(worker.peak_memory().await?);
        worker.signal("KILL").await?;
        worker.until_ended(before, KILLED).await?;
        deaths += 1;
    }
    world.reset_provider();
    world.until_ready().await?;
    if !world.until_idle(&[], PATIENCE).await {
        bail!("not at rest {} s after the storm", PATIENCE.as_secs());
    }
    for worker in &world.workers {
        peak = peak.max(worker.peak_memory().await.context(worker.name.clone())?);
    }
    Ok((deaths, peak))
}
