//! What a message asks for, which delivery it is, and how it arrived.

use std::panic::AssertUnwindSafe;

use domain::{
    Arrival, Content, DecodeError, Defaults, FieldError, Key, Meant, Notification, Reason, Tenant, UnknownField,
    content_of, fingerprint_of, parse_object,
};

use crate::{Incoming, Owner};

/// The character that `amqp` writes for each byte that is not UTF-8.
const NOT_UTF_8: u32 = 0x1a;

impl Incoming {
    /// Reads the body, whose tenant is the owner's. Headers and properties that were not read are listed with the body's
    /// unknown fields. A body that makes the reader panic is refused, so that the queue is read on.
    ///
    /// # Errors
    /// [`DecodeError`]: the message can never be delivered as it is.
    pub fn decode(&self, defaults: &Defaults) -> Result<Notification, DecodeError> {
        self.check_properties()?;
        let mut notification = contained(|| self.owned(Notification::decode(&self.body, defaults)?))?;
        notification.unknown.extend(self.misread.iter().cloned());
        let id = self.id_of_the_body(&notification);
        notification.unknown.extend(id);
        Ok(notification)
    }

    /// Refuses properties with which no body is read.
    pub(crate) fn check_properties(&self) -> Result<(), DecodeError> {
        if let Some(encoding) = self.content_encoding.as_deref()
            && !matches!(
                encoding.to_ascii_lowercase().as_str(),
                "" | "identity" | "utf-8" | "utf8" | "us-ascii" | "ascii"
            )
        {
            return Err(refused(format!("the content_encoding is {encoding:?}; send plain JSON in UTF-8")));
        }
        // AMQP itself limits the id to 255 bytes.
        if let Some(bad) = self.message_id.as_deref().and_then(|id| id.chars().find(|&c| domain::acts(c))) {
            let latin_1 = if u32::from(bad) == NOT_UTF_8 { ", which stands for bytes that are not UTF-8" } else { "" };
            return Err(refused(format!("the message_id must not contain {}{latin_1}", domain::unseen(bad))));
        }
        Ok(())
    }

    /// An `id` in the body that is dropped because the `message_id` is another.
    fn id_of_the_body(&self, notification: &Notification) -> Option<UnknownField> {
        let (given, of_the_body) = self.message_id.as_deref().zip(notification.id.as_deref())?;
        let meant = Meant::Misread("differs from the property message_id, which is the id");
        (given != of_the_body).then(|| UnknownField { pointer: "/id".into(), meant })
    }

    fn owned(&self, mut notification: Notification) -> Result<Notification, DecodeError> {
        let tenant = match &self.owner {
            Owner::Body => return Ok(notification),
            Owner::Nobody(why) => return Err(refused(why.clone())),
            Owner::Tenant(tenant) => tenant,
        };
        if notification.tenant != *tenant {
            if notification.tenant != Tenant::default() || names_a_tenant(&self.body)? {
                let detail = format!(
                    "is another than {tenant}, the user_id of its publisher (AMQP_TENANT_FROM_USER_ID): leave it out, or \
                     publish as the RabbitMQ user of that tenant"
                );
                let fields = vec![FieldError { pointer: "/tenant".into(), detail }];
                return Err(DecodeError { reason: Reason::DecodeError, fields });
            }
            notification.tenant = tenant.clone();
        }
        Ok(notification)
    }

    /// The key by the AMQP `message_id`, else by the body's `id`. None for a message that came without any id.
    pub fn given_key(&self, notification: &Notification) -> Option<Key> {
        let id = self.message_id.clone().or_else(|| notification.id.clone())?;
        Some(Key { tenant: notification.tenant.clone(), id })
    }

    /// This copy of the delivery `key`, as a claim sees it.
    pub fn arrival(&self, key: Key) -> Arrival {
        Arrival::new(key, content_of(&self.body), &self.headers, self.redelivered)
    }

    /// The fingerprint by which a message without an id is recognised when it is delivered again.
    pub fn fingerprint(&self) -> Content {
        fingerprint_of(&self.body, &self.properties_fingerprint)
    }
}

/// Whether the body names a tenant at all: a body that names `default` differs from one that names none.
fn names_a_tenant(body: &[u8]) -> Result<bool, DecodeError> {
    let object = parse_object(body)?;
    Ok(object.get("tenant").and_then(serde_json::Value::as_str).is_some_and(|tenant| !tenant.is_empty()))
}

/// Reads what may make the reader panic: that refuses one message.
pub(crate) fn contained<T>(read: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    std::panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_panic| {
        Err(DecodeError { reason: Reason::InternalError, ..refused("reading it made the fleet panic".into()) })
    })
}

fn refused(detail: String) -> DecodeError {
    DecodeError { reason: Reason::DecodeError, fields: vec![FieldError { pointer: String::new(), detail }] }
}

#[cfg(test)]
mod tests {
    use amqp::{BasicProperties, Delivery, Settle};
    use bytes::Bytes;
    use domain::{DeadMark, Headers, Lane, PublishedBy, Timestamp};

    use super::*;
    use crate::envelope::of_a_publisher;
    use crate::{Names, Source};

    /// The tenant of a body that the user `acme` has published, or why it has none.
    fn tenant_of(body: &str, properties: BasicProperties, fleet_user: Option<&str>) -> Result<String, String> {
        let (settle, _settled) = Settle::reporting();
        let (source, names) = (Source::Lane(Lane::Normal), Names::of("notifications"));
        let body = Bytes::from(body.to_owned());
        let delivery = Delivery {
            exchange: Default::default(),
            routing_key: Default::default(),
            properties,
            body,
            redelivered: false,
            settle,
        };
        let incoming = Incoming::new(source, &names, fleet_user, delivery);
        let decoded = incoming.decode(&Defaults { channel: None });
        decoded.map(|notification| notification.tenant.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_body_may_name_no_other_tenant_than_that_of_its_publishers_user() {
        let body =
            |tenant: &str| format!(r#"{{{tenant}"channel":"sms","destination":"+12025550143","message":"Hola"}}"#);
        let acme = || BasicProperties::default().with_user_id("acme".into());
        let told = |tenant: &str, fleet_user| tenant_of(&body(tenant), acme(), fleet_user);
        for absent in ["", r#""tenant":null,"#, r#""tenant":"","#] {
            assert_eq!(told(absent, Some("fleet")).as_deref(), Ok("acme"), "{absent}");
            assert_eq!(told(absent, None).as_deref(), Ok("default"), "the setting is off: {absent}");
        }
        assert_eq!(told(r#""tenant":"acme","#, Some("fleet")).as_deref(), Ok("acme"));
        for another in ["globex", "default"] {
            let another = format!(r#""tenant":"{another}","#);
            let error = told(&another, Some("fleet")).unwrap_err();
            assert!(error.starts_with("/tenant is another than acme"), "{error}");
            assert!(told(&another, None).is_ok(), "the setting is off: {another}");
            assert!(told(&another, Some("acme")).is_ok(), "the fleet's own: {another}");
        }
        let error = tenant_of(&body(""), BasicProperties::default(), Some("fleet")).unwrap_err();
        assert!(error.contains("set the property user_id"), "{error}");
    }

    #[test]
    fn a_header_that_is_not_read_is_told_with_the_fields_that_are_not() {
        let header = amqp::types::AMQPValue::Boolean(true);
        let table = std::collections::BTreeMap::from([("notify-agian".into(), header)]);
        let properties = BasicProperties::default().with_headers(table.into());
        let (settle, _settled) = Settle::reporting();
        let body = Bytes::from(r#"{"channel":"sms","destination":"+12025550143","message":"Hola","order":7}"#);
        let delivery = Delivery {
            exchange: Default::default(),
            routing_key: Default::default(),
            properties,
            body,
            redelivered: false,
            settle,
        };
        let incoming = Incoming::new(Source::Lane(Lane::Normal), &Names::of("notifications"), None, delivery);
        let unknown = incoming.decode(&Defaults { channel: None }).unwrap().unknown;
        let pointers: Vec<_> = unknown.iter().map(|field| field.pointer.as_str()).collect();
        assert_eq!(pointers, ["/order", "header:notify-agian"]);
    }

    #[test]
    fn an_id_in_the_body_that_is_not_the_message_id_is_told() {
        let told = |message_id: Option<&str>| {
            let (settle, _settled) = Settle::reporting();
            let body = r#"{"channel":"sms","destination":"+12025550143","message":"Hola","id":"order-7"}"#;
            let properties = BasicProperties::default();
            let properties = message_id.map_or(properties.clone(), |id| properties.with_message_id(id.into()));
            let delivery = Delivery {
                exchange: Default::default(),
                routing_key: Default::default(),
                properties,
                body: Bytes::from(body),
                redelivered: false,
                settle,
            };
            let incoming = Incoming::new(Source::Lane(Lane::Normal), &Names::of("notifications"), None, delivery);
            let unknown = incoming.decode(&Defaults { channel: None }).unwrap().unknown;
            unknown.iter().map(|field| field.warning().to_string()).collect::<Vec<_>>()
        };
        let another = "/id was not read: it differs from the property message_id, which is the id";
        assert_eq!(told(Some("order-8")), [another]);
        assert_eq!(told(Some("order-7")), [""; 0]);
        assert_eq!(told(None), [""; 0]);
    }

    #[test]
    fn a_publisher_chooses_the_lane_and_may_ask_again_and_nothing_else_of_ours_is_believed() {
        let dead =
            DeadMark { reason: "permanent".into(), error: String::new(), attempts: 1, at: Timestamp::from_micros(0) };
        let forged = Headers {
            attempt: Some(1),
            epoch: Some(7),
            seq: Some(2),
            lane: Some(Lane::Bulk),
            due: Some(Timestamp::from_micros(0)),
            released: true,
            parent: Some("d-1".into()),
            publisher: Some("ada".into()),
            dead: Some(dead),
            broker_death: false,
            again: false,
        };
        let read = of_a_publisher(forged.clone());
        assert_eq!(read, Headers { lane: Some(Lane::Bulk), ..Headers::default() });
        assert_eq!(read.published_by(), PublishedBy::Publisher);
        let asks = of_a_publisher(Headers { again: true, ..forged.clone() });
        let lane = Some(Lane::Bulk);
        assert_eq!(asks, Headers { lane, again: true, epoch: Some(7), ..Headers::default() });
        let moved = of_a_publisher(Headers { broker_death: true, ..forged });
        assert_eq!(moved, Headers { lane, broker_death: true, ..Headers::default() });
    }

    #[test]
    fn a_panic_refuses_one_message_as_an_internal_error() {
        let error = contained::<()>(|| panic!("a body like no other")).unwrap_err();
        assert_eq!(error.reason, Reason::InternalError);
        assert!(!error.to_string().contains("a body like no other"), "a panic may quote the body");
        assert_eq!(contained(|| Ok(7)), Ok(7));
    }
}
