//! Lines that are reset, stand still, or are half-open.

use std::time::Duration;

use anyhow::Result;

use super::{AWAY, Fault, Scope, fault};
use crate::chaos::world::{Ledger, World};
use crate::proxy::Proxy;

/// How long a line is silent: longer than two heartbeats of 10 s.
const SILENT: Duration = Duration::from_secs(23);
/// How long a line stands still: so short that nothing is noticed but the wait.
const STALLED: Duration = Duration::from_secs(6);

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Action {
    BrokerReset,
    BrokerStalled,
    /// Lets nothing arrive; after the heartbeats' time the old connections are gone.
    BrokerHalfOpen,
    LedgerReset,
    LedgerStalled,
    LedgerHalfOpen,
}

impl Action {
    pub(super) async fn inject(self, world: &World) -> Result<()> {
        let ledger = match &world.ledger {
            Ledger::Postgres { proxy, .. } => proxy,
            Ledger::Sqlite { .. } => anyhow::bail!("a file has no line"),
        };
        match self {
            Self::BrokerReset => reset(&world.broker_proxy).await,
            Self::BrokerStalled => silent(&world.broker_proxy, STALLED).await,
            Self::BrokerHalfOpen => half_open(&world.broker_proxy, SILENT).await,
            Self::LedgerReset => reset(ledger).await,
            Self::LedgerStalled => silent(ledger, STALLED).await,
            Self::LedgerHalfOpen => half_open(ledger, AWAY * 2).await,
        }
        Ok(())
    }
}

async fn reset(proxy: &Proxy) {
    proxy.reset();
    tokio::time::sleep(AWAY / 5).await;
    proxy.pass();
}

async fn silent(proxy: &Proxy, time: Duration) {
    proxy.swallow();
    tokio::time::sleep(time).await;
    proxy.pass();
}

async fn half_open(proxy: &Proxy, time: Duration) {
    proxy.swallow();
    tokio::time::sleep(time).await;
    reset(proxy).await;
}

pub(super) fn faults() -> Vec<Fault> {
    let network = |name, action, description| fault(Scope::Full, name, super::Action::Network(action), description);
    vec![
        network("broker line reset", Action::BrokerReset, "every connection to the broker is reset, for 1 s"),
        network("broker line stalled", Action::BrokerStalled, "nothing arrives for 6 s, and then all of it"),
        network("broker line half-open", Action::BrokerHalfOpen, "nothing arrives for 23 s, and then a reset"),
        network("ledger line reset", Action::LedgerReset, "every connection to the ledger is reset, for 1 s"),
        network("ledger line stalled", Action::LedgerStalled, "nothing arrives for 6 s, and then all of it"),
        network("ledger line half-open", Action::LedgerHalfOpen, "nothing arrives for 10 s, and then a reset"),
    ]
}
