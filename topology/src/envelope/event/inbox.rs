//! Writes where an inbox stands, and the event of what its user has done with what is in it. Neither says what that is.

use bytes::Bytes;
use domain::{INAPP, InboxCounters, InboxEvent, InboxStanding};
use serde::Serialize;

use super::{CloudEvent, PublisherProperties, WrittenEvent};

/// Where the inbox of a user stands.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Inbox<'a> {
    user: &'a str,
    seq: i64,
    epoch: i64,
    unread: i64,
    unseen: i64,
}

impl<'a> From<InboxStanding<'a>> for Inbox<'a> {
    fn from(standing: InboxStanding<'a>) -> Self {
        let InboxCounters { seq, epoch, unread, unseen } = standing.counters;
        Self { user: standing.user, seq, epoch, unread, unseen }
    }
}

/// The item, or the newest of several.
#[derive(Serialize)]
struct Changed<'a> {
    id: &'a str,
    tenant: &'a str,
    channel: &'static str,
    inbox: Inbox<'a>,
}

pub(crate) fn write_inbox(event: &InboxEvent<'_>) -> WrittenEvent {
    let (id, tenant) = (event.id().to_string(), event.item.tenant.as_str());
    let kind = format!("chasqui.{INAPP}.{}", event.name);
    let data = Changed { id: &event.item.id, tenant, channel: INAPP, inbox: event.standing.into() };
    let told = CloudEvent::new(&id, &kind, &event.item.id, event.at, tenant, data);
    let body = Bytes::from(serde_json::to_vec(&told).unwrap_or_default());
    let routing_key = format!("{tenant}.{INAPP}.{}", event.name);
    let publisher_properties = PublisherProperties::default().of_event(&kind, event.at);
    WrittenEvent { routing_key, body, publisher_properties, id }
}

#[cfg(test)]
mod tests {
    use domain::EventName;
    use serde_json::{Value, json};
    use testkit::{NOW, key_of};

    use super::*;

    #[test]
    fn what_a_user_has_done_is_told_with_where_the_inbox_stands_and_without_what_is_in_it() {
        let item = key_of("acme", "d-1");
        let counters = InboxCounters { seq: 7, epoch: 3, unread: 1, unseen: 0 };
        let event = InboxEvent {
            name: EventName::Read,
            item: &item,
            standing: InboxStanding { user: "ana", counters },
            at: NOW,
        };
        let written = write_inbox(&event);
        assert_eq!(written.routing_key, "acme.inapp.read");
        let told: Value = serde_json::from_slice(&written.body).unwrap();
        assert_eq!((&told["id"], &told["type"]), (&json!(written.id), &json!("chasqui.inapp.read")));
        let inbox = json!({ "user": "ana", "seq": 7, "epoch": 3, "unread": 1, "unseen": 0 });
        assert_eq!(told["data"], json!({ "id": "d-1", "tenant": "acme", "channel": "inapp", "inbox": inbox }));
        let again = write_inbox(&event);
        assert_eq!(again.id, written.id, "a repeat is the same event");
    }
}
