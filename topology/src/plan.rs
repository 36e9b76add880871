//! What must exist on the broker, as data. The plan is printed for people, declared, and compared with the broker.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use amqp::{Argument, Binding, Exchange, Kind};
use domain::Lane;

use crate::{Names, QueueType};

/// Exchanges, queues and bindings, in the order in which they are declared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    pub exchanges: Vec<Exchange>,
    pub queues: Vec<Queue>,
    pub bindings: Vec<Binding>,
}

/// A durable queue, which is not exclusive and not deleted automatically.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Queue {
    pub name: String,
    pub arguments: BTreeMap<String, Argument>,
    /// The tier of a retry queue, 1 to 3; none for other queues.
    pub retry_tier: Option<u8>,
}

/// A limit that no message reaches. An absent limit means 20 on 4.x and none on 3.10; `-1` deletes at the first requeue
/// on 3.10 (measured).
const NO_DELIVERY_LIMIT: i64 = 2_147_483_647;
const DELIVERY_LIMIT: i64 = 20;

impl Plan {
    /// The plan of a fleet. `retry_delays` are the time-to-live of the retry queues, first to third, in whole
    /// milliseconds.
    pub fn new(names: &Names, queue_type: QueueType, retry_delays: [Duration; 3]) -> Self {
        let mut plan = Self { exchanges: Vec::new(), queues: Vec::new(), bindings: Vec::new() };
        plan.exchange(&names.exchange, Kind::Direct);
        for tier in Names::TIERS {
            plan.exchange(&names.retry_exchange(tier), Kind::Fanout);
        }
        plan.exchange(&names.dead_letter_exchange(), Kind::Fanout);
        plan.exchange(&names.events_exchange(), Kind::Topic);
        // Each service binds a queue of its own.
        plan.exchange(&names.commands_exchange(), Kind::Topic);
        // Each gateway binds a queue of its own.
        plan.exchange(&names.realtime_exchange(), Kind::Topic);

        for lane in [Lane::Normal, Lane::Urgent, Lane::Bulk] {
            plan.queue(&names.lane_queue(lane), lane_arguments(names, queue_type), None);
            plan.bind(&names.exchange, &names.lane_queue(lane), &names.lane_key(lane));
        }
        plan.queue(&names.scheduled_queue(), lane_arguments(names, queue_type), None);
        plan.bind(&names.exchange, &names.scheduled_queue(), &names.scheduled_key());
        plan.queue(&names.inbound_queue(), lane_arguments(names, queue_type), None);
        plan.bind(&names.exchange, &names.inbound_queue(), &names.inbound_key());
        plan.queue(&names.fanout_queue(), lane_arguments(names, queue_type), None);
        plan.bind(&names.exchange, &names.fanout_queue(), &names.fanout_key());
        // Bound by the role that consumes it, while there are endpoints.
        plan.queue(&names.callbacks_queue(), lane_arguments(names, queue_type), None);
        for (tier, delay) in Names::TIERS.into_iter().zip(retry_delays) {
            plan.queue(&names.retry_queue(tier), retry_arguments(names, queue_type, delay), Some(tier));
            plan.bind(&names.retry_exchange(tier), &names.retry_queue(tier), "");
        }
        plan.queue(&names.dead_letter_queue(), dead_letter_arguments(queue_type), None);
        plan.bind(&names.dead_letter_exchange(), &names.dead_letter_queue(), "");
        plan
    }

    fn exchange(&mut self, name: &str, kind: Kind) {
        self.exchanges.push(Exchange { name: name.to_owned(), kind });
    }

    fn queue(&mut self, name: &str, arguments: BTreeMap<String, Argument>, retry_tier: Option<u8>) {
        self.queues.push(Queue { name: name.to_owned(), arguments, retry_tier });
    }

    fn bind(&mut self, exchange: &str, queue: &str, routing_key: &str) {
        self.bindings.push(Binding {
            exchange: exchange.to_owned(),
            queue: queue.to_owned(),
            routing_key: routing_key.to_owned(),
        });
    }
}

fn lane_arguments(names: &Names, queue_type: QueueType) -> BTreeMap<String, Argument> {
    let mut arguments = dead_lettering_to(&names.dead_letter_exchange(), queue_type);
    if queue_type == QueueType::Quorum {
        arguments.insert("x-delivery-limit".into(), Argument::Number(DELIVERY_LIMIT));
    }
    arguments
}

/// The arguments of a retry queue. It dead-letters to the main exchange without a fixed key, so that a message keeps
/// the lane's key that it was published with.
fn retry_arguments(names: &Names, queue_type: QueueType, delay: Duration) -> BTreeMap<String, Argument> {
    let mut arguments = dead_lettering_to(&names.exchange, queue_type);
    let milliseconds = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
    arguments.insert("x-message-ttl".into(), Argument::Number(milliseconds));
    arguments
}

fn dead_letter_arguments(queue_type: QueueType) -> BTreeMap<String, Argument> {
    match queue_type {
        QueueType::Quorum => BTreeMap::from([
            ("x-queue-type".into(), Argument::Text("quorum".into())),
            ("x-delivery-limit".into(), Argument::Number(NO_DELIVERY_LIMIT)),
        ]),
        QueueType::Classic => BTreeMap::new(),
    }
}

fn dead_lettering_to(exchange: &str, queue_type: QueueType) -> BTreeMap<String, Argument> {
    let text = |text: &str| Argument::Text(text.to_owned());
    let mut arguments = BTreeMap::from([("x-dead-letter-exchange".to_owned(), text(exchange))]);
    if queue_type == QueueType::Quorum {
        arguments.insert("x-queue-type".into(), text("quorum"));
        arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
        arguments.insert("x-overflow".into(), text("reject-publish"));
    }
    arguments
}

/// Prints the tables of `docs/topology.md`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| exchange | kind |\n|---|---|")?;
        for exchange in &self.exchanges {
            writeln!(f, "| `{}` | {}, durable |", exchange.name, exchange.kind.as_str())?;
        }
        writeln!(f, "\n| queue | bound to | with key | arguments |\n|---|---|---|---|")?;
        for queue in &self.queues {
            let bound = self.bindings.iter().filter(|binding| binding.queue == queue.name);
            let (exchanges, keys): (Vec<_>, Vec<_>) =
                bound.map(|binding| (code(&binding.exchange), code(&binding.routing_key))).unzip();
            let arguments: Vec<_> = queue.arguments.iter().map(|(name, value)| format!("`{name}={value}`")).collect();
            let name = code(&queue.name);
            writeln!(f, "| {name} | {} | {} | {} |", exchanges.join(", "), keys.join(", "), arguments.join(" "))?;
        }
        Ok(())
    }
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAYS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];

    #[test]
    fn the_page_about_the_topology_shows_the_default_plan() {
        let plan = Plan::new(&Names::of("notifications"), QueueType::Quorum, DELAYS).to_string();
        let page = include_str!("../../docs/topology.md");
        assert!(page.contains(&plan), "docs/topology.md must hold these tables:\n{plan}");
    }

    #[test]
    fn delays_are_decimal_seconds() {
        let plan =
            Plan::new(&Names::of("notifications"), QueueType::Classic, [0.3, 0.6, 0.0015].map(Duration::from_secs_f64));
        let delays = plan.queues.iter().filter_map(|queue| queue.arguments.get("x-message-ttl"));
        assert_eq!(delays.cloned().collect::<Vec<_>>(), [300, 600, 1].map(Argument::Number));
    }

    #[test]
    fn three_stems_name_everything() {
        let names = Names { exchange: "a.x".into(), queue: "b.q".into(), routing_key: "c.k".into() };
        let plan = Plan::new(&names, QueueType::Quorum, DELAYS);
        assert!(plan.exchanges.iter().all(|exchange| exchange.name.starts_with("a.x")));
        assert!(plan.queues.iter().all(|queue| queue.name.starts_with("b.q")));
        assert!(
            plan.bindings
                .iter()
                .all(|binding| binding.routing_key.is_empty() || binding.routing_key.starts_with("c.k"))
        );
        assert_eq!(names.lane_of_queue("b.q.bulk"), Some(Lane::Bulk));
        assert_eq!(names.lane_of_queue("b.q.retry.1"), None);
    }
}
