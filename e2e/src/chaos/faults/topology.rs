//! Somebody deletes a piece of the topology at run time.

use anyhow::Result;
use embedded::VHOST;
use reqwest::Method;
use serde_json::json;

use super::{AWAY, Fault, Needs, Scope, fault};
use crate::chaos::world::{World, refusal};

const BINDING: &str = "bindings/e/notifications.exchange/q/notifications.queue";
const KEY: &str = "notifications.key";

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Action {
    /// An exchange is deleted: what is published meanwhile is returned, until the fleet has declared the exchange
    /// again.
    Exchange(&'static str),
    /// The binding of a lane. The fleet says what to do, and an operator does it.
    Binding,
    /// An exchange that is used only when sends fail is deleted while they do.
    ExchangeWhileFailing(&'static str),
    /// A queue is deleted only while it is empty, because its messages would be lost with it.
    EmptyQueue(&'static str),
}

impl Action {
    pub(super) fn needs(self) -> Needs {
        Needs { idle: matches!(self, Self::EmptyQueue(_)), ..Needs::default() }
    }

    pub(super) async fn inject(self, world: &World) -> Result<()> {
        match self {
            Self::Exchange(path) | Self::EmptyQueue(path) => delete(world, path).await,
            Self::Binding => {
                delete(world, &format!("{BINDING}/{KEY}")).await?;
                tokio::time::sleep(AWAY).await;
                bind_again(world).await
            }
            Self::ExchangeWhileFailing(path) => {
                world.provider.answer_sometimes(1, refusal(500, None));
                let deleted = delete(world, path).await;
                tokio::time::sleep(AWAY).await;
                world.reset_provider();
                deleted
            }
        }
    }
}

/// Binds the lane again, as `chasqui topology apply` does.
async fn bind_again(world: &World) -> Result<()> {
    let (kind, name) = BINDING.split_once('/').unwrap_or_default();
    let binding = json!({"routing_key": KEY, "arguments": {}});
    world.manage(Method::POST, &format!("{kind}/{VHOST}/{name}"), Some(binding)).await.map(drop)
}

async fn delete(world: &World, path: &str) -> Result<()> {
    let (kind, name) = path.split_once('/').unwrap_or_default();
    world.manage(Method::DELETE, &format!("{kind}/{VHOST}/{name}"), None).await.map(drop)
}

pub(super) fn faults() -> Vec<Fault> {
    let topology = |name, action, description| fault(Scope::Full, name, super::Action::Topology(action), description);
    vec![
        topology(
            "exchange deleted",
            Action::Exchange("exchanges/notifications.exchange"),
            "the one that everything is published to",
        ),
        topology("binding deleted", Action::Binding, "the one of the normal lane, restored by an operator after 5 s"),
        topology(
            "retry exchange deleted",
            Action::ExchangeWhileFailing("exchanges/notifications.exchange.retry.1"),
            "while every send fails",
        ),
        topology(
            "dead-letter exchange deleted",
            Action::ExchangeWhileFailing("exchanges/notifications.exchange.dlx"),
            "while every send fails",
        ),
        topology(
            "lane deleted",
            Action::EmptyQueue("queues/notifications.queue"),
            "an empty queue, just before a load",
        ),
        topology(
            "scheduled queue deleted",
            Action::EmptyQueue("queues/notifications.queue.scheduled"),
            "an empty queue, just before a load",
        ),
        topology(
            "retry queue deleted",
            Action::EmptyQueue("queues/notifications.queue.retry.1"),
            "an empty queue, just before a load",
        ),
    ]
}
