//! A broker, a ledger and a provider in memory, driven by the very `claim` and `decide` through random
//! schedules of crashes, duplicates and operators' moves. It looks for a loss, a silent duplicate, a
//! budget too many, or a delivery that never ends.
//!
//! `CHASQUI_SCHEDULES=200000` runs more; `CHASQUI_SEED=4711` runs one and prints its trace.

use uuid::Uuid;

use crate::samples::{CONTENT, NOW, failure, key, policy, row};
use crate::{
    Ambiguity, Arrival, Claim, DeadMark, Drop, Headers, Lane, Lease, Order, Outcome, Policy, Reason, Row, State, Take,
    claim, decide,
};

const SCHEDULES: u64 = 20_000;
const CHAOS_STEPS: usize = 60;
/// Far more than any schedule needs to come to rest.
const CALM_STEPS: usize = 20_000;

#[test]
fn no_schedule_of_crashes_duplicates_and_moves_breaks_a_promise() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("CHASQUI_SEED") {
        let world = World::run(seed);
        println!("{}", world.trace.join("\n"));
        return world.check_at_rest();
    }
    let mut ends = std::collections::BTreeMap::<&str, u32>::new();
    for seed in 0..number("CHASQUI_SCHEDULES").unwrap_or(SCHEDULES) {
        let world = World::run(seed);
        world.check_at_rest();
        *ends.entry(world.row.as_ref().map_or("none", |row| row.state.as_str())).or_default() += 1;
    }
    // The schedules are worth something only if they reach every end.
    for state in [State::Sent, State::Dead, State::Held, State::FellBack] {
        assert!(ends.contains_key(state.as_str()), "no schedule ended {state}: {ends:?}");
    }
}

/// A copy of the one delivery.
#[derive(Clone, Debug)]
struct Copy {
    headers: Headers,
    redelivered: bool,
}

/// What a worker will do next with the copy in its hands.
#[derive(Clone, Debug)]
enum Step {
    Claim,
    Send(Box<Row>),
    Decide(Box<Row>, Outcome),
    Publish(Option<(To, Headers)>),
    Acknowledge,
    Requeue,
}

#[derive(Clone, Copy, Debug)]
enum To {
    Lane,
    Later,
    DeadLetters,
    Child,
}

struct Worker {
    name: u64,
    copy: Copy,
    token: Uuid,
    step: Step,
    /// The broker took its copy back; it goes on without knowing.
    cut_off: bool,
}

struct World {
    seed: u64,
    dice: u64,
    policy: Policy,
    has_fallback: bool,
    row: Option<Row>,
    lane: Vec<Copy>,
    later: Vec<Copy>,
    dead_letters: Vec<Copy>,
    children: u32,
    workers: Vec<Worker>,
    named: u64,
    moves: u32,
    /// Sends that spend an attempt, by epoch.
    sends: Vec<u32>,
    accepted: u32,
    maybe_sent: bool,
    calm: bool,
    trace: Vec<String>,
}

impl World {
    fn run(seed: u64) -> Self {
        let mut world = Self {
            seed,
            dice: seed,
            policy: policy(),
            has_fallback: false,
            row: None,
            lane: vec![Copy { headers: Headers::default(), redelivered: false }],
            later: Vec::new(),
            dead_letters: Vec::new(),
            children: 0,
            workers: Vec::new(),
            named: 0,
            moves: 0,
            sends: Vec::new(),
            accepted: 0,
            maybe_sent: false,
            calm: false,
            trace: Vec::new(),
        };
        world.policy.ambiguity = if world.roll(2) == 0 { Ambiguity::Resend } else { Ambiguity::Hold };
        world.has_fallback = world.roll(4) == 0;
        world.policy.max_retries = u32::try_from(world.roll(4)).unwrap();
        for _ in 0..CHAOS_STEPS {
            world.chaos();
            world.check_now();
        }
        world.calm = true;
        world.come_to_rest();
        world
    }

    /// SplitMix64.
    fn roll(&mut self, sides: usize) -> usize {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn say(&mut self, what: String) {
        self.trace.push(what);
    }

    fn chaos(&mut self) {
        match self.roll(41) {
            0..=6 => self.receive(),
            7..=22 => self.work(),
            23..=26 => self.bring_back(),
            27..=29 => self.crash(),
            30 | 31 => self.cut_off(),
            32 => self.run_the_lease_out(),
            33 => self.duplicate(),
            34..=36 => self.move_dead_letter(),
            37 => self.get_and_publish(),
            38 => self.give_up(),
            39 => self.put_aside(),
            _ => self.broker_death(),
        }
    }

    /// No more faults: every worker finishes, every lease ends, everything that waits comes back.
    fn come_to_rest(&mut self) {
        self.say("--- calm".into());
        for _ in 0..CALM_STEPS {
            self.check_now();
            if !self.workers.is_empty() {
                self.work();
            } else if !self.lane.is_empty() {
                self.receive();
            } else if !self.later.is_empty() {
                self.run_the_lease_out();
                self.bring_back();
            } else {
                return;
            }
        }
        self.fail("it never ends");
    }

    fn receive(&mut self) {
        if self.lane.is_empty() || self.workers.len() == 3 {
            return;
        }
        let at = self.roll(self.lane.len());
        let copy = self.lane.remove(at);
        self.named += 1;
        let name = self.named;
        self.say(format!("w{name} receives {}", brief(&copy)));
        let token = Uuid::from_u128(u128::from(name));
        self.workers.push(Worker { name, copy, token, step: Step::Claim, cut_off: false });
    }

    /// One step of one worker.
    fn work(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let at = self.roll(self.workers.len());
        let mut worker = self.workers.remove(at);
        let before = self.trace.len();
        let next = match worker.step.clone() {
            Step::Claim => Some(self.claim(&worker)),
            Step::Send(row) => Some(self.send(row)),
            Step::Decide(row, outcome) => Some(self.record(&worker, &row, &outcome)),
            Step::Publish(publication) => {
                if let Some((to, headers)) = publication {
                    self.publish(to, headers);
                }
                Some(Step::Acknowledge)
            }
            Step::Acknowledge => None,
            Step::Requeue => {
                if !worker.cut_off {
                    self.lane.push(Copy { redelivered: true, ..worker.copy.clone() });
                }
                None
            }
        };
        let said = self.trace.split_off(before).join(", ");
        self.say(format!("w{} {said} -> {}", worker.name, next.as_ref().map_or("done".into(), step_name)));
        if let Some(step) = next {
            worker.step = step;
            self.workers.push(worker);
        }
    }

    fn claim(&mut self, worker: &Worker) -> Step {
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
            self.say("inserts".into());
            return Step::Send(Box::new(first));
        };
        let mut claimed = claim(&known, &arrival, worker.token);
        if let Claim::Take(row, _) = &claimed
            && !self.calm
            && self.roll(4) == 0
        {
            // The commit's answer was lost, perhaps for longer than the lease; the worker asks again.
            self.row = Some(Row { lease: Lease::RanOut, ..(**row).clone() });
            self.say("claims and does not hear the answer".into());
            claimed = claim(self.row.as_ref().unwrap(), &arrival, worker.token);
        }
        self.say(format!("claims: {}", claim_name(&claimed)));
        match claimed {
            Claim::Take(row, take) => {
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
            Claim::Drop(Drop::Ended | Drop::OldEpoch | Drop::OldSeq) => Step::Acknowledge,
            Claim::Conflict => self.fail("a conflict of equal contents"),
        }
    }

    fn park(&self, worker: &Worker) -> Step {
        let arrival = Arrival::new(key("d-1"), CONTENT, &worker.copy.headers, worker.copy.redelivered);
        Step::Publish(Some((To::Later, arrival.headers(Lane::Normal, &worker.copy.headers))))
    }

    fn send(&mut self, row: Box<Row>) -> Step {
        let failure = failure();
        let outcome = match self.roll(if self.calm { 8 } else { 10 }) {
            0..=2 => Outcome::Sent { provider: "twilio", provider_id: None, code: None },
            3 | 4 => Outcome::Retriable { failure, alarm: false, maybe_sent: false },
            5 => Outcome::Retriable { failure, alarm: false, maybe_sent: true },
            6 => Outcome::Ambiguous { failure },
            7 => Outcome::Permanent { reason: Reason::Permanent, failure },
            8 => Outcome::Throttled { failure, retry_after: None },
            _ => Outcome::GivenBack,
        };
        let accepted = match outcome {
            Outcome::Sent { .. } => true,
            Outcome::Retriable { maybe_sent: true, .. } | Outcome::Ambiguous { .. } => self.roll(2) == 0,
            _ => false,
        };
        self.maybe_sent |= matches!(outcome, Outcome::Retriable { maybe_sent: true, .. });
        self.accepted += u32::from(accepted);
        if !matches!(outcome, Outcome::Throttled { .. } | Outcome::GivenBack) {
            let epoch = row.epoch as usize;
            self.sends.resize(self.sends.len().max(epoch + 1), 0);
            self.sends[epoch] += 1;
        }
        self.say(format!("sends{}", if accepted { ", accepted" } else { "" }));
        Step::Decide(row, outcome)
    }

    fn record(&mut self, worker: &Worker, row: &Row, outcome: &Outcome) -> Step {
        let transition = decide(row, self.has_fallback, outcome, &self.policy, NOW);
        let known = self.row.as_ref().expect("a claim wrote the row");
        if known.token != row.token || known.state != State::Sending {
            // Whoever holds the row need not hold a copy: this one is put aside, not acknowledged.
            self.say(format!("records {} late", transition.row.state));
            return self.park(worker);
        }
        self.say(format!("records {} seq {}", transition.row.state, transition.row.seq));
        self.row = Some(transition.row.clone());
        obey(&transition.row, &transition.order)
    }

    fn publish(&mut self, to: To, headers: Headers) {
        let copy = Copy { headers, redelivered: false };
        self.say(format!("publishes {to:?} {}", brief(&copy)));
        match to {
            To::Lane => self.lane.push(copy),
            To::Later => self.later.push(copy),
            To::DeadLetters => self.dead_letters.push(copy),
            To::Child => self.children += 1,
        }
    }

    /// A retry queue's delay has passed, or the scheduler released it.
    fn bring_back(&mut self) {
        if let Some(copy) = self.pick(|world| &mut world.later) {
            self.say(format!("comes back {}", brief(&copy)));
            self.lane.push(copy);
        }
    }

    /// The worker is gone; what it had published and committed stays.
    fn crash(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let at = self.roll(self.workers.len());
        let worker = self.workers.remove(at);
        self.say(format!("w{} CRASHES before {}", worker.name, step_name(&worker.step)));
        if !worker.cut_off {
            self.lane.push(Copy { redelivered: true, ..worker.copy });
        }
    }

    /// The connection breaks: the broker delivers again, while the worker goes on.
    fn cut_off(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let at = self.roll(self.workers.len());
        let worker = &mut self.workers[at];
        if !worker.cut_off {
            worker.cut_off = true;
            let (name, copy) = (worker.name, Copy { redelivered: true, ..worker.copy.clone() });
            self.say(format!("w{name} is CUT OFF"));
            self.lane.push(copy);
        }
    }

    fn run_the_lease_out(&mut self) {
        if let Some(row) = self.row.as_mut().filter(|row| row.state == State::Sending) {
            row.lease = Lease::RanOut;
            self.say("the lease RUNS OUT".into());
        }
    }

    /// At-least-once dead-lettering, or a publisher that repeats.
    fn duplicate(&mut self) {
        let copies: Vec<Copy> = self.lane.iter().chain(&self.later).cloned().collect();
        if copies.is_empty() {
            return;
        }
        let copy = copies[self.roll(copies.len())].clone();
        // A publisher's repetition is not told from an operator's get + publish: it may give a budget.
        self.moves += u32::from(copy.headers.is_bare() || copy.headers.is_dead_marked());
        self.say(format!("DUPLICATE {}", brief(&copy)));
        self.lane.push(copy);
    }

    fn move_dead_letter(&mut self) {
        if let Some(copy) = self.pick(|world| &mut world.dead_letters) {
            self.moves += 1;
            self.say(format!("operator MOVES {}", brief(&copy)));
            self.lane.push(Copy { redelivered: false, ..copy });
        }
    }

    fn get_and_publish(&mut self) {
        if let Some(copy) = self.pick(|world| &mut world.dead_letters) {
            self.moves += 1;
            self.say(format!("operator GETS AND PUBLISHES {}", brief(&copy)));
            self.lane.push(Copy { headers: Headers::default(), redelivered: false });
        }
    }

    /// A copy that was delivered too often is dead-lettered before the claim.
    fn give_up(&mut self) {
        if let Some(copy) = self.pick(|world| &mut world.lane) {
            let dead = u32::from(copy.headers.is_dead_marked());
            let epoch = copy.headers.epoch.unwrap_or(0) + dead;
            self.say(format!("GIVEN UP {}", brief(&copy)));
            self.publish(To::DeadLetters, dead_headers(epoch, Reason::RedeliveredTooOften));
        }
    }

    /// A channel hangs: the copy is parked unclaimed.
    fn put_aside(&mut self) {
        if let Some(copy) = self.pick(|world| &mut world.lane) {
            self.say(format!("PUT ASIDE {}", brief(&copy)));
            let arrival = Arrival::new(key("d-1"), CONTENT, &copy.headers, copy.redelivered);
            self.publish(To::Later, arrival.headers(Lane::Normal, &copy.headers));
        }
    }

    fn broker_death(&mut self) {
        if let Some(mut copy) = self.pick(|world| &mut world.lane) {
            self.say(format!("the BROKER DEAD-LETTERS {}", brief(&copy)));
            copy.headers.broker_death = true;
            self.dead_letters.push(copy);
        }
    }

    fn pick(&mut self, queue: impl Fn(&mut Self) -> &mut Vec<Copy>) -> Option<Copy> {
        let len = queue(self).len();
        if len == 0 {
            return None;
        }
        let at = self.roll(len);
        Some(queue(self).remove(at))
    }

    fn check_now(&self) {
        let held = self.workers.iter().filter(|worker| !worker.cut_off).count();
        let copies = self.lane.len() + self.later.len() + self.dead_letters.len() + held;
        if copies == 0 && !self.has_ended() {
            self.fail("lost: no copy is left and the delivery has not ended");
        }
        if let Some(epoch) = self.sends.iter().position(|sends| *sends > self.policy.max_retries + 1) {
            self.fail(&format!("epoch {epoch} spent more attempts than its budget"));
        }
        if let Some(row) = &self.row
            && row.epoch > self.moves
        {
            self.fail("a budget that nobody gave");
        }
    }

    /// A delivery that fell back lives on in its child.
    fn has_ended(&self) -> bool {
        self.row.as_ref().is_some_and(|row| row.state.is_final() && (row.state != State::FellBack || self.children > 0))
    }

    fn check_at_rest(&self) {
        let Some(row) = &self.row else {
            if self.dead_letters.is_empty() {
                self.fail("lost before it was claimed");
            }
            return;
        };
        if !self.has_ended() && self.dead_letters.is_empty() {
            self.fail("lost: the delivery has not ended and no dead letter shows it");
        }
        if self.accepted > 1 && !row.ambiguous {
            self.fail("sent twice, and the row does not say that it may have been");
        }
        if self.accepted == 0 && matches!(row.state, State::Sent) {
            self.fail("called sent without having been accepted");
        }
        if row.state == State::FellBack && self.accepted > 0 {
            self.fail("fell back after it had gone out");
        }
        if row.state != State::FellBack && self.children > 0 {
            self.fail("a child without a parent that fell back");
        }
        let asked_for = self.moves > 0 || self.maybe_sent;
        if self.policy.ambiguity == Ambiguity::Hold && !asked_for && self.accepted > 1 {
            self.fail("sent twice under the policy `hold`");
        }
    }

    fn fail(&self, what: &str) -> ! {
        let trace = self.trace.join("\n  ");
        panic!("seed {}: {what}\npolicy {:?}\nrow {:?}\n  {trace}", self.seed, self.policy, self.row)
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

fn dead_headers(epoch: u32, reason: Reason) -> Headers {
    let dead = DeadMark { reason: reason.as_str().into(), error: String::new(), attempts: 0, at: NOW };
    Headers { epoch: Some(epoch), lane: Some(Lane::Normal), dead: Some(dead), ..Headers::default() }
}

fn brief(copy: &Copy) -> String {
    let headers = &copy.headers;
    let mark = |set: bool, word: &'static str| if set { word } else { "" };
    format!(
        "[epoch {:?} seq {:?}{}{}{}{}]",
        headers.epoch,
        headers.seq,
        mark(headers.is_bare(), " bare"),
        mark(headers.dead.is_some(), " dead"),
        mark(headers.broker_death, " x-death"),
        mark(copy.redelivered, " redelivered")
    )
}

fn claim_name(claim: &Claim) -> String {
    match claim {
        Claim::Take(row, take) => format!("{take:?} epoch {} attempt {} seq {}", row.epoch, row.attempt, row.seq),
        Claim::Repeat(row) => format!("repeat {:?}", row.order),
        other => format!("{other:?}"),
    }
}

fn step_name(step: &Step) -> String {
    match step {
        Step::Claim => "claim".into(),
        Step::Send(_) => "send".into(),
        Step::Decide(_, outcome) => format!("record {outcome:?}").chars().take(40).collect(),
        Step::Publish(publication) => format!("publish {:?}", publication.as_ref().map(|(to, _)| to)),
        Step::Acknowledge => "acknowledge".into(),
        Step::Requeue => "requeue".into(),
    }
}
