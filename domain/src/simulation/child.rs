//! The child that waits in case nobody reports: with the scheduler, while its parent's copies come again and processes die
//! between any two commits. Reports call it off, the end of what its parent asks, or whoever reads its parent in an inbox; and
//! reports hurry it.

use std::time::Duration;

use super::World;
use crate::{Destination, Escalation, State, When};

/// What is known of the child, as its tables and queues have it.
#[derive(Default)]
pub(super) struct Child {
    /// Its messages in the scheduled queue.
    arriving: u32,
    /// It is stored as a job.
    has_job: bool,
    /// Its copies in the lane.
    copies: u32,
    row: Option<State>,
    /// Somebody was answered that it will not be sent.
    is_called_off: bool,
    /// What its parent asks has ended, or its user has read it, and whoever calls the child off is not done yet.
    is_being_called_off: bool,
}

impl World {
    pub(super) fn escalation(&self) -> Option<Escalation> {
        let when = match (self.asks, self.has_inbox) {
            (true, _) => When::Unanswered,
            (false, true) => When::Unread,
            (false, false) => When::Undelivered,
        };
        self.has_escalation.then_some(Escalation { when, after: Duration::from_secs(300) })
    }

    pub(super) fn child_published(&mut self, to: Destination) {
        match to {
            Destination::Lane(_) => self.child.copies += 1,
            Destination::Scheduled => self.child.arriving += 1,
            _ => self.fail("a child is published to a lane or to the scheduler"),
        }
    }

    pub(super) fn chaos_of_the_child(&mut self) {
        match self.roll(14) {
            0 | 1 => self.store_child(),
            2 => self.fire_child(),
            3 => self.claim_child(),
            4 => self.send_child(),
            5 if self.asks => self.answer_for_the_child(),
            5 if self.is_in_its_inbox() => self.answer_for_the_child(),
            _ => {}
        }
    }

    /// Its user can read it.
    fn is_in_its_inbox(&self) -> bool {
        self.has_inbox && self.deliveries[0].posted > 0
    }

    /// Somebody answers, or its time is over, or its user reads it. A dialog that dies before its acknowledgement calls the
    /// child off again, and a user whose request has no answer repeats it.
    fn answer_for_the_child(&mut self) {
        let asks = self.asks;
        if !self.child.is_being_called_off {
            self.say(|| if asks { "what is asked ENDS".into() } else { "its user READS it".into() });
            self.child.is_being_called_off = true;
            if self.goes_wrong(3) {
                return;
            }
        }
        self.cancel_child();
        self.seen.push(if asks { "a child that an answer stopped" } else { "a child that reading stopped" });
        self.child.is_being_called_off = self.goes_wrong(3);
    }

    /// One step without a fault. False when nothing is left to do.
    pub(super) fn child_moves(&mut self) -> bool {
        let child = &self.child;
        if !self.has_escalation {
            return false;
        }
        if child.is_being_called_off {
            self.answer_for_the_child();
        } else if child.arriving > 0 {
            self.store_child();
        } else if child.has_job {
            self.fire_child();
        } else if child.row == Some(State::Sending) {
            self.send_child();
        } else if child.copies > 0 {
            self.claim_child();
        } else {
            return false;
        }
        true
    }

    /// The scheduler stores the job, as the store does: unless the delivery was cancelled.
    fn store_child(&mut self) {
        if self.child.arriving == 0 {
            return;
        }
        // A scheduler that dies before its acknowledgement gets the message again.
        if !self.goes_wrong(4) {
            self.child.arriving -= 1;
        }
        self.child.has_job |= self.child.row != Some(State::Cancelled);
        self.say(|| "the child is STORED, unless it was called off".into());
    }

    fn fire_child(&mut self) {
        if self.child.has_job {
            self.say(|| "the child is DUE".into());
            self.child.copies += 1;
            // A scheduler that dies before its mark fires again.
            self.child.has_job = self.goes_wrong(4);
        }
    }

    fn claim_child(&mut self) {
        if self.child.copies == 0 {
            return;
        }
        match self.child.row {
            // The copy waits until the other one is done.
            Some(State::Sending) => return,
            Some(_) => {}
            None => self.child.row = Some(State::Sending),
        }
        self.child.copies -= 1;
    }

    fn send_child(&mut self) {
        if self.child.row == Some(State::Sending) {
            if self.child.is_called_off {
                self.fail("the child was sent after it was called off");
            }
            self.seen.push("a child that was sent");
            self.say(|| "the child is SENT".into());
            self.child.row = Some(State::Sent);
        }
    }

    /// What is being sent, or has been, is too late to cancel.
    pub(super) fn cancel_child(&mut self) {
        match self.child.row {
            None | Some(State::Cancelled) => {
                (self.child.has_job, self.child.row) = (false, Some(State::Cancelled));
                self.child.is_called_off = true;
                self.seen.push("a child that was called off");
                self.say(|| "the child is CALLED OFF".into());
            }
            Some(_) => self.say(|| "it is too late to call the child off".into()),
        }
    }

    /// It waits no longer, wherever it is. False while nothing is known of it.
    pub(super) fn hurry_child(&mut self) -> bool {
        if self.child.has_job {
            self.seen.push("a child that was hurried");
            self.say(|| "the child is HURRIED".into());
        }
        self.child.has_job || self.child.row.is_some()
    }

    /// Whether more will be known of the child.
    pub(super) fn child_is_on_its_way(&self) -> bool {
        self.has_escalation && (self.child.arriving > 0 || self.child.copies > 0)
    }

    /// Whether the child will be sent, or would be once it is published.
    pub(super) fn child_still_waits(&self) -> bool {
        !self.child.is_called_off && self.child.row.is_none()
    }

    /// A child is sent unless somebody has called it off. A letter that nobody moves may be what would publish it.
    pub(super) fn check_child(&self) {
        let parent = &self.deliveries[0];
        let came_back = parent.row.as_ref().is_some_and(|row| row.state == State::Bounced);
        if self.has_escalation && came_back && !parent.escalated {
            self.fail("it came back, and nobody has ordered its child");
        }
        let waits = parent.row.as_ref().is_some_and(|row| row.order.escalates_at().is_some());
        let may_be_unpublished = parent.evaded && parent.children == 0;
        let is_owed = waits && !may_be_unpublished && !self.child.is_called_off;
        if is_owed && self.child.row != Some(State::Sent) {
            self.fail("nobody has called the child off, and it was not sent");
        }
    }
}
