//! What a report of a delivery means for its child that waits in case nobody reports.

use crate::{Merged, Order, Report, Row, State};

/// What is done with the child. Whoever writes the row does this first: afterwards the row may no longer show that there
/// is such a child. Either may be done twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForChild {
    /// What the child waits for has happened: it is not sent any more, if it was not sent before.
    CallOff,
    /// This channel has failed: the child waits no longer.
    SendNow,
}

/// What a report asks for the child of its delivery. `row` is the row as it was read, and `merged` what
/// [`crate::report()`] has said about it.
pub fn for_the_child(row: &Row, report: &Report, merged: &Merged) -> Option<ForChild> {
    let Order::Escalate { when, .. } = row.order else { return None };
    if report.about.as_ref().is_none_or(|about| about.key != row.key) {
        return None;
    }
    if report.said.answers(when) {
        return Some(ForChild::CallOff);
    }
    let Merged::Moved(moved) = merged else { return None };
    (moved.row.state == State::Bounced).then_some(ForChild::SendNow)
}

impl Merged {
    /// The same where the child was cancelled before: it never goes out, so that neither the row nor its events name it.
    #[must_use]
    pub fn without_a_child(self) -> Self {
        match self {
            Self::Moved(mut moved) => {
                moved.order = Order::Nothing;
                moved.row.order = Order::Nothing;
                Self::Moved(moved)
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
