//! The suppression list: the recipient is put on it and taken off it at any moment, and an operator has a suppressed
//! delivery tried again.

use super::steps::Worker;
use super::{Copy, Kind, Of, World};
use crate::{Headers, Row, State, SuppressedFor, Transition};

impl World {
    pub(super) fn change_the_list(&mut self) {
        match self.roll(30) {
            0 => {
                let reason = SuppressedFor::ALL[self.roll(SuppressedFor::ALL.len())];
                self.list = Some(reason);
                self.say(|| format!("the recipient is put ON THE LIST: {reason}"));
            }
            1 | 2 if self.list.is_some() => {
                self.list = None;
                self.seen.push("taken off the list");
                self.say(|| "the recipient is TAKEN OFF the list".into());
            }
            3 => self.ask_again(),
            _ => {}
        }
    }

    /// An operator publishes a suppressed delivery once more, also while the recipient is still on the list.
    fn ask_again(&mut self) {
        let is_suppressed = |row: &Row| row.state == State::Suppressed;
        if self.kind == Kind::Named && self.deliveries[0].row.as_ref().is_some_and(is_suppressed) {
            self.deliveries[0].requests += 1;
            self.seen.push("asked for again");
            self.say(|| "the operator ASKS AGAIN for what was suppressed".into());
            let headers = Headers { again: true, ..Headers::default() };
            self.lane.push(Copy { of: Of::Delivery(0), headers, redelivered: false });
        }
    }

    /// Notes what the statement of a claim finds on the list, as the store does in the row that it writes.
    pub(super) fn look_at_the_list(&self, worker: &mut Worker, row: &mut Row) {
        (row.suppressed_for, worker.listed) = (self.list, self.list);
    }

    pub(super) fn may_be_tried(&self, worker: &Worker) {
        if worker.listed.is_some() {
            self.fail("tried although the recipient was on the list when it was claimed");
        }
    }

    /// What is claimed while the recipient is on the list ends with that claim, and nothing else ends so.
    pub(super) fn ends_by_the_list(&self, worker: &Worker, transition: &Transition) {
        let state = transition.row.state;
        match worker.listed {
            None if state == State::Suppressed => self.fail("suppressed although the recipient was not on the list"),
            Some(_) if !state.is_final() => self.fail("goes on although the recipient was on the list"),
            Some(reason) if state == State::FellBack && !reason.allows_fallback() => {
                self.fail("goes to another channel although its recipient does not want it");
            }
            Some(_) if transition.attempt.is_some() => self.fail("suppressed, and an attempt all the same"),
            _ => {}
        }
    }
}
