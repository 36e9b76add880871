//! A worker's path in steps, so that a fault can come between any two of them: what it receives, sends and records.

use std::time::Duration;

use uuid::Uuid;

use super::steps::{Step, Worker, step_name};
use super::{Copy, Delivery, Kind, Of, World, brief};
use crate::{Intent, Outcome, Row, State, Transition, Ways, decide};

impl World {
    pub(super) fn receive(&mut self) {
        let most = if self.kind == Kind::Named { 3 } else { 4 };
        if self.lane.is_empty() || self.workers.len() == most {
            return;
        }
        let at = self.roll(self.lane.len());
        let copy = self.lane.remove(at);
        self.take_in(copy, Intent::Send);
    }

    pub(super) fn take_in(&mut self, copy: Copy, intent: Intent) {
        self.named += 1;
        let (name, since) = (self.named, self.now);
        self.say(|| format!("w{name} receives {}", brief(&copy)));
        let token = Uuid::from_u128(u128::from(name));
        let (delivery, step) = match copy.of {
            Of::Delivery(at) => (Some(at), Step::Claim),
            Of::Message(at) => {
                self.messages[at].delivered = true;
                (None, Step::Lease(None))
            }
        };
        self.workers.push(Worker {
            name,
            copy,
            token,
            delivery,
            since,
            intent,
            mistaken: false,
            releases: true,
            suspects: None,
            seen: Vec::new(),
            step,
            cut_off: false,
            overdue: false,
            listed: None,
        });
    }

    pub(super) fn of(&mut self, worker: &Worker) -> &mut Delivery {
        &mut self.deliveries[worker.at()]
    }

    /// One worker does one step.
    pub(super) fn work(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let at = self.roll(self.workers.len());
        let mut worker = self.workers.remove(at);
        let before = self.trace.len();
        let next = match worker.step.clone() {
            Step::Lease(begun) => self.lease_row(&mut worker, begun),
            Step::Claim => Some(self.claim(&mut worker)),
            Step::Send(row) => Some(self.send(&worker, row)),
            Step::Decide(row, outcome) => Some(self.decide(&worker, &row, &outcome)),
            Step::Record(transition) => Some(self.record(&worker, transition)),
            Step::Tell(told, then) => Some(self.tell(&worker, told, then)),
            Step::Publish(publish) => Some(self.publish_confirmed(&worker, publish)),
            Step::LeaveToLetter(letter) => Some(self.leave_to_letter(&worker, letter)),
            Step::End(republished) => Some(worker.end(republished)),
            Step::NoteLetter(epoch) => Some(self.note_letter(&worker, epoch)),
            Step::ConfirmLease(republished) => Some(self.confirm_lease(&worker, republished)),
            Step::Acknowledge => {
                self.acknowledge(&worker);
                None
            }
            Step::Requeue => {
                self.release(&worker);
                if !worker.cut_off {
                    self.lane.push(Copy { redelivered: true, ..worker.copy.clone() });
                }
                None
            }
        };
        let next = match next {
            Some(Step::Tell(told, then)) if !self.has_all_faults => {
                self.hear(&worker, &told);
                Some(*then)
            }
            next => next,
        };
        if self.tracing {
            let said = self.trace.split_off(before).join(", ");
            self.trace.push(format!("w{} {said} -> {}", worker.name, next.as_ref().map_or("done".into(), step_name)));
        }
        if let Some(step) = next {
            worker.step = step;
            self.workers.push(worker);
        }
    }

    fn send(&mut self, worker: &Worker, row: Box<Row>) -> Step {
        let outcome = self.answer(worker, &row);
        let accepted = match outcome {
            Outcome::Sent { .. } => true,
            Outcome::Retriable { maybe_sent: true, .. } | Outcome::Ambiguous { .. } => self.roll(2) == 0,
            _ => false,
        };
        let unsent =
            matches!(outcome, Outcome::PutAside | Outcome::Parked { .. } | Outcome::Paused { .. } | Outcome::GivenBack);
        let delivery = self.of(worker);
        delivery.maybe_sent |= matches!(outcome, Outcome::Retriable { maybe_sent: true, .. });
        delivery.windows +=
            u32::from(matches!(outcome, Outcome::Ambiguous { .. } | Outcome::Retriable { maybe_sent: true, .. }));
        delivery.accepted += u32::from(accepted);
        if accepted {
            self.reports.accepted.push((row.epoch, row.attempt + 1));
        }
        let delivery = self.of(worker);
        if !unsent && !matches!(outcome, Outcome::Throttled { .. }) {
            *delivery.sends.entry((row.epoch, row.attempt + 1)).or_default() += 1;
        }
        if delivery.cancelled && !worker.overdue && !unsent {
            self.fail("sent after its cancel was answered");
        }
        let again = row.attempt > 0 || row.seq > 0;
        if again && !self.deliveries[worker.at()].rested.contains(&(row.epoch, row.seq)) && !unsent {
            self.fail("sent again before its delay has passed");
        }
        self.say(|| format!("sends{}", if accepted { ", accepted" } else { "" }));
        Step::Decide(row, outcome)
    }

    fn decide(&mut self, worker: &Worker, row: &Row, outcome: &Outcome) -> Step {
        // Where there are two providers, the other one may be asked at once.
        let ways = Ways { has_fallback: self.has_fallback, other: self.has_carriers.then_some(Duration::ZERO) };
        let decided = decide(row, ways, outcome, &self.policy, self.now);
        let transition = decided.escalating(self.escalation());
        self.ends_by_the_list(worker, &transition);
        self.note_who_failed(worker, &transition);
        if matches!(outcome, Outcome::Parked { .. } | Outcome::Paused { .. }) {
            self.seen.push(if matches!(outcome, Outcome::Parked { .. }) { "parked" } else { "paused" });
            if transition.row.attempt != row.attempt || transition.attempt.is_some() {
                self.fail("a parked delivery spent an attempt");
            }
            if matches!(outcome, Outcome::Paused { .. }) && transition.row.state != State::Waiting {
                self.fail("a delivery ended because something is paused");
            }
        }
        self.record(worker, Box::new(transition))
    }

    /// Records what was decided. A worker that does not hear the answer repeats what it has decided, however late it is by
    /// then: nothing is decided twice.
    fn record(&mut self, worker: &Worker, transition: Box<Transition>) -> Step {
        let known = self.of(worker).row.clone().expect("a claim wrote the row");
        if known.token != transition.row.token {
            self.say(|| format!("records {} late", transition.row.state));
            let arrival = worker.arrival();
            return self.unsent(worker, worker.in_hand(&arrival).after_late_record());
        }
        self.say(|| format!("records {} seq {}", transition.row.state, transition.row.seq));
        // The row was recorded before, and the answer was lost: the worker gets the same answer again.
        if known.state == State::Sending {
            self.of(worker).row = Some(transition.row.clone());
            self.of(worker).escalated |= transition.order.escalates_at().is_some();
            // The row of its inbox is written with this one.
            let is_posted = self.has_inbox && transition.row.state == State::Delivered;
            self.of(worker).posted += u32::from(is_posted);
            self.note_events(worker, &transition);
            if self.goes_wrong(6) {
                self.say(|| "and does not hear the answer".into());
                return Step::Record(transition);
            }
        }
        worker.received().follow_up(&transition.row, &transition.order, self.now).into()
    }

    /// Whatever was tried, and whatever has ended, must have something to tell.
    fn note_events(&mut self, worker: &Worker, transition: &Transition) {
        let Transition { row, order, attempt, .. } = transition;
        match self.of(worker).note_events(row, order) {
            Err(wrong) => self.fail(wrong),
            Ok(0) if attempt.is_some() || row.state.is_final() => self.fail("a transition without an event"),
            Ok(_) => {}
        }
    }

    /// True once in so many times, as long as there are faults at all.
    pub(super) fn goes_wrong(&mut self, in_so_many: usize) -> bool {
        !self.calm && !self.fair && self.roll(in_so_many) == 0
    }
}
