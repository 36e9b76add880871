//! Publishes our messages: turns a [`Publication`] into an exchange, a routing key and properties.

mod meters;
mod refused;
mod traced;
mod until_confirmed;

use std::sync::Arc;
use std::time::Duration;

use amqp::{PublishError, PublisherSettings, PublisherState};
use bytes::Bytes;
use domain::{Event, Headers, Heard, InboxEvent, Lane, MAX_ID_BYTES, Notification, SubjectEvent};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::meters::Meters;
use crate::envelope::{WrittenEvent, write_event, write_heard, write_inbox, write_subject};
use crate::{Inbound, Names, PublisherProperties, Topology, properties};

pub use refused::RefusedTenants;
pub use until_confirmed::{ConfirmOutcome, GivenUp};

/// A handle to the publishing task. Clones share the task.
#[derive(Clone)]
pub struct Publisher {
    amqp: amqp::Publisher,
    names: Arc<Names>,
    meters: Arc<Meters>,
    /// Gets a copy of each publication, for tests of code that publishes.
    report: Option<mpsc::UnboundedSender<Publication>>,
}

/// One message to publish: persistent, mandatory (but for events and replies), confirmed.
#[derive(Clone, PartialEq, Debug)]
pub struct Publication {
    pub to: To,
    pub message_id: String,
    pub body: Bytes,
    pub headers: Headers,
    pub publisher_properties: PublisherProperties,
}

/// The destination of a publication. `Retry` and `DeadLetter` use the routing key of `headers.lane` (normal when
/// absent), so that the way back leads to that lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum To {
    Lane(Lane),
    /// The retry exchange of this tier, 1 to 3.
    Retry(u8),
    Scheduled,
    /// The queue of messages to topics.
    FanOut,
    /// The queue of what providers send to us.
    Inbound,
    /// The same after the shortest delay.
    InboundLater,
    DeadLetter,
    /// The events exchange, with this routing key; never mandatory.
    Event(String),
    /// The queue of this name, if there is one: by the default exchange, and never mandatory.
    Reply(String),
    /// The exchange of commands, for the service of this name.
    Command(String),
}

impl Publisher {
    /// Connects in the background, and connects again for ever. After `stop` the publisher accepts nothing new,
    /// finishes what it has, and closes the connection.
    pub fn start(topology: Topology, settings: PublisherSettings, stop: CancellationToken) -> Self {
        let publisher = amqp::Publisher::start(topology.connector(), settings, stop);
        Self::over(publisher, topology.names)
    }

    fn over(publisher: amqp::Publisher, names: Names) -> Self {
        Self { amqp: publisher, names: Arc::new(names), meters: Arc::default(), report: None }
    }

    /// A publisher without a broker, for tests of code that publishes: each publication is confirmed, and arrives at
    /// the receiver.
    pub fn reporting() -> (Self, mpsc::UnboundedReceiver<Publication>) {
        let (publisher, mut pending) =
            amqp::Publisher::answered_by_test(PublisherSettings::new(Duration::from_secs(5)));
        let (report, published) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(pending) = pending.recv().await {
                pending.answer(Ok(()));
            }
        });
        (Self { report: Some(report), ..Self::over(publisher, Names::of("notifications")) }, published)
    }

    /// Returns when the broker has confirmed the message. What several callers publish meanwhile shares a round; a lone
    /// publication is sent at once.
    ///
    /// # Errors
    /// [`PublishError`]: after all but `TooLarge` the publish may be repeated with the same message id.
    pub async fn publish(&self, mut publication: Publication) -> Result<(), PublishError> {
        let to = publication.to.as_str();
        let begun = Instant::now();
        let span = traced::begin(&mut publication, &self.names);
        if let Some(report) = &self.report {
            let _nobody_looks = report.send(publication.clone());
        }
        let result = match publication.into_amqp(&self.names) {
            Ok(publication) => self.amqp.publish(publication).await,
            Err(too_large) => Err(too_large),
        };
        self.meters.record(to, &result, begun.elapsed());
        traced::end(span, &result);
        result
    }

    /// Whether the publisher is connected and not blocked.
    pub fn is_ready(&self) -> bool {
        self.amqp.is_ready()
    }

    /// Waits until the publisher is ready; false when it has stopped instead.
    pub async fn until_ready(&self) -> bool {
        self.amqp.until_ready().await
    }

    pub fn watch(&self) -> watch::Receiver<PublisherState> {
        self.amqp.watch()
    }
}

impl Publication {
    /// An event for whoever has bound a queue for it. `publisher_properties` are those of the message that it is told
    /// of.
    pub fn of_event(
        event: &Event<'_>,
        notification: Option<&Notification>,
        publisher_properties: &PublisherProperties,
    ) -> Self {
        Self::told(write_event(event, notification, publisher_properties))
    }

    /// What a provider has sent to us, for whoever reads it.
    pub fn of_inbound(message_id: String, inbound: Inbound) -> Self {
        Self {
            to: To::Inbound,
            message_id,
            headers: Headers::default(),
            publisher_properties: inbound.properties(),
            body: inbound.body,
        }
    }

    /// The same once more, after the shortest delay. `rounds` says how often it has waited by then.
    pub fn of_inbound_later(message_id: String, inbound: Inbound, rounds: u32) -> Self {
        let headers = Headers { seq: Some(rounds), ..Headers::default() };
        Self { to: To::InboundLater, headers, ..Self::of_inbound(message_id, inbound) }
    }

    /// The event of what a person did, as a provider has reported it.
    pub fn of_heard(heard: &Heard<'_>) -> Self {
        Self::told(write_heard(heard))
    }

    /// The event of what is no delivery, such as an ask. `correlation_id` connects it with the request that has begun it.
    pub fn of_subject(event: &SubjectEvent, correlation_id: Option<&str>) -> Self {
        Self::told(write_subject(event, correlation_id))
    }

    /// The event of what a user has done with what is in the inbox.
    pub fn of_inbox(event: &InboxEvent<'_>) -> Self {
        Self::told(write_inbox(event))
    }

    fn told(written: WrittenEvent) -> Self {
        Self {
            to: To::Event(written.routing_key),
            message_id: written.id,
            body: written.body,
            headers: Headers::default(),
            publisher_properties: written.publisher_properties,
        }
    }

    /// A command, which the service of this name believes by the token.
    pub fn of_command(service: &str, id: String, body: Bytes, token: &str, correlation_id: Option<&str>) -> Self {
        let properties = PublisherProperties::default().with_content_type("application/json").with_token(token);
        Self {
            to: To::Command(service.to_owned()),
            message_id: id,
            body,
            headers: Headers::default(),
            publisher_properties: match correlation_id {
                Some(correlation_id) => properties.with_correlation(correlation_id),
                None => properties,
            },
        }
    }

    /// The same message for this queue.
    #[must_use]
    pub fn as_reply(&self, queue: &str) -> Self {
        Self { to: To::Reply(queue.to_owned()), ..self.clone() }
    }

    /// Makes the publication of the AMQP client, which checks the body and the routing key. The id is checked here,
    /// because it becomes one of the properties.
    fn into_amqp(self, names: &Names) -> Result<amqp::Publication, PublishError> {
        let Self { to, message_id, body, headers, publisher_properties } = self;
        if message_id.len() > MAX_ID_BYTES {
            return Err(PublishError::TooLarge { what: "message id", size: message_id.len(), limit: MAX_ID_BYTES });
        }
        let properties = properties(&message_id, &headers, &publisher_properties);
        let (mandatory, patient, kind) = (to.is_mandatory(), to.is_patient(), to.as_str());
        let (exchange, routing_key) = to.address(&headers, names);
        Ok(amqp::Publication { exchange, routing_key, mandatory, patient, properties, body, kind })
    }
}

impl To {
    /// The exchange and the routing key.
    fn address(&self, headers: &Headers, names: &Names) -> (String, String) {
        let lane_key = || names.lane_key(headers.lane.unwrap_or_default());
        match self {
            Self::Lane(lane) => (names.exchange.clone(), names.lane_key(*lane)),
            Self::Retry(tier) => (names.retry_exchange(*tier), lane_key()),
            Self::Scheduled => (names.exchange.clone(), names.scheduled_key()),
            Self::FanOut => (names.exchange.clone(), names.fanout_key()),
            Self::Inbound => (names.exchange.clone(), names.inbound_key()),
            Self::InboundLater => (names.retry_exchange(1), names.inbound_key()),
            Self::DeadLetter => (names.dead_letter_exchange(), lane_key()),
            Self::Event(key) => (names.events_exchange(), key.clone()),
            Self::Reply(queue) => (String::new(), queue.clone()),
            Self::Command(service) => (names.commands_exchange(), format!("commands.{service}")),
        }
    }

    const fn is_mandatory(&self) -> bool {
        !matches!(self, Self::Event(_) | Self::Reply(_))
    }

    /// Whether nobody waits for the message but an acknowledgement, which waits for its neighbours too.
    const fn is_patient(&self) -> bool {
        matches!(self, Self::Event(_))
    }

    const KINDS: [&str; 10] = [
        "lane",
        "retry",
        "scheduled",
        "fanout",
        "inbound",
        "inbound_later",
        "dead_letter",
        "event",
        "reply",
        "command",
    ];

    /// The destination in one word, for metrics: one of [`To::KINDS`].
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Lane(_) => "lane",
            Self::Retry(_) => "retry",
            Self::Scheduled => "scheduled",
            Self::FanOut => "fanout",
            Self::Inbound => "inbound",
            Self::InboundLater => "inbound_later",
            Self::DeadLetter => "dead_letter",
            Self::Event(_) => "event",
            Self::Reply(_) => "reply",
            Self::Command(_) => "command",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_body_that_the_fleet_would_read_is_too_large_to_publish() {
        assert_eq!(PublisherSettings::new(Duration::from_secs(5)).max_body_bytes, domain::MAX_BODY_BYTES);
    }

    #[test]
    fn an_address_is_exchange_and_key_and_only_what_is_told_may_go_nowhere() {
        let check = |to: To, exchange: &str, routing_key: &str| {
            let (mandatory, headers) = (!matches!(to, To::Event(_) | To::Reply(_)), Headers::default());
            let publication = Publication {
                to,
                message_id: "m".into(),
                body: Bytes::new(),
                headers,
                publisher_properties: PublisherProperties::default(),
            };
            let made = publication.into_amqp(&Names::of("notifications")).unwrap();
            assert_eq!((made.exchange.as_str(), made.routing_key.as_str()), (exchange, routing_key));
            assert_eq!(made.mandatory, mandatory);
        };
        check(To::Lane(Lane::Urgent), "notifications.exchange", "notifications.key.urgent");
        check(To::Retry(2), "notifications.exchange.retry.2", "notifications.key");
        check(To::Scheduled, "notifications.exchange", "notifications.key.scheduled");
        check(To::FanOut, "notifications.exchange", "notifications.key.fanout");
        check(To::Inbound, "notifications.exchange", "notifications.key.inbound");
        check(To::InboundLater, "notifications.exchange.retry.1", "notifications.key.inbound");
        check(To::DeadLetter, "notifications.exchange.dlx", "notifications.key");
        check(To::Event("default.email.sent".into()), "notifications.events", "default.email.sent");
        check(To::Reply("orders.replies".into()), "", "orders.replies");
        check(To::Command("trading".into()), "notifications.commands", "commands.trading");
    }
}
