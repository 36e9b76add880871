//! The span of one publication, from the call until the broker's answer.

use amqp::PublishError;
use runtime::traces::{Span, are_on};

use super::{Publication, To};
use crate::Names;

/// Begins the span, which is nothing where no spans are made. What is published for the first time and is in no trace
/// begins one; anything else without a trace (an event of a message that has none) has nobody to be shown to.
pub(super) fn begin(publication: &mut Publication, names: &Names) -> Span {
    if !are_on() {
        return Span::default();
    }
    let trace = publication.publisher_properties.trace();
    if trace.is_none() && !matches!(publication.to, To::Lane(_) | To::Scheduled) {
        return Span::default();
    }
    let (exchange, routing_key) = publication.to.address(&publication.headers, names);
    // Neither a tenant, which the key of an event has in it, nor the queue of somebody may be part of a span's name.
    let place = if exchange.is_empty() { "replies" } else { exchange.as_str() };
    let span = Span::publishing(format!("publish {place}"), trace.as_ref());
    span.set("messaging.system", "rabbitmq");
    span.set("messaging.operation.name", "publish");
    span.set("messaging.operation.type", "send");
    span.set("messaging.message.id", publication.message_id.clone());
    if let Some(correlation) = publication.publisher_properties.correlation() {
        span.set("messaging.message.conversation_id", correlation.to_owned());
    }
    let destination = if exchange.is_empty() { routing_key.clone() } else { format!("{exchange}:{routing_key}") };
    span.set("messaging.destination.name", destination);
    span.set("messaging.rabbitmq.destination.routing_key", routing_key);
    if trace.is_none()
        && let Some(own) = span.headers()
    {
        publication.publisher_properties = std::mem::take(&mut publication.publisher_properties).in_trace(own);
    }
    span
}

/// Ends the span with what the broker has answered.
pub(super) fn end(span: Span, result: &Result<(), PublishError>) {
    if let Err(error) = result {
        span.fail(error.as_str());
    }
}
