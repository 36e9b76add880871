//! Accepts notifications: says what is published for each and where to, and what the broker said of it.

use domain::{Content, FieldError, Headers, Key, Lane, Timestamp};
use futures_util::future::join_all;
use store::{Store, StoreError};
use topology::{Publication, PublishError, Publisher, PublisherProperties, To, TraceHeaders};

use crate::checked::Checked;

/// A notification that the broker has on disk: it will be delivered at least once, or end in the dead-letter queue with
/// its reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// The delivery's id.
    pub id: String,
    pub status: Status,
    /// The lane to which the priority of the notification has sent it.
    pub lane: Lane,
    /// The fields of the notification that were taken without the effect that its publisher may expect of them.
    pub warnings: Vec<FieldError>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Accepted,
    /// The `send_at` of the notification is ahead, so the scheduler will release it.
    Scheduled,
}

/// A notification that the broker has not confirmed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unconfirmed {
    /// The id under which the publisher can repeat the notification.
    pub id: String,
    pub error: PublishError,
}

/// Publishes a notification, and returns when the broker has confirmed it. The message names `publisher_name` as its
/// publisher, and is in the trace of its request.
///
/// # Errors
/// [`Unconfirmed`].
pub async fn accept(
    publisher: &Publisher,
    notification: Checked,
    publisher_name: &str,
    trace: Option<&TraceHeaders>,
    now: Timestamp,
) -> Result<Accepted, Unconfirmed> {
    let (accepted, publication) = planned(notification, publisher_name, trace, now);
    match publisher.publish(publication).await {
        Ok(()) => Ok(accepted),
        Err(error) => Err(Unconfirmed { id: accepted.id, error }),
    }
}

/// Publishes the notifications of a batch side by side: some of them may be confirmed and others not. The answers have
/// the order of the notifications.
pub async fn accept_all(
    publisher: &Publisher,
    notifications: Vec<Checked>,
    publisher_name: &str,
    trace: Option<&TraceHeaders>,
    now: Timestamp,
) -> Vec<Result<Accepted, Unconfirmed>> {
    let accepting = |notification| accept(publisher, notification, publisher_name, trace, now);
    join_all(notifications.into_iter().map(accepting)).await
}

/// Whether the ledger knows the key with a body that differs in any byte: the worker and the scheduler go by the same
/// rule. A row that remembers no body counts as none.
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
    /// Says in a sentence for the publisher what happened. The broker's own words are in the error.
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

/// The answer to give for a notification that the broker has confirmed before.
pub(crate) fn accepted_before(notification: Checked, publisher_name: &str, now: Timestamp) -> Accepted {
    planned(notification, publisher_name, None, now).0
}

/// Returns the answer to give once the broker has confirmed the message, and that message.
fn planned(
    notification: Checked,
    publisher_name: &str,
    trace: Option<&TraceHeaders>,
    now: Timestamp,
) -> (Accepted, Publication) {
    let Checked { key, notification, body, warnings } = notification;
    let lane = notification.priority.lane();
    let is_ahead = notification.send_at.is_some_and(|send_at| send_at > now);
    let (status, to) = if is_ahead { (Status::Scheduled, To::Scheduled) } else { (Status::Accepted, To::Lane(lane)) };
    let own = PublisherProperties::default().with_content_type("application/json").with_timestamp(now);
    let publication = Publication {
        to,
        message_id: key.id.clone(),
        body,
        headers: Headers { lane: Some(lane), publisher: Some(publisher_name.to_owned()), ..Headers::default() },
        publisher_properties: match trace {
            Some(trace) => own.in_trace(trace.clone()),
            None => own,
        },
    };
    (Accepted { id: key.id, status, lane, warnings }, publication)
}
