//! How many messages the whole fleet gives a provider in windows of time: the ledger counts them, and each process leases
//! some of them at a time, so that no delivery has to ask.

use std::time::Duration;

use crate::limit::left_to_others;
use crate::{Lane, Timestamp};

/// The part of a limit that a process leases at a time, and the largest that it leases while many messages come.
const CHUNK: u32 = 50;
const LARGEST_CHUNK: u32 = 10;
/// A part is no smaller, unless the window is: of a few tokens each lease would be used up before the next has come.
const SMALLEST: u32 = 10;
/// A lease takes moments: for so long a message waits that has found nothing leased, though the ledger may have some left.
const NEXT_LEASE: Duration = Duration::from_millis(100);

/// How long a window is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WindowUnit {
    Second,
    Minute,
    Hour,
    Day,
}

/// So many messages in each second, minute, hour or day of UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    pub unit: WindowUnit,
    /// At least one.
    pub messages: u32,
}

/// What a process wants to lease of one window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted {
    pub window: Window,
    /// When the window began.
    pub began: Timestamp,
    pub tokens: u32,
}

/// What a process has leased: a message may be sent while each window has a token of the present.
#[derive(Clone, Debug)]
pub struct Purse(Vec<Pocket>);

/// The tokens of one window.
#[derive(Clone, Debug)]
struct Pocket {
    window: Window,
    began: Timestamp,
    tokens: u32,
    /// How many the whole fleet had leased when this process last leased some.
    used: u32,
    /// Whether the fleet has used up the window: nothing more can be leased until the next.
    is_used_up: bool,
    /// The messages that have found no token since the last lease.
    missed: u32,
}

impl WindowUnit {
    pub const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::Hour, Self::Day];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
            Self::Day => "day",
        }
    }

    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3600,
            Self::Day => 86_400,
        }
    }

    /// When the window began that this instant is in. Every process finds the same.
    fn began(self, now: Timestamp) -> Timestamp {
        let length = i64::from(self.seconds()) * 1_000_000;
        Timestamp::from_micros(now.as_micros().div_euclid(length).saturating_mul(length))
    }

    /// When a window ends that began then.
    pub fn end(self, began: Timestamp) -> Timestamp {
        began.plus(Duration::from_secs(u64::from(self.seconds())))
    }
}

impl Purse {
    /// None where nothing is limited.
    pub fn new(windows: &[Window]) -> Option<Self> {
        (!windows.is_empty()).then(|| Self(windows.iter().copied().map(Pocket::new).collect()))
    }

    /// How long it takes until a message of this lane may be sent; none if one may be sent now. A message that must wait
    /// for a token is noted as one that wants one.
    pub fn wait(&mut self, now: Timestamp, lane: Lane) -> Option<Duration> {
        self.0.iter_mut().filter_map(|pocket| pocket.wait(now, lane)).max()
    }

    /// Removes a token of each window. False when one of them has none for this lane.
    pub fn take(&mut self, now: Timestamp, lane: Lane) -> bool {
        if self.wait(now, lane).is_some() {
            return false;
        }
        self.0.iter_mut().for_each(|pocket| pocket.tokens -= 1);
        true
    }

    /// What should be leased now.
    pub fn wants(&mut self, now: Timestamp) -> Vec<Wanted> {
        self.0.iter_mut().filter_map(|pocket| pocket.wants(now)).collect()
    }

    /// Whether anything should be leased now.
    pub fn is_low(&mut self, now: Timestamp) -> bool {
        self.0.iter_mut().any(|pocket| pocket.wants(now).is_some())
    }

    /// Adds what was leased, of which the whole fleet has now leased so many. Less than was asked for is the last of its
    /// window, and what comes too late is lost.
    pub fn put(&mut self, ask: Wanted, leased: u32, used: u32) {
        let of_the_same = |pocket: &&mut Pocket| pocket.window == ask.window && pocket.began == ask.began;
        if let Some(pocket) = self.0.iter_mut().find(of_the_same) {
            pocket.tokens = pocket.tokens.saturating_add(leased);
            pocket.used = used;
            pocket.is_used_up = leased < ask.tokens;
            pocket.missed = 0;
        }
    }

    /// When the first of the windows ends.
    pub fn end(&self, now: Timestamp) -> Option<Timestamp> {
        self.0.iter().map(|Pocket { window, .. }| window.unit.end(window.unit.began(now))).min()
    }
}

impl Pocket {
    fn new(window: Window) -> Self {
        Self { window, began: Timestamp::default(), tokens: 0, used: 0, is_used_up: false, missed: 0 }
    }

    /// What was leased of another window than the present one is void.
    fn renew(&mut self, now: Timestamp) {
        let began = self.window.unit.began(now);
        if began != self.began {
            *self = Self { began, ..Self::new(self.window) };
        }
    }

    fn wait(&mut self, now: Timestamp, lane: Lane) -> Option<Duration> {
        self.renew(now);
        let ends = self.window.unit.end(self.began).since(now);
        if self.tokens > 0 {
            return self.left_to_others_for(ends, lane);
        }
        self.missed = self.missed.saturating_add(1);
        Some(if self.is_used_up { ends } else { ends.min(NEXT_LEASE) })
    }

    /// For how long the tokens of a window that ends so soon are left to lanes that are more urgent. Their share grows
    /// smaller as the window passes, so that in the end all of it is used. What others have leased since this process did
    /// is not known here: that is a few chunks.
    fn left_to_others_for(&self, ends: Duration, lane: Lane) -> Option<Duration> {
        if lane == Lane::Urgent {
            return None;
        }
        let Window { unit, messages } = self.window;
        let length = f64::from(unit.seconds());
        let share = left_to_others(lane, f64::from(messages));
        let left = f64::from(messages.saturating_sub(self.used).saturating_add(self.tokens));
        if left - 1.0 >= (share * ends.as_secs_f64() / length).round() {
            return None;
        }
        let before_the_end = Duration::from_secs_f64((left - 0.5) / share * length);
        Some(ends.saturating_sub(before_the_end).saturating_add(Duration::from_millis(1)))
    }

    fn wants(&mut self, now: Timestamp) -> Option<Wanted> {
        self.renew(now);
        let messages = self.window.messages;
        let chunk = (messages / CHUNK).max(SMALLEST).min(messages);
        let largest = (messages / LARGEST_CHUNK).max(chunk);
        let is_low = self.tokens.saturating_mul(2) < chunk && !self.is_used_up;
        let tokens = chunk.saturating_add(self.missed).min(largest);
        is_low.then_some(Wanted { window: self.window, began: self.began, tokens })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The beginning of a day.
    const DAY: i64 = 20_000 * 86_400;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(DAY * 1_000_000 + millis * 1000)
    }

    fn window(messages: u32, unit: WindowUnit) -> Window {
        Window { unit, messages }
    }

    fn purse(windows: &[Window]) -> Purse {
        Purse::new(windows).expect("it has windows")
    }

    /// What the ledger does: it leases what is left of each window.
    #[derive(Default)]
    struct Table(BTreeMap<(WindowUnit, Timestamp), u32>);

    impl Table {
        fn lease(&mut self, purse: &mut Purse, now: Timestamp) {
            for ask in purse.wants(now) {
                let used = self.0.entry((ask.window.unit, ask.began)).or_default();
                let leased = ask.tokens.min(ask.window.messages - *used);
                *used += leased;
                purse.put(ask, leased, *used);
            }
        }
    }

    #[test]
    fn no_window_sees_more_than_its_limit_of_two_purses_together() {
        let windows = [window(7, WindowUnit::Second), window(150, WindowUnit::Minute)];
        let (mut table, mut purses) = (Table::default(), [purse(&windows), purse(&windows)]);
        let mut sent: Vec<i64> = Vec::new();
        for millis in (0..120_000).step_by(20) {
            if millis % 1000 == 0 {
                // Whoever leases first has all of a small window.
                purses.reverse();
            }
            for purse in &mut purses {
                table.lease(purse, at(millis));
                sent.extend((0..3).filter(|_| purse.take(at(millis), Lane::Urgent)).map(|_| millis));
            }
        }
        for (length, limit) in [(1000, 7), (60_000, 150)] {
            for began in (0..120_000).step_by(length) {
                let within = sent.iter().filter(|at| (began..began + length as i64).contains(*at)).count();
                assert!(within <= limit, "{within} within {length} ms from {began} on");
            }
        }
        let of_a_minute = sent.iter().filter(|at| **at < 60_000).count();
        assert_eq!(of_a_minute, 150, "what may be sent is sent");
    }

    #[test]
    fn a_process_that_dies_loses_its_chunk_at_most() {
        let windows = [window(1000, WindowUnit::Hour)];
        let mut table = Table::default();
        let (mut dies, mut lives) = (purse(&windows), purse(&windows));
        table.lease(&mut dies, at(0));
        assert!(dies.take(at(0), Lane::Urgent));
        drop(dies);
        let mut sent = 1;
        for millis in 0..2000 {
            table.lease(&mut lives, at(millis));
            sent += usize::from(lives.take(at(millis), Lane::Urgent));
        }
        assert_eq!(sent, 1000 - 19, "a fiftieth, of which one was sent");
    }

    #[test]
    fn more_is_wanted_when_less_than_half_a_chunk_is_left_and_the_more_the_more_messages_come() {
        let mut purse = purse(&[window(1000, WindowUnit::Hour)]);
        let ask = |tokens| Wanted { window: window(1000, WindowUnit::Hour), began: at(0), tokens };
        assert_eq!(purse.wants(at(0)), [ask(20)]);
        purse.put(ask(20), 20, 20);
        for left in (10..20).rev() {
            assert!(purse.take(at(1), Lane::Urgent) && !purse.is_low(at(1)), "{left} are left");
        }
        assert!(purse.take(at(1), Lane::Urgent) && purse.is_low(at(1)));
        assert_eq!((0..14).filter(|_| purse.take(at(1), Lane::Urgent)).count(), 9);
        assert_eq!(purse.wants(at(1)), [ask(25)], "five were missed");
        assert_eq!((0..1000).filter(|_| purse.take(at(1), Lane::Urgent)).count(), 0);
        assert_eq!(purse.wants(at(1)), [ask(100)], "a tenth at most");
        let mut least = Purse::new(&[window(1, WindowUnit::Day)]).expect("it has a window");
        assert_eq!((0..9).filter(|_| least.take(at(1), Lane::Urgent)).count(), 0);
        assert_eq!(least.wants(at(1))[0].tokens, 1);
        let mut small = Purse::new(&[window(100, WindowUnit::Second)]).expect("it has a window");
        assert_eq!(small.wants(at(1))[0].tokens, 10, "ten at least");
    }

    #[test]
    fn what_finds_nothing_leased_waits_for_the_next_lease_or_the_next_window() {
        let mut purse = purse(&[window(100, WindowUnit::Second), window(1, WindowUnit::Minute)]);
        assert_eq!(purse.wait(at(0), Lane::Urgent), Some(NEXT_LEASE));
        assert_eq!(purse.wait(at(950), Lane::Urgent), Some(NEXT_LEASE), "the minute has time");
        for ask in purse.wants(at(950)) {
            purse.put(ask, ask.tokens, ask.tokens);
        }
        assert!(purse.take(at(950), Lane::Urgent));
        let [ask] = purse.wants(at(950))[..] else { panic!("the minute wants more") };
        purse.put(ask, 0, 1);
        assert_eq!(
            (purse.wait(at(950), Lane::Urgent), purse.wants(at(950))),
            (Some(Duration::from_millis(59_050)), vec![])
        );
        assert_eq!(purse.end(at(950)), Some(at(1000)));
        assert_eq!(purse.wait(at(60_000), Lane::Urgent), Some(NEXT_LEASE), "another minute");
    }

    #[test]
    fn what_was_leased_ends_with_its_window_also_when_it_comes_late() {
        let mut purse = purse(&[window(2, WindowUnit::Second)]);
        let [first] = purse.wants(at(0))[..] else { panic!("it is empty") };
        purse.put(first, 1, 1);
        assert!(!purse.take(at(1000), Lane::Urgent), "it was of the second before");
        let [second] = purse.wants(at(1000))[..] else { panic!("it is empty") };
        purse.put(first, 1, 1);
        assert!(!purse.take(at(1000), Lane::Urgent), "it has come late");
        purse.put(second, 1, 1);
        assert!(!purse.take(at(999), Lane::Urgent), "a clock that was set back");
        assert!(purse.wait(at(1000), Lane::Urgent).is_some(), "and what was leased is lost");
    }

    /// How many messages of a lane are taken at this time, one after the other.
    fn taken(purse: &mut Purse, now: Timestamp, lane: Lane) -> usize {
        (0..100).take_while(|_| purse.take(now, lane)).count()
    }

    /// A purse that has leased a whole window, of which the fleet had left that much.
    fn full(window: Window) -> Purse {
        let mut purse = purse(&[window]);
        let [ask] = purse.wants(at(0))[..] else { panic!("it is empty") };
        purse.put(Wanted { tokens: window.messages, ..ask }, window.messages, window.messages);
        purse
    }

    #[test]
    fn bulk_leaves_room_in_a_window_of_the_fleet_and_the_less_the_more_of_it_has_passed() {
        let mut purse = full(window(10, WindowUnit::Second));
        let first = [Lane::Bulk, Lane::Normal].map(|lane| taken(&mut purse, at(0), lane));
        assert_eq!((first, purse.wait(at(0), Lane::Urgent)), ([7, 2], None));
        let mut purse = full(window(10, WindowUnit::Second));
        let bulk = [0, 200, 400, 600, 900].map(|millis| taken(&mut purse, at(millis), Lane::Bulk));
        assert_eq!(bulk, [7, 1, 0, 1, 1], "it gets all of it when nobody else asks");
        let mut purse = full(window(10, WindowUnit::Second));
        assert_eq!(taken(&mut purse, at(0), Lane::Bulk), 7);
        let wait = purse.wait(at(0), Lane::Bulk).expect("the rest is left to others");
        assert_eq!(taken(&mut purse, at(0).plus(wait), Lane::Bulk), 1, "{wait:?}");
        let mut two = full(window(2, WindowUnit::Second));
        assert_eq!([Lane::Bulk, Lane::Normal, Lane::Urgent].map(|lane| taken(&mut two, at(0), lane)), [1, 0, 1]);
        let mut one = full(window(1, WindowUnit::Day));
        assert_eq!(taken(&mut one, at(0), Lane::Bulk), 1, "of one nothing is left to others");
    }

    #[test]
    fn what_the_fleet_has_left_counts_and_not_what_one_process_has() {
        let mut purse = purse(&[window(1000, WindowUnit::Hour)]);
        let ask = |tokens| Wanted { window: window(1000, WindowUnit::Hour), began: at(0), tokens };
        purse.put(ask(20), 20, 20);
        assert_eq!(purse.wait(at(0), Lane::Bulk), Some(NEXT_LEASE), "it is of no window yet");
        purse.put(ask(20), 20, 500);
        assert_eq!(purse.wait(at(0), Lane::Bulk), None, "half of it is left");
        purse.put(ask(0), 0, 800);
        let waits = [Lane::Bulk, Lane::Normal, Lane::Urgent].map(|lane| purse.wait(at(0), lane).is_some());
        assert_eq!(waits, [true, false, false], "two hundred are left, and the twenty");
    }

    #[test]
    fn windows_begin_with_the_units_of_the_clock() {
        let now = at(86_399_999);
        let began = WindowUnit::ALL.map(|unit| unit.began(now));
        assert_eq!(began, [at(86_399_000), at(86_340_000), at(82_800_000), at(0)]);
        let before_1970 = Timestamp::from_micros(-1);
        assert_eq!(WindowUnit::Second.began(before_1970), Timestamp::from_micros(-1_000_000));
        assert!(WindowUnit::ALL.iter().all(|unit| unit.end(unit.began(now)) == at(86_400_000)));
    }
}
