//! The spans of a delivery: one for each copy in hand, and within it one for what a provider is asked. They name no
//! recipient, and say nothing of what is sent.

use std::time::Duration;

use channels::Enabled;
use domain::{Clock, Lane, Notification, Outcome, Row, Transition};
use runtime::traces::{Span, are_on};
use topology::{Incoming, Names};

/// Tail samplers have decided about a trace by then, so that what comes later would be a trace without its beginning.
const LATE: Duration = Duration::from_secs(3600);

/// What the spans of each lane are called, in the order of [`Lane::ALL`].
pub(crate) struct Spans([Place; Lane::ALL.len()]);

struct Place {
    /// The name of the span of a copy.
    name: String,
    /// Exchange, routing key and queue.
    destination: String,
    routing_key: String,
}

impl Spans {
    pub(crate) fn of(names: &Names) -> Self {
        Self(Lane::ALL.map(|lane| {
            let (queue, routing_key) = (names.lane_queue(lane), names.lane_key(lane));
            let destination = format!("{}:{routing_key}:{queue}", names.exchange);
            Place { name: format!("process {queue}"), destination, routing_key }
        }))
    }

    /// Begins the span of a copy. What is published for a copy that is in no trace is in this one from now on.
    pub(crate) fn begin(&self, incoming: &mut Incoming, notification: &Notification, clock: &dyn Clock) -> Span {
        let at = Lane::ALL.iter().position(|lane| *lane == incoming.lane);
        let Some(place) = at.map(|at| &self.0[at]).filter(|_| are_on()) else { return Span::default() };
        let trace = incoming.publisher_properties.trace();
        let is_late = incoming.timestamp.is_some_and(|published| clock.now().since(published) > LATE);
        let span = Span::processing(place.name.clone(), trace.as_ref(), is_late);
        span.set("messaging.system", "rabbitmq");
        span.set("messaging.operation.name", "process");
        span.set("messaging.operation.type", "process");
        span.set("messaging.destination.name", place.destination.clone());
        span.set("messaging.rabbitmq.destination.routing_key", place.routing_key.clone());
        if let Some(id) = &incoming.message_id {
            span.set("messaging.message.id", id.clone());
        }
        if let Some(correlation) = incoming.publisher_properties.correlation() {
            span.set("messaging.message.conversation_id", correlation.to_owned());
        }
        span.set("chasqui.lane", incoming.lane.as_str());
        span.set("chasqui.channel", notification.channel.to_string());
        if trace.is_none()
            && let Some(own) = span.headers()
        {
            incoming.publisher_properties = std::mem::take(&mut incoming.publisher_properties).in_trace(own);
        }
        span
    }
}

/// Begins the span of what this provider is asked.
pub(crate) fn ask(within: &Span, channel: &Enabled, row: &Row) -> Span {
    if !are_on() {
        return Span::default();
    }
    let span = within.request(format!("send {}", channel.provider()));
    span.set("chasqui.channel", channel.name());
    span.set("chasqui.provider", channel.provider());
    span.set("chasqui.epoch", i64::from(row.epoch));
    span.set("chasqui.attempt", i64::from(row.attempt.saturating_add(1)));
    span
}

/// Ends it with what came of it.
pub(crate) fn answered(asked: Span, outcome: &Outcome) {
    let (kind, failure) = match outcome {
        Outcome::Throttled { failure, .. } => ("throttled", failure),
        Outcome::Retriable { failure, maybe_sent: true, .. } => ("maybe_sent", failure),
        Outcome::Retriable { failure, .. } => ("retriable", failure),
        Outcome::Permanent { reason, failure } => (reason.as_str(), failure),
        Outcome::Ambiguous { failure } => ("ambiguous", failure),
        Outcome::Sent { .. }
        | Outcome::Captured
        | Outcome::Posted
        | Outcome::FannedOut
        | Outcome::Deferred { .. }
        | Outcome::PutAside
        | Outcome::Parked { .. }
        | Outcome::Paused { .. }
        | Outcome::Suppressed { .. }
        | Outcome::Expired
        | Outcome::GivenBack => return,
    };
    asked.fail(kind);
    if are_on()
        && let Some(code) = &failure.code
    {
        asked.set("chasqui.code", code.clone());
    }
}

/// Says on the span of a copy what was decided of it.
pub(crate) fn decided(span: &Span, transition: &Transition) {
    let row = &transition.row;
    span.set("chasqui.state", row.state.as_str());
    if let Some(attempt) = &transition.attempt {
        span.fail(attempt.outcome.as_str());
    }
}
