//! How long an acknowledgement may be forgotten: what happens between an acknowledgement and its note, and time that
//! passes.

use std::time::Duration;

use super::steps::{Step, Worker};
use super::{Copy, Of, World, brief};
use crate::Timestamp;

const LONG: Duration = Duration::from_secs(660);
/// An acknowledgement that was sent and is not noted yet.
pub(super) struct Note {
    pub(super) delivery: usize,
    pub(super) suspects: Option<usize>,
    pub(super) copy: Copy,
    pub(super) due: Timestamp,
}

impl World {
    pub(super) fn chaos_of_messages(&mut self) {
        match self.roll(20) {
            0..=8 => {
                let quarters = u32::try_from(self.roll(16)).unwrap();
                self.pass(Duration::from_millis(250) * quarters);
            }
            9 => self.pass(LONG),
            10 | 11 => self.publish_anonymous(),
            12..=14 => self.lose_a_buffer(),
            15 | 16 => self.crash_before_the_note(),
            17 | 18 => self.cut_off_before_the_note(),
            _ => self.kill_the_broker(),
        }
    }

    /// Lets time pass. A worker that has confirmed its lease acknowledges first, because nothing comes between the two.
    pub(super) fn pass(&mut self, time: Duration) {
        let acknowledges = |worker: &mut Worker| matches!(worker.step, Step::Acknowledge) && worker.message().is_some();
        for worker in self.workers.extract_if(.., acknowledges).collect::<Vec<_>>() {
            self.acknowledge(&worker);
        }
        self.now = self.now.plus(time);
        self.say(|| format!("{} ms PASS", time.as_millis()));
        for note in self.notes.extract_if(.., |note| note.due <= self.now) {
            for at in note.suspects.into_iter().chain([note.delivery]) {
                self.deliveries[at].settled = true;
            }
            if let Of::Message(at) = note.copy.of {
                self.messages[at].gone = true;
            }
        }
    }

    /// A connection is lost that had buffered a copy which no worker has looked at.
    fn lose_a_buffer(&mut self) {
        let buffered = |copy: &&mut Copy| matches!(copy.of, Of::Message(_)) && !copy.redelivered;
        if let Some(copy) = self.lane.iter_mut().find(buffered) {
            copy.redelivered = true;
            let said = brief(copy);
            if let Of::Message(at) = copy.of {
                self.messages[at].delivered = true;
            }
            self.say(|| format!("a buffer is LOST with {said}"));
        }
    }

    pub(super) fn crash_before_the_note(&mut self) {
        if let Some(note) = self.pick_note() {
            self.say(|| format!("CRASHES before it noted the acknowledgement of {}", brief(&note.copy)));
            self.spend(&note);
        }
    }

    fn cut_off_before_the_note(&mut self) {
        if let Some(note) = self.pick_note() {
            self.lose_connection_of(note);
        }
    }

    fn kill_the_broker(&mut self) {
        self.say(|| "the broker is KILLED".into());
        for note in std::mem::take(&mut self.notes) {
            self.lose_connection_of(note);
        }
        while self.workers.iter().any(|worker| !worker.cut_off) {
            self.cut_off();
        }
    }

    /// The connection of the acknowledgement is gone, which the broker has heard or not.
    fn lose_connection_of(&mut self, note: Note) {
        if self.roll(2) == 0 {
            return self.spend(&note);
        }
        self.seen.push("forgotten");
        self.say(|| format!("the acknowledgement of {} is FORGOTTEN", brief(&note.copy)));
        self.lane.push(Copy { redelivered: true, ..note.copy });
    }

    /// The broker has heard the acknowledgement, which will never be noted.
    fn spend(&mut self, note: &Note) {
        let Of::Message(by) = note.copy.of else { return };
        self.say(|| format!("nobody notes that {by} was acknowledged"));
        self.messages[by].gone = true;
        self.deliveries[note.delivery].spent = Some(by);
    }

    fn pick_note(&mut self) -> Option<Note> {
        match self.notes.len() {
            0 => None,
            many => {
                let at = self.roll(many);
                Some(self.notes.remove(at))
            }
        }
    }
}
