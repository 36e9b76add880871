//! Compares the broker with the plan, and reports every difference with both values.

use std::fmt;

use amqp::{Ask, Broker, Found, Management, Refusal, Session};
use domain::printable;

use crate::misplaced::{Unplanned, not_left, unplanned};
use crate::{Plan, TopologyError, depth};

/// One thing that is not as the plan says; the text has both values. Where it is printed no character of it acts:
/// whoever may declare a queue chose what the broker has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference(pub(crate) String);

/// The differences, and what could not be checked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verified {
    pub differences: Vec<Difference>,
    /// Quorum queues with fewer members than the cluster could have, and how to add more. Such queues work until the
    /// nodes of their members fail.
    pub too_few_members: Vec<String>,
    /// Retry queues with messages whose delay is over and that have not left. Some may just be leaving.
    pub not_left: Vec<String>,
    /// Queues that are most likely there by a slip in a name, such as one that *Move messages* made up.
    pub unplanned: Vec<Unplanned>,
    /// What was not checked without the management API: "bindings not checked …". Empty when everything was checked.
    pub not_checked: Vec<String>,
}

impl Verified {
    pub fn is_as_planned(&self) -> bool {
        self.differences.is_empty()
    }

    /// Whether there is something to do: a difference, a queue with too few members, or messages where nobody reads, or
    /// where they will come.
    pub fn needs_somebody(&self) -> bool {
        let hold = |queue: &Unplanned| queue.copies_of.is_some() || queue.messages.is_some_and(|messages| messages > 0);
        !self.is_as_planned() || !self.too_few_members.is_empty() || self.unplanned.iter().any(hold)
    }
}

/// Compares the broker with the plan. With the management API this covers kinds, arguments and bindings, and the
/// members of quorum queues, and it finds queues like the plan's that are none of it. Without it, the broker is asked
/// whether each exchange and queue exists and then, on a throw-away AMQP channel, whether it is equal; bindings are not
/// checked. Nothing is changed, except that what somebody deletes between the two questions is created again.
///
/// # Errors
/// [`TopologyError`] when the broker or its management API cannot be asked.
pub async fn verify(broker: &Broker, plan: &Plan, management: Option<&Management>) -> Result<Verified, TopologyError> {
    if let Some(management) = management {
        let found = management.find(broker.vhost()).await?;
        let (too_few_members, not_checked) = match &found.nodes {
            Some(nodes) => (grow(plan, &found, nodes, broker.vhost()), Vec::new()),
            None => {
                let why =
                    "members of quorum queues not checked: the user of RABBITMQ_MANAGEMENT_URL has no tag 'monitoring'";
                (Vec::new(), vec![why.to_owned()])
            }
        };
        let differences = compare(plan, &found);
        let unplanned = counted(broker, unplanned(plan, &found)).await;
        return Ok(Verified { differences, too_few_members, not_left: not_left(plan, &found), unplanned, not_checked });
    }
    let mut session = Session::open(broker).await?;
    let verified = ask(&mut session, broker, plan).await;
    session.close().await;
    verified
}

/// How many queues are counted anew: each takes a connection.
const MAX_COUNTED: usize = 16;

/// Asks the broker itself how many messages wait in these queues and whether somebody reads them after all, because what
/// the management API tells is some seconds old, or not there. Where the broker cannot be asked, what the API told stays.
async fn counted(broker: &Broker, queues: Vec<Unplanned>) -> Vec<Unplanned> {
    let mut left = Vec::with_capacity(queues.len());
    for (at, mut queue) in queues.into_iter().enumerate() {
        let asked = if at < MAX_COUNTED { depth(broker, &queue.name).await.ok().flatten() } else { None };
        if asked.is_some_and(|depth| depth.consumers > 0) {
            continue;
        }
        queue.messages = asked.map(|depth| u64::from(depth.messages)).or(queue.messages);
        left.push(queue);
    }
    left
}

async fn ask(session: &mut Session<'_>, broker: &Broker, plan: &Plan) -> Result<Verified, TopologyError> {
    let mut verified = Verified::default();
    let mut arguments_denied = false;
    for exchange in &plan.exchanges {
        let what = format!("exchange '{}'", exchange.name);
        let answer = match session.exchange(exchange, Ask::Exists).await {
            Ok(()) => session.exchange(exchange, Ask::Equal).await,
            missing => missing,
        };
        arguments_denied |= verified.note(broker, &what, answer)?;
    }
    for queue in &plan.queues {
        let what = format!("queue '{}'", queue.name);
        let answer = match session.queue(&queue.name, &queue.arguments, Ask::Exists).await {
            Ok(_) => session.queue(&queue.name, &queue.arguments, Ask::Equal).await.map(drop),
            missing => missing.map(drop),
        };
        arguments_denied |= verified.note(broker, &what, answer)?;
    }
    if arguments_denied {
        verified.not_checked.push(format!(
            "arguments not checked: user '{}' has no configure permission; set RABBITMQ_MANAGEMENT_URL",
            broker.user()
        ));
    }
    verified.not_checked.push(
        "bindings not checked, nor the members of quorum queues, nor queues beside the plan: set \
         RABBITMQ_MANAGEMENT_URL to check them"
            .into(),
    );
    Ok(verified)
}

impl Verified {
    /// Notes the answer to one question; true when it could not be asked for lack of a permission.
    fn note(&mut self, broker: &Broker, what: &str, answer: Result<(), Refusal>) -> Result<bool, TopologyError> {
        match answer {
            Ok(()) => {}
            Err(Refusal::Denied) => return Ok(true),
            Err(Refusal::Missing) => self.differences.push(Difference::missing(what)),
            Err(Refusal::Inequivalent(found)) => {
                self.differences.push(Difference::other(what, &found.argument, &found.planned, &found.current));
            }
            Err(other) => return Err(TopologyError::of(other, broker, &format!("verifying {what}"))),
        }
        Ok(false)
    }
}

/// Compares the plan with what the management API has listed, without any I/O.
pub(crate) fn compare(plan: &Plan, found: &Found) -> Vec<Difference> {
    let mut differences = Vec::new();
    for planned in &plan.exchanges {
        let what = format!("exchange '{}'", planned.name);
        match found.exchanges.get(&planned.name) {
            None => differences.push(Difference::missing(&what)),
            Some(exchange) => {
                differences.extend(Difference::unless_equal(&what, "type", planned.kind.as_str(), &exchange.kind));
                differences.extend(Difference::unless_equal(&what, "durable", "true", &exchange.durable.to_string()));
            }
        }
    }
    for planned in &plan.queues {
        let what = format!("queue '{}'", planned.name);
        let Some(queue) = found.queues.get(&planned.name) else {
            differences.push(Difference::missing(&what));
            continue;
        };
        differences.extend(Difference::unless_equal(&what, "durable", "true", &queue.durable.to_string()));
        let names = planned
            .arguments
            .keys()
            .chain(queue.arguments.keys().filter(|&name| !planned.arguments.contains_key(name)));
        for name in names {
            let plan_says = planned.arguments.get(name).map_or("none".into(), ToString::to_string);
            let broker_has = queue.arguments.get(name).map_or("none".into(), String::clone);
            if name == "x-queue-type" && plan_says == "none" && broker_has == "classic" {
                continue;
            }
            differences.extend(Difference::unless_equal(&what, name, &plan_says, &broker_has));
        }
    }
    let missing = plan.bindings.iter().filter(|binding| !found.bindings.contains(binding));
    differences.extend(missing.map(|binding| {
        Difference::missing(&format!(
            "the binding of queue '{}' to exchange '{}' with key '{}'",
            binding.queue, binding.exchange, binding.routing_key
        ))
    }));
    differences
}

/// How many members a quorum queue has unless it is declared otherwise: three, or as many as there are nodes.
const USUAL_MEMBERS: usize = 3;

/// Which queues have fewer members than there are running nodes, with the command for each node that lacks them.
/// Without any I/O.
pub(crate) fn grow(plan: &Plan, found: &Found, nodes: &[String], vhost: &str) -> Vec<String> {
    let enough = nodes.len().min(USUAL_MEMBERS);
    let quorum = |name: &str| found.queues.get(name).filter(|queue| !queue.members.is_empty());
    let few: Vec<_> = plan
        .queues
        .iter()
        .filter_map(|planned| quorum(&planned.name).map(|queue| (planned.name.as_str(), &queue.members)))
        .filter(|(_, members)| members.len() < enough)
        .collect();
    let mut lines: Vec<String> = few
        .iter()
        .map(|(name, members)| {
            format!("queue '{name}' has {} of {} nodes as members: {}", members.len(), nodes.len(), members.join(", "))
        })
        .collect();
    let lacking = nodes.iter().filter(|node| few.iter().any(|(_, members)| !members.contains(node)));
    lines.extend(lacking.map(|node| {
        let pattern = common_start(few.iter().map(|(name, _)| *name)).replace('.', "\\.");
        format!(
            "  `rabbitmq-queues grow {node} all --vhost-pattern '^{vhost}$' --queue-pattern '^{pattern}'` makes it one"
        )
    }));
    lines
}

fn common_start<'a>(mut names: impl Iterator<Item = &'a str>) -> String {
    let first = names.next().unwrap_or_default().to_owned();
    names.fold(first, |start, name| {
        start.chars().zip(name.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    })
}

impl Difference {
    fn missing(what: &str) -> Self {
        Self(format!("{what} is missing: run `chasqui topology apply`"))
    }

    fn other(what: &str, argument: &str, planned: &str, current: &str) -> Self {
        Self(format!("{what}: {argument} is '{current}' on the broker, '{planned}' in the plan"))
    }

    fn unless_equal(what: &str, argument: &str, planned: &str, current: &str) -> Option<Self> {
        (planned != current).then(|| Self::other(what, argument, planned, current))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.0))
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.differences.iter().map(|difference| difference.0.as_str());
        let others = self.too_few_members.iter().chain(&self.not_left).map(String::as_str);
        let is_all = self.too_few_members.is_empty() && self.not_left.is_empty() && self.unplanned.is_empty();
        let said = if is_all { "the broker is as the plan says" } else { "the broker is as the plan says, but:" };
        let as_planned = self.is_as_planned().then_some(said);
        let mut lines = as_planned.into_iter().chain(lines).chain(others);
        lines.try_for_each(|line| writeln!(f, "{}", printable(line)))?;
        self.unplanned.iter().try_for_each(|queue| writeln!(f, "{queue}"))?;
        self.not_checked.iter().try_for_each(|line| writeln!(f, "{}", printable(line)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use amqp::{FoundExchange, FoundQueue};

    use super::*;
    use crate::{Names, QueueType};

    fn found(plan: &Plan, members: &[&str]) -> Found {
        let queue = FoundQueue { members: members.iter().map(ToString::to_string).collect(), ..FoundQueue::default() };
        Found {
            queues: plan.queues.iter().map(|planned| (planned.name.clone(), queue.clone())).collect(),
            ..Found::default()
        }
    }

    #[test]
    fn what_somebody_declared_on_the_broker_acts_on_no_terminal_and_begins_no_line() {
        const DECLARED: &str = "\u{1b}]0;pwn\u{7}\u{1b}[31mRED\nfake line\u{9b}\u{202e}";
        let plan = Plan::new(&Names::of("notifications"), QueueType::Quorum, [Duration::from_secs(1); 3]);
        let mut found = found(&plan, &[DECLARED]);
        let arguments = [("x-dead-letter-exchange", DECLARED), (DECLARED, "1")];
        for queue in found.queues.values_mut() {
            queue.arguments = arguments.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        }
        let exchange = &plan.exchanges[0];
        found.exchanges.insert(exchange.name.clone(), FoundExchange { kind: DECLARED.into(), durable: true });
        let too_few_members = grow(&plan, &found, &["rabbit@b".into(), DECLARED.into(), "rabbit@c".into()], "foro");
        let verified = Verified { differences: compare(&plan, &found), too_few_members, ..Verified::default() };
        let shown = verified.to_string();
        assert!(shown.contains(r"x-dead-letter-exchange is '\u{1b}]0;pwn\u{7}\u{1b}[31mRED\nfake line"), "{shown}");
        assert!(shown.contains(r"type is '\u{1b}"), "{shown}");
        assert_eq!(shown.lines().count(), verified.differences.len() + verified.too_few_members.len());
        assert!(!shown.lines().any(|line| line.chars().any(domain::acts)), "{shown:?}");
        assert!(verified.differences.iter().all(|difference| !difference.to_string().chars().any(domain::acts)));
    }

    #[test]
    fn a_broker_that_is_as_planned_beside_something_else_is_told_with_a_but() {
        assert_eq!(Verified::default().to_string(), "the broker is as the plan says\n");
        let queue = Unplanned { name: "q".into(), messages: Some(0), copies_of: Some("x".into()) };
        let verified = Verified { unplanned: vec![queue], ..Verified::default() };
        assert!(verified.to_string().starts_with("the broker is as the plan says, but:\nqueue 'q' "), "{verified}");
        assert!(verified.needs_somebody(), "it is empty and will fill");
        let unbound = Unplanned { copies_of: None, ..verified.unplanned[0].clone() };
        assert!(!Verified { unplanned: vec![unbound], ..Verified::default() }.needs_somebody());
    }

    #[test]
    fn queues_with_one_member_in_a_cluster_of_three_are_named_with_the_command_for_each_other_node() {
        let plan = Plan::new(&Names::of("notifications"), QueueType::Quorum, [Duration::from_secs(1); 3]);
        let nodes = ["rabbit@a", "rabbit@b", "rabbit@c"].map(String::from);
        let lines = grow(&plan, &found(&plan, &["rabbit@a"]), &nodes, "foro");
        assert_eq!(lines.len(), plan.queues.len() + 2);
        assert_eq!(lines[0], "queue 'notifications.queue' has 1 of 3 nodes as members: rabbit@a");
        assert_eq!(
            lines[plan.queues.len()],
            "  `rabbitmq-queues grow rabbit@b all --vhost-pattern '^foro$' --queue-pattern '^notifications\\.queue'` makes it one"
        );
        assert!(grow(&plan, &found(&plan, &["rabbit@a", "rabbit@b", "rabbit@c"]), &nodes, "foro").is_empty());
        let five = ["rabbit@a", "rabbit@b", "rabbit@c", "rabbit@d", "rabbit@e"].map(String::from);
        assert!(grow(&plan, &found(&plan, &["rabbit@a", "rabbit@b", "rabbit@e"]), &five, "foro").is_empty());
        assert!(grow(&plan, &found(&plan, &[]), &nodes, "foro").is_empty(), "classic queues have none");
        assert!(grow(&plan, &found(&plan, &["rabbit@a"]), &nodes[..1], "foro").is_empty());
    }
}
