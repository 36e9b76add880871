//! Accepting notifications: what is published for each, where to, and what the broker said of it.

use domain::{Content, FieldError, Headers, Key, Lane, Timestamp};
use futures_util::future::join_all;
use store::{Store, StoreError};
use topology::{Publication, PublishError, Publisher, PublisherProperties, To};

use crate::checked::Checked;

/// The broker has it on disk: it will be delivered at least once, or end in the dead-letter queue with its reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// The delivery's id.
    pub id: String,
    pub status: Status,
    /// The queue that it went to, from its priority.
    pub lane: Lane,
    /// What of it was taken and has not the effect that its publisher may think.
    pub warnings: Vec<FieldError>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Accepted,
    /// Its `send_at` is ahead: the scheduler has it.
    Scheduled,
}

/// The broker has not confirmed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unconfirmed {
    /// The id to repeat it with.
    pub id: String,
    pub error: PublishError,
}

/// Returns when the broker has confirmed it. `publisher_name` is told with the message, as who published it.
///
/// # Errors
/// [`Unconfirmed`].
pub async fn accept(
    publisher: &Publisher,
    notification: Checked,
    publisher_name: &str,
    now: Timestamp,
) -> Result<Accepted, Unconfirmed> {
    let (accepted, publication) = planned(notification, publisher_name, now);
    match publisher.publish(publication).await {
        Ok(()) => Ok(accepted),
        Err(error) => Err(Unconfirmed { id: accepted.id, error }),
    }
}

/// All of a batch at once, each by itself: some may be confirmed and others not. The answers have the order of the
/// notifications.
pub async fn accept_all(
    publisher: &Publisher,
    notifications: Vec<Checked>,
    publisher_name: &str,
    now: Timestamp,
) -> Vec<Result<Accepted, Unconfirmed>> {
    let accepting = |notification| accept(publisher, notification, publisher_name, now);
    join_all(notifications.into_iter().map(accepting)).await
}

/// By the rule of the worker and the scheduler: another body, byte for byte. A row that remembers no body is none.
///
/// # Errors
/// [`StoreError`].
pub async fn is_known_with_another_body(store: &Store, key: &Key, content: &Content) -> Result<bool, StoreError> {
    let row = store.delivery(key).await?;
    let job = store.job(key).await?;
    let known = [row.and_then(|view| view.row.content), job.map(|job| job.content)];
    Ok(known.iter().flatten().any(|known| known != content))
}

impl Unconfirmed {
    /// What happened, as a sentence for whoever published it. The broker's own words are in the error.
    pub fn what_happened(&self) -> &'static str {
        match self.error {
            PublishError::Unroutable => "No queue is bound for it: the operator has to restore the binding.",
            PublishError::Refused => {
                "The broker refused it: its queue is full, or most of the broker's nodes are away."
            }
            PublishError::Unknown(_) => "No confirm came in time: it may or may not have been published.",
            PublishError::Unavailable(_) => "The broker is away or blocked: it was not published.",
            PublishError::TooLarge { .. } => "It is larger than the broker takes: it was not published.",
        }
    }
}

/// What is published, and what is answered once that is confirmed.
fn planned(notification: Checked, publisher_name: &str, now: Timestamp) -> (Accepted, Publication) {
    let Checked { key, notification, body, warnings, .. } = notification;
    let lane = notification.priority.lane();
    let is_ahead = notification.send_at.is_some_and(|send_at| send_at > now);
    let (status, to) = if is_ahead { (Status::Scheduled, To::Scheduled) } else { (Status::Accepted, To::Lane(lane)) };
    let publication = Publication {
        to,
        message_id: key.id.clone(),
        body,
        headers: Headers { lane: Some(lane), publisher: Some(publisher_name.to_owned()), ..Headers::default() },
        publisher_properties: PublisherProperties::default().with_content_type("application/json").with_timestamp(now),
    };
    (Accepted { id: key.id, status, lane, warnings }, publication)
}
