//! The ledger stops, crashes, ends every session, is locked, or finds its disk full.

use std::time::Duration;

use anyhow::{Result, bail};
use sqlx::{Connection as _, Executor as _};

use super::{AWAY, Fault, Scope, fault};
use crate::chaos::world::{Ledger, World};

/// How long the ledger is locked: longer than SQLite waits for a lock.
const LOCKED: Duration = Duration::from_secs(9);

/// How long the disk is full: long enough for every writer to have failed.
const FULL: Duration = Duration::from_secs(8);

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Action {
    Stop,
    Crash,
    Terminate,
    Lock,
    FillDisk,
}

impl Action {
    pub(super) async fn inject(self, world: &mut World) -> Result<()> {
        match (self, &mut world.ledger) {
            (Self::Stop, Ledger::Postgres { server, .. }) => {
                server.stop().await?;
                tokio::time::sleep(AWAY).await;
                server.start_again().await
            }
            (Self::Crash, Ledger::Postgres { server, .. }) => {
                server.crash().await?;
                server.start_again().await
            }
            (Self::Terminate, Ledger::Postgres { server, .. }) => {
                let url = format!("postgresql://postgres@127.0.0.1:{}/postgres", server.port);
                for _ in 0..3 {
                    let mut session = sqlx::PgConnection::connect(&url).await?;
                    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'chaos'";
                    session.execute(cut).await?;
                    tokio::time::sleep(AWAY / 10).await;
                }
                Ok(())
            }
            (Self::FillDisk, _) => {
                world.disk.fill()?;
                tokio::time::sleep(FULL).await;
                world.disk.free()?;
                // A server that cannot write its log ends, and may not recover while there is no room.
                if let Ledger::Postgres { server, .. } = &mut world.ledger
                    && server.start_if_it_ended().await?
                {
                    world.notes.push("PostgreSQL ended when its disk was full, and was started again".to_owned());
                }
                Ok(())
            }
            (Self::Lock, Ledger::Sqlite { file }) => {
                let mut session = sqlx::SqliteConnection::connect(&format!("sqlite:{}", file.display())).await?;
                session.execute("PRAGMA busy_timeout = 20000").await?;
                session.execute("BEGIN IMMEDIATE").await?;
                tokio::time::sleep(LOCKED).await;
                session.execute("ROLLBACK").await?;
                Ok(())
            }
            _ => bail!("not a fault of this ledger"),
        }
    }
}

pub(super) fn faults() -> Vec<Fault> {
    let ledger = |scope, name, action, description| fault(scope, name, super::Action::Ledger(action), description);
    vec![
        ledger(Scope::Short, "ledger stopped", Action::Stop, "Postgres is stopped, and started after 5 s"),
        ledger(Scope::Full, "ledger crashed", Action::Crash, "Postgres ends at once and recovers from its log"),
        ledger(Scope::Full, "backends terminated", Action::Terminate, "pg_terminate_backend of all, three times"),
        ledger(Scope::Both, "disk full", Action::FillDisk, "nothing more can be written to the ledger's disk for 8 s"),
        ledger(Scope::Sqlite, "ledger locked", Action::Lock, "another process holds SQLite's write lock for 9 s"),
    ]
}
