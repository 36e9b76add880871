//! Publishes what follows from a message in hand, and returns when the broker has it.

use bytes::Bytes;
use domain::{Defaults, Headers, Key, MAX_BODY_BYTES, Notification, Reason, SubjectEvent, Timestamp};
use serde_json::Value;
use topology::{ConfirmOutcome, Inbound, Publication, PublisherProperties, To};

use crate::disposition::Disposition;
use crate::shared::Shared;

/// Who has published it, as its row shows.
const PUBLISHER: &str = "dialog";
/// A body names its channel.
const DEFAULTS: Defaults = Defaults { channel: None };

/// # Errors
/// What follows where the broker has not taken it.
pub(crate) async fn publish(shared: &Shared, publication: Publication) -> Result<(), Disposition> {
    match shared.intake.publisher.publish_until_confirmed(publication, &shared.intake.stopping).await {
        ConfirmOutcome::Confirmed => Ok(()),
        ConfirmOutcome::Interrupted => Err(Disposition::GiveBack),
        ConfirmOutcome::Impossible => {
            Err(Disposition::DeadLetter(Reason::InternalError, "the broker never takes what follows from it".into()))
        }
    }
}

/// Publishes a request of our own, which some dialog then does.
///
/// # Errors
/// What follows where the broker has not taken it.
pub(crate) async fn request(shared: &Shared, id: String, target: &str, body: &Value) -> Result<(), Disposition> {
    let inbound = Inbound::own(target, body, shared.intake.clock.now());
    publish(shared, Publication::of_inbound(id, inbound)).await
}

/// Tells subscribers, and `reply_to` as well where it is an end.
///
/// # Errors
/// What follows where the stop came first.
pub(crate) async fn tell(
    shared: &Shared,
    event: &SubjectEvent,
    correlation_id: Option<&str>,
    reply_to: Option<&str>,
) -> Result<(), Disposition> {
    let told = shared.intake.told_of_subject(event, correlation_id, reply_to);
    if shared.intake.tell(told).await { Ok(()) } else { Err(Disposition::GiveBack) }
}

/// Publishes a delivery: to its lane, or to the scheduler where it is due later. Its body is always the same for the same
/// id.
///
/// # Errors
/// What follows where the broker has not taken it, or where no worker would read it.
pub(crate) async fn deliver(shared: &Shared, key: &Key, body: &Value) -> Result<(), Disposition> {
    let now = shared.intake.clock.now();
    let publication = publication_of(key, body, now).map_err(|why| {
        Disposition::DeadLetter(Reason::InternalError, format!("what follows from it is no notification: {why}"))
    })?;
    publish(shared, publication).await
}

fn publication_of(key: &Key, body: &Value, now: Timestamp) -> Result<Publication, String> {
    let body = body.to_string();
    if body.len() > MAX_BODY_BYTES {
        return Err("it is too large".into());
    }
    let notification = Notification::decode(body.as_bytes(), &DEFAULTS).map_err(|error| error.to_string())?;
    let lane = notification.priority.lane();
    let is_ahead = notification.send_at.is_some_and(|send_at| send_at > now);
    Ok(Publication {
        to: if is_ahead { To::Scheduled } else { To::Lane(lane) },
        message_id: key.id.clone(),
        body: Bytes::from(body),
        headers: Headers { lane: Some(lane), publisher: Some(PUBLISHER.to_owned()), ..Headers::default() },
        publisher_properties: PublisherProperties::default().with_content_type("application/json").with_timestamp(now),
    })
}
