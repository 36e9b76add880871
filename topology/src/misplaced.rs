//! Where messages are that somebody has moved to a wrong queue: one that a slip in its name has made, or a retry queue.

use std::fmt;

use amqp::{Found, FoundQueue};

use crate::Plan;

/// A queue beside those of the plan that nobody reads and no exchange leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unplanned {
    pub name: String,
    /// How many messages wait in it. `None` when the broker does not count them.
    pub messages: Option<u64>,
}

/// Which queues have a name like those of the plan, are not in it, and have neither a consumer nor a binding to an
/// exchange. The queues of another fleet all have a binding, and whoever takes messages elsewhere reads them. Without
/// any I/O.
pub(crate) fn unplanned(plan: &Plan, found: &Found) -> Vec<Unplanned> {
    let planned: Vec<&str> = plan.queues.iter().map(|queue| queue.name.as_str()).collect();
    // The first queue is the normal lane, whose name is the stem of all others.
    let stem = planned.first().copied().unwrap_or_default();
    let family = stem.rfind('.').map_or_else(|| format!("{stem}."), |dot| stem[..=dot].to_owned());
    let is_like_ours =
        |name: &str| name.starts_with(&family) || domain::nearest(name, planned.iter().copied()).is_some();
    let is_left = |name: &str, queue: &FoundQueue| queue.consumers.unwrap_or(0) == 0 && !is_bound(found, name);
    let left = found
        .queues
        .iter()
        .filter(|&(name, queue)| !planned.contains(&name.as_str()) && is_like_ours(name) && is_left(name, queue));
    left.map(|(name, queue)| Unplanned { name: name.clone(), messages: queue.messages }).collect()
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
        let held = match self.messages {
            Some(0) => "it is empty: delete it if nobody needs it".to_owned(),
            Some(messages) => {
                format!("messages in it: {messages}; move them to the queue that was meant, then delete it")
            }
            None => "its messages are not counted: look whether there are any, and move them".to_owned(),
        };
        let name = domain::printable(&self.name);
        write!(f, "queue '{name}' is not in the plan, no exchange leads to it and nobody reads it; {held}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use amqp::Binding;

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
    fn what_is_told_of_such_a_queue_says_what_to_do() {
        let text = |messages| Unplanned { name: "q\u{1b}".into(), messages }.to_string();
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
