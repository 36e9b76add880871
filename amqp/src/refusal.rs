//! Why the broker would not do one step that it was asked for.

use lapin::ErrorKind;

use crate::Broker;
use crate::wire::told;

/// Why the broker would not do one step. A caller decides about the first four; the others are messages for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// 404: the thing does not exist.
    Missing,
    /// 406: the thing exists with another value.
    Inequivalent(Inequivalent),
    /// 403: the user lacks a permission.
    Denied,
    /// A name has more than the 255 bytes that AMQP allows, so the broker was not asked.
    TooLong(String),
    /// The broker answered something else, or not in time.
    Failed(String),
}

/// The parts of the text of a PRECONDITION_FAILED, in which no character acts: whoever declared the thing chose them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inequivalent {
    pub argument: String,
    /// The value that was asked for; `none` when none was.
    pub planned: String,
    /// The value that the broker has; `none` when it has none.
    pub current: String,
}

impl Refusal {
    /// The refusal that an error stands for. `doing` continues the broker's address: `declaring queue x`.
    pub(crate) fn of(broker: &Broker, doing: &str, error: &lapin::Error) -> Self {
        let other = || Self::unexpected(broker, doing, error);
        let ErrorKind::ProtocolError(amqp) = error.kind() else { return other() };
        match amqp.get_id() {
            404 => Self::Missing,
            403 => Self::Denied,
            406 => Inequivalent::parse(amqp.get_message().as_str()).map_or_else(other, Self::Inequivalent),
            _ => other(),
        }
    }

    fn unexpected(broker: &Broker, doing: &str, error: &lapin::Error) -> Self {
        Self::Failed(format!("{}: {doing}: {}. See the broker's log, then try again", broker.address(), told(error)))
    }

    /// The refusal when the broker did not answer in time.
    pub fn silent(broker: &Broker, doing: &str) -> Self {
        Self::Failed(format!(
            "{}: {doing}: no answer in time. Is the broker overloaded or starting? Try again",
            broker.address()
        ))
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
        Some(Self {
            argument: text::printable(argument).into_owned(),
            planned: value_in(planned),
            current: value_in(current),
        })
    }
}

fn value_in(text: &str) -> String {
    let quoted = text.split_once('\'').and_then(|(_, rest)| rest.split_once('\'')).map(|(value, _)| value);
    text::printable(quoted.unwrap_or(text.trim())).into_owned()
}

#[cfg(test)]
mod tests {
    use lapin::protocol::{AMQPError, AMQPSoftError};

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

    #[test]
    fn a_value_that_somebody_declared_acts_on_no_terminal_and_begins_no_line() {
        check(
            "PRECONDITION_FAILED - inequivalent arg 'x-dead-letter-exchange' for queue 'v.q' in vhost 'foro': received \
             none but current is the value '\u{1b}]0;pwn\u{7}\nfake line\u{202e}' of type 'longstr'",
            "x-dead-letter-exchange",
            "none",
            r"\u{1b}]0;pwn\u{7}\nfake line\u{202e}",
        );
        let said = "PRECONDITION_FAILED - \u{1b}[31mred\nfake line";
        let error = AMQPError::new(AMQPSoftError::PRECONDITIONFAILED.into(), said.into());
        let broker = Broker::new("amqp://u:p@127.0.0.1:1/foro".to_owned().into(), "test").unwrap();
        let refused = Refusal::of(&broker, "declaring queue 'v.q'", &ErrorKind::ProtocolError(error).into());
        let Refusal::Failed(text) = refused else { panic!("{refused:?}") };
        assert!(text.contains(r"\u{1b}[31mred\nfake line"), "{text}");
        assert!(!text.chars().any(text::acts), "{text:?}");
    }
}
