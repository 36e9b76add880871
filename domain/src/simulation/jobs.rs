//! Jobs over dead letters: a runner publishes a letter once more, keeps it and takes it out of the queue, or puts it back.
//! It acknowledges a letter once what follows from it is safe. One that dies in between leaves the letter in the queue:
//! the next runner does it once more, unless somebody else has taken the letter meanwhile.

use super::{Copy, Of, World, brief};
use crate::Headers;

impl World {
    pub(super) fn chaos_of_jobs(&mut self) {
        match self.roll(12) {
            0 | 1 => self.replay_a_letter(),
            2 => self.drop_a_letter(),
            3 => self.restore_a_letter(),
            _ => {}
        }
    }

    fn replay_a_letter(&mut self) {
        let Some(letter) = self.pick(|world| &mut world.dead_letters) else { return };
        self.say(|| format!("a job REPLAYS {}", brief(&letter)));
        self.moved(&letter, true);
        self.lane.push(as_published(&letter));
        if self.dies_with(&letter) {
            self.seen.push("replayed by a job that dies");
            self.dead_letters.push(letter);
        }
    }

    /// A letter that is kept already was left behind in the queue.
    fn drop_a_letter(&mut self) {
        let Some(letter) = self.pick(|world| &mut world.dead_letters) else { return };
        self.say(|| format!("a job DROPS {}", brief(&letter)));
        if !self.kept.iter().any(|kept| (kept.of, &kept.headers) == (letter.of, &letter.headers)) {
            self.kept.push(letter.clone());
        }
        if self.dies_with(&letter) {
            self.seen.push("dropped by a job that dies");
            self.dead_letters.push(letter);
        }
    }

    fn restore_a_letter(&mut self) {
        let Some(letter) = self.pick(|world| &mut world.kept) else { return };
        self.say(|| format!("a job RESTORES {}", brief(&letter)));
        self.dead_letters.push(as_published(&letter));
        if self.dies_with(&letter) {
            self.seen.push("restored by a job that dies");
            self.kept.push(letter);
        }
    }

    /// Whether the runner dies before it has acknowledged or noted what it has done. Two copies of a letter without an id
    /// would be two messages: see `docs/promises.md`.
    fn dies_with(&mut self, letter: &Copy) -> bool {
        let dies = matches!(letter.of, Of::Delivery(_)) && self.goes_wrong(3);
        if dies {
            self.say(|| "and DIES".into());
        }
        dies
    }
}

/// A letter as a job publishes it: with its epoch and without counts. Nothing but `notify-again` would say of one that the
/// broker has given up that it was dead.
fn as_published(letter: &Copy) -> Copy {
    let Headers { epoch, dead, .. } = &letter.headers;
    let (epoch, again) = (Some(epoch.unwrap_or(0)), dead.is_none());
    let headers = Headers { attempt: None, seq: None, epoch, again, broker_death: false, ..letter.headers.clone() };
    Copy { of: letter.of, headers, redelivered: false }
}
