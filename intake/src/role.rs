//! In what the roles differ: the words of a log line, what is counted, and the steps at which a test ends a process.

use domain::{Lane, Reason};
use runtime::failpoint;

/// What one role says, counts and calls by its own names.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// Logs that a message goes to the dead-letter queue.
    pub dead_lettered: fn(&DeadLettered<'_>),
    /// Reports that an equal message continues the row of one without an id, which is given back therefore.
    pub taken_over: fn(Lane),
    pub steps: Steps,
}

/// A dead letter that is about to be published.
#[derive(Clone, Copy, Debug)]
pub struct DeadLettered<'a> {
    pub reason: Reason,
    /// The letter's own id, which nobody may have checked, fit for a terminal.
    pub delivery: &'a str,
    pub lane: Lane,
    pub error: &'a str,
}

/// The names of the steps between two effects. A role without a name for a step has no such failpoint.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// What follows from a message is confirmed.
    pub republished: Option<&'static str>,
    /// The row says that it has a dead letter.
    pub letter_noted: Option<&'static str>,
    /// The message is acknowledged next.
    pub before_ack: Option<&'static str>,
}

/// Does nothing unless a test has asked for this step.
pub(crate) fn pass(step: Option<&'static str>) {
    if let Some(step) = step {
        failpoint(step);
    }
}
