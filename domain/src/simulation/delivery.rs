//! One delivery: its row in the ledger, what became of it, and what must never have become of it.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::{
    Ambiguity, Arrival, Claim, Event, EventName, LeasableRow, Order, Policy, Row, State, Timestamp, events_of,
};

#[derive(Default)]
pub(super) struct Delivery {
    pub(super) row: Option<Row>,
    /// The message of the row, which has no id, was acknowledged, and that was noted.
    pub(super) settled: bool,
    /// What was ordered for the row, whose message has no id, was published: its acknowledgement came next.
    pub(super) republished: bool,
    /// The copy of a message without an id that has leased the row, and until when.
    pub(super) claimant: Option<(Uuid, Timestamp)>,
    /// The row was made for a copy that suspected another row: it may be the second row of one message.
    pub(super) suspected: bool,
    /// This message was acknowledged for good with the row, and nobody will note that.
    pub(super) spent: Option<usize>,
    pub(super) children: u32,
    /// How many budgets operators have asked for without a letter's epoch.
    pub(super) requests: u32,
    /// The epochs of the letters that they have moved: any number of moves of one letter asks for one budget.
    pub(super) moved_from: BTreeSet<u32>,
    /// How often each attempt was sent, by its epoch and number.
    pub(super) sends: BTreeMap<(u32, u32), u32>,
    /// The epochs and seqs of the copies whose delay has passed.
    pub(super) rested: BTreeSet<(u32, u32)>,
    /// How many dead letters each epoch has.
    pub(super) letters: BTreeMap<u32, u32>,
    /// How many letters of each epoch an operator has moved with their epoch, of which no worker knows yet.
    pub(super) moved: BTreeMap<u32, u32>,
    /// How many letters of epochs before were moved too late, and went back as letters of each epoch.
    pub(super) came_back: BTreeMap<u32, u32>,
    pub(super) accepted: u32,
    /// How often the ledger has put it into its inbox.
    pub(super) posted: u32,
    /// A child was ordered that waits in case nobody reports.
    pub(super) escalated: bool,
    /// Attempts of which nobody knows whether they were accepted: each explains one further send.
    pub(super) windows: u32,
    pub(super) maybe_sent: bool,
    /// The providers of whom one may have sent it.
    pub(super) may_be_with: BTreeSet<usize>,
    /// Some worker has died, or has given it up, so that the row does not say who was asked.
    pub(super) nobody_knows: bool,
    /// A cancel of the delivery was answered with "it will not be sent".
    pub(super) cancelled: bool,
    /// The events of every transition that the ledger has, and the epoch of each.
    pub(super) happened: BTreeMap<Uuid, (EventName, u32)>,
    /// The events that a subscriber was told.
    pub(super) told: BTreeSet<Uuid>,
    /// A copy was dead-lettered without having met its row: what it had to tell waits for its move.
    pub(super) evaded: bool,
}

impl Delivery {
    /// Whether the delivery has ended. One that fell back lives on in its child.
    pub(super) fn has_ended(&self) -> bool {
        self.row.as_ref().is_some_and(|row| row.state.is_final() && (row.state != State::FellBack || self.children > 0))
    }

    pub(super) fn leasable(&self) -> Option<LeasableRow> {
        self.row.as_ref().filter(|row| row.fingerprint.is_some()).map(|row| LeasableRow {
            state: row.state,
            settled: self.settled,
            republished: self.republished,
            escalates: row.order.outlives_the_end(),
            claimant: self.claimant,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }

    /// Notes what the row that is being written tells. Of two transitions none may tell the other's event.
    pub(super) fn note_events(&mut self, row: &Row, order: &Order) -> Result<usize, &'static str> {
        let events = events_of(row, order);
        for event in &events {
            let known = self.happened.insert(event.id(), (event.name, row.epoch)).is_some();
            // The budget is told with the first transition of it, whichever that is.
            if known && event.name != EventName::Replayed {
                return Err("two transitions have one event");
            }
        }
        Ok(events.len())
    }

    /// Whether nobody was told of this transition, although it was certainly to be told by now.
    fn is_missed(&self, id: Uuid, epoch: u32, row: &Row) -> bool {
        // A cancel, or an operator's move, may overtake what is not told yet.
        let overtaken = row.state == State::Cancelled && waited(row).is_some_and(|id_before| id_before == id);
        !self.told.contains(&id) && !self.evaded && !overtaken && epoch == row.epoch
    }

    /// Whether what has led to a copy with these counts was told.
    pub(super) fn was_told_before(&self, epoch: u32, seq: u32) -> bool {
        let row = self.row.as_ref().filter(|row| (row.epoch, row.seq) == (epoch, seq) && row.state == State::Waiting);
        let event = row.and_then(waited).filter(|id| self.happened.contains_key(id));
        self.evaded || event.is_none_or(|id| self.told.contains(&id))
    }

    /// How many budgets operators have asked for.
    pub(super) fn budgets(&self) -> usize {
        self.requests as usize + self.moved_from.len()
    }

    /// A letter that an operator has moved begins an epoch, or it goes back because another epoch has come to its end
    /// meanwhile: then it is a letter of that one. False for a letter that was moved once and comes twice.
    pub(super) fn hear_of_a_move(&mut self, arrival: &Arrival, claim: &Claim) -> bool {
        if let Claim::Repeat(row) = claim
            && row.state.is_dead_lettered()
        {
            *self.came_back.entry(row.epoch).or_default() += 1;
        }
        let moved = self.moved.entry(arrival.epoch.saturating_sub(1)).or_default();
        let is_known = *moved > 0;
        *moved = moved.saturating_sub(1);
        is_known
    }

    /// A transition of which nobody was told.
    pub(super) fn untold(&self) -> Option<EventName> {
        let row = self.row.as_ref()?;
        let missed = self.happened.iter().find(|(id, (_, epoch))| self.is_missed(**id, *epoch, row));
        missed.map(|(_, (name, _))| *name)
    }

    /// What must not be true at any time.
    pub(super) fn wrong_now(&self, policy: &Policy, fair: bool) -> Option<String> {
        let came_back = |epoch: &u32| self.came_back.get(epoch).copied().unwrap_or_default();
        let too_many = |(epoch, letters): &(&u32, &u32)| fair && **letters > 1 + came_back(epoch);
        if let Some((epoch, letters)) = self.letters.iter().find(too_many) {
            return Some(format!("epoch {epoch} has {letters} dead letters, and no process has died"));
        }
        for ((epoch, n), sends) in &self.sends {
            if *n > policy.max_retries + 1 {
                return Some(format!("epoch {epoch} spent more attempts than its budget"));
            }
            if *sends > 1 {
                return Some(format!("attempt {n} of epoch {epoch} was sent {sends} times"));
            }
        }
        let unasked = self.row.as_ref().is_some_and(|row| row.epoch as usize > self.budgets());
        unasked.then(|| "a budget that nobody gave".into())
    }

    /// What must not be true when nothing moves any more.
    pub(super) fn wrong_at_rest(&self, row: &Row, policy: &Policy) -> Option<String> {
        if self.accepted > 1 && !row.ambiguous {
            return Some("sent twice, and the row does not say that it may have been".into());
        }
        if self.suspected && self.accepted > 0 && !row.ambiguous {
            return Some("sent although an equal message may be the same one, and the row does not say so".into());
        }
        if self.accepted > 1 + self.windows {
            return Some(format!("accepted {} times, but only {} answers were lost", self.accepted, self.windows));
        }
        if self.posted > 1 {
            return Some("stands in its inbox more than once".into());
        }
        if self.accepted == 0 && matches!(row.state, State::Sent) {
            return Some("called sent without having been accepted".into());
        }
        if row.state == State::Suppressed && self.accepted > 0 && !row.ambiguous {
            return Some("suppressed after it had gone out, and the row does not say that it may have".into());
        }
        if row.state == State::FellBack && self.accepted > 0 && row.order.escalates_at().is_none() {
            return Some("fell back after it had gone out".into());
        }
        if row.state != State::FellBack && self.children > 0 && !self.escalated {
            return Some("a child without a parent that fell back".into());
        }
        let asked_for = self.budgets() > 0 || self.maybe_sent;
        let twice = policy.ambiguity == Ambiguity::Hold && !asked_for && self.accepted > 1;
        twice.then(|| "sent twice under the policy `hold`".into())
    }
}

/// The event of the transition with which a delivery began to wait, if it told one.
fn waited(row: &Row) -> Option<Uuid> {
    let waiting = Row { state: State::Waiting, ..row.clone() };
    events_of(&waiting, &Order::Retry { tier: 1 }).last().map(Event::id)
}
