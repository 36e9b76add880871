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
