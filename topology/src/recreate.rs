//! Replaces empty retry queues whose delay has changed. No other code of the fleet deletes anything.

use std::time::Duration;

use amqp::{Ask, Broker, Inequivalent, Refusal, Session};

use crate::{Plan, Queue, TopologyError};

/// How often a step is tried when the broker itself fails, which may pass.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(500);
/// The time between the first answer of a queue's leader and its deletion.
const BEFORE_DELETION: Duration = Duration::from_secs(3);

/// The names of the queues that were replaced.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recreated(pub Vec<String>);

/// Replaces every retry queue whose only difference is its delay. Each is unbound from its exchange, so that nothing
/// new can arrive; publishers are told "unroutable" meanwhile, and repeat. Once it is certainly empty and unused, it is
/// deleted, declared anew and bound. Then the rest of the plan is declared.
///
/// # Errors
/// [`TopologyError::InUse`] when a queue holds messages (with their number) or is consumed, [`TopologyError::Conflict`]
/// when one differs in anything else; that queue stays, or is bound again, as it was.
pub async fn recreate_retry(broker: &Broker, plan: &Plan) -> Result<Recreated, TopologyError> {
    let mut recreated = Recreated::default();
    let mut attempt = 1;
    loop {
        let mut session = Session::open(broker).await?;
        let done = recreate_in(&mut session, broker, plan, &mut recreated).await;
        session.close().await;
        match done {
            // A node that has just started, or has just deleted a quorum queue, may fail to make one and say only
            // "internal error".
            Err(TopologyError::Broker(error)) if attempt < ATTEMPTS => {
                tracing::debug!(error, attempt, "the broker failed; trying again");
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
            done => return done.map(|()| recreated),
        }
    }
}

async fn recreate_in(
    session: &mut Session<'_>,
    broker: &Broker,
    plan: &Plan,
    recreated: &mut Recreated,
) -> Result<(), TopologyError> {
    for queue in plan.queues.iter().filter(|queue| queue.retry_tier.is_some()) {
        let explain =
            |refusal: Refusal| TopologyError::of(refusal, broker, &format!("recreating queue '{}'", queue.name));
        match session.queue(&queue.name, &queue.arguments, Ask::Exists).await {
            Err(Refusal::Missing) => continue,
            exists => exists.map_err(explain)?,
        };
        match session.queue(&queue.name, &queue.arguments, Ask::Equal).await {
            Ok(_) => continue,
            Err(Refusal::Inequivalent(found)) if found.argument == "x-message-ttl" => {
                replace(session, broker, plan, queue, &found).await?;
                recreated.0.push(queue.name.clone());
            }
            Err(Refusal::Inequivalent(found)) => {
                return Err(TopologyError::Conflict(crate::declare::queue_conflict(queue, &found)));
            }
            Err(other) => return Err(explain(other)),
        }
    }
    crate::declare::declare_in(session, broker, plan).await?;
    Ok(())
}

async fn replace(
    session: &mut Session<'_>,
    broker: &Broker,
    plan: &Plan,
    queue: &Queue,
    found: &Inequivalent,
) -> Result<(), TopologyError> {
    let explain = |refusal: Refusal| TopologyError::of(refusal, broker, &format!("recreating queue '{}'", queue.name));
    let bindings: Vec<_> = plan.bindings.iter().filter(|binding| binding.queue == queue.name).collect();
    for binding in &bindings {
        session.unbind(binding).await.map_err(explain)?;
    }
    // RabbitMQ 3.10 does not survive it well when a quorum queue is deleted right after its leader was elected, as
    // happens after the start of a node. The queue's dead-letter worker has not reached the queue yet then; it ends
    // with an error, and takes down what all such workers depend on. The broker tells nobody when the worker has
    // arrived.
    session.depth(&queue.name).await.map_err(explain)?;
    tokio::time::sleep(BEFORE_DELETION).await;
    let depth = session.depth(&queue.name).await.map_err(explain)?;
    if depth.messages > 0 || depth.consumers > 0 {
        for binding in &bindings {
            session.bind(binding).await.map_err(explain)?;
        }
        return Err(TopologyError::InUse {
            queue: queue.name.clone(),
            messages: depth.messages,
            consumers: depth.consumers,
            current: found.current.clone(),
            planned: found.planned.clone(),
        });
    }
    session.delete(&queue.name).await.map_err(explain)?;
    session.queue(&queue.name, &queue.arguments, Ask::Equal).await.map_err(explain)?;
    for binding in &bindings {
        session.bind(binding).await.map_err(explain)?;
    }
    Ok(())
}
