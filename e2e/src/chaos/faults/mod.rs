//! Every fault: its name, what it is in one sentence, and what is done.

mod broker;
mod cluster;
mod ledger;
mod network;
mod processes;
mod provider;
mod schedule;
mod storm;
mod time;
mod topology;

use std::time::Duration;

use anyhow::Result;

use super::scene::{Kind, Scene};
use super::station;

/// How long a service is away in a fault that does not say otherwise.
const AWAY: Duration = Duration::from_secs(5);

pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) says: &'static str,
    pub(super) act: Act,
    pub(super) scope: Scope,
}

/// In which runs a fault has its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scope {
    /// On Postgres, in the short selection too.
    Short,
    /// As `Short`, and in the full run on SQLite once more.
    Everywhere,
    /// On Postgres, in the full run.
    Full,
    /// On both databases, in the full run.
    Both,
    /// On SQLite, in the full run.
    Sqlite,
    /// On three nodes of RabbitMQ, in the full run.
    Cluster,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Process(processes::Act),
    Broker(broker::Act),
    Cluster(cluster::Act),
    Network(network::Act),
    Ledger(ledger::Act),
    Provider(provider::Act),
    Topology(topology::Act),
    Time(time::Act),
    Storm,
    Schedule,
}

/// What a fault needs besides its moment.
#[derive(Clone, Copy, Default)]
pub(super) struct Needs {
    /// Nothing may be on its way when it strikes, and the load comes after it.
    pub(super) rest: bool,
    /// All notifications are jobs that are due after this time.
    pub(super) due_together: Option<Duration>,
    /// Another load than the plan's: so many notifications, handed in over this time.
    pub(super) load: Option<(u64, Duration)>,
}

impl Fault {
    pub(super) fn needs(&self) -> Needs {
        match self.act {
            Act::Topology(act) => act.needs(),
            Act::Time(act) => act.needs(),
            Act::Storm => storm::needs(),
            _ => Needs::default(),
        }
    }

    /// Whether this machine can have it.
    pub(super) fn is_possible(&self, scene: &Scene) -> bool {
        match self.act {
            Act::Ledger(ledger::Act::FillDisk) => scene.disk.is_own(),
            Act::Storm => station::counts_memory(),
            _ => true,
        }
    }

    /// Before the load begins.
    ///
    /// # Errors
    /// When the fault cannot be made ready.
    pub(super) async fn prepare(&self, scene: &mut Scene) -> Result<()> {
        match self.act {
            Act::Process(act) => act.prepare(scene).await,
            Act::Storm => storm::prepare(scene).await,
            _ => Ok(()),
        }
    }

    /// In the middle of the load: strikes, and heals.
    ///
    /// # Errors
    /// When the fault did not happen as it should have, or could not be healed.
    pub(super) async fn strike(&self, scene: &mut Scene) -> Result<()> {
        match self.act {
            Act::Process(act) => act.strike(scene).await,
            Act::Broker(act) => act.strike(scene).await,
            Act::Cluster(act) => act.strike(scene).await,
            Act::Network(act) => act.strike(scene).await,
            Act::Ledger(act) => act.strike(scene).await,
            Act::Provider(act) => act.strike(scene).await,
            Act::Topology(act) => act.strike(scene).await,
            Act::Time(act) => act.strike(scene).await,
            Act::Storm => storm::strike(scene).await,
            Act::Schedule => schedule::strike(scene).await,
        }
    }

    pub(super) fn is_in(&self, short: bool, kind: Kind) -> bool {
        match self.scope {
            Scope::Short => kind == Kind::Postgres,
            Scope::Everywhere => kind == Kind::Postgres || !short && kind == Kind::Sqlite,
            Scope::Full => !short && kind == Kind::Postgres,
            Scope::Both => !short && kind != Kind::Cluster,
            Scope::Sqlite => !short && kind == Kind::Sqlite,
            Scope::Cluster => !short && kind == Kind::Cluster,
        }
    }
}

/// What takes its time.
fn long() -> Vec<Fault> {
    vec![
        fault(
            Scope::Full,
            "redelivery storm",
            Act::Storm,
            "10,000 messages, and five workers killed at random for 60 s",
        ),
        fault(
            Scope::Full,
            "published schedule",
            Act::Schedule,
            "500 for ever, with the real delays of 5, 30 and 120 s",
        ),
    ]
}

/// Every fault, in the order of the groups.
pub(super) fn all() -> Vec<Fault> {
    let groups = [
        processes::faults(),
        broker::faults(),
        cluster::faults(),
        network::faults(),
        ledger::faults(),
        provider::faults(),
        topology::faults(),
        time::faults(),
        long(),
    ];
    groups.into_iter().flatten().collect()
}

const fn fault(scope: Scope, name: &'static str, act: Act, says: &'static str) -> Fault {
    Fault { name, says, act, scope }
}
