//! What goes into the inbox of a user, and where that stands once it is told.

use domain::{EventName, Follows, INAPP, InboxAddress, InboxCounters, InboxStanding, Notification, Rendered};
use media::inapp::{Extras, extras};
use serde_json::{Map, Value};
use store::{Post, StepError};

use crate::delivery::Delivery;
use crate::shared::Shared;

/// The item that is put into the inbox. None for a destination that is no user.
pub(crate) fn post(notification: &Notification, data: &Map<String, Value>, rendered: Rendered) -> Option<Post> {
    let Some(InboxAddress::User(user)) = InboxAddress::parse(&notification.destination) else { return None };
    let Extras { kind, action, data } = extras(data, notification.wording.template.as_deref());
    let escalation = notification.escalation().map(|escalation| escalation.when);
    Some(Post {
        user: user.to_owned(),
        kind,
        title: rendered.subject,
        body: rendered.text,
        data: (!data.is_empty()).then(|| Value::Object(data).to_string()),
        action: action.map(|action| Value::Object(action).to_string()),
        escalates: escalation.filter(|when| when.is_of_an_inbox()),
    })
}

/// Puts beside what is told of a message where the inbox stands that has it: as it was `known` when the message was put there,
/// or as it is now.
///
/// # Errors
/// The ledger does not say where it stands.
pub(crate) async fn beside<'a>(
    shared: &Shared,
    delivery: &'a Delivery,
    follows: Follows<'a>,
    known: Option<InboxCounters>,
) -> Result<Follows<'a>, StepError> {
    let notification = &delivery.notification;
    let is_told = follows.events.iter().any(|event| event.name == EventName::Delivered);
    if !is_told || notification.channel.as_str() != INAPP {
        return Ok(follows);
    }
    let Some(InboxAddress::User(user)) = InboxAddress::parse(&notification.destination) else { return Ok(follows) };
    let counters = match known {
        Some(counters) => counters,
        None => {
            let tenant = &delivery.arrival.key.tenant;
            let ask = || shared.intake.store.inbox_counters(tenant, user);
            // It is rare, and its future is large.
            Box::pin(shared.intake.breaker.retry_until_taken(ask)).await?
        }
    };
    Ok(follows.in_inbox(InboxStanding { user, counters }))
}
