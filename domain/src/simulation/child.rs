//! The child that waits in case nobody reports: with the scheduler, while its parent's copies come again, reports come at
//! any moment, and processes die between any two commits.

use std::time::Duration;

use super::World;
use crate::samples::key;
use crate::{
    Bounce, Destination, Escalation, ForChild, Label, Merged, Report, Reported, Row, State, Transition, When,
    events_of, for_the_child, report,
};

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
    reports: Vec<Report>,
    /// The report that is in hand, the row of the parent that was read for it, and what is to be written.
    merging: Option<(Report, Row, Box<Transition>)>,
}

impl World {
    pub(super) fn escalation(&self) -> Option<Escalation> {
        self.has_escalation.then_some(Escalation { when: When::Undelivered, after: Duration::from_secs(300) })
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
            5 | 6 => self.provider_reports(),
            7..=9 => self.read_report(),
            10 | 11 => self.write_report(),
            12 if !self.fair => self.crash_with_report(),
            _ => {}
        }
    }

    /// One step without a fault. False when nothing is left to do.
    pub(super) fn child_moves(&mut self) -> bool {
        let child = &self.child;
        let left = child.reports.len();
        if child.merging.is_some() {
            self.write_report();
        } else if child.arriving > 0 {
            self.store_child();
        } else if child.has_job {
            self.fire_child();
        } else if child.row == Some(State::Sending) {
            self.send_child();
        } else if child.copies > 0 {
            self.claim_child();
        } else if left > 0 {
            self.read_report();
            // Whatever it waits for will not come any more.
            if self.child.reports.len() == left {
                self.child.reports.clear();
            }
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

    /// A provider reports of what it has accepted, also before that is recorded, also twice, and also the contrary.
    fn provider_reports(&mut self) {
        let Some((epoch, attempt)) = self.deliveries[0].accepted_as.filter(|_| self.child.reports.len() < 3) else {
            return;
        };
        let said = match self.roll(3) {
            0 => Reported::Bounced { class: Bounce::Address },
            1 => Reported::Delivered,
            _ => Reported::Accepted,
        };
        self.say(|| format!("the provider REPORTS {} of attempt {attempt}", said.as_str()));
        self.child.reports.push(Report {
            provider: "twilio",
            event_id: said.as_str().to_owned(),
            about: Some(Label { key: key("d-1"), epoch, attempt }),
            provider_id: None,
            recipient: None,
            said,
            code: None,
            detail: String::new(),
            at: None,
        });
    }

    /// Whoever reads reports does for the child what follows, before it writes the row of the parent.
    fn read_report(&mut self) {
        if self.child.reports.is_empty() || self.child.merging.is_some() {
            return;
        }
        let at = self.roll(self.child.reports.len());
        let one = self.child.reports.remove(at);
        let Some(row) = self.deliveries[0].row.clone() else { return self.child.reports.push(one) };
        let merged = report(&row, &one, None, self.now);
        match for_the_child(&row, &one, &merged) {
            Some(ForChild::CallOff) => self.cancel_child(),
            Some(ForChild::SendNow) if !self.child.has_job && self.child.row.is_none() => {
                return self.child.reports.push(one);
            }
            Some(ForChild::SendNow) => self.seen.push("a child that was hurried"),
            None => {}
        }
        match merged {
            Merged::Early => self.child.reports.push(one),
            Merged::Kept => {}
            Merged::Moved(moved) => self.child.merging = Some((one, row, moved)),
        }
    }

    /// What the row before told is told once more, and then the row is written, if it is still the one that was read.
    fn write_report(&mut self) {
        let Some((one, read, moved)) = self.child.merging.take() else { return };
        let delivery = &mut self.deliveries[0];
        if delivery.row.as_ref() != Some(&read) {
            return self.child.reports.push(one);
        }
        delivery.told.extend(events_of(&read, &read.order).iter().map(|event| event.id()));
        if let Err(wrong) = delivery.note_events(&moved.row, &moved.order) {
            self.fail(wrong);
        }
        let delivery = &mut self.deliveries[0];
        delivery.told.extend(events_of(&moved.row, &moved.order).iter().map(|event| event.id()));
        self.say(|| format!("the report makes it {}", moved.row.state));
        self.deliveries[0].row = Some(moved.row);
    }

    fn crash_with_report(&mut self) {
        if let Some((one, ..)) = self.child.merging.take() {
            self.say(|| "CRASHES before the report is written".into());
            self.child.reports.push(one);
        }
    }

    /// A child is sent unless somebody has called it off. A letter that nobody moves may be what would publish it.
    pub(super) fn check_child(&self) {
        let parent = &self.deliveries[0];
        let waits = parent.row.as_ref().is_some_and(|row| row.order.escalates_at().is_some());
        let may_be_unpublished = parent.evaded && parent.children == 0;
        let is_owed = waits && !may_be_unpublished && !self.child.is_called_off;
        if is_owed && self.child.row != Some(State::Sent) {
            self.fail("nobody has called the child off, and it was not sent");
        }
    }
}
