//! Writes the event of what a person did with a message, or has written.

use bytes::Bytes;
use domain::{Event, Heard, Keyword, Reported, Timestamp};
use serde::Serialize;

use super::{CloudEvent, PublisherProperties, WrittenEvent, data, shown};

/// What a person has written or pressed. What there is none of is left out.
#[derive(Serialize)]
struct Written<'a> {
    id: &'a str,
    tenant: &'a str,
    channel: &'a str,
    provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    media: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    keyword: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replies_to: Option<&'a str>,
    #[serde(serialize_with = "shown")]
    received_at: Timestamp,
}

/// Writes the event. Of a delivery it has what every event of one has; of what a person wrote, the words: whoever asked
/// for them cannot get them anywhere else.
pub(crate) fn write_heard(heard: &Heard<'_>) -> WrittenEvent {
    let Heard { name, tenant, channel, report, received_at, .. } = *heard;
    let (id, kind) = (heard.id().to_string(), format!("chasqui.{channel}.{name}"));
    let time = report.at.unwrap_or(received_at);
    let body = match heard.row {
        Some(row) => {
            let event = Event { name, row, order: &row.order, inbox: None };
            json(heard, &id, &kind, time, data(&event, channel.as_str(), None))
        }
        None => json(heard, &id, &kind, time, written(heard)),
    };
    let routing_key = format!("{tenant}.{channel}.{name}");
    let publisher_properties = PublisherProperties::default().of_event(&kind, time);
    WrittenEvent { routing_key, body, publisher_properties, id }
}

fn json<D: Serialize>(heard: &Heard<'_>, id: &str, kind: &str, time: Timestamp, data: D) -> Bytes {
    let told = CloudEvent::new(id, kind, heard.subject(), time, heard.tenant.as_str(), data);
    Bytes::from(serde_json::to_vec(&told).unwrap_or_default())
}

fn written<'a>(heard: &Heard<'a>) -> Written<'a> {
    let report = heard.report;
    let nothing: &[String] = &[];
    let (text, media, payload, keyword) = match &report.said {
        Reported::Reply { text, media, keyword, .. } => (Some(text.as_str()), media.as_slice(), None, *keyword),
        Reported::Button { payload, .. } => (None, nothing, Some(payload.as_str()), None),
        _ => (None, nothing, None, None),
    };
    let keyword = keyword.map(|keyword| match keyword {
        Keyword::Stop => "stop",
        Keyword::Start => "start",
    });
    Written {
        id: &report.event_id,
        tenant: heard.tenant.as_str(),
        channel: heard.channel.as_str(),
        provider: report.provider,
        from: heard.from,
        to: report.recipient.as_deref(),
        text,
        media,
        keyword,
        payload,
        replies_to: report.provider_id.as_deref(),
        received_at: heard.received_at,
    }
}
