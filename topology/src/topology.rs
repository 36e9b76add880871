//! What a role does with the topology when it starts and whenever it reconnects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use amqp::{Ask, Broker, Connector, Failpoints, Management, Refusal, Session};
use tokio::time::timeout;

use crate::{Names, Plan, TopologyError, declare, verify};

/// The time limit for a whole declaration or comparison, which takes some two dozen answers of the broker.
const WHOLE: Duration = Duration::from_secs(30);
/// The time limit for checking that everything still exists. A cluster with a node that hangs answers late, and what
/// matters then is to consume and publish again.
const LOOK: Duration = Duration::from_secs(5);

/// The setting `AMQP_TOPOLOGY`: what is done before each connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// Create what is missing, refuse what differs.
    Declare,
    /// Compare only.
    Verify,
    /// Neither create nor compare.
    Off,
}

impl Mode {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "declare" => Some(Self::Declare),
            "verify" => Some(Self::Verify),
            "off" => Some(Self::Off),
            _ => None,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::Verify => "verify",
            Self::Off => "off",
        }
    }
}

/// The broker, with what must exist there: what a publisher and a consumer need to know.
#[derive(Clone, Debug)]
pub struct Topology {
    pub broker: Broker,
    pub names: Names,
    pub plan: Plan,
    pub mode: Mode,
    pub management: Option<Management>,
    pub declared: Declarations,
}

/// What this process has declared so far. Clones share this.
#[derive(Clone, Debug, Default)]
pub struct Declarations(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    /// The whole plan was declared at least once.
    once: AtomicBool,
    /// A declaration is running in the background.
    now: AtomicBool,
}

impl Topology {
    /// Does what [`ready`] does, within half a minute.
    ///
    /// # Errors
    /// See [`ready`].
    pub async fn ready(&self) -> Result<(), TopologyError> {
        let ready = ready(&self.broker, &self.plan, self.mode, self.management.as_ref());
        let result = timeout(WHOLE, ready).await;
        result.unwrap_or_else(|_| {
            let doing = "looking at the topology";
            Err(TopologyError::of(Refusal::silent(&self.broker, doing), &self.broker, doing))
        })?;
        self.declared.0.once.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Makes the broker ready at a reconnect. What this process has declared before is only checked, within 5 s. The
    /// bindings, which AMQP cannot show, are declared again while the connection works already. If anything is missing,
    /// everything is declared first.
    ///
    /// # Errors
    /// See [`ready`].
    async fn ready_again(&self) -> Result<(), TopologyError> {
        if self.mode != Mode::Declare || !self.declared.0.once.load(Ordering::Relaxed) {
            return self.ready().await;
        }
        match timeout(LOOK, everything_exists(&self.broker, &self.plan)).await {
            Ok(Ok(true)) => self.declare_in_passing(),
            Ok(Ok(false)) => return self.ready().await,
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                let broker = self.broker.address();
                tracing::warn!(broker, "the broker is slow to show its queues; going on without looking at them");
            }
        }
        Ok(())
    }

    /// A connector that makes this topology ready before each connection.
    pub(crate) fn connector(&self) -> Connector {
        let topology = self.clone();
        let ready_again = move || {
            let topology = topology.clone();
            async move { topology.ready_again().await.map_err(|error| error.to_string()) }
        };
        Connector::new(self.broker.clone()).prepared_by(ready_again).with_failpoints(Failpoints {
            before_confirm: || runtime::failpoint("publish.before_confirm"),
            received: |message_id| runtime::failpoint_on("consume.received", message_id),
        })
    }

    fn declare_in_passing(&self) {
        if self.declared.0.now.swap(true, Ordering::Relaxed) {
            return;
        }
        let topology = self.clone();
        tokio::spawn(async move {
            if let Err(error) = topology.ready().await {
                tracing::warn!(%error, "the topology could not be declared again");
            }
            topology.declared.0.now.store(false, Ordering::Relaxed);
        });
    }
}

/// Whether all exchanges and queues of the plan exist, with whatever arguments.
async fn everything_exists(broker: &Broker, plan: &Plan) -> Result<bool, TopologyError> {
    let mut session = Session::open(broker).await?;
    let exists = ask(&mut session, broker, plan).await;
    session.close().await;
    exists
}

async fn ask(session: &mut Session<'_>, broker: &Broker, plan: &Plan) -> Result<bool, TopologyError> {
    let exists = |answer: Result<(), Refusal>| match answer {
        // RabbitMQ from 4.3.1 on asks for a permission to look. Without it, the queue counts as there.
        Ok(()) | Err(Refusal::Denied) => Ok(true),
        Err(Refusal::Missing) => Ok(false),
        Err(other) => Err(TopologyError::of(other, broker, "looking at the topology")),
    };
    for exchange in &plan.exchanges {
        if !exists(session.exchange(exchange, Ask::Exists).await)? {
            return Ok(false);
        }
    }
    for queue in &plan.queues {
        if !exists(session.queue(&queue.name, &queue.arguments, Ask::Exists).await.map(drop))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Declares, compares or does nothing, as `mode` says.
///
/// # Errors
/// [`TopologyError::Different`] in verify mode, with one line for each difference; see [`declare`] and [`verify`]
/// for the others.
pub async fn ready(
    broker: &Broker,
    plan: &Plan,
    mode: Mode,
    management: Option<&Management>,
) -> Result<(), TopologyError> {
    match mode {
        Mode::Declare => declare(broker, plan).await.map(drop),
        Mode::Verify => {
            let verified = verify(broker, plan, management).await?;
            if verified.is_as_planned() {
                return Ok(());
            }
            Err(TopologyError::Different(format!(
                "{}: not as planned\n{}",
                broker.address(),
                verified.to_string().trim_end()
            )))
        }
        Mode::Off => Ok(()),
    }
}
