//! Where messages are that nobody reads: in a queue that a slip in a name has made, or moved to a retry queue by hand.

use std::fmt;

use amqp::{Binding, Found, FoundQueue, Kind};

use crate::Plan;

/// A queue beside those of the plan that nobody reads, and to which no exchange leads or one of the plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unplanned {
    pub name: String,
    /// How many messages wait in it. `None` when the broker does not count them.
    pub messages: Option<u64>,
    /// The exchange of the plan from which it gets a copy of what the plan's queue gets.
    pub copies_of: Option<String>,
}

/// Which queues are not in the plan, have no consumer, and either get copies of the plan's messages, or have a name like
/// those of the plan and no binding to an exchange. The queues of another fleet all have a binding to exchanges of its
/// own, and whoever takes messages elsewhere reads them. Without any I/O.
pub(crate) fn unplanned(plan: &Plan, found: &Found) -> Vec<Unplanned> {
    let planned: Vec<&str> = plan.queues.iter().map(|queue| queue.name.as_str()).collect();
    // The first queue is the normal lane, whose name is the stem of all others.
    let stem = planned.first().copied().unwrap_or_default();
    let family = stem.rfind('.').map_or_else(|| format!("{stem}."), |dot| stem[..=dot].to_owned());
    let is_like_ours =
        |name: &str| name.starts_with(&family) || domain::nearest(name, planned.iter().copied()).is_some();
    // A queue that one connection has to itself is that of a process that knows of it.
    let is_read = |queue: &FoundQueue| queue.consumers.unwrap_or(0) > 0 || queue.exclusive;
    let is_left = |name: &str, queue: &FoundQueue| !is_read(queue) && !planned.contains(&name);
    let left = found.queues.iter().filter(|&(name, queue)| is_left(name, queue)).filter_map(|(name, queue)| {
        let copies_of = copied_from(plan, found, name);
        let is_told = copies_of.is_some() || (is_like_ours(name) && !is_bound(found, name));
        is_told.then(|| Unplanned { name: name.clone(), messages: queue.messages, copies_of })
    });
    left.collect()
}

/// The exchange of the plan that gives the queue what a queue of the plan gets as well. Events are for everybody.
fn copied_from(plan: &Plan, found: &Found, queue: &str) -> Option<String> {
    let is_fanout =
        |exchange: &str| plan.exchanges.iter().any(|planned| planned.name == exchange && planned.kind == Kind::Fanout);
    let is_planned = |binding: &Binding| {
        let leads = |one: &Binding| one.exchange == binding.exchange && one.routing_key == binding.routing_key;
        plan.bindings.iter().any(leads)
    };
    let mut bindings = found.bindings.iter().filter(|binding| binding.queue == queue);
    let copying = bindings.find(|binding| is_fanout(&binding.exchange) || is_planned(binding))?;
    Some(copying.exchange.clone())
}

/// Whether an exchange leads to the queue. That of the broker, which has no name, leads to every queue.
fn is_bound(found: &Found, queue: &str) -> bool {
    found.bindings.iter().any(|binding| binding.queue == queue && !binding.exchange.is_empty())
}

/// Which retry queues hold messages whose delay is over. They stay when they were moved there by hand: then their key
/// is the name of the queue, to which the exchange has no binding. Without any I/O.
pub(crate) fn not_left(plan: &Plan, found: &Found) -> Vec<String> {
    let retry = plan.queues.iter().filter(|planned| planned.retry_tier.is_some());
    let held = retry.filter_map(|planned| {
        let leaving = found.queues.get(&planned.name)?.leaving.filter(|leaving| *leaving > 0)?;
        let what = "whose delay is over; if they are there the next time as well, they were moved there by hand";
        Some(format!(
            "queue '{}' holds messages {what}: {leaving} (docs/operations.md, \"Move them back\")",
            planned.name
        ))
    });
    held.collect()
}

impl fmt::Display for Unplanned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = domain::printable(&self.name);
        if let Some(exchange) = &self.copies_of {
            let held = self.messages.map_or_else(|| "not counted".to_owned(), |messages| messages.to_string());
            return write!(
                f,
                "queue '{name}' is not in the plan and nobody reads it, and exchange '{}' gives it a copy of what the \
                 plan's queue gets: most likely AMQP_QUEUE was misspelt, here or where the queue was made. Delete the \
                 one with the wrong name; messages in it: {held}",
                domain::printable(exchange)
            );
        }
        let held = match self.messages {
            Some(0) => "it is empty: delete it if nobody needs it".to_owned(),
            Some(messages) => {
                format!("messages in it: {messages}; move them to the queue that was meant, then delete it")
            }
            None => "its messages are not counted: look whether there are any, and move them".to_owned(),
        };
        write!(f, "queue '{name}' is not in the plan, no exchange leads to it and nobody reads it; {held}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Names, QueueType};

    fn named(stem: &str, queues: &[(&str, Option<u64>, u64)], bound: &[&str]) -> Vec<String> {
        let names = Names { queue: stem.into(), ..Names::of("notifications") };
        let plan = Plan::new(&names, QueueType::Quorum, [Duration::from_secs(1); 3]);
        let queue = |messages, consumers| FoundQueue { messages, consumers: Some(consumers), ..FoundQueue::default() };
        let mut found = Found::default();
        found.queues.extend(plan.queues.iter().map(|planned| (planned.name.clone(), queue(Some(1), 0))));
        found.queues.extend(queues.iter().map(|(name, held, readers)| ((*name).to_owned(), queue(*held, *readers))));
        let binding = |exchange: &str, queue: &str| Binding {
            exchange: exchange.into(),
            queue: queue.into(),
            routing_key: queue.into(),
        };
        found.bindings.extend(queues.iter().map(|(name, ..)| binding("", name)));
        found.bindings.extend(bound.iter().map(|name| binding("any", name)));
        unplanned(&plan, &found).iter().map(|one| format!("{} {:?}", one.name, one.messages)).collect()
    }

    #[test]
    fn a_queue_with_a_name_like_ours_that_nobody_planned_bound_or_reads_is_named_with_its_messages() {
        let queues = [
            ("notifications.queu", Some(3), 0),
            ("notifications.queue.retry1", Some(0), 0),
            ("notifications.urgent", None, 0),
            ("notification.queue", Some(1), 0),
            ("orders.queue", Some(9), 0),
            ("amq.gen-x", Some(9), 0),
            ("notifications.audit", Some(9), 1),
            ("notifications.v2.queue.dlq", Some(9), 0),
        ];
        let told = named("notifications.queue", &queues, &["notifications.v2.queue.dlq"]);
        let expected = [
            "notification.queue Some(1)",
            "notifications.queu Some(3)",
            "notifications.queue.retry1 Some(0)",
            "notifications.urgent None",
        ];
        assert_eq!(told, expected);
        assert_eq!(
            named("mail", &[("mail.dql", Some(1), 0), ("mailing-lists", Some(1), 0)], &[]),
            ["mail.dql Some(1)"]
        );
    }

    #[test]
    fn a_queue_that_one_connection_has_to_itself_is_left_to_it() {
        let plan = Plan::new(&Names::of("notifications"), QueueType::Quorum, [Duration::from_secs(1); 3]);
        let mut found = Found::default();
        for (name, exclusive) in
            [("notifications.realtime.gateway.1.lost", true), ("notifications.realtime.lost", false)]
        {
            found.queues.insert(name.into(), FoundQueue { exclusive, ..FoundQueue::default() });
        }
        let told: Vec<String> = unplanned(&plan, &found).into_iter().map(|one| one.name).collect();
        assert_eq!(told, ["notifications.realtime.lost"]);
    }

    #[test]
    fn the_queues_of_a_slip_in_amqp_queue_are_named_that_get_copies_and_that_nobody_reads() {
        let names = Names::of("notifications");
        let plan_of = |names: &Names| Plan::new(names, QueueType::Quorum, [Duration::from_secs(1); 3]);
        let plan = plan_of(&names);
        let slip = plan_of(&Names { queue: "notifications.queu".into(), ..names.clone() });
        let other_fleet = plan_of(&Names::of("mail"));
        let mut found = Found::default();
        for plan in [&plan, &slip, &other_fleet] {
            found.queues.extend(plan.queues.iter().map(|queue| (queue.name.clone(), FoundQueue::default())));
            found.bindings.extend(plan.bindings.iter().cloned());
        }
        let mut bind = |exchange: String, queue: &str, routing_key: &str, consumers| {
            found.queues.insert(queue.into(), FoundQueue { consumers: Some(consumers), ..FoundQueue::default() });
            found.bindings.push(Binding { exchange, queue: queue.into(), routing_key: routing_key.into() });
        };
        bind(names.dead_letter_exchange(), "archive", "", 1);
        bind(names.events_exchange(), "listener", "#", 0);
        bind(names.exchange.clone(), "own", "own.key", 0);
        let told = unplanned(&plan, &found);
        let mut expected: Vec<&str> = slip.queues.iter().map(|queue| queue.name.as_str()).collect();
        expected.sort_unstable();
        assert_eq!(told.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), expected);
        assert_eq!(told[0].copies_of.as_deref(), Some("notifications.exchange"));
        let text = told[0].to_string();
        assert!(text.contains("exchange 'notifications.exchange' gives it a copy"), "{text}");
        assert!(text.ends_with("messages in it: not counted"), "{text}");
    }

    #[test]
    fn what_is_told_of_such_a_queue_says_what_to_do() {
        let text = |messages| Unplanned { name: "q\u{1b}".into(), messages, copies_of: None }.to_string();
        assert!(text(Some(3)).contains("messages in it: 3; move them to the queue that was meant"));
        assert!(text(Some(0)).contains("it is empty") && text(None).contains("not counted"));
        assert!(!text(None).contains('\u{1b}'));
    }

    #[test]
    fn a_retry_queue_is_named_that_holds_messages_whose_delay_is_over() {
        let plan = Plan::new(&Names::of("notifications"), QueueType::Quorum, [Duration::from_secs(1); 3]);
        let mut found = Found::default();
        found.queues.extend(plan.queues.iter().map(|planned| (planned.name.clone(), FoundQueue::default())));
        assert_eq!(not_left(&plan, &found), [""; 0]);
        for name in ["notifications.queue.retry.2", "notifications.queue"] {
            found.queues.get_mut(name).unwrap().leaving = Some(3);
        }
        let told = not_left(&plan, &found);
        assert!(told.len() == 1 && told[0].starts_with("queue 'notifications.queue.retry.2' holds"), "{told:?}");
        assert!(told[0].contains(": 3 (docs/operations.md"), "{told:?}");
    }
}
