//! Consumes messages from one lane as fast as places become free.

use std::sync::Arc;
use std::time::Duration;

use domain::{Cause, FollowUp, Intent, Lane, Notification};
use intake::{InHand, Named, TooOften};
use runtime::failpoint;
use tokio::sync::mpsc;
use topology::{Incoming, Source, Subscription};

use crate::asked::ask_or_refuse;
use crate::deliver::deliver;
use crate::delivery::Delivery;
use crate::give_up::give_up;
use crate::report;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::slots::share;

/// How often a message that waits for a place asks again whether its channel hangs.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// The same for a command that waits for one of those that commands may have: they are over within moments.
const LOOK_FOR_HALF: Duration = Duration::from_millis(10);
/// Quorum queues cap a consumer's prefetch here (RabbitMQ documentation, "Quorum Queues").
const LARGEST_PREFETCH: usize = 2000;

/// One consumer per lane. The prefetch is at most twice the lane's places, so that messages of a working channel are seen
/// behind those of a channel that hangs, and messages that wait to be acknowledged together leave no place idle.
pub(crate) fn subscriptions(settings: &Settings) -> Vec<Subscription> {
    Lane::ALL
        .into_iter()
        .map(|lane| {
            let places = share(settings.concurrency, lane);
            let prefetch = (2 * places).min(LARGEST_PREFETCH);
            Subscription { source: Source::Lane(lane), prefetch: u16::try_from(prefetch).unwrap_or(u16::MAX) }
        })
        .collect()
}

/// Handles the messages of a lane until the lane's stream ends, which it does when the consumers drain.
pub(crate) async fn consume_lane(shared: Arc<Shared>, mut lane: mpsc::Receiver<Incoming>) {
    while let Some(incoming) = lane.recv().await {
        failpoint("worker.received");
        if let Some(too_often) = TooOften::of(&incoming) {
            shared.deliveries.spawn(give_up(Arc::clone(&shared), too_often, incoming));
            continue;
        }
        match shared.intake.decode(&incoming) {
            Ok(notification) => admit(&shared, notification, incoming).await,
            Err(error) => {
                shared.deliveries.spawn(ask_or_refuse(Arc::clone(&shared), error, incoming));
            }
        }
    }
}

/// Waits for a place, or puts the message aside when its channel hangs and has half of the places already.
async fn admit(shared: &Arc<Shared>, notification: Notification, incoming: Incoming) {
    let channel = notification.channel.clone();
    let acquire = shared.slots.acquire(incoming.lane, &channel, incoming.body.len());
    tokio::pin!(acquire);
    let slot = loop {
        if shared.slots.is_over_its_half(incoming.lane, &channel) {
            shared.deliveries.spawn(put_aside(Arc::clone(shared), Arc::new(notification), incoming));
            return;
        }
        if shared.slots.has_its_half(incoming.lane, &channel) {
            tokio::time::sleep(LOOK_FOR_HALF).await;
            continue;
        }
        tokio::select! {
            biased;
            slot = &mut acquire => break slot,
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    };
    let delivering = deliver(Arc::clone(shared), Arc::new(notification), incoming, Intent::Send, Some(slot));
    shared.deliveries.spawn(Box::pin(delivering));
}

/// Parks the message under its id and without a row. Two kinds of message meet their row first: one without an id,
/// which is found again by its row if the acknowledgement is lost; and one that asks for a new budget and was delivered
/// before, because its row may have given the budget already.
async fn put_aside(shared: Arc<Shared>, notification: Arc<Notification>, incoming: Incoming) {
    report::stalled(&notification.channel);
    if let Some(key) = incoming.given_key(&notification) {
        let named = Named::given(key);
        let delivery = Delivery::new(&named, Arc::clone(&notification), &incoming);
        if let Some(publish) = incoming.received().park_unmet(&delivery.arrival) {
            let in_hand = InHand::new(&shared.intake);
            in_hand.name(named);
            report::unsent(&delivery, Cause::Parked);
            return in_hand.carry_out(FollowUp::Publish(Box::new(publish)).into(), incoming).await;
        }
    }
    deliver(shared, notification, incoming, Intent::PutAside, None).await;
}
