//! The broker restarts, dies, raises its alarms, and closes every connection.

use std::time::Duration;

use anyhow::Result;

use super::{AWAY, Fault, Needs, Scope, fault};
use crate::chaos::world::World;

/// The share of memory that RabbitMQ starts with.
const WATERMARK: &str = "0.4";
const DISK_LIMIT: &str = "50MB";
const ALARM: Duration = Duration::from_secs(8);

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Action {
    Restart,
    Kill,
    MemoryAlarm,
    DiskAlarm,
    CloseConnections,
}

impl Action {
    pub(super) fn needs(self) -> Needs {
        Needs { someone_leaves: matches!(self, Self::Restart), ..Needs::default() }
    }

    pub(super) async fn inject(self, world: &mut World) -> Result<()> {
        let broker = &mut world.broker;
        match self {
            Self::Restart => {
                broker.ctl(&["stop_app"]).await?;
                broker.ctl(&["start_app"]).await?;
            }
            Self::Kill => {
                broker.kill().await?;
                tokio::time::sleep(AWAY / 5).await;
                broker.start_again().await?;
            }
            Self::MemoryAlarm => {
                broker.ctl(&["set_vm_memory_high_watermark", "0.00000001"]).await?;
                tokio::time::sleep(ALARM).await;
                broker.ctl(&["set_vm_memory_high_watermark", WATERMARK]).await?;
            }
            Self::DiskAlarm => {
                broker.ctl(&["set_disk_free_limit", "100000GB"]).await?;
                tokio::time::sleep(ALARM).await;
                broker.ctl(&["set_disk_free_limit", DISK_LIMIT]).await?;
            }
            Self::CloseConnections => {
                broker.ctl(&["close_all_connections", "closed on purpose"]).await?;
            }
        }
        Ok(())
    }
}

pub(super) fn faults() -> Vec<Fault> {
    let broker = |scope, name, action, description| fault(scope, name, super::Action::Broker(action), description);
    vec![
        broker(Scope::Short, "broker restarted", Action::Restart, "stop_app and start_app"),
        broker(Scope::Everywhere, "broker killed", Action::Kill, "kill -9 of the node, and the same data again"),
        broker(Scope::Full, "memory alarm", Action::MemoryAlarm, "takes no publishes for 8 s"),
        broker(Scope::Full, "disk alarm", Action::DiskAlarm, "takes no publishes for 8 s"),
        broker(Scope::Full, "connections closed", Action::CloseConnections, "the broker closes every connection"),
    ]
}
