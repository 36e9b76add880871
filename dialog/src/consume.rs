//! Takes events one by one: what follows from each is confirmed before it is acknowledged.

use std::sync::Arc;

use domain::Reason;
use intake::{DeadLettered, Role, Steps, TooOften};
use store::{Endpoint, StepError};
use tokio::sync::mpsc;
use topology::{ConfirmOutcome, Incoming};

use crate::callback;
use crate::disposition::Disposition;
use crate::event::{Event, Noted};
use crate::shared::Shared;

/// The dialog's log lines, metrics and failpoints for the handling of messages.
pub(crate) const ROLE: Role = Role {
    dead_lettered,
    taken_over: |_lane| {},
    steps: Steps { told: None, republished: None, letter_noted: None, before_ack: Some("dialog.published_before_ack") },
};

fn dead_lettered(letter: &DeadLettered<'_>) {
    let DeadLettered { reason, delivery, request, error, .. } = letter;
    let what = what_it_was(*request);
    tracing::warn!(%reason, id = %delivery, error, "{what} went to the dead-letter queue");
}

/// What was given up, for whoever reads the log: requests of our own by what they ask for.
fn what_it_was(request: Option<&str>) -> &'static str {
    match request {
        Some("/asks") => "a question",
        Some("/asks/answer") => "an answer to a question",
        Some("/asks/ended") => "the end of a question",
        Some("/commands") => "a command",
        Some("/commands/event") => "a service's report of a command",
        Some(_) => "a request of the fleet's own",
        None => "an event for endpoints, or a provider's call",
    }
}

/// Takes the events of the queue until its stream ends, which it does when the consumers drain.
pub(crate) async fn tell_endpoints(shared: Arc<Shared>, mut source: mpsc::Receiver<Incoming>) {
    while let Some(incoming) = source.recv().await {
        shared.events.spawn(tell_of_one(Arc::clone(&shared), incoming));
    }
}

async fn tell_of_one(shared: Arc<Shared>, incoming: Incoming) {
    told(&shared, &incoming).await.settle(&shared.intake, incoming).await;
}

async fn told(shared: &Shared, incoming: &Incoming) -> Disposition {
    if TooOften::of(incoming).is_some() {
        let error = format!("delivered {} times without being told to endpoints", incoming.delivery_count + 1);
        return Disposition::DeadLetter(Reason::RedeliveredTooOften, error);
    }
    let Some(event) = Event::read(&incoming.body) else {
        return Disposition::DeadLetter(Reason::DecodeError, "the body is no event that this version knows".into());
    };
    if let Some(gone) = event.has_gone() {
        return disable(shared, &event, &gone).await;
    }
    if event.is_of_a_webhook() {
        return Disposition::Acknowledge;
    }
    let endpoints = match shared.endpoints.of(&event.key.tenant, &shared.intake).await {
        Ok(endpoints) => endpoints,
        Err(trouble) => return trouble.into(),
    };
    let now = shared.intake.clock.now();
    for endpoint in endpoints.iter().filter(|endpoint| wants(endpoint, &event)) {
        match is_told_with_details(shared, &event, endpoint).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(trouble) => return trouble.into(),
        }
        let Some(publication) = callback::publication(&event, endpoint, &shared.keys, now) else {
            return Disposition::DeadLetter(Reason::InternalError, "the event is too large to be told on".into());
        };
        match shared.intake.publisher.publish_until_confirmed(publication, &shared.intake.stopping).await {
            ConfirmOutcome::Confirmed => count("told"),
            ConfirmOutcome::Interrupted => return Disposition::GiveBack,
            ConfirmOutcome::Impossible => {
                return Disposition::DeadLetter(Reason::InternalError, "the broker never takes its webhook".into());
            }
        }
    }
    Disposition::Acknowledge
}

/// Whether an endpoint is told of an event. Its list has events of deliveries alone: one with a list is told of nothing else.
fn wants(endpoint: &Endpoint, event: &Event) -> bool {
    event.name.map_or_else(|| endpoint.wants_all(), |name| endpoint.wants(name))
}

/// Whether this endpoint is told of the same event already, by a copy that says more than this one.
async fn is_told_with_details(shared: &Shared, event: &Event, endpoint: &Endpoint) -> Result<bool, StepError> {
    if event.has_details() {
        return Ok(false);
    }
    let delivery = callback::delivery_of(event, endpoint, true);
    let found = shared.intake.breaker.retry_until_taken(|| shared.intake.store.row(&delivery)).await?;
    Ok(found.is_some())
}

/// Disables an endpoint that wants no more. Whoever may publish can make a delivery that looks like one to an endpoint,
/// but has no mark of the fleet for it.
async fn disable(shared: &Shared, event: &Event, gone: &Noted<'_>) -> Disposition {
    if !shared.keys.has_marked(&event.delivery, gone.endpoint, gone.mark) {
        return Disposition::Acknowledge;
    }
    let endpoint = domain::Key { tenant: event.delivery.tenant.clone(), id: gone.endpoint.to_owned() };
    let disabling = || shared.intake.store.disable_endpoint(&endpoint, "gone: the receiver answered 410");
    match shared.intake.breaker.retry_until_taken(disabling).await {
        Ok(true) => {
            shared.endpoints.forget(&endpoint.tenant);
            count("disabled");
            tracing::warn!(%endpoint, "an endpoint answered 410 and is told nothing any more: POST \
                /endpoints/{{id}}/rotate lets it in again");
            Disposition::Acknowledge
        }
        Ok(false) => Disposition::Acknowledge,
        Err(trouble) => trouble.into(),
    }
}

fn count(what: &'static str) {
    metrics::counter!("chasqui_callbacks_total", "what" => what).increment(1);
}

#[cfg(test)]
mod tests {
    use super::what_it_was;

    #[test]
    fn a_dead_letter_is_called_what_it_is() {
        for (request, expected) in [
            (Some("/asks"), "a question"),
            (Some("/asks/answer"), "an answer to a question"),
            (Some("/commands"), "a command"),
            (Some("/new"), "a request of the fleet's own"),
            (None, "an event for endpoints, or a provider's call"),
        ] {
            assert_eq!(what_it_was(request), expected, "{request:?}");
        }
    }
}
