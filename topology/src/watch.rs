//! Watches what the fleet tells of its deliveries, for people: from now on, over a queue of its own.

use amqp::{Binding, Broker, Session, Watch};
use bytes::Bytes;
use domain::{ChannelName, Tenant};
use uuid::Uuid;

use crate::{Names, TopologyError};

/// How many events wait for whoever reads slowly; the oldest are lost first.
const MOST_WAITING: u32 = 10_000;

/// Which events are watched. An empty list stands for all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    pub tenants: Vec<Tenant>,
    pub channels: Vec<ChannelName>,
    /// Their names, which have no dot in them.
    pub events: Vec<String>,
}

/// Events as they are told.
pub struct EventWatch<'a> {
    watch: Watch,
    /// The queue is gone with its connection.
    _session: Session<'a>,
}

/// Begins to watch: what is told from now on is not missed.
///
/// # Errors
/// [`TopologyError`] when the broker cannot be asked, has no exchange for events, or refuses.
pub async fn watch_events<'a>(
    broker: &'a Broker,
    names: &Names,
    wanted: &Wanted,
) -> Result<EventWatch<'a>, TopologyError> {
    let exchange = names.events_exchange();
    let queue = format!("{exchange}.watch.{}", Uuid::now_v7());
    let bind = |routing_key| Binding { exchange: exchange.clone(), queue: queue.clone(), routing_key };
    let bindings: Vec<Binding> = wanted.patterns().into_iter().map(bind).collect();
    let mut session = Session::open(broker).await?;
    let watch = session.watch(&queue, &bindings, MOST_WAITING).await;
    let doing = format!("watching exchange '{exchange}'");
    let watch = watch.map_err(|refusal| TopologyError::of(refusal, broker, &doing))?;
    Ok(EventWatch { watch, _session: session })
}

impl EventWatch<'_> {
    /// The body of the next event. None when the connection is gone.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.watch.next().await
    }
}

impl Wanted {
    /// The keys with which the queue is bound.
    fn patterns(&self) -> Vec<String> {
        let tenants = or_any(self.tenants.iter().map(Tenant::as_str));
        let channels = or_any(self.channels.iter().map(ChannelName::as_str));
        let events = or_any(self.events.iter().map(String::as_str));
        let mut patterns = Vec::new();
        for tenant in &tenants {
            for channel in &channels {
                patterns.extend(events.iter().map(|event| format!("{tenant}.{channel}.{event}")));
            }
        }
        patterns
    }
}

fn or_any<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let words: Vec<_> = words.collect();
    if words.is_empty() { vec!["*"] } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_what_is_wanted_and_stands_for_the_rest() {
        assert_eq!(Wanted::default().patterns(), ["*.*.*"]);
        let wanted = Wanted {
            tenants: Vec::from(["acme"].map(|name| Tenant::parse(name).unwrap())),
            channels: Vec::from(["sms", "email"].map(|name| ChannelName::parse(name).unwrap())),
            events: Vec::from(["dead", "held"].map(str::to_owned)),
        };
        assert_eq!(wanted.patterns(), ["acme.sms.dead", "acme.sms.held", "acme.email.dead", "acme.email.held"]);
        let dead = Wanted { events: vec!["dead".to_owned()], ..Wanted::default() };
        assert_eq!(dead.patterns(), ["*.*.dead"]);
    }
}
