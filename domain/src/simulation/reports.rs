//! What the provider reports of what it has accepted: at any moment, in any order, and again, taken by dialogs that may
//! die between any two of their steps.

use uuid::Uuid;

use super::World;
use crate::samples::key;
use crate::{
    Bounce, EventName, ForChild, Label, Merged, Report, Reported, Row, State, events_of, for_the_child, report,
};

/// A report in its queue.
#[derive(Clone, Debug)]
struct Call {
    report: Report,
    redelivered: bool,
}

/// What a dialog will do next with the report in hand.
#[derive(Clone, Debug)]
enum Step {
    Read,
    /// Do this for the child that waits, and then do what follows.
    Child(ForChild, Box<Step>),
    /// Tell these events, and then do what follows.
    Tell(Vec<(Uuid, EventName)>, Box<Step>),
    /// Write the second row over the first.
    Write(Box<Row>, Box<Row>),
    Acknowledge,
}

struct Dialog {
    call: Call,
    step: Step,
    /// Somebody may have written the row with this report and not have told of it.
    may_be_untold: bool,
}

/// Everything about reports in one schedule.
#[derive(Default)]
pub(super) struct Reports {
    /// The epochs and numbers of the attempts that the provider has accepted.
    pub(super) accepted: Vec<(u32, u32)>,
    calls: Vec<Call>,
    later: Vec<Call>,
    dialogs: Vec<Dialog>,
    /// The provider has reported that an attempt has arrived.
    arrived: bool,
    made: u32,
}

impl World {
    pub(super) fn report_at_any_moment(&mut self) {
        match self.roll(10) {
            0 | 1 => self.provider_reports(),
            2..=7 => self.hear_reports(),
            8 => self.reports_come_back(),
            _ if self.fair => {}
            _ => self.dialog_dies(),
        }
    }

    /// Goes on with what is left of reports when nothing else moves. False when nothing is left.
    pub(super) fn hear_what_is_left(&mut self) -> bool {
        self.reports_come_back();
        let is_left = !(self.reports.calls.is_empty() && self.reports.dialogs.is_empty());
        self.hear_reports();
        is_left
    }

    fn provider_reports(&mut self) {
        if self.reports.accepted.is_empty() {
            return;
        }
        let at = self.roll(self.reports.accepted.len());
        let (epoch, attempt) = self.reports.accepted[at];
        let said = match self.roll(6) {
            0 | 1 => Reported::Delivered,
            2 => Reported::Read,
            3 => Reported::Bounced { class: Bounce::Address },
            4 => Reported::FailedLater { retriable: true, alarm: false },
            _ => Reported::FailedLater { retriable: false, alarm: false },
        };
        self.say(|| format!("the provider REPORTS {said:?} of attempt {attempt} of epoch {epoch}"));
        self.reports.arrived |= matches!(said, Reported::Delivered | Reported::Read);
        self.reports.made += 1;
        let report = Report {
            provider: "twilio",
            event_id: self.reports.made.to_string(),
            about: Some(Label { key: key("d-1"), epoch, attempt }),
            provider_id: None,
            recipient: None,
            has_copies: false,
            said,
            code: None,
            detail: String::new(),
            at: None,
        };
        let times = 1 + self.roll(2);
        self.reports.calls.extend((0..times).map(|_| Call { report: report.clone(), redelivered: false }));
    }

    fn reports_come_back(&mut self) {
        let later = std::mem::take(&mut self.reports.later);
        self.reports.calls.extend(later);
    }

    /// A dialog takes a report, or does one step with one that it has.
    fn hear_reports(&mut self) {
        let (calls, dialogs) = (self.reports.calls.len(), self.reports.dialogs.len());
        if calls > 0 && (dialogs == 0 || (dialogs < 3 && self.roll(2) == 0)) {
            let at = self.roll(calls);
            let call = self.reports.calls.remove(at);
            self.say(|| format!("a dialog receives {:?}", call.report.said));
            let may_be_untold = call.redelivered;
            self.reports.dialogs.push(Dialog { call, step: Step::Read, may_be_untold });
        } else if dialogs > 0 {
            let at = self.roll(dialogs);
            let mut dialog = self.reports.dialogs.remove(at);
            if let Some(next) = self.dialog_step(&mut dialog) {
                dialog.step = next;
                self.reports.dialogs.push(dialog);
            }
        }
    }

    fn dialog_step(&mut self, dialog: &mut Dialog) -> Option<Step> {
        match dialog.step.clone() {
            Step::Read => self.read_of_a_report(dialog),
            Step::Child(asked, then) => self.answer_escalation(dialog, asked, *then),
            Step::Tell(told, then) => {
                self.hear_of(0, &told);
                Some(*then)
            }
            Step::Write(read, written) => Some(self.merge(dialog, &read, &written)),
            Step::Acknowledge => None,
        }
    }

    fn read_of_a_report(&mut self, dialog: &Dialog) -> Option<Step> {
        let row = self.deliveries[0].row.clone().expect("what was sent has a row");
        let merged = report(&row, &dialog.call.report, None, self.now);
        let asked = for_the_child(&row, &dialog.call.report, &merged);
        let then = match merged {
            Merged::Early => {
                self.too_early(dialog);
                return None;
            }
            Merged::Kept if dialog.may_be_untold && matches!(row.state, State::Delivered | State::Bounced) => {
                Step::Tell(told_of(&row), Box::new(Step::Acknowledge))
            }
            Merged::Kept => Step::Acknowledge,
            Merged::Moved(transition) => {
                let told = told_of(&row);
                Step::Tell(told, Box::new(Step::Write(Box::new(row), Box::new(transition.row))))
            }
        };
        Some(match asked {
            Some(asked) => Step::Child(asked, Box::new(then)),
            None => then,
        })
    }

    fn answer_escalation(&mut self, dialog: &Dialog, asked: ForChild, then: Step) -> Option<Step> {
        let is_done = match asked {
            ForChild::CallOff if self.asks => self.fail("a report was taken for an answer"),
            ForChild::CallOff => {
                self.cancel_child();
                true
            }
            ForChild::SendNow => self.hurry_child(),
        };
        if !is_done {
            self.too_early(dialog);
        }
        is_done.then_some(then)
    }

    /// A report that waits for what nobody does any more stays a receipt.
    fn too_early(&mut self, dialog: &Dialog) {
        self.seen.push("reported early");
        let moves = !self.workers.is_empty() || !self.lane.is_empty() || !self.later.is_empty();
        if !self.calm || moves || self.child_is_on_its_way() {
            self.reports.later.push(Call { redelivered: false, ..dialog.call.clone() });
        }
    }

    /// Writes over the row that was read. A write whose answer is lost is followed by another look.
    fn merge(&mut self, dialog: &mut Dialog, read: &Row, written: &Row) -> Step {
        dialog.may_be_untold = true;
        if self.deliveries[0].row.as_ref() != Some(read) {
            return Step::Read;
        }
        let goes_on = match written.state {
            State::Delivered => read.state != State::Delivered,
            State::Bounced => matches!(read.state, State::Sent | State::FellBack),
            _ => false,
        };
        if !goes_on {
            self.fail("a report took a delivery back");
        }
        let is_forgotten = read.order.escalates_at().is_some() && written.order.escalates_at().is_none();
        if is_forgotten && self.child_still_waits() {
            self.fail("the row forgets a child that nobody has called off");
        }
        self.say(|| format!("a dialog writes {}", written.state));
        match self.deliveries[0].note_events(written, &written.order) {
            Err(wrong) => self.fail(wrong),
            Ok(0) => self.fail("a report without an event"),
            Ok(_) => {}
        }
        self.deliveries[0].row = Some(written.clone());
        if !self.calm && !self.fair && self.roll(6) == 0 {
            return Step::Read;
        }
        Step::Tell(told_of(written), Box::new(Step::Acknowledge))
    }

    fn dialog_dies(&mut self) {
        if let Some(Dialog { call, .. }) = self.reports.dialogs.pop() {
            self.say(|| "a dialog CRASHES".into());
            self.reports.calls.push(Call { redelivered: true, ..call });
        }
    }

    /// Whoever has a message is known to have it, whatever else was reported and in whatever order.
    pub(super) fn check_reports(&self) {
        let one = &self.deliveries[0];
        let Some(row) = one.row.as_ref().filter(|_| self.reports.arrived && one.budgets() == 0) else { return };
        // Whoever has a question may not have answered it.
        let in_doubt = row.order.escalates_at().is_some() && !self.asks;
        let still_asks = self.asks && row.state == State::FellBack && row.order.escalates_at().is_some();
        if in_doubt
            || still_asks
            || matches!(row.state, State::Sent | State::Bounced | State::Waiting | State::Dead | State::Held)
        {
            self.fail(&format!("reported as arrived, and called {}", row.state));
        }
    }
}

fn told_of(row: &Row) -> Vec<(Uuid, EventName)> {
    events_of(row, &row.order).iter().map(|event| (event.id(), event.name)).collect()
}
