//! One message from a queue of ours, with what its envelope says.

use amqp::types::ShortString;
use amqp::{Delivery, Settle, delivery_count};
use bytes::Bytes;
use domain::{Headers, Lane, Timestamp, UnknownField};
use secrecy::SecretString;

use crate::envelope::{
    fingerprint_of_properties, kept_of, misread, noted_tenant, of_a_publisher, read_headers, sent_at, token_of,
};
use crate::owner::owner_of;
use crate::reply::reply_queue;
use crate::{Inbound, Names, Owner, PublisherProperties, Source};

/// One message, with everything that is known about its delivery.
#[derive(Debug)]
pub struct Incoming {
    pub source: Source,
    /// The lane of the queue that the message was consumed from. For a queue of no lane it is that of `notify-lane`, or
    /// normal.
    pub lane: Lane,
    /// 1 to 255 bytes.
    pub message_id: Option<String>,
    pub body: Bytes,
    /// Our headers. When the publisher's tenant is told from its user, these are only the headers that a publisher may
    /// set.
    pub headers: Headers,
    /// Headers that look like ours, and properties, that were not read.
    pub misread: Vec<UnknownField>,
    pub publisher_properties: PublisherProperties,
    /// What a provider has sent, where the message is from that queue and can be read.
    pub inbound: Option<Inbound>,
    /// By which a service shows that the message is its own, where it is from the same queue.
    pub token: Option<SecretString>,
    /// The queue that is told how the delivery ends, if its publisher has named one that may be.
    pub reply_to: Option<String>,
    pub owner: Owner,
    /// Canonical bytes of the properties that the publisher chose, for `domain::fingerprint_of`. Empty when the message
    /// has a `message_id`, because nobody needs a fingerprint then.
    pub properties_fingerprint: Vec<u8>,
    /// The AMQP `timestamp`.
    pub timestamp: Option<Timestamp>,
    pub content_encoding: Option<String>,
    pub redelivered: bool,
    /// The `x-delivery-count`: how often the message was delivered before. 0 when the broker does not count, and on the
    /// first delivery, when such a header is the publisher's.
    pub delivery_count: u32,
    pub settle: Settle,
}

impl Incoming {
    /// The message as it has come from the broker; also for tests of code that consumes, with [`Settle::reporting`].
    /// `fleet_user` is our own user where tenants are told from the `user_id`: [`amqp::Broker::user_id`].
    pub fn new(source: Source, names: &Names, fleet_user: Option<&str>, delivery: Delivery) -> Self {
        let Delivery { properties, body, redelivered, settle, .. } = delivery;
        let properties = &properties;
        let user = properties.user_id().as_ref().map(ShortString::as_str);
        let owner = owner_of(fleet_user, user, noted_tenant(properties));
        let is_the_fleets = fleet_user.is_none() || user == fleet_user;
        let headers = read_headers(properties, names);
        let headers = if is_the_fleets { headers } else { of_a_publisher(headers) };
        let message_id =
            properties.message_id().as_ref().map(ShortString::to_string).filter(|message_id| !message_id.is_empty());
        // Whoever is not of the fleet has nobody's word for it that a provider has sent it.
        let is_believed = source == Source::Inbound && is_the_fleets;
        let inbound = is_believed.then(|| Inbound::read(properties, body.clone())).flatten();
        let kept = kept_of(properties, inbound.as_ref(), source == Source::Inbound);
        Self {
            source,
            lane: match source {
                Source::Lane(lane) => lane,
                Source::Scheduled | Source::FanOut | Source::Callbacks | Source::Inbound => {
                    headers.lane.unwrap_or_default()
                }
            },
            properties_fingerprint: if message_id.is_none() {
                fingerprint_of_properties(properties)
            } else {
                Vec::new()
            },
            message_id,
            body,
            headers,
            misread: misread(properties),
            publisher_properties: kept.with_owner(&owner),
            inbound,
            token: (source == Source::Inbound).then(|| token_of(properties)).flatten(),
            reply_to: reply_queue(properties.reply_to().as_ref().map(ShortString::as_str), names, &owner),
            owner,
            timestamp: sent_at(properties),
            content_encoding: properties.content_encoding().as_ref().map(ShortString::to_string),
            redelivered,
            delivery_count: delivery_count(properties, redelivered),
            settle,
        }
    }
}
