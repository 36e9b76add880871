//! Lines that are reset, stand still, or are half-open.

use std::time::Duration;

use anyhow::Result;

use super::{AWAY, Fault, Scope, fault};
use crate::chaos::scene::{Ledger, Scene};
use crate::proxy::Proxy;

/// Longer than two heartbeats of 10 s.
const SILENT: Duration = Duration::from_secs(23);
/// As long as nothing is noticed but the wait.
const STALLED: Duration = Duration::from_secs(6);

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Act {
    BrokerReset,
    BrokerStalled,
    /// Nothing arrives, and after the heartbeats' time the old connections are gone.
    BrokerHalfOpen,
    LedgerReset,
    LedgerStalled,
    LedgerHalfOpen,
}

impl Act {
    pub(super) async fn strike(self, scene: &Scene) -> Result<()> {
        let ledger = match &scene.ledger {
            Ledger::Postgres { line, .. } => line,
            Ledger::Sqlite { .. } => anyhow::bail!("a file has no line"),
        };
        match self {
            Self::BrokerReset => reset(&scene.broker_line).await,
            Self::BrokerStalled => silent(&scene.broker_line, STALLED).await,
            Self::BrokerHalfOpen => half_open(&scene.broker_line, SILENT).await,
            Self::LedgerReset => reset(ledger).await,
            Self::LedgerStalled => silent(ledger, STALLED).await,
            Self::LedgerHalfOpen => half_open(ledger, AWAY * 2).await,
        }
        Ok(())
    }
}

async fn reset(line: &Proxy) {
    line.reset();
    tokio::time::sleep(AWAY / 5).await;
    line.pass();
}

async fn silent(line: &Proxy, time: Duration) {
    line.swallow();
    tokio::time::sleep(time).await;
    line.pass();
}

async fn half_open(line: &Proxy, time: Duration) {
    line.swallow();
    tokio::time::sleep(time).await;
    reset(line).await;
}

pub(super) fn faults() -> Vec<Fault> {
    let network = |name, act, says| fault(Scope::Full, name, super::Act::Network(act), says);
    vec![
        network("broker line reset", Act::BrokerReset, "every connection to the broker is reset, for 1 s"),
        network("broker line stalled", Act::BrokerStalled, "nothing arrives for 6 s, and then all of it"),
        network("broker line half-open", Act::BrokerHalfOpen, "nothing arrives for 23 s, and then a reset"),
        network("ledger line reset", Act::LedgerReset, "every connection to the ledger is reset, for 1 s"),
        network("ledger line stalled", Act::LedgerStalled, "nothing arrives for 6 s, and then all of it"),
        network("ledger line half-open", Act::LedgerHalfOpen, "nothing arrives for 10 s, and then a reset"),
    ]
}
