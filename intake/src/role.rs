//! In what the roles differ: the words of a log line, the metrics, and the failpoints.

use domain::{Lane, Reason};
use runtime::failpoint;

/// The log lines, metrics and failpoints of one role.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// Logs that a message is dead-lettered.
    pub dead_lettered: fn(&DeadLettered<'_>),
    /// Counts a message without an id that is given back because an equal message continues its row.
    pub taken_over: fn(Lane),
    pub steps: Steps,
}

/// A dead letter that is about to be published.
#[derive(Clone, Copy, Debug)]
pub struct DeadLettered<'a> {
    pub reason: Reason,
    /// The id of the letter, made safe for a terminal, because nobody may have checked it.
    pub delivery: &'a str,
    pub lane: Lane,
    /// What a message of the fleet's own asks for, such as `/asks`. None for every other message.
    pub request: Option<&'a str>,
    pub error: &'a str,
}

/// The names of failpoints between two effects. A role without a name for a step has no failpoint there.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// After the events of a message are confirmed, before what follows from it is published.
    pub told: Option<&'static str>,
    /// After what follows from a message is confirmed.
    pub republished: Option<&'static str>,
    /// After the row has noted its dead letter.
    pub letter_noted: Option<&'static str>,
    /// Before the message is acknowledged.
    pub before_ack: Option<&'static str>,
}

/// Passes a failpoint, which does nothing unless a test has asked for it.
pub(crate) fn pass(step: Option<&'static str>) {
    if let Some(step) = step {
        failpoint(step);
    }
}
