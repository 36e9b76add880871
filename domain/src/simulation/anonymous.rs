//! Equal messages without an id: how their copies find their rows, how long an acknowledgement may be forgotten, and
//! what the broker knows that nobody else does.

use std::time::Duration;

use super::notes::Note;
use super::steps::{Step, Worker};
use super::{Copy, Delivery, Of, World, published};
use crate::{
    ACKNOWLEDGED_FOR_CERTAIN_AFTER, CERTAINLY_ITS_OWN_FOR, Found, LeasedRow, PublishedBy, ROW_LEASED_FOR, Row,
    Timestamp, find, is_taken_over, suspecting,
};

/// The time between two looks for a row.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
const MOST_MESSAGES: usize = 5;
pub(super) const FINGERPRINT: [u8; 32] = [3; 32];

/// A published message, as only the broker tells it from its equals.
#[derive(Default)]
pub(super) struct Message {
    /// A worker has received the message.
    pub(super) delivered: bool,
    /// The message will not come again.
    pub(super) gone: bool,
    /// The message was taken for another one, which was acknowledged.
    pub(super) mistaken: bool,
}

impl World {
    pub(super) fn publish_anonymous(&mut self) {
        if self.messages.len() < MOST_MESSAGES {
            let of = Of::Message(self.messages.len());
            self.messages.push(Message::default());
            self.say(|| format!("somebody PUBLISHES {of:?}"));
            self.lane.push(Copy { of, headers: published(), redelivered: false });
        }
    }

    /// Looks once for the row of the copy in hand.
    pub(super) fn lease_row(&mut self, worker: &mut Worker, begun: Option<Timestamp>) -> Option<Step> {
        let rows = self.leased_rows();
        let anew = is_taken_over(&worker.seen, &rows, &self.now);
        let begun = begun.filter(|_| !anew).unwrap_or(self.now);
        worker.seen = rows;
        let may_wait = self.now.since(begun) <= ROW_LEASED_FOR + LOOK_AGAIN;
        let found = if worker.copy.redelivered { self.find_row(worker, may_wait) } else { Found::Nothing };
        self.say(|| format!("finds {found:?}"));
        match found {
            Found::Row(at) => self.continues(worker, at, true),
            Found::Probable(at) => self.continues(worker, at, false),
            Found::Suspect(at) => {
                self.deliveries[at].claimant = Some((suspecting(worker.token), self.now.plus(ROW_LEASED_FOR)));
                self.seen.push("suspected");
                self.mint(worker, Some(at));
            }
            Found::OnlyLeased if may_wait => {
                self.seen.push("waited");
                if self.calm {
                    self.pass(LOOK_AGAIN * 4);
                }
                return Some(Step::Lease(Some(begun)));
            }
            Found::OnlyLeased | Found::Nothing => self.mint(worker, None),
        }
        worker.since = self.now;
        if worker.cut_off {
            self.release(worker);
            return None;
        }
        Some(Step::Claim)
    }

    /// The rows that are leased and not settled.
    fn leased_rows(&self) -> Vec<LeasedRow<usize, Timestamp>> {
        let open = self.deliveries.iter().enumerate().filter_map(|(at, one)| Some((at, one.leasable()?)));
        let leased =
            open.filter(|(_, row)| !row.settled).filter_map(|(at, row)| Some((at, row.claimant?, !row.may_be_gone())));
        leased.map(|(row, (claimant, until), owed)| LeasedRow { row, claimant, until, owed }).collect()
    }

    fn find_row(&self, worker: &Worker, may_wait: bool) -> Found {
        let mut places: Vec<usize> = (0..self.deliveries.len()).collect();
        places.retain(|&at| self.deliveries[at].leasable().is_some());
        places.sort_by_key(|&at| self.deliveries[at].row.as_ref().map(|row| row.created_at));
        let rows: Vec<_> = places.iter().filter_map(|&at| self.deliveries[at].leasable()).collect();
        match find(&rows, worker.token, self.now, may_wait) {
            Found::Row(at) => Found::Row(places[at]),
            Found::Probable(at) => Found::Probable(places[at]),
            Found::Suspect(at) => Found::Suspect(places[at]),
            nothing => nothing,
        }
    }

    fn continues(&mut self, worker: &mut Worker, at: usize, certain: bool) {
        if self.notes.iter().any(|note| note.delivery == at) {
            self.fail("continues a row whose acknowledgement is about to be noted");
        }
        let message = worker.message().expect("only a message without an id looks for its row");
        let delivery = &mut self.deliveries[at];
        delivery.claimant = Some((worker.token, self.now.plus(ROW_LEASED_FOR)));
        delivery.moved_from.extend(moved_from(&worker.copy));
        worker.delivery = Some(at);
        worker.releases = certain;
        let mistaken = delivery.spent.is_some_and(|by| by != message);
        let ended = delivery.row.as_ref().map(|row| row.updated_at);
        if mistaken && (self.has_rows_for_all() || ended.is_none_or(|at| self.now.since(at) > CERTAINLY_ITS_OWN_FOR)) {
            self.fail(&format!("message {message} is taken for another that was acknowledged"));
        }
        if mistaken {
            self.seen.push("taken for another");
        }
        worker.mistaken = mistaken;
    }

    fn mint(&mut self, worker: &mut Worker, suspects: Option<usize>) {
        worker.delivery = Some(self.deliveries.len());
        worker.suspects = suspects;
        let moved_from = moved_from(&worker.copy).into_iter().collect();
        self.deliveries.push(Delivery { suspected: suspects.is_some(), moved_from, ..Delivery::default() });
    }

    /// Inserts the row of a copy that met none.
    pub(super) fn insert(&mut self, worker: &Worker, row: Row) {
        let leased_until = self.now.plus(ROW_LEASED_FOR);
        let message = worker.message();
        // The row was on its way when the broker took the message back: the next copy may have looked before.
        self.strays += u32::from(worker.cut_off && message.is_some());
        let delivery = self.of(worker);
        delivery.claimant = message.map(|_| (worker.token, leased_until));
        delivery.row = Some(row);
    }

    /// Asks before the acknowledgement whether an equal message has taken the row over.
    pub(super) fn confirm_lease(&mut self, worker: &Worker, republished: bool) -> Step {
        if worker.cut_off {
            return Step::Requeue;
        }
        if !republished && self.now.since(worker.since) < ROW_LEASED_FOR / 2 {
            return Step::Acknowledge;
        }
        let leased_until = self.now.plus(ROW_LEASED_FOR);
        let delivery = self.of(worker);
        if delivery.claimant.is_some_and(|(claimant, _)| claimant != worker.token) {
            self.seen.push("taken over");
            return Step::Requeue;
        }
        delivery.claimant = Some((worker.token, leased_until));
        delivery.republished |= republished;
        Step::Acknowledge
    }

    pub(super) fn acknowledge(&mut self, worker: &Worker) {
        let Some(message) = worker.message() else { return };
        let due = self.now.plus(ACKNOWLEDGED_FOR_CERTAIN_AFTER);
        match worker.cut_off {
            false => {
                self.messages[message].mistaken = worker.mistaken;
                let copy = worker.copy.clone();
                self.notes.push(Note { delivery: worker.at(), suspects: worker.suspects, copy, due });
            }
            // The worker knows that its acknowledgement could not be sent, or it was sent into nothing.
            true if self.roll(2) == 0 => self.release(worker),
            true => {}
        }
    }

    /// Releases the worker's rows: the next copy may have them.
    pub(super) fn release(&mut self, worker: &Worker) {
        let now = self.now;
        if let Some(suspected) = worker.suspects.map(|at| &mut self.deliveries[at])
            && suspected.claimant.is_some_and(|(claimant, _)| claimant == suspecting(worker.token))
        {
            suspected.claimant = Some((suspecting(worker.token), now));
        }
        let Some(delivery) = worker.delivery.map(|at| &mut self.deliveries[at]) else { return };
        if delivery.claimant.is_some_and(|(claimant, _)| claimant == worker.token) {
            match worker.releases {
                true => (delivery.claimant, delivery.republished) = (None, false),
                false => delivery.claimant = Some((worker.token, now)),
            }
        }
    }

    /// Whether every message that was delivered and may come again has a row of its own.
    fn has_rows_for_all(&self) -> bool {
        let messages = self.messages.iter().filter(|message| message.delivered && !message.gone).count();
        let is_open = |one: &&Delivery| one.spent.is_none() && one.leasable().is_some_and(|row| !row.settled);
        messages + self.strays as usize <= self.deliveries.iter().filter(is_open).count()
    }

    /// The delivery under which a copy is dead-lettered without having met its row.
    pub(super) fn letter_of(&mut self, copy: &Copy) -> usize {
        match copy.of {
            Of::Delivery(at) => at,
            Of::Message(message) => {
                self.messages[message].gone = true;
                self.strays += 1;
                let moved_from = moved_from(copy).into_iter().collect();
                self.deliveries.push(Delivery { moved_from, ..Delivery::default() });
                self.deliveries.len() - 1
            }
        }
    }

    fn has_an_end(&self, delivery: usize) -> bool {
        self.deliveries[delivery].has_ended() || self.is_dead_letter(delivery)
    }

    pub(super) fn check_messages(&self) {
        // A row that was inserted too late, or whose message left without it, may stay behind, and one of a copy that
        // suspected another; no other row does.
        let is_left = |at: &usize| self.deliveries[*at].row.is_some() && !self.has_an_end(*at);
        let left: Vec<_> = (0..self.deliveries.len()).filter(is_left).collect();
        let may_be_left = self.strays + self.left_by_suspects;
        if left.len() > may_be_left as usize {
            self.fail(&format!("nobody continues the rows {left:?}, and {may_be_left} may be left"));
        }
        let letters = self.letters().filter(|copy| matches!(copy.of, Of::Message(_)));
        let ends = (0..self.deliveries.len()).filter(|at| self.has_an_end(*at)).count() + letters.count();
        let mistaken = self.messages.iter().filter(|message| message.mistaken).count();
        if ends + mistaken < self.messages.len() {
            self.fail(&format!("lost: {} messages, {ends} ends, {mistaken} taken for others", self.messages.len()));
        }
        let went_out = |one: &&Delivery| !one.suspected && one.row.is_some() && (one.accepted > 0 || one.has_ended());
        let rows = self.deliveries.iter().filter(went_out).count();
        if rows + mistaken > self.messages.len() + self.strays as usize {
            self.fail(&format!("sent twice in silence: {} messages, {rows} rows", self.messages.len()));
        }
    }
}

/// The epoch of the letter that a copy is, if an operator has moved it.
fn moved_from(copy: &Copy) -> Option<u32> {
    let is_moved = copy.headers.published_by() == PublishedBy::OperatorMove;
    is_moved.then(|| copy.headers.epoch.unwrap_or(0))
}
