//! What a gateway hears, read: an event of somebody's inbox, which the fleet tells, or one of an application.

use domain::Tenant;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use topology::{Owner, Told};

use crate::message::Cursor;
use crate::room::is_name;

/// What clients know every event of an inbox by.
pub(crate) const INBOX: &str = "inbox";
/// The most bytes of an event of an application: it goes to everybody who hears it.
const MAX_BYTES: usize = 64 * 1024;

/// Something to be told.
#[derive(Debug)]
pub(crate) enum Event {
    Inbox(InboxEvent),
    Application(ApplicationEvent),
}

/// What has happened to an item of an inbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct InboxEvent {
    pub(crate) tenant: Tenant,
    /// Such as `delivered` or `seen`.
    pub(crate) name: String,
    pub(crate) user: String,
    /// The item.
    pub(crate) id: Option<String>,
    pub(crate) cursor: Cursor,
    pub(crate) unread: i64,
    pub(crate) unseen: i64,
}

/// An application's own event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ApplicationEvent {
    pub(crate) tenant: Tenant,
    pub(crate) key: String,
    pub(crate) body: Map<String, Value>,
}

/// An event of an inbox as clients get it.
#[derive(Serialize)]
pub(crate) struct InboxData<'a> {
    event: &'a str,
    user: &'a str,
    epoch: i64,
    seq: i64,
    unread: i64,
    unseen: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// What `GET /inbox` shows of it. Absent where it could not be read: the client asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a RawValue>,
}

impl Event {
    /// # Errors
    /// Why it is told to nobody, in words that have nothing of the event in them.
    pub(crate) fn read(told: &Told) -> Result<Self, &'static str> {
        if told.by_the_fleet {
            let Value::Object(whole) = json(&told.body)? else { return Err("is no object") };
            return InboxEvent::read(&whole).map(Self::Inbox).ok_or("is no event of an inbox that this version knows");
        }
        if told.body.len() > MAX_BYTES {
            return Err("is larger than 64 KiB");
        }
        if !is_name(&told.key) {
            return Err("has a routing key that is no name");
        }
        let Value::Object(body) = json(&told.body)? else { return Err("is no JSON object") };
        let tenant = tenant_of(&told.owner, &body)?;
        Ok(Self::Application(ApplicationEvent { tenant, key: told.key.clone(), body }))
    }
}

fn json(body: &[u8]) -> Result<Value, &'static str> {
    serde_json::from_slice(body).map_err(|_| "is no JSON")
}

fn tenant_of(owner: &Owner, body: &Map<String, Value>) -> Result<Tenant, &'static str> {
    match (owner, body.get("tenant")) {
        (Owner::Tenant(tenant), _) => Ok(tenant.clone()),
        (Owner::Nobody(_), _) => Err("is of no known tenant: publish it as the RabbitMQ user of its tenant"),
        (Owner::Body, None | Some(Value::Null)) => Ok(Tenant::default()),
        (Owner::Body, Some(named)) => named.as_str().and_then(Tenant::parse).ok_or("has a tenant that is none"),
    }
}

impl InboxEvent {
    fn read(whole: &Map<String, Value>) -> Option<Self> {
        let name = whole.get("type")?.as_str()?.strip_prefix("chasqui.inapp.")?;
        let data = whole.get("data")?.as_object()?;
        let inbox = data.get("inbox")?.as_object()?;
        let number = |name: &str| inbox.get(name).and_then(Value::as_i64);
        Some(Self {
            tenant: Tenant::parse(whole.get("tenant")?.as_str()?)?,
            name: name.to_owned(),
            user: inbox.get("user")?.as_str()?.to_owned(),
            id: data.get("id").and_then(Value::as_str).map(str::to_owned),
            cursor: Cursor { epoch: number("epoch")?, seq: number("seq")? },
            unread: number("unread")?,
            unseen: number("unseen")?,
        })
    }

    pub(crate) fn data<'a>(&'a self, item: Option<&'a RawValue>) -> InboxData<'a> {
        InboxData {
            event: &self.name,
            user: &self.user,
            epoch: self.cursor.epoch,
            seq: self.cursor.seq,
            unread: self.unread,
            unseen: self.unseen,
            id: self.id.as_deref(),
            item,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use topology::Settle;

    use super::*;

    fn told(by_the_fleet: bool, key: &str, body: &[u8]) -> Told {
        told_of(by_the_fleet, key, body, Owner::Body)
    }

    fn told_of(by_the_fleet: bool, key: &str, body: &[u8], owner: Owner) -> Told {
        let (settle, _settled) = Settle::reporting();
        Told { by_the_fleet, key: key.to_owned(), body: body.to_vec().into(), owner, settle }
    }

    fn inbox() -> Value {
        json!({
            "type": "chasqui.inapp.delivered", "tenant": "acme", "data": {
                "id": "a-1", "inbox": { "user": "ana", "seq": 7, "epoch": 5, "unread": 3, "unseen": 2 },
            },
        })
    }

    #[test]
    fn an_event_of_an_inbox_is_told_with_its_counters_and_its_item_if_there_is_one() {
        let read = Event::read(&told(true, "acme.inapp.delivered", inbox().to_string().as_bytes())).unwrap();
        let Event::Inbox(event) = read else { panic!("{read:?}") };
        assert_eq!(event.tenant.as_str(), "acme");
        let data = serde_json::to_value(event.data(None)).unwrap();
        let expected = json!({
            "event": "delivered", "user": "ana", "epoch": 5, "seq": 7, "unread": 3, "unseen": 2, "id": "a-1",
        });
        assert_eq!(data, expected);
        let item = RawValue::from_string(r#"{"title":"Hola"}"#.into()).unwrap();
        let text = serde_json::to_string(&event.data(Some(&item))).unwrap();
        assert!(text.ends_with(r#""item":{"title":"Hola"}}"#), "{text}");
    }

    #[test]
    fn what_is_no_event_of_an_inbox_is_told_to_nobody() {
        let mut others = vec![json!(7), json!({}), json!({ "type": "chasqui.email.sent", "tenant": "acme" })];
        for name in ["user", "seq", "epoch", "unread"] {
            let mut event = inbox();
            event["data"]["inbox"].as_object_mut().unwrap().remove(name);
            others.push(event);
        }
        for other in others {
            assert!(Event::read(&told(true, "x", other.to_string().as_bytes())).is_err(), "{other}");
        }
        assert!(Event::read(&told(true, "x", b"{")).is_err());
    }

    #[test]
    fn an_event_of_an_application_is_of_the_tenant_that_its_user_or_its_body_names() {
        let body = json!({ "tenant": "acme", "solicitud_id": 7 }).to_string();
        for (owner, tenant) in [(Owner::Body, "acme"), (Owner::Tenant(Tenant::parse("globex").unwrap()), "globex")] {
            let read = Event::read(&told_of(false, "solicitud.creada", body.as_bytes(), owner)).unwrap();
            let Event::Application(event) = read else { panic!("{read:?}") };
            assert_eq!((event.tenant.as_str(), event.key.as_str()), (tenant, "solicitud.creada"));
        }
        for (key, body, owner) in [
            ("a.b", body.as_str(), Owner::Nobody("no user_id".into())),
            ("a.b", r#"{"tenant": "no tenant"}"#, Owner::Body),
            ("a.b", "[]", Owner::Body),
            ("a.b", "{", Owner::Body),
            ("a\nb", "{}", Owner::Body),
            ("", "{}", Owner::Body),
            ("a.b", &format!(r#"{{"x": "{}"}}"#, "x".repeat(MAX_BYTES)), Owner::Body),
        ] {
            assert!(Event::read(&told_of(false, key, body.as_bytes(), owner)).is_err(), "{key:?}");
        }
    }
}
