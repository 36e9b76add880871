//! A broker, a ledger and a provider in memory, driven by the very `claim` and `decide` through random
//! schedules of crashes, lost answers, duplicates, cancels and operators' moves. It looks for a loss, a
//! silent duplicate, an attempt sent twice or too early, a budget too many, a send after its cancel was
//! answered, or a delivery that never ends.
//!
//! Every run begins at a seed of its own, so that runs explore; a failure names its seed.
//! `CHASQUI_SCHEDULES=1000000` runs more, `CHASQUI_SEED_BASE=0` begins there, `CHASQUI_SEED=4711` runs one
//! and prints its trace.

mod faults;
mod worker;

use std::collections::{BTreeMap, BTreeSet};

use self::worker::Worker;
use crate::samples::policy;
use crate::{Ambiguity, Headers, Policy, Row, State};

const SCHEDULES: u64 = 100_000;
const CHAOS_STEPS: usize = 60;
/// Far more than any schedule needs to come to rest.
const CALM_STEPS: usize = 20_000;

/// Seeds that have shown something once, here rules of `claim` and `decide` that were broken by hand; they run first.
/// A seed means something only as long as the simulation rolls its dice in the same order.
const REGRESSIONS: [u64; 9] = [1, 4, 8, 9, 19, 27, 47, 77, 256];

#[test]
fn no_schedule_of_crashes_duplicates_and_moves_breaks_a_promise() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("CHASQUI_SEED") {
        let world = World::run(seed, true);
        println!("{}", world.trace.join("\n"));
        return world.check_at_rest();
    }
    let base = number("CHASQUI_SEED_BASE").unwrap_or_else(any_seed);
    let schedules = number("CHASQUI_SCHEDULES").unwrap_or(SCHEDULES);
    println!("{schedules} schedules from CHASQUI_SEED_BASE={base}");
    let mut ends = BTreeMap::<&str, u64>::new();
    for seed in REGRESSIONS.into_iter().chain((0..schedules).map(|n| base.wrapping_add(n))) {
        let world = World::run(seed, false);
        world.check_at_rest();
        *ends.entry(world.row.as_ref().map_or("none", |row| row.state.as_str())).or_default() += 1;
    }
    println!("their ends: {ends:?}");
    // The schedules are worth something only if they reach every end.
    for state in [State::Sent, State::Dead, State::Held, State::FellBack, State::Cancelled] {
        assert!(ends.contains_key(state.as_str()), "no schedule ended {state}: {ends:?}");
    }
}

fn any_seed() -> u64 {
    std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0)
}

/// A copy of the one delivery.
#[derive(Clone, Debug)]
struct Copy {
    headers: Headers,
    redelivered: bool,
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
    /// How often each attempt was sent, by its epoch and number.
    sends: BTreeMap<(u32, u32), u32>,
    /// The epochs and seqs whose delay has passed: a copy has come back.
    rested: BTreeSet<(u32, u32)>,
    accepted: u32,
    /// Attempts of which nobody knows whether they were accepted: each explains one send more.
    windows: u32,
    maybe_sent: bool,
    /// A cancel was answered with "it will not be sent".
    cancelled: bool,
    calm: bool,
    tracing: bool,
    trace: Vec<String>,
}

impl World {
    fn run(seed: u64, tracing: bool) -> Self {
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
            sends: BTreeMap::new(),
            rested: BTreeSet::new(),
            accepted: 0,
            windows: 0,
            maybe_sent: false,
            cancelled: false,
            calm: false,
            tracing,
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

    fn say(&mut self, what: impl FnOnce() -> String) {
        if self.tracing {
            self.trace.push(what());
        }
    }

    /// No more faults: every worker finishes, every lease ends, everything that waits comes back.
    fn come_to_rest(&mut self) {
        self.say(|| "--- calm".into());
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

    fn check_now(&self) {
        let held = self.workers.iter().filter(|worker| !worker.cut_off).count();
        let copies = self.lane.len() + self.later.len() + self.dead_letters.len() + held;
        if copies == 0 && !self.has_ended() {
            self.fail("lost: no copy is left and the delivery has not ended");
        }
        for ((epoch, n), sends) in &self.sends {
            if *n > self.policy.max_retries + 1 {
                self.fail(&format!("epoch {epoch} spent more attempts than its budget"));
            }
            if *sends > 1 {
                self.fail(&format!("attempt {n} of epoch {epoch} was sent {sends} times"));
            }
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
        if self.accepted > 1 + self.windows {
            self.fail(&format!("accepted {} times, but only {} answers were lost", self.accepted, self.windows));
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
        if !self.tracing {
            // The same once more, with its trace.
            World::run(self.seed, true).check_at_rest();
        }
        let trace = self.trace.join("\n  ");
        panic!("seed {}: {what}\npolicy {:?}\nrow {:?}\n  {trace}", self.seed, self.policy, self.row)
    }
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
