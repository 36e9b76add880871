//! Writes the event of what is no delivery, such as an ask, a command or a verification.

use bytes::Bytes;
use domain::SubjectEvent;
use serde_json::{Map, Value};

use super::{CloudEvent, PublisherProperties, WrittenEvent};

/// Writes the event. Its data has the id and the tenant of what it is about, and what is told of it; what there is none of is
/// left out.
pub(crate) fn write_subject(event: &SubjectEvent, correlation_id: Option<&str>) -> WrittenEvent {
    let SubjectEvent { noun, subject, name, id, at, data } = event;
    let (id, tenant) = (id.to_string(), subject.tenant.as_str());
    let kind = format!("chasqui.{noun}.{name}");
    let own = match correlation_id {
        Some(correlation_id) => PublisherProperties::default().with_correlation(correlation_id),
        None => PublisherProperties::default(),
    };
    let named =
        [("id", subject.id.as_str()), ("tenant", tenant)].map(|(name, text)| (name.to_owned(), Value::from(text)));
    let told = data.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone()));
    let data: Map<String, Value> = named.into_iter().chain(told).collect();
    let written =
        CloudEvent { correlationid: own.correlation(), ..CloudEvent::new(&id, &kind, &subject.id, *at, tenant, data) };
    let body = Bytes::from(serde_json::to_vec(&written).unwrap_or_default());
    let publisher_properties = own.of_event(&kind, *at);
    WrittenEvent { routing_key: format!("{tenant}.{noun}.{name}"), body, publisher_properties, id }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{Ask, AskKind, Key, Tenant, Timestamp};
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_says_what_it_is_about_and_leaves_out_what_there_is_none_of() {
        let at = Timestamp::from_seconds(1_772_366_400);
        let ask = Ask {
            key: Key { tenant: Tenant::parse("acme").unwrap(), id: "a.1".into() },
            kind: AskKind::Confirm,
            question: "Deploy?".into(),
            choices: Vec::new(),
            audience: vec!["ana".into()],
            names: Default::default(),
            quorum: 1,
            four_eyes: false,
            may_change: false,
            requested_by: None,
            correlation_id: None,
            reply_to: None,
            content: domain::RecipientHasher::new(b"secret").hash("ask"),
            version: 1,
            salt: [0; 16],
            key_id: "k".into(),
            attempts: 0,
            sends: 0,
            created_at: at,
            expires_at: at.plus(Duration::from_secs(60)),
            end: None,
        };
        let event = ask.cancelled("ben", at).unwrap().event;
        let written = write_subject(&event, Some("order-7"));
        assert_eq!(written.routing_key, "acme.ask.cancelled");
        let body: Value = serde_json::from_slice(&written.body).unwrap();
        assert_eq!((&body["type"], &body["subject"]), (&json!("chasqui.ask.cancelled"), &json!("a.1")));
        assert_eq!((&body["correlationid"], &body["id"]), (&json!("order-7"), &json!(written.id)));
        let data = json!({ "id": "a.1", "tenant": "acme", "kind": "confirm", "by": "ben", "version": 2 });
        assert_eq!(body["data"], data);
        assert_eq!(written.publisher_properties.correlation(), Some("order-7"));
        let alone: Value = serde_json::from_slice(&write_subject(&event, None).body).unwrap();
        assert_eq!(alone.get("correlationid"), None);
    }
}
