//! A worker's path in steps, so that a fault can come between any two of them.

use std::time::Duration;

use uuid::Uuid;

use super::{Copy, World, brief};
use crate::samples::{CONTENT, NOW, failure, key, row};
use crate::{Arrival, Claim, DeadMark, Headers, Lane, Lease, Order, Outcome, Reason, Row, State, Take, claim, decide};

const BEYOND_THE_TIERS: Duration = Duration::from_secs(600);

/// What a worker will do next with the copy in its hands.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Claim,
    Send(Box<Row>),
    Decide(Box<Row>, Outcome),
    Publish(Option<(To, Headers)>),
    Acknowledge,
    Requeue,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum To {
    Lane,
    Later,
    DeadLetters,
    Child,
}

pub(super) struct Worker {
    pub(super) name: u64,
    pub(super) copy: Copy,
    token: Uuid,
    pub(super) step: Step,
    /// The broker took its copy back; it goes on without knowing.
    pub(super) cut_off: bool,
    /// Frozen for longer than its lease; it goes on without knowing.
    pub(super) overdue: bool,
}

impl Worker {
    pub(super) fn holds(&self, row: &Row) -> bool {
        matches!(&self.step, Step::Send(mine) | Step::Decide(mine, _) if mine.token == row.token)
    }
}

impl World {
    pub(super) fn receive(&mut self) {
        if self.lane.is_empty() || self.workers.len() == 3 {
            return;
        }
        let at = self.roll(self.lane.len());
        let copy = self.lane.remove(at);
        self.named += 1;
        let name = self.named;
        self.say(|| format!("w{name} receives {}", brief(&copy)));
        let token = Uuid::from_u128(u128::from(name));
        self.workers.push(Worker { name, copy, token, step: Step::Claim, cut_off: false, overdue: false });
    }

    /// One step of one worker.
    pub(super) fn work(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let at = self.roll(self.workers.len());
        let mut worker = self.workers.remove(at);
        let before = self.trace.len();
        let next = match worker.step.clone() {
            Step::Claim => Some(self.claim(&mut worker)),
            Step::Send(row) => Some(self.send(&worker, row)),
            Step::Decide(row, outcome) => Some(self.record(&worker, &row, &outcome)),
            Step::Publish(Some((to, headers))) => Some(self.publish_confirmed(to, headers)),
            Step::Publish(None) => Some(Step::Acknowledge),
            Step::Acknowledge => None,
            Step::Requeue => {
                if !worker.cut_off {
                    self.lane.push(Copy { redelivered: true, ..worker.copy.clone() });
                }
                None
            }
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

    fn claim(&mut self, worker: &mut Worker) -> Step {
        let arrival = Arrival::new(key("d-1"), CONTENT, &worker.copy.headers, worker.copy.redelivered);
        let Some(known) = self.row.clone() else {
            let first = Row {
                epoch: arrival.epoch,
                attempt: arrival.attempt,
                seq: arrival.seq,
                token: worker.token,
                content: Some(CONTENT),
                ..row()
            };
            self.row = Some(first.clone());
            self.say(|| "inserts".into());
            // When the answer was lost it asks again, and meets its own row.
            return if self.goes_wrong(4) { Step::Claim } else { Step::Send(Box::new(first)) };
        };
        let mut claimed = claim(&known, &arrival, worker.token);
        if let Claim::Take(row, _) = &claimed
            && self.goes_wrong(4)
        {
            // The commit's answer was lost, perhaps for longer than the lease; the worker asks again.
            self.row = Some(Row { lease: Lease::RanOut, ..(**row).clone() });
            self.say(|| "claims and does not hear the answer".into());
            claimed = claim(self.row.as_ref().unwrap(), &arrival, worker.token);
        }
        self.say(|| format!("claims: {}", claim_name(&claimed)));
        match claimed {
            Claim::Take(row, take) => {
                // An answer may be lost with the claim whose lease ran out.
                let taken_over = known.state == State::Sending && known.token != row.token;
                self.windows += u32::from(taken_over);
                worker.overdue |= row.lease == Lease::RanOut;
                self.row = Some((*row).clone());
                match take {
                    Take::Send => Step::Send(row),
                    Take::LeaseRanOut => Step::Decide(row, Outcome::Ambiguous { failure: failure() }),
                }
            }
            Claim::Park => self.park(worker),
            Claim::Repeat(row) => obey(&row, &row.order),
            // A copy that the broker took back is not an operator's any more: its redelivery decides.
            Claim::Reissue { .. } if worker.cut_off => Step::Acknowledge,
            Claim::Reissue { epoch } => {
                let headers = arrival.headers(Lane::Normal, &worker.copy.headers);
                let headers = Headers { epoch: Some(epoch), seq: Some(0), attempt: Some(0), ..headers };
                Step::Publish(Some((To::Lane, headers)))
            }
            Claim::Ended => Step::Acknowledge,
            Claim::Conflict => self.fail("a conflict of equal contents"),
        }
    }

    fn park(&self, worker: &Worker) -> Step {
        let arrival = Arrival::new(key("d-1"), CONTENT, &worker.copy.headers, worker.copy.redelivered);
        Step::Publish(Some((To::Later, arrival.headers(Lane::Normal, &worker.copy.headers))))
    }

    fn send(&mut self, worker: &Worker, row: Box<Row>) -> Step {
        let failure = failure();
        let outcome = match self.roll(if self.calm { 8 } else { 11 }) {
            0..=2 => Outcome::Sent { provider: "twilio", provider_id: None, code: None },
            3 | 4 => Outcome::Retriable { failure, alarm: false, maybe_sent: false },
            5 => Outcome::Retriable { failure, alarm: false, maybe_sent: true },
            6 => Outcome::Ambiguous { failure },
            7 => Outcome::Permanent { reason: Reason::Permanent, failure },
            8 => Outcome::Throttled { failure, retry_after: [None, Some(BEYOND_THE_TIERS)][self.roll(2)] },
            9 => Outcome::PutAside,
            _ => Outcome::GivenBack,
        };
        let accepted = match outcome {
            Outcome::Sent { .. } => true,
            Outcome::Retriable { maybe_sent: true, .. } | Outcome::Ambiguous { .. } => self.roll(2) == 0,
            _ => false,
        };
        self.maybe_sent |= matches!(outcome, Outcome::Retriable { maybe_sent: true, .. });
        self.windows +=
            u32::from(matches!(outcome, Outcome::Ambiguous { .. } | Outcome::Retriable { maybe_sent: true, .. }));
        self.accepted += u32::from(accepted);
        let unsent = matches!(outcome, Outcome::PutAside | Outcome::GivenBack);
        if self.cancelled && !worker.overdue && !unsent {
            self.fail("sent after its cancel was answered");
        }
        let again = row.attempt > 0 || row.seq > 0;
        if again && !self.rested.contains(&(row.epoch, row.seq)) && !unsent {
            self.fail("sent again before its delay has passed");
        }
        if !unsent && !matches!(outcome, Outcome::Throttled { .. }) {
            *self.sends.entry((row.epoch, row.attempt + 1)).or_default() += 1;
        }
        self.say(|| format!("sends{}", if accepted { ", accepted" } else { "" }));
        Step::Decide(row, outcome)
    }

    fn record(&mut self, worker: &Worker, row: &Row, outcome: &Outcome) -> Step {
        let transition = decide(row, self.has_fallback, outcome, &self.policy, NOW);
        let known = self.row.clone().expect("a claim wrote the row");
        if known.token != row.token {
            // Whoever holds the row need not hold a copy: this one is put aside, not acknowledged.
            self.say(|| format!("records {} late", transition.row.state));
            return self.park(worker);
        }
        self.say(|| format!("records {} seq {}", transition.row.state, transition.row.seq));
        // Recorded before, where the answer was lost: the same answer again.
        if known.state == State::Sending {
            self.row = Some(transition.row.clone());
            if self.goes_wrong(6) {
                self.say(|| "and does not hear the answer".into());
                return Step::Decide(Box::new(row.clone()), outcome.clone());
            }
        }
        obey(&transition.row, &transition.order)
    }

    /// Until the broker has confirmed it. One that it has not may be in its queue or nowhere.
    fn publish_confirmed(&mut self, to: To, headers: Headers) -> Step {
        if !self.goes_wrong(6) {
            self.publish(to, headers);
            return Step::Acknowledge;
        }
        if self.roll(2) == 0 {
            self.publish(to, headers.clone());
        }
        self.say(|| "and hears no confirm".into());
        Step::Publish(Some((to, headers)))
    }

    /// Once in so many times, as long as there are faults at all.
    fn goes_wrong(&mut self, in_so_many: usize) -> bool {
        !self.calm && self.roll(in_so_many) == 0
    }

    pub(super) fn publish(&mut self, to: To, headers: Headers) {
        let copy = Copy { headers, redelivered: false };
        self.say(|| format!("publishes {to:?} {}", brief(&copy)));
        match to {
            To::Lane => self.lane.push(copy),
            To::Later => self.later.push(copy),
            To::DeadLetters => self.dead_letters.push(copy),
            To::Child => self.children += 1,
        }
    }
}

/// What the worker publishes for an order, before it acknowledges.
fn obey(row: &Row, order: &Order) -> Step {
    let again = || Headers {
        attempt: Some(row.attempt),
        epoch: Some(row.epoch),
        seq: Some(row.seq),
        lane: Some(Lane::Normal),
        ..Headers::default()
    };
    Step::Publish(match order {
        Order::Nothing => None,
        Order::GiveBack => return Step::Requeue,
        Order::Retry { .. } => Some((To::Later, again())),
        Order::Schedule { .. } => Some((To::Later, Headers { released: true, ..again() })),
        Order::DeadLetter { reason, .. } => Some((To::DeadLetters, dead_headers(row.epoch, *reason))),
        Order::Fallback => Some((To::Child, Headers::default())),
    })
}

pub(super) fn dead_headers(epoch: u32, reason: Reason) -> Headers {
    let dead = DeadMark { reason: reason.as_str().into(), error: String::new(), attempts: 0, at: NOW };
    Headers { epoch: Some(epoch), lane: Some(Lane::Normal), dead: Some(dead), ..Headers::default() }
}

fn claim_name(claim: &Claim) -> String {
    match claim {
        Claim::Take(row, take) => format!("{take:?} epoch {} attempt {} seq {}", row.epoch, row.attempt, row.seq),
        Claim::Repeat(row) => format!("repeat {:?}", row.order),
        other => format!("{other:?}"),
    }
}

pub(super) fn step_name(step: &Step) -> String {
    match step {
        Step::Claim => "claim".into(),
        Step::Send(_) => "send".into(),
        Step::Decide(_, outcome) => format!("record {outcome:?}").chars().take(40).collect(),
        Step::Publish(publication) => format!("publish {:?}", publication.as_ref().map(|(to, _)| to)),
        Step::Acknowledge => "acknowledge".into(),
        Step::Requeue => "requeue".into(),
    }
}
