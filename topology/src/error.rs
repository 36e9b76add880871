//! Why the broker could not be made, or shown, to be as the plan says: the broker's own text, and what to do.

use amqp::{Broker, ConnectError, Inequivalent, ManagementError, Refusal};

/// Why the broker is not as the plan says. Every text says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum TopologyError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Something exists already with another kind or other arguments. Nothing was changed or deleted.
    #[error("{0}")]
    Conflict(String),
    /// A retry queue cannot be replaced yet, because it holds messages or is consumed. Nothing was changed or deleted.
    #[error(
        "queue '{queue}' is in use (messages {messages}, consumers {consumers}): nothing was deleted. Its delay stays \
         {current} ms (the plan says {planned} ms); run this again when it is empty"
    )]
    InUse { queue: String, messages: u32, consumers: u32, current: String, planned: String },
    /// The user lacks a permission.
    #[error("{0}")]
    Denied(String),
    /// In `verify` mode, the broker differs from the plan: one line for each difference.
    #[error("{0}")]
    Different(String),
    /// The broker, or its management API, answered something else, or not in time.
    #[error("{0}")]
    Broker(String),
}

impl TopologyError {
    /// Whether the broker differs from the plan, and answered well, so that nothing failed.
    pub fn is_difference(&self) -> bool {
        matches!(self, Self::Conflict(_) | Self::InUse { .. } | Self::Different(_))
    }

    /// Whether waiting may help: the broker is not there yet, does not answer, or has failed. Anything else stays until
    /// somebody changes it.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connect(error) => error.may_pass(),
            Self::Broker(_) => true,
            Self::Conflict(_) | Self::InUse { .. } | Self::Denied(_) | Self::Different(_) => false,
        }
    }

    /// The error for a refusal, where the caller has nothing better to say than what to grant. `doing` continues the
    /// broker's address: `declaring queue x`.
    pub(crate) fn of(refusal: Refusal, broker: &Broker, doing: &str) -> Self {
        match refusal {
            Refusal::Failed(text) => Self::Broker(text),
            Refusal::TooLong(name) => Self::Broker(format!(
                "{}: the name '{name}' is longer than 255 bytes: shorten AMQP_EXCHANGE, AMQP_QUEUE or AMQP_ROUTING_KEY",
                broker.address()
            )),
            Refusal::Denied => Self::denied(broker, doing),
            Refusal::Missing => Self::Broker(format!(
                "{}: {doing}: it does not exist. Create it with `chasqui topology apply`",
                broker.address()
            )),
            Refusal::Inequivalent(Inequivalent { argument, planned, current }) => Self::Conflict(format!(
                "{}: {doing}: {argument} is {current} on the broker, {planned} in the plan",
                broker.address()
            )),
        }
    }

    fn denied(broker: &Broker, doing: &str) -> Self {
        Self::Denied(format!(
            "{}: {doing}: ACCESS_REFUSED for user '{}'. Grant it with `rabbitmqctl set_permissions -p {} {} \
             '^notifications\\.' '^notifications\\.' '^notifications\\.'` (configure, write, read), or let somebody \
             who may run `chasqui topology apply` once and set AMQP_TOPOLOGY=verify",
            broker.address(),
            broker.user(),
            broker.vhost(),
            broker.user(),
        ))
    }
}

impl From<ManagementError> for TopologyError {
    fn from(error: ManagementError) -> Self {
        match error {
            ManagementError::Failed(text) => Self::Broker(text),
            ManagementError::Denied(text) => Self::Denied(text),
        }
    }
}
