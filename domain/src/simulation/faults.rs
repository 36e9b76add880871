//! What goes wrong: crashes, broken connections, duplicates, dead-lettering; and what operators do about it.

use uuid::Uuid;

use super::settling::given_up;
use super::steps::step_name;
use super::{Copy, Kind, Of, World, brief, published};
use crate::samples::{CONTENT, key, row};
use crate::{Arrival, Headers, Intent, Lease, Order, PublishedBy, Row, State};

impl World {
    pub(super) fn chaos(&mut self) {
        match self.roll(44) {
            0..=6 => self.receive(),
            7..=22 => self.work(),
            23..=26 => self.bring_back(),
            27..=29 => self.move_dead_letter(),
            30 => self.get_and_publish(),
            31 => self.put_aside(),
            32 | 33 => self.repeat(),
            // Cancels are rare: a cancelled delivery has little left to show.
            34 if self.roll(5) == 0 => self.cancel(),
            34 => {}
            _ if self.fair => {}
            35..=37 => self.crash(),
            38 | 39 => self.cut_off(),
            40 => self.run_a_lease_out(),
            41 => self.duplicate(),
            42 => self.give_up(),
            _ => self.broker_death(),
        }
    }

    /// A publisher that does not know whether its message arrived publishes it again, at any time, as often as it
    /// likes.
    fn repeat(&mut self) {
        if self.kind == Kind::Named {
            self.say(|| "the publisher REPEATS itself".into());
            self.lane.push(Copy { of: Of::Delivery(0), headers: published(), redelivered: false });
        }
    }

    /// The delay of a retry queue has passed, or the scheduler has released a job.
    pub(super) fn bring_back(&mut self) {
        if let Some(copy) = self.pick(|world| &mut world.later) {
            if self.has_carriers {
                self.some_time_passes();
            }
            self.say(|| format!("comes back {}", brief(&copy)));
            self.rest(&copy);
            self.lane.push(copy);
        }
    }

    /// Notes that the delay of a copy has passed, also for one that the broker hands out twice.
    fn rest(&mut self, copy: &Copy) {
        if let Of::Delivery(at) = copy.of {
            self.deliveries[at].rested.insert((copy.headers.epoch.unwrap_or(0), copy.headers.seq.unwrap_or(0)));
        }
    }

    /// A worker dies; what it has published and committed stays.
    pub(super) fn crash(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let at = self.roll(self.workers.len());
        let worker = self.workers.remove(at);
        self.say(|| format!("w{} CRASHES before {}", worker.name, step_name(&worker.step)));
        let has_row = worker.delivery.is_some_and(|at| self.deliveries[at].row.is_some());
        self.left_by_suspects += u32::from(worker.suspects.is_some() && has_row);
        if !worker.cut_off {
            self.lane.push(Copy { redelivered: true, ..worker.copy });
        }
    }

    /// A connection breaks: the broker delivers the copy again, while the worker goes on.
    pub(super) fn cut_off(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let at = self.roll(self.workers.len());
        let worker = &mut self.workers[at];
        if !worker.cut_off {
            worker.cut_off = true;
            let (name, copy) = (worker.name, Copy { redelivered: true, ..worker.copy.clone() });
            self.say(|| format!("w{name} is CUT OFF"));
            self.lane.push(copy);
        }
    }

    pub(super) fn run_the_leases_out(&mut self) {
        (0..self.deliveries.len()).for_each(|at| self.run_the_lease_out(at));
    }

    fn run_a_lease_out(&mut self) {
        if let Some(at) = self.any_delivery() {
            self.run_the_lease_out(at);
        }
    }

    fn run_the_lease_out(&mut self, at: usize) {
        if let Some(row) = self.deliveries[at].row.as_mut().filter(|row| !row.state.is_final()) {
            row.lease = Lease::RanOut;
            let row = &*row;
            for worker in self.workers.iter_mut().filter(|worker| worker.delivery == Some(at) && worker.holds(row)) {
                worker.overdue = true;
            }
            self.say(|| format!("the lease of {at} RUNS OUT"));
        }
    }

    /// Rolls the dice only where there is a choice.
    fn any_delivery(&mut self) -> Option<usize> {
        match self.deliveries.len() {
            0 => None,
            1 => Some(0),
            many => Some(self.roll(many)),
        }
    }

    /// Cancels as the store does: a delivery that waits, or one that nobody has seen yet. Any other is too late to
    /// cancel.
    fn cancel(&mut self) {
        let Some(at) = self.any_delivery() else { return };
        let known = self.deliveries[at].row.as_ref().map(|row| row.state);
        let cancelled = match (known, self.deliveries[at].row.take()) {
            (Some(State::Waiting), Some(row)) => {
                Row { state: State::Cancelled, order: Order::Nothing, version: row.version + 1, ..row }
            }
            // A message without an id has no id that anybody could cancel.
            (None, _) if self.kind == Kind::Anonymous => return,
            (None, _) => Row { state: State::Cancelled, token: Uuid::nil(), content: None, ..row() },
            (_, too_late) => {
                let escalates = too_late.as_ref().is_some_and(|row| row.order.escalates_at().is_some());
                self.deliveries[at].row = too_late;
                if escalates {
                    self.cancel_child();
                }
                return;
            }
        };
        self.say(|| format!("CANCELLED, was {known:?}"));
        if let Err(wrong) = self.deliveries[at].note_events(&cancelled, &cancelled.order) {
            self.fail(wrong);
        }
        self.deliveries[at].row = Some(cancelled);
        self.deliveries[at].cancelled = true;
    }

    /// The broker repeats a message while it dead-letters at least once, or an operator's tool does.
    fn duplicate(&mut self) {
        let copies: Vec<Copy> = self.lane.iter().chain(&self.later).cloned().collect();
        if copies.is_empty() {
            return;
        }
        let copy = copies[self.roll(copies.len())].clone();
        let Of::Delivery(at) = copy.of else { return self.publish_anonymous() };
        self.deliveries[at].requests += u32::from(copy.headers.published_by() == PublishedBy::OperatorRequest);
        self.say(|| format!("DUPLICATE {}", brief(&copy)));
        self.rest(&copy);
        self.lane.push(copy);
    }

    fn move_dead_letter(&mut self) {
        if let Some(copy) = self.pick(|world| &mut world.dead_letters) {
            self.moved(&copy, true);
            self.say(|| format!("operator MOVES {}", brief(&copy)));
            self.lane.push(Copy { redelivered: false, ..copy });
        }
    }

    fn get_and_publish(&mut self) {
        if let Some(copy) = self.pick(|world| &mut world.dead_letters) {
            self.say(|| format!("operator GETS AND PUBLISHES {}", brief(&copy)));
            // A letter that is published several times with its epoch asks for one budget.
            let epoch = copy.headers.epoch.filter(|_| self.roll(2) == 0);
            self.moved(&copy, epoch.is_some());
            let headers = Headers { again: true, epoch, ..Headers::default() };
            self.lane.push(Copy { of: copy.of, headers, redelivered: false });
        }
    }

    /// A move gives a budget. A letter without an id, which only the broker makes, becomes a delivery of its own.
    pub(super) fn moved(&mut self, letter: &Copy, with_its_epoch: bool) {
        match letter.of {
            Of::Delivery(at) => {
                let (delivery, epoch) = (&mut self.deliveries[at], letter.headers.epoch.unwrap_or(0));
                if with_its_epoch {
                    delivery.moved_from.insert(epoch);
                    *delivery.moved.entry(epoch).or_default() += 1;
                } else {
                    delivery.requests += 1;
                }
            }
            Of::Message(_) => self.strays += 1,
        }
    }

    /// A worker gives up a copy that was delivered too often; in the end nobody looks for its row any more.
    fn give_up(&mut self) {
        if let Some(copy) = self.pick(|world| &mut world.lane) {
            self.say(|| format!("GIVEN UP {}", brief(&copy)));
            if self.roll(3) > 0 {
                return self.take_in(Copy { redelivered: true, ..copy }, Intent::GiveUp { deliveries: 11 });
            }
            let at = self.letter_of(&copy);
            let letter = given_up(&copy);
            self.keeps_its_publisher(&copy, &letter);
            self.deliveries[at].evaded = true;
            self.publish(at, letter);
        }
    }

    /// A channel hangs: the copy is parked without a claim, unless it needs a row to be found again.
    fn put_aside(&mut self) {
        if let Some(copy) = self.pick(|world| &mut world.lane) {
            self.say(|| format!("PUT ASIDE {}", brief(&copy)));
            let arrival = Arrival::new(key("d-1"), CONTENT, &copy.headers, copy.redelivered);
            match (copy.of, copy.received().park_unmet(&arrival)) {
                (Of::Delivery(at), Some(publish)) => {
                    self.keeps_its_publisher(&copy, &publish);
                    self.publish(at, publish);
                }
                _ => self.take_in(copy, Intent::PutAside),
            }
        }
    }

    fn broker_death(&mut self) {
        if let Some(mut copy) = self.pick(|world| &mut world.lane) {
            self.say(|| format!("the BROKER DEAD-LETTERS {}", brief(&copy)));
            copy.headers.broker_death = true;
            if let Of::Delivery(at) = copy.of {
                self.deliveries[at].evaded = true;
            }
            self.strays += u32::from(matches!(copy.of, Of::Message(_)));
            self.dead_letters.push(copy);
        }
    }

    pub(super) fn pick(&mut self, queue: impl Fn(&mut Self) -> &mut Vec<Copy>) -> Option<Copy> {
        let len = queue(self).len();
        if len == 0 {
            return None;
        }
        let at = self.roll(len);
        Some(queue(self).remove(at))
    }
}
