//! How many messages of a source may be unacknowledged at once: as many as are needed, and no more than may wait in this
//! process with bodies as large as those that come. The broker sends ahead, and nobody knows how large a body is before it is
//! here; so a window begins as if all were large, grows when it is full, and shrinks again when it is not.

use std::time::Duration;

/// How large a body is taken for of which nothing is known.
const UNKNOWN_BYTES: usize = 1 << 20;
/// By how much a window grows at once.
const GROWS: usize = 4;
/// Of how many bodies, roughly, the mean is. That of a source that begins starts with [`UNKNOWN_BYTES`].
const MEAN_OF: usize = 16;
/// How often it is asked whether the window is larger than it need be.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(5);

pub(super) struct Window {
    most: u16,
    /// How many bytes may wait here; None where the window is always the largest.
    bytes: Option<usize>,
    /// The prefetch of the consumer. None while there is none, because too much waits here.
    now: Option<u16>,
    /// The consumer is no longer the first one, which has a prefetch of 1.
    is_open: bool,
    /// Of the last bodies, in bytes.
    mean: usize,
    /// The most that were unacknowledged at once since the last look.
    peak: usize,
}

/// What a source has here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Load {
    /// How many messages were not handed out yet.
    pub(super) held: usize,
    pub(super) held_bytes: usize,
    /// How many are unacknowledged altogether.
    pub(super) unsettled: usize,
}

/// What is to become of the consumer. A prefetch applies to new consumers only, so each change is another consumer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Change {
    Consume(u16),
    /// Too much waits here: nothing is consumed until less does.
    Stop,
}

impl Window {
    /// That of the first consumer, which has a prefetch of 1.
    pub(super) fn new(most: u16, bytes: Option<usize>) -> Self {
        Self { most, bytes, now: Some(1), is_open: most <= 1, mean: UNKNOWN_BYTES, peak: 0 }
    }

    /// Notes a message that has come.
    pub(super) fn received(&mut self, bytes: usize, unsettled: usize) {
        self.mean = (self.mean * (MEAN_OF - 1) + bytes) / MEAN_OF;
        self.peak = self.peak.max(unsettled);
    }

    /// The change that is due now.
    pub(super) fn change(&self, load: Load) -> Option<Change> {
        let Some(now) = self.now else {
            let has_room = self.bytes.is_none_or(|bytes| load.held_bytes <= bytes / 2);
            return has_room.then(|| Change::Consume(self.fitting(load)));
        };
        if !self.is_open {
            return Some(Change::Consume(self.least()));
        }
        if self.bytes.is_some_and(|bytes| load.held_bytes > bytes) {
            return Some(Change::Stop);
        }
        let is_full = load.unsettled >= usize::from(now);
        let larger = self.fitting(load).min(self.times(now, GROWS));
        let is_worth_it = larger >= self.times(now, 2) && larger > now;
        (is_full && is_worth_it).then_some(Change::Consume(larger))
    }

    /// The change that is due when the window has been larger than it need be since the last look.
    pub(super) fn look(&mut self, load: Load) -> Option<Change> {
        let peak = std::mem::replace(&mut self.peak, load.unsettled);
        let now = self.now.filter(|_| self.is_open)?;
        let smaller = self.within(2 * peak).max(self.least());
        (peak * GROWS <= usize::from(now) && smaller < now).then_some(Change::Consume(smaller))
    }

    pub(super) fn follow(&mut self, change: Change) {
        self.is_open = true;
        self.now = match change {
            Change::Consume(prefetch) => Some(prefetch),
            Change::Stop => None,
        };
    }

    /// What fits whatever comes.
    fn least(&self) -> u16 {
        self.bytes.map_or(self.most, |bytes| self.within(bytes / UNKNOWN_BYTES))
    }

    /// What fits when those that come are like those that came: half of the bytes, because a new consumer begins beside
    /// what the one before it has left here. What is handed out is bounded by whoever has it.
    fn fitting(&self, load: Load) -> u16 {
        let handed_out = load.unsettled.saturating_sub(load.held);
        self.bytes.map_or(self.most, |bytes| self.within(handed_out + bytes / 2 / self.mean.max(1)))
    }

    fn times(&self, prefetch: u16, factor: usize) -> u16 {
        self.within(usize::from(prefetch) * factor)
    }

    fn within(&self, prefetch: usize) -> u16 {
        u16::try_from(prefetch).unwrap_or(u16::MAX).min(self.most).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    /// One that is open, after so many bodies of this size.
    fn after(most: u16, bytes: usize, count: usize, size: usize) -> Window {
        let mut window = Window::new(most, Some(bytes));
        window.follow(window.change(Load::default()).expect("it opens"));
        for _ in 0..count {
            window.received(size, 1);
        }
        window
    }

    fn unsettled(unsettled: usize) -> Load {
        Load { unsettled, ..Load::default() }
    }

    #[test]
    fn without_a_limit_it_opens_to_the_most_and_stays_so() {
        let mut window = Window::new(500, None);
        assert_eq!(window.change(Load::default()), Some(Change::Consume(500)));
        window.follow(Change::Consume(500));
        let full = Load { held: 500, held_bytes: usize::MAX, unsettled: 1000 };
        assert_eq!((window.change(full), window.look(full), window.look(Load::default())), (None, None, None));
        assert_eq!(window.look(Load::default()), None);
        let alone = Window::new(1, Some(MIB));
        assert_eq!(alone.change(unsettled(1)), None, "the first consumer is all there may be");
    }

    #[test]
    fn it_begins_as_if_every_body_were_large() {
        for (most, bytes, least) in [(512, 30 * MIB, 30), (16, 30 * MIB, 16), (512, MIB / 2, 1)] {
            let window = Window::new(most, Some(bytes));
            assert_eq!(window.change(Load::default()), Some(Change::Consume(least)), "{most} {bytes}");
        }
    }

    #[test]
    fn it_grows_to_the_most_when_it_is_full_and_bodies_are_small() {
        let mut window = after(512, 30 * MIB, 0, 0);
        let mut grown = vec![30];
        for _ in 0..1000 {
            let now = usize::from(window.now.expect("it consumes"));
            window.received(1024, now);
            assert_eq!(window.change(unsettled(now - 1)), None, "it is not full");
            if let Some(change @ Change::Consume(prefetch)) = window.change(unsettled(now)) {
                grown.push(prefetch);
                window.follow(change);
            }
        }
        assert!(grown.is_sorted() && grown.last() == Some(&512) && grown.len() <= 8, "{grown:?}");
    }

    #[test]
    fn what_waits_here_stays_within_the_limit_when_bodies_are_large() {
        for size in [100_000, 500_000, MIB] {
            let window = after(512, 30 * MIB, 200, size);
            let all_held = Load { held: 30, held_bytes: 30 * size, unsettled: 30 };
            let now = match window.change(all_held) {
                Some(Change::Consume(larger)) => usize::from(larger),
                _ => 30,
            };
            assert!(now * size <= 30 * MIB, "{size}: {now}");
        }
    }

    #[test]
    fn what_is_being_worked_on_leaves_its_place_to_others() {
        let window = after(512, 30 * MIB, 200, MIB);
        assert_eq!(window.change(Load { held: 30, held_bytes: 30 * MIB, unsettled: 30 }), None);
        let handed_out = Load { held: 0, held_bytes: 0, unsettled: 60 };
        assert_eq!(window.change(handed_out), Some(Change::Consume(75)), "sixty, and what may wait beside them");
    }

    #[test]
    fn too_much_that_waits_stops_it_until_half_of_it_is_handed_out() {
        let mut window = after(512, 30 * MIB, 200, 1024);
        let held = |mib: usize, unsettled| Load { held: mib, held_bytes: mib * MIB, unsettled };
        assert_eq!(window.change(held(31, 31)), Some(Change::Stop));
        window.follow(Change::Stop);
        for _ in 0..31 {
            window.received(MIB, 31);
        }
        assert_eq!((window.change(held(16, 31)), window.look(held(16, 31))), (None, None));
        let Some(Change::Consume(prefetch)) = window.change(held(15, 31)) else { panic!("there is room") };
        assert!((17..=40).contains(&prefetch), "as for large bodies: {prefetch}");
    }

    #[test]
    fn it_shrinks_when_less_is_needed_and_no_further_than_it_began() {
        let mut window = after(512, 30 * MIB, 1000, 1024);
        window.follow(Change::Consume(512));
        window.received(1024, 200);
        assert_eq!(window.look(unsettled(100)), None, "two hundred were needed");
        assert_eq!(window.look(unsettled(3)), Some(Change::Consume(200)), "a hundred were");
        window.follow(Change::Consume(200));
        assert_eq!(window.look(unsettled(0)), Some(Change::Consume(30)));
        window.follow(Change::Consume(30));
        assert_eq!(window.look(unsettled(0)), None);
    }
}
