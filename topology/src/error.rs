//! Why the broker could not be made, or shown, to be as the plan says: the broker's words, and what to do.

use lapin::ErrorKind;

use crate::{Broker, ConnectError};

/// Every text says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum TopologyError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Something exists already with another kind or arguments. Nothing was changed or deleted.
    #[error("{0}")]
    Conflict(String),
    /// A retry queue cannot be replaced yet, because it holds messages or is consumed. Nothing was changed or deleted.
    #[error(
        "queue '{queue}' holds {messages} messages and has {consumers} consumers: nothing was deleted. Its delay stays \
         {current} ms (the plan says {planned} ms); run this again when it is empty"
    )]
    InUse { queue: String, messages: u32, consumers: u32, current: String, planned: String },
    /// The user lacks a permission.
    #[error("{0}")]
    Denied(String),
    /// In `verify` mode: what is there differs from the plan, one line each.
    #[error("{0}")]
    Different(String),
    /// The broker, or its management API, answered something else, or not in time.
    #[error("{0}")]
    Broker(String),
}

/// Why the broker would not do one thing.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// 404
    Missing,
    /// 406: it exists with another value.
    Inequivalent(Inequivalent),
    /// 403
    Denied,
    /// Nothing that a caller can decide about.
    Other(TopologyError),
}

/// The parts of a PRECONDITION_FAILED text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Inequivalent {
    pub(crate) argument: String,
    /// What the plan says; `none` when it says nothing.
    pub(crate) planned: String,
    /// What the broker has; `none` when it has nothing.
    pub(crate) current: String,
}

impl Refusal {
    /// `doing` continues the broker's address: `declaring queue x`.
    pub(crate) fn of(broker: &Broker, doing: &str, error: &lapin::Error) -> Self {
        let other = || Self::Other(TopologyError::unexpected(broker, doing, error));
        let ErrorKind::ProtocolError(amqp) = error.kind() else { return other() };
        match amqp.get_id() {
            404 => Self::Missing,
            403 => Self::Denied,
            406 => Inequivalent::parse(amqp.get_message().as_str()).map_or_else(other, Self::Inequivalent),
            _ => other(),
        }
    }

    /// For a caller that has nothing better to say than what to grant.
    pub(crate) fn into_error(self, broker: &Broker, doing: &str) -> TopologyError {
        match self {
            Self::Other(error) => error,
            Self::Denied => TopologyError::denied(broker, doing),
            Self::Missing => TopologyError::Broker(format!(
                "{}: {doing}: it does not exist. Create it with `chasqui topology apply`",
                broker.address()
            )),
            Self::Inequivalent(Inequivalent { argument, planned, current }) => TopologyError::Conflict(format!(
                "{}: {doing}: {argument} is {current} on the broker, {planned} in the plan",
                broker.address()
            )),
        }
    }
}

impl Inequivalent {
    /// `PRECONDITION_FAILED - inequivalent arg 'A' for queue 'Q' in vhost 'V': received X but current is Y`, where
    /// X and Y are `'value'`, `none`, or `the value 'value' of type 'T'`.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("inequivalent arg '")?;
        let (argument, rest) = rest.split_once('\'')?;
        let (_, rest) = rest.rsplit_once(": received ")?;
        let (planned, current) = rest.split_once(" but current is ")?;
        Some(Self { argument: argument.to_owned(), planned: value_in(planned), current: value_in(current) })
    }
}

fn value_in(text: &str) -> String {
    let quoted = text.split_once('\'').and_then(|(_, rest)| rest.split_once('\'')).map(|(value, _)| value);
    quoted.unwrap_or(text.trim()).to_owned()
}

impl TopologyError {
    /// The broker has something else than planned, and answered well: nothing failed.
    pub fn is_difference(&self) -> bool {
        matches!(self, Self::Conflict(_) | Self::InUse { .. } | Self::Different(_))
    }

    pub(crate) fn denied(broker: &Broker, doing: &str) -> Self {
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

    pub(crate) fn unexpected(broker: &Broker, doing: &str, error: &lapin::Error) -> Self {
        Self::Broker(format!("{}: {doing}: {error}. See the broker's log, then try again", broker.address()))
    }

    pub(crate) fn silent(broker: &Broker, doing: &str) -> Self {
        Self::Broker(format!(
            "{}: {doing}: no answer in time. Is the broker overloaded or starting? Try again",
            broker.address()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, argument: &str, planned: &str, current: &str) {
        let expected = Inequivalent { argument: argument.into(), planned: planned.into(), current: current.into() };
        assert_eq!(Inequivalent::parse(text), Some(expected));
    }

    #[test]
    fn the_brokers_texts_give_argument_and_both_values() {
        let start = "PRECONDITION_FAILED - inequivalent arg";
        let of = "for queue 'v.q' in vhost 'foro'";
        check(
            &format!("{start} 'x-message-ttl' {of}: received '6000' but current is '5000'"),
            "x-message-ttl",
            "6000",
            "5000",
        );
        check(
            &format!(
                "{start} 'x-overflow' {of}: received the value 'reject-publish' of type 'longstr' but current is none"
            ),
            "x-overflow",
            "reject-publish",
            "none",
        );
        check(
            &format!("{start} 'x-message-ttl' {of}: received none but current is the value '5000' of type 'signedint'"),
            "x-message-ttl",
            "none",
            "5000",
        );
    }
}
