//! What a gateway hears: the fleet's events of the inbox, and what applications tell of their own, over a queue of its own.

use std::sync::Arc;

use amqp::types::ShortString;
use amqp::{ConsumerSettings, Delivery, OwnQueue, Settle};
use bytes::Bytes;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::owner::owner_of;
use crate::{Consumers, Owner, Topology};

/// How many messages wait for a gateway that is behind; the oldest are lost first.
const MOST_WAITING: u32 = 10_000;
/// How many of them it has in hand at most.
const IN_HAND: u16 = 256;
/// The events of the inbox of every tenant.
const OF_THE_INBOX: &str = "*.inapp.*";

/// One message for whoever looks on.
#[derive(Debug)]
pub struct Told {
    /// Whether the fleet tells it, and not an application.
    pub by_the_fleet: bool,
    /// The routing key: what has happened.
    pub key: String,
    pub body: Bytes,
    /// Whose it is, where an application tells it.
    pub owner: Owner,
    pub settle: Settle,
}

/// Hears all of it, in the background, until the consumers drain. What is told while there is no connection is not heard.
pub fn hear_realtime(topology: &Topology) -> (Consumers, mpsc::Receiver<Told>) {
    let (names, fleet_user) = (topology.names.clone(), topology.broker.user_id().map(str::to_owned));
    let (events, applications) = (names.events_exchange(), names.realtime_exchange());
    let bound_to = vec![(events.clone(), OF_THE_INBOX.to_owned()), (applications.clone(), "#".to_owned())];
    let subscription = amqp::Subscription {
        name: "realtime",
        queue: format!("{applications}.gateway.{}", Uuid::now_v7()),
        own: Some(OwnQueue { bound_to, most: MOST_WAITING }),
        prefetch: IN_HAND,
        read: Arc::new(move |delivery| told(&events, fleet_user.as_deref(), delivery)),
    };
    let (consumers, mut receivers) =
        amqp::Consumers::start(topology.connector(), vec![subscription], ConsumerSettings::default());
    let receiver = receivers.pop().unwrap_or_else(|| mpsc::channel(1).1);
    (Consumers(consumers), receiver)
}

/// Whoever may write to the exchange of events speaks as the fleet: no application may.
fn told(events: &str, fleet_user: Option<&str>, delivery: Delivery) -> Told {
    let Delivery { exchange, routing_key, properties, body, settle, .. } = delivery;
    let user = properties.user_id().as_ref().map(ShortString::as_str);
    Told {
        by_the_fleet: exchange.as_str() == events,
        key: routing_key.as_str().to_owned(),
        body,
        owner: owner_of(fleet_user, user, None),
        settle,
    }
}

#[cfg(test)]
mod tests {
    use amqp::BasicProperties;
    use domain::Tenant;

    use super::*;

    #[test]
    fn only_what_comes_by_the_exchange_of_events_is_the_fleets_word() {
        for (exchange, user, by_the_fleet, owner) in [
            ("notifications.events", Some("fleet"), true, Owner::Body),
            ("notifications.realtime", Some("fleet"), false, Owner::Body),
            ("notifications.realtime", Some("acme"), false, Owner::Tenant(Tenant::parse("acme").unwrap())),
            ("", Some("acme"), false, Owner::Tenant(Tenant::parse("acme").unwrap())),
        ] {
            let (settle, _settled) = Settle::reporting();
            let properties =
                user.map_or_else(BasicProperties::default, |user| BasicProperties::default().with_user_id(user.into()));
            let delivery = Delivery {
                exchange: exchange.into(),
                routing_key: "acme.inapp.delivered".into(),
                properties,
                body: Bytes::new(),
                redelivered: false,
                settle,
            };
            let told = told("notifications.events", Some("fleet"), delivery);
            assert_eq!((told.by_the_fleet, told.owner), (by_the_fleet, owner), "{exchange} {user:?}");
            assert_eq!(told.key, "acme.inapp.delivered");
            told.settle.ack_in_passing();
        }
    }
}
