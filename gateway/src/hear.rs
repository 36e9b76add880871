//! Tells clients what the gateway hears. Whoever is not connected now has it in the inbox.

use std::sync::Arc;

use runtime::failpoint;
use tokio::sync::mpsc;
use topology::Told;

use crate::event::{ApplicationEvent, Event, INBOX, InboxEvent};
use crate::message::Message;
use crate::person::Person;
use crate::room::{Kind, Room};
use crate::shared::Shared;

/// Hears until the stream ends, which it does when the consumers drain.
pub(crate) async fn hear(shared: Arc<Shared>, mut source: mpsc::Receiver<Told>) {
    while let Some(told) = source.recv().await {
        match Event::read(&told) {
            Ok(Event::Inbox(event)) => {
                let shared = Arc::clone(&shared);
                let telling = shared.telling.clone();
                // An item may have to be read first: nobody else waits for that.
                telling.spawn(async move {
                    tell_of_inbox(&shared, &event).await;
                    told.settle.ack_in_passing();
                });
            }
            Ok(Event::Application(event)) => {
                tell_of_application(&shared, &event);
                told.settle.ack_in_passing();
            }
            Err(why) => {
                metrics::counter!("chasqui_gateway_events_total", "kind" => "unreadable").increment(1);
                tracing::warn!("an event for clients {why}: it was told to nobody");
                told.settle.ack_in_passing();
            }
        }
    }
}

/// Tells a person's clients what has happened to an item. The item is read once, and only for somebody.
async fn tell_of_inbox(shared: &Shared, event: &InboxEvent) {
    metrics::counter!("chasqui_gateway_events_total", "kind" => "inbox").increment(1);
    let Some(room) = Room::new(&event.tenant, Kind::User, &event.user) else { return };
    if !shared.clients.is_anybody_in(&room) {
        return;
    }
    failpoint("gateway.event_in_hand");
    let item = match &event.id {
        Some(id) => {
            let person = Person { tenant: event.tenant.clone(), user: event.user.clone() };
            (shared.inbox.item)(person, id.clone()).await.unwrap_or_else(|error| {
                tracing::debug!(%error, "an item could not be read: its event is told without it");
                None
            })
        }
        None => None,
    };
    let Some(message) = Message::new(INBOX, &event.data(item.as_deref())) else { return };
    failpoint("gateway.item_read");
    count(shared.clients.tell(&[room], &message, &shared.resync));
}

fn tell_of_application(shared: &Shared, event: &ApplicationEvent) {
    metrics::counter!("chasqui_gateway_events_total", "kind" => "application").increment(1);
    for route in shared.mapping.routes(&event.tenant, &event.key, &event.body) {
        if let Some(message) = Message::new(&route.named, &event.body) {
            count(shared.clients.tell(&route.rooms, &message, &shared.resync));
        }
    }
}

fn count(heard: usize) {
    metrics::counter!("chasqui_gateway_told_total").increment(heard as u64);
}
