//! Nodes of a cluster of three die, or hang.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use embedded::{PrivateBroker, VHOST};
use reqwest::Method;

use super::{AWAY, Fault, Scope, fault};
use crate::chaos::replica::signal;
use crate::chaos::world::{LOOK_EVERY, World};

/// How long a node hangs: longer than it takes to notice that by heartbeats.
const HANGS: Duration = Duration::from_secs(40);
/// How long there is no majority: long enough for a confirm to be missed.
const WITHOUT_MAJORITY: Duration = Duration::from_secs(12);
/// The statistics show a connection some seconds late.
const LOOKS: u32 = 100;

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Action {
    KillLeaders,
    KillWorkers,
    KillMajority,
    HangWorkers,
}

impl Action {
    pub(super) async fn inject(self, world: &mut World) -> Result<()> {
        match self {
            Self::KillLeaders => {
                let node = world.node_of_a_worker().await?;
                let led = (node + 1) % 3;
                make_leader(world, led).await?;
                kill_for_a_while(world, led).await
            }
            Self::KillWorkers => {
                let node = world.node_of_a_worker().await?;
                kill_for_a_while(world, node).await
            }
            Self::KillMajority => {
                for node in &mut world.others {
                    node.kill().await?;
                }
                tokio::time::sleep(WITHOUT_MAJORITY).await;
                let [second, third] = &mut world.others[..] else { bail!("three nodes") };
                let (second, third) = tokio::join!(second.start_again(), third.start_again());
                second.and(third)
            }
            Self::HangWorkers => {
                let node = world.node_of_a_worker().await?;
                make_leader(world, node).await?;
                let pid = world.node(node).os_pid();
                signal(pid, "STOP").await?;
                tokio::time::sleep(HANGS).await;
                signal(pid, "CONT").await
            }
        }
    }
}

async fn kill_for_a_while(world: &mut World, node: usize) -> Result<()> {
    let node = world.node_mut(node);
    node.kill().await?;
    tokio::time::sleep(AWAY).await;
    node.start_again().await
}

/// Makes a node the leader of every quorum queue.
async fn make_leader(world: &World, node: usize) -> Result<()> {
    let name = world.node(node).node();
    let queues = format!("rabbit_amqqueue:list(<<\"{VHOST}\">>)");
    let transfer = format!("[catch rabbit_quorum_queue:transfer_leadership(Q, '{name}') || Q <- {queues}].");
    world.broker.ctl(&["eval", &transfer]).await.map(drop)
}

impl World {
    fn node(&self, at: usize) -> &PrivateBroker {
        if at == 0 { &self.broker } else { &self.others[at - 1] }
    }

    fn node_mut(&mut self, at: usize) -> &mut PrivateBroker {
        if at == 0 { &mut self.broker } else { &mut self.others[at - 1] }
    }

    /// Finds the node that a worker consumes from.
    async fn node_of_a_worker(&self) -> Result<usize> {
        for _ in 0..LOOKS {
            let connections = self.manage(Method::GET, "connections", None).await?;
            let of_a_worker = connections.as_array().into_iter().flatten().find(|connection| {
                let name = connection["client_properties"]["connection_name"].as_str().unwrap_or_default();
                name.contains("worker consume")
            });
            if let Some(name) = of_a_worker.and_then(|connection| connection["node"].as_str()) {
                let at = (0..3).find(|&at| self.node(at).node() == name);
                return at.with_context(|| format!("no node {name}"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("the management API shows no connection of a worker")
    }
}

pub(super) fn faults() -> Vec<Fault> {
    let cluster = |name, action, description| fault(Scope::Cluster, name, super::Action::Cluster(action), description);
    vec![
        cluster("leaders' node killed", Action::KillLeaders, "the one that leads every queue, away for 5 s"),
        cluster("worker's node killed", Action::KillWorkers, "the one that a worker consumes from, away for 5 s"),
        cluster("majority killed", Action::KillMajority, "two of three at once: nothing can be confirmed for 12 s"),
        cluster(
            "node hangs",
            Action::HangWorkers,
            "SIGSTOP for 40 s, of the one that a worker consumes from and that leads",
        ),
    ]
}
