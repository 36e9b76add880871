//! Every fault: its name, what it is in one sentence, and what is done.

mod broker;
mod cluster;
mod inboxes;
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

use super::replica;
use super::world::{Kind, World};

/// How long a service is away in a fault that does not say otherwise.
const AWAY: Duration = Duration::from_secs(5);

pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) action: Action,
    pub(super) scope: Scope,
}

/// In which runs a fault has its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scope {
    /// The fault runs on Postgres, in the short selection too.
    Short,
    /// The fault runs as `Short` does, and in the full run on SQLite once more.
    Everywhere,
    /// The fault runs on Postgres, in the full run.
    Full,
    /// The fault runs on both databases, in the full run.
    Both,
    /// The fault runs on SQLite, in the full run.
    Sqlite,
    /// The fault runs on three nodes of RabbitMQ, in the full run.
    Cluster,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Process(processes::Action),
    Broker(broker::Action),
    Cluster(cluster::Action),
    Network(network::Action),
    Ledger(ledger::Action),
    Provider(provider::Action),
    Topology(topology::Action),
    Time(time::Action),
    Storm,
    Schedule,
}

/// What a fault needs besides its moment.
#[derive(Clone, Copy, Default)]
pub(super) struct Needs {
    /// Whether nothing may be on its way when the fault is injected, so that the load comes after it.
    pub(super) idle: bool,
    /// The time after which all notifications are due, as jobs.
    pub(super) due_together: Option<Duration>,
    /// Whether clocks are wrong meanwhile: a child that waits for a report would wait as much longer.
    pub(super) clocks_are_wrong: bool,
    /// Whether a user is disabled meanwhile. The ledger must be there, or what was ended may be served.
    pub(super) someone_leaves: bool,
    /// A load other than the plan's: so many notifications, handed in over this time.
    pub(super) load: Option<(u64, Duration)>,
}

impl Fault {
    pub(super) fn needs(&self) -> Needs {
        match self.action {
            Action::Process(action) => action.needs(),
            Action::Broker(action) => action.needs(),
            Action::Topology(action) => action.needs(),
            Action::Time(action) => action.needs(),
            Action::Storm => storm::needs(),
            _ => Needs::default(),
        }
    }

    /// Whether this machine can have the fault.
    pub(super) fn is_possible(&self, world: &World) -> bool {
        match self.action {
            Action::Ledger(ledger::Action::FillDisk) => world.disk.is_own(),
            Action::Storm => replica::counts_memory(),
            _ => true,
        }
    }

    /// Prepares the fault before the load begins.
    ///
    /// # Errors
    /// When the fault cannot be made ready.
    pub(super) async fn prepare(&self, world: &mut World) -> Result<()> {
        match self.action {
            Action::Process(action) => action.prepare(world).await,
            Action::Storm => storm::prepare(world).await,
            _ => Ok(()),
        }
    }

    /// Breaks something in the middle of the load, and mends it.
    ///
    /// # Errors
    /// When the fault did not happen as it should have, or could not be mended.
    pub(super) async fn inject(&self, world: &mut World) -> Result<()> {
        match self.action {
            Action::Process(action) => action.inject(world).await,
            Action::Broker(action) => action.inject(world).await,
            Action::Cluster(action) => action.inject(world).await,
            Action::Network(action) => action.inject(world).await,
            Action::Ledger(action) => action.inject(world).await,
            Action::Provider(action) => action.inject(world).await,
            Action::Topology(action) => action.inject(world).await,
            Action::Time(action) => action.inject(world).await,
            Action::Storm => storm::inject(world).await,
            Action::Schedule => schedule::inject(world).await,
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

/// The faults that take their time.
fn long() -> Vec<Fault> {
    vec![
        fault(
            Scope::Full,
            "redelivery storm",
            Action::Storm,
            "10,000 messages, and five workers killed at random for 60 s",
        ),
        fault(
            Scope::Full,
            "published schedule",
            Action::Schedule,
            "500 for ever, with the real delays of 5, 30 and 120 s",
        ),
    ]
}

/// Every fault, in the order of the groups.
pub(super) fn all() -> Vec<Fault> {
    let groups = [
        processes::faults(),
        inboxes::faults(),
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

const fn fault(scope: Scope, name: &'static str, action: Action, description: &'static str) -> Fault {
    Fault { name, description, action, scope }
}
