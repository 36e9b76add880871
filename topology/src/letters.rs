//! The letters of the dead-letter queue: reads them without removing any, and makes the publications by which they go on.

use std::panic::AssertUnwindSafe;

use amqp::types::{AMQPValue, FieldTable, ShortString};
use amqp::{BasicProperties, Broker, Held, Met, Walk, value};
use bytes::Bytes;
use domain::{
    DeadMark, Defaults, Headers, Key, Lane, Notification, RedirectTo, Tenant, Timestamp, fingerprint_of, parse_object,
    redirected_body, redirected_id,
};
use serde::{Deserialize, Serialize};

use crate::asking::named_tenant;
use crate::decode::contained;
use crate::envelope::{is_of_a_provider, is_of_no_call, kept_of, noted_tenant, of_a_publisher, read_headers};
use crate::owner::owner_of;
use crate::{Inbound, Names, Owner, Publication, PublisherProperties, To, Topology, TopologyError};

/// A walk through the dead-letter queue. Its letters are in the queue again when it is closed, but for those that were
/// acknowledged.
pub struct Letters<'a> {
    walk: Walk<'a>,
    broker: &'a Broker,
    names: &'a Names,
}

/// One message of the dead-letter queue.
#[derive(Clone, PartialEq, Debug)]
pub struct Letter {
    /// The name of this letter: the same whenever the queue is read, and another when the same delivery dies again.
    pub reference: String,
    /// As it came; empty when it has none.
    pub message_id: String,
    pub owner: Owner,
    /// The lane in which it died, and to which it is published again.
    pub lane: Lane,
    pub headers: Headers,
    pub body: Bytes,
    pub publisher_properties: PublisherProperties,
}

/// What is kept of a letter that is taken out of the queue, beside its body.
#[derive(Serialize, Deserialize)]
struct Kept {
    reference: String,
    message_id: String,
    lane: String,
    epoch: u32,
    released: bool,
    due: Option<i64>,
    parent: Option<String>,
    publisher: Option<String>,
    dead: Option<KeptMark>,
    properties: PublisherProperties,
}

#[derive(Serialize, Deserialize)]
struct KeptMark {
    reason: String,
    error: String,
    attempts: u32,
    at: i64,
}

impl<'a> Letters<'a> {
    /// # Errors
    /// [`TopologyError`] when the broker cannot be asked.
    pub async fn open(topology: &'a Topology) -> Result<Self, TopologyError> {
        let (broker, names) = (&topology.broker, &topology.names);
        Ok(Self { walk: Walk::open(broker, &names.dead_letter_queue()).await?, broker, names })
    }

    /// The next letters; none at the end of the queue.
    ///
    /// # Errors
    /// [`TopologyError`]: the queue was not read to its end.
    pub async fn next(&mut self) -> Result<Vec<(Letter, Held)>, TopologyError> {
        let met = self.walk.next().await.map_err(|refusal| self.error(refusal))?;
        let (names, fleet_user) = (self.names, self.broker.user_id());
        let letter = |Met { properties, body, held }| (Letter::new(&properties, body, names, fleet_user), held);
        Ok(met.into_iter().map(letter).collect())
    }

    /// Whether the broker has every acknowledgement of the letters that came last.
    ///
    /// # Errors
    /// [`TopologyError`]: some of these letters may come again.
    pub async fn settled(&self) -> Result<(), TopologyError> {
        self.walk.settled().await.map_err(|refusal| self.error(refusal))
    }

    /// Lets go of all letters that were not acknowledged.
    pub async fn close(self) {
        self.walk.close().await;
    }

    fn error(&self, refusal: amqp::Refusal) -> TopologyError {
        TopologyError::of(refusal, self.broker, "reading the dead-letter queue")
    }
}

impl Letter {
    fn new(properties: &BasicProperties, body: Bytes, names: &Names, fleet_user: Option<&str>) -> Self {
        let user = properties.user_id().as_ref().map(ShortString::as_str);
        let owner = owner_of(fleet_user, user, noted_tenant(properties));
        let headers = read_headers(properties, names);
        let is_the_fleets = fleet_user.is_none() || user == fleet_user;
        let headers = if is_the_fleets { headers } else { of_a_publisher(headers) };
        let died_in = properties.headers().as_ref().and_then(died_in);
        let call = is_the_fleets.then(|| Inbound::read(properties, body.clone())).flatten();
        let is_of_its_queue = died_in == Some(names.inbound_queue().as_str()) || is_of_no_call(properties);
        let died_in = died_in.and_then(|queue| names.lane_of_queue(queue));
        let message_id = properties.message_id().as_ref().map(ToString::to_string).unwrap_or_default();
        Self {
            reference: reference(&message_id, &owner, &headers, &body, properties),
            message_id,
            lane: headers.lane.filter(|_| headers.dead.is_some()).or(died_in).or(headers.lane).unwrap_or_default(),
            headers,
            body,
            publisher_properties: kept_of(properties, call.as_ref(), is_of_its_queue).with_owner(&owner),
            owner,
        }
    }

    /// Whether it has no id of a publisher. Then equal ones that died at the same moment have one name, and each of them
    /// is a message of its own.
    pub fn is_one_of_many(&self) -> bool {
        self.message_id.is_empty()
    }

    /// Whether it is from the queue of providers' calls, and is none, such as what a service has said of a command. It goes
    /// nowhere again: its token is on no copy of it, and it is no notification.
    pub fn is_of_no_call(&self) -> bool {
        self.publisher_properties.is_of_no_call()
    }

    /// The retry budgets that were used before the one in which it died: how often it was moved.
    pub fn epoch(&self) -> u32 {
        self.headers.epoch.unwrap_or(0)
    }

    /// What the body asks for, if it can be read.
    pub fn notification(&self, defaults: &Defaults) -> Option<Notification> {
        let decode = || Notification::decode(&self.body, defaults).ok();
        std::panic::catch_unwind(AssertUnwindSafe(decode)).unwrap_or_default()
    }

    /// Whose it is. One whose tenant nobody can tell belongs to the default tenant, whose operators run the fleet.
    pub fn tenant(&self, notification: Option<&Notification>) -> Tenant {
        match &self.owner {
            Owner::Tenant(tenant) => tenant.clone(),
            Owner::Body => match notification {
                Some(notification) => notification.tenant.clone(),
                None => self.named_tenant().unwrap_or_default(),
            },
            Owner::Nobody(_) => Tenant::default(),
        }
    }

    /// The tenant that a body names which is no notification: one that cannot be sent, or a request that the fleet takes itself.
    /// What a provider has said names none of ours.
    fn named_tenant(&self) -> Option<Tenant> {
        if is_of_a_provider(&self.publisher_properties) {
            return None;
        }
        contained(|| parse_object(&self.body)).ok().and_then(|body| named_tenant(&body))
    }

    /// The publication that gives its delivery a fresh budget. Its headers name the epoch in which it died, so any number
    /// of them, and a move of the letter itself, ask for one budget. A provider's call goes where it came from.
    pub fn replay(&self) -> Publication {
        if self.publisher_properties.is_call() {
            return self.publication(To::Inbound);
        }
        let publication = self.publication(To::Lane(self.lane));
        // The key leads to the lane. Without the header, a copy that somebody puts back into the dead-letter queue by hand
        // has another name than the letter that it was published for.
        let lane = if self.headers.lane.is_some() { None } else { Some(self.lane) };
        Publication { headers: Headers { lane, ..publication.headers.clone() }, ..publication }
    }

    /// The publication that puts it back into the dead-letter queue.
    pub fn restore(&self) -> Publication {
        self.publication(To::DeadLetter)
    }

    /// The publication by which it goes to the same recipient by another way, and whose letter it was. A letter that is
    /// redirected again, because a process died in between, gives the same delivery. None where it cannot be read, or has
    /// no mark of ours, or no id: equal ones would become one delivery.
    pub fn redirect(&self, to: &RedirectTo, defaults: &Defaults) -> Option<(Key, Publication)> {
        if self.is_one_of_many() {
            return None;
        }
        let notification = self.notification(defaults)?;
        let tenant = self.tenant(Some(&notification));
        let of = Key { tenant, id: self.message_id.clone() };
        let id = redirected_id(&of, &self.reference, to);
        // How long it is good for counts from its death: when it was first seen, the letter does not tell.
        let end = notification.expires_at(self.headers.dead.as_ref()?.at);
        let body = redirected_body(&self.body, &id, &notification.channel, to, end)?;
        let publication = Publication {
            to: To::Lane(self.lane),
            message_id: id,
            body: body.into(),
            headers: Headers { lane: Some(self.lane), publisher: self.headers.publisher.clone(), ..Headers::default() },
            publisher_properties: self.publisher_properties.clone(),
        };
        Some((of, publication))
    }

    fn publication(&self, to: To) -> Publication {
        let headers = Headers {
            attempt: None,
            seq: None,
            epoch: Some(self.epoch()),
            lane: Some(self.lane),
            // Without a mark of ours nothing else would say that it was dead.
            again: self.headers.dead.is_none(),
            broker_death: false,
            ..self.headers.clone()
        };
        Publication {
            to,
            message_id: self.message_id.clone(),
            body: self.body.clone(),
            headers,
            publisher_properties: self.publisher_properties.clone(),
        }
    }

    /// Everything but the body, to be stored.
    pub fn kept(&self) -> Vec<u8> {
        let Headers { released, due, parent, publisher, dead, .. } = self.headers.clone();
        let kept = Kept {
            reference: self.reference.clone(),
            message_id: self.message_id.clone(),
            lane: self.lane.as_str().to_owned(),
            epoch: self.epoch(),
            released,
            due: due.map(Timestamp::as_micros),
            parent,
            publisher,
            dead: dead.map(|DeadMark { reason, error, attempts, at }| {
                let at = at.as_micros();
                KeptMark { reason, error, attempts, at }
            }),
            properties: self.publisher_properties.clone(),
        };
        serde_json::to_vec(&kept).unwrap_or_default()
    }

    /// The letter of which this was stored. None for what [`Letter::kept`] has not written.
    pub fn of_kept(kept: &[u8], body: Vec<u8>) -> Option<Self> {
        let kept: Kept = serde_json::from_slice(kept).ok()?;
        let lane = Lane::parse(&kept.lane)?;
        let mark = |KeptMark { reason, error, attempts, at }| {
            let at = Timestamp::from_micros(at);
            DeadMark { reason, error, attempts, at }
        };
        let headers = Headers {
            epoch: Some(kept.epoch),
            lane: Some(lane),
            due: kept.due.map(Timestamp::from_micros),
            released: kept.released,
            parent: kept.parent,
            publisher: kept.publisher,
            dead: kept.dead.map(mark),
            ..Headers::default()
        };
        // Its properties say whose it is, and nothing else asks.
        let (owner, publisher_properties) = (Owner::Body, kept.properties);
        let (reference, message_id, body) = (kept.reference, kept.message_id, Bytes::from(body));
        Some(Self { reference, message_id, owner, lane, headers, body, publisher_properties })
    }
}

/// What the broker has written about its deaths is part of the name: a copy that was published for a letter, and that the
/// broker itself gives up then, has the same mark of ours and is another letter.
fn reference(message_id: &str, owner: &Owner, headers: &Headers, body: &[u8], properties: &BasicProperties) -> String {
    let died_at = headers.dead.as_ref().map_or(0, |mark| mark.at.as_micros());
    let deaths = properties.headers().as_ref().and_then(|table| table.inner().get("x-death"));
    let tenant = owner.noted().unwrap_or("\0");
    let Headers { epoch, lane, again, .. } = headers;
    let place = format!("{tenant}/{message_id}/{epoch:?}/{lane:?}/{again}/{died_at}/{deaths:?}");
    let name = fingerprint_of(body, place.as_bytes());
    name.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The queue from which the broker itself has dead-lettered a message.
fn died_in(table: &FieldTable) -> Option<&str> {
    let AMQPValue::FieldArray(deaths) = table.inner().get("x-death")? else { return None };
    let AMQPValue::FieldTable(latest) = deaths.as_slice().first()? else { return None };
    value::text(latest.inner().get("queue")?)
}

#[cfg(test)]
mod tests;
