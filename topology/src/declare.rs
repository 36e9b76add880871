//! Makes the broker as the plan says: creates what is missing, refuses what differs, deletes nothing.

use amqp::{Ask, Broker, Inequivalent, Refusal, Session};

use crate::{Plan, Queue, TopologyError};

/// How much `declare` has made sure of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Declared {
    pub exchanges: usize,
    pub queues: usize,
    pub bindings: usize,
}

/// Declares the plan. Doing so a second time changes nothing.
///
/// # Errors
/// [`TopologyError::Conflict`] names everything that exists with another kind or argument, both values, and what to do;
/// what comes before it in the plan has been created. [`TopologyError::Denied`] says what to grant.
pub async fn declare(broker: &Broker, plan: &Plan) -> Result<Declared, TopologyError> {
    let mut session = Session::open(broker).await?;
    let declared = declare_in(&mut session, broker, plan).await;
    session.close().await;
    declared
}

pub(crate) async fn declare_in(
    session: &mut Session<'_>,
    broker: &Broker,
    plan: &Plan,
) -> Result<Declared, TopologyError> {
    let mut conflicts = Vec::new();
    for exchange in &plan.exchanges {
        match session.exchange(exchange, Ask::Equal).await {
            Ok(()) => {}
            Err(Refusal::Inequivalent(found)) => conflicts.push(exchange_conflict(&exchange.name, &found)),
            Err(other) => {
                return Err(TopologyError::of(other, broker, &format!("declaring exchange '{}'", exchange.name)));
            }
        }
    }
    for queue in &plan.queues {
        match session.queue(&queue.name, &queue.arguments, Ask::Equal).await {
            Ok(_) => {}
            Err(Refusal::Inequivalent(found)) => conflicts.push(queue_conflict(queue, &found)),
            Err(other) => return Err(TopologyError::of(other, broker, &format!("declaring queue '{}'", queue.name))),
        }
    }
    if !conflicts.is_empty() {
        let conflicts = conflicts.join("\n");
        return Err(TopologyError::Conflict(format!("{}: PRECONDITION_FAILED\n{conflicts}", broker.address())));
    }
    for binding in &plan.bindings {
        let doing = format!("binding queue '{}' to exchange '{}'", binding.queue, binding.exchange);
        session.bind(binding).await.map_err(|refusal| TopologyError::of(refusal, broker, &doing))?;
    }
    Ok(Declared { exchanges: plan.exchanges.len(), queues: plan.queues.len(), bindings: plan.bindings.len() })
}

fn exchange_conflict(exchange: &str, found: &Inequivalent) -> String {
    let Inequivalent { argument, planned, current } = found;
    format!(
        "exchange '{exchange}' exists with {argument} '{current}', the plan says '{planned}'. Nothing was changed. \
         Choose another name with AMQP_EXCHANGE, or delete the exchange yourself when nobody publishes to it"
    )
}

/// The text for a queue that differs: both values, and what to do.
pub(crate) fn queue_conflict(queue: &Queue, found: &Inequivalent) -> String {
    let Inequivalent { argument, planned, current } = found;
    let name = &queue.name;
    let way_out = match (argument.as_str(), queue.retry_tier) {
        ("x-message-ttl", Some(tier)) => format!(
            "Set WORKER_RETRY_DELAY_{tier} back, or let the queue run empty and run `chasqui topology recreate-retry`"
        ),
        // The broker names one of several differences. It names one of these for a classic queue, which has none of
        // them.
        ("x-queue-type" | "x-overflow" | "x-dead-letter-strategy" | "x-delivery-limit", _) if current != "quorum" => {
            "If it is a classic queue, AMQP_QUEUE_TYPE=classic goes on with it. Otherwise choose other names with \
             AMQP_EXCHANGE, AMQP_QUEUE and AMQP_ROUTING_KEY together (for example with .v2), let the old queues run \
             empty and delete them"
                .into()
        }
        ("x-queue-type", _) => "Set AMQP_QUEUE_TYPE=quorum, which is what exists".into(),
        _ => "Choose other names with AMQP_EXCHANGE, AMQP_QUEUE and AMQP_ROUTING_KEY together (for example with .v2), let \
              the old queues run empty, then delete them"
            .into(),
    };
    format!(
        "queue '{name}' exists with {argument} '{current}', the plan says '{planned}'. Nothing was changed and nothing \
         deleted. {way_out}"
    )
}
