//! Publishes the events of a message in hand, before it is settled: until the broker has confirmed them.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::{Event, EventName, Heard, SubjectEvent, Telling, Tenant};
use metrics::Counter;
use tokio_util::sync::CancellationToken;
use topology::{ConfirmOutcome, GivenUp, Publication, PublishError, Publisher, RefusedTenants};

/// How long an event is repeated that the broker refuses: a queue of some subscriber is full, or most of the nodes are
/// away, and nobody can tell the two apart.
const REFUSED_LIMIT: Duration = Duration::from_secs(60);
/// How often a reply is tried. Whoever waits for one waits no longer than that.
const REPLY_TRIES: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What a role tells of its messages, and what it has learned of who takes it.
pub struct Teller {
    telling: Telling,
    told: [OnceLock<Counter>; EventName::ALL.len()],
    /// The events of these tenants are tried once, until one is taken.
    refused: RefusedTenants,
    /// The broker does not let us write to the exchange of events.
    events_are_denied: AtomicBool,
    /// The broker does not let us write to the default exchange.
    replies_are_denied: AtomicBool,
}

/// One event that is to be published, and who is told it besides.
#[derive(Clone, Debug)]
pub struct Told {
    /// What has happened, in one word, and behind a dot where it is no delivery.
    name: Cow<'static, str>,
    tenant: Tenant,
    event: Publication,
    reply_to: Option<String>,
}

impl Told {
    pub(crate) fn new(event: &Event<'_>, publication: Publication, reply_to: Option<String>) -> Self {
        Self { name: event.name.as_str().into(), tenant: event.row.key.tenant.clone(), event: publication, reply_to }
    }

    pub(crate) fn of_heard(heard: &Heard<'_>, publication: Publication) -> Self {
        Self { name: heard.name.as_str().into(), tenant: heard.tenant.clone(), event: publication, reply_to: None }
    }

    pub(crate) fn of_subject(event: &SubjectEvent, publication: Publication, reply_to: Option<String>) -> Self {
        let name = format!("{}.{}", event.noun, event.name).into();
        Self { name, tenant: event.subject.tenant.clone(), event: publication, reply_to }
    }
}

impl Teller {
    pub fn new(telling: Telling) -> Self {
        Self {
            telling,
            told: Default::default(),
            refused: RefusedTenants::default(),
            events_are_denied: AtomicBool::new(false),
            replies_are_denied: AtomicBool::new(false),
        }
    }

    pub(crate) fn tells(&self, name: EventName) -> bool {
        self.telling.tells(name)
    }

    pub(crate) fn tells_of_subject(&self, event: &SubjectEvent) -> bool {
        self.telling.tells_of_subject(event)
    }

    /// Publishes one event, and then the reply. False when the stop came first.
    pub(crate) async fn tell(&self, one: Told, publisher: &Publisher, stop: &CancellationToken) -> bool {
        let Told { name, tenant, event, reply_to } = one;
        let reply = reply_to.filter(|_| !self.replies_are_denied.load(Ordering::Relaxed));
        let reply = reply.map(|queue| event.as_reply(&queue));
        if !self.publish(&name, &tenant, event, publisher, stop).await {
            return false;
        }
        if let Some(reply) = reply {
            self.answer(reply, publisher).await;
        }
        true
    }

    /// Publishes one event until the broker has it. One that it refuses for too long is given up: a subscriber whose queue
    /// is full must not hold up what everybody else waits for.
    async fn publish(
        &self,
        name: &str,
        tenant: &Tenant,
        event: Publication,
        publisher: &Publisher,
        stop: &CancellationToken,
    ) -> bool {
        // Each try would close the AMQP channel, with everything that is published over it.
        if self.events_are_denied.load(Ordering::Relaxed) {
            lost(name, "denied");
            return true;
        }
        let limit = if self.refused.contains(tenant) { Duration::ZERO } else { REFUSED_LIMIT };
        match publisher.publish_unless_refused(event, limit, stop).await {
            Ok(ConfirmOutcome::Interrupted) => return false,
            Ok(ConfirmOutcome::Confirmed) => {
                self.refused.note_taken(tenant);
                self.count(name);
            }
            Ok(ConfirmOutcome::Impossible) => lost(name, "too_large"),
            Err(GivenUp::Denied) => {
                lost(name, "denied");
                if !self.events_are_denied.swap(true, Ordering::Relaxed) {
                    tracing::error!(
                        "no event is told any more: the fleet's user may not write to the events exchange; grant \
                        it write there, or set EVENTS=off, and start this process again"
                    );
                }
            }
            Err(GivenUp::Refused) => {
                self.refused.note_refused(tenant);
                lost(name, "refused");
                tracing::error!(event = name, %tenant,
                    "an event was refused and is not told: a queue that is bound to the events exchange is full and \
                     refuses (x-overflow=reject-publish); let it be consumed, or let it drop its oldest messages");
            }
        }
        true
    }

    /// Publishes the reply a few times at most. The queue of whoever has gone away is no queue, which is no trouble.
    async fn answer(&self, reply: Publication, publisher: &Publisher) {
        let mut wait = FIRST_WAIT;
        for _ in 0..REPLY_TRIES {
            let Err(error) = publisher.publish(reply.clone()).await else { return };
            if publisher.is_denied(&reply.to, &error) {
                if !self.replies_are_denied.swap(true, Ordering::Relaxed) {
                    tracing::error!(
                        "no reply is told any more: the fleet's user may not write to the default exchange; \
                        grant it write on amq\\.default, and start this process again"
                    );
                }
                return;
            }
            if matches!(error, PublishError::TooLarge { .. } | PublishError::Refused) {
                return;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn count(&self, name: &str) {
        let counter = || metrics::counter!("chasqui_events_total", "event" => name.to_owned(), "result" => "told");
        match EventName::ALL.iter().position(|one| one.as_str() == name) {
            Some(at) => self.told[at].get_or_init(counter).increment(1),
            None => counter().increment(1),
        }
    }
}

fn lost(name: &str, result: &'static str) {
    metrics::counter!("chasqui_events_total", "event" => name.to_owned(), "result" => result).increment(1);
}
