//! Which acknowledgement to send next, so that one frame covers many but never a message that is not settled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

/// How long an ack waits for those of its neighbours, so that one frame covers them: in the broker, each frame is a
/// command to the queue that is written to disk.
const LINGER: Duration = Duration::from_millis(10);
/// How long it waits when there is a gap below it: longer than a provider that answers quickly takes.
const PATIENCE: Duration = Duration::from_millis(50);

/// The delivery tags of one AMQP channel: the broker numbers its deliveries 1, 2, 3 …
pub(super) struct Tags {
    /// As many without a gap do not wait for more.
    enough: u64,
    /// What waits here is neither worked on nor free for the next delivery: beyond this many, none waits.
    most_waiting: usize,
    /// Every tag up to here is settled with the broker.
    floor: u64,
    /// Every tag up to here is settled with the broker or waits: the first gap is above it.
    top: u64,
    /// Settled with the broker, above the floor.
    settled: BTreeSet<u64>,
    /// To be acknowledged, and since when.
    waiting: BTreeMap<u64, Instant>,
}

/// One `basic.ack` to send, and the waiting tags that it settles.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Ack {
    pub(super) tag: u64,
    pub(super) multiple: bool,
    pub(super) covers: Vec<u64>,
}

impl Tags {
    /// An eighth of the prefetch is enough, a quarter may wait.
    pub(super) fn new(prefetch: u16) -> Self {
        let (enough, most_waiting) = (u64::from(prefetch / 8), usize::from(prefetch / 4));
        Self { enough, most_waiting, floor: 0, top: 0, settled: BTreeSet::new(), waiting: BTreeMap::new() }
    }

    /// It was rejected or given back by itself.
    pub(super) fn settled(&mut self, tag: u64) {
        self.settled.insert(tag);
        self.rise();
    }

    pub(super) fn wants_ack(&mut self, tag: u64, now: Instant) {
        self.waiting.insert(tag, now);
        self.rise();
    }

    fn rise(&mut self) {
        while self.waiting.contains_key(&(self.top + 1)) || self.settled.contains(&(self.top + 1)) {
            self.top += 1;
        }
    }

    /// The next ack that is due at `now`: everything up to the first gap, else one above it that has waited enough.
    pub(super) fn next(&mut self, now: Instant) -> Option<Ack> {
        let crowded = self.waiting.len() > self.most_waiting;
        let below = self
            .oldest_below_the_gap()
            .is_some_and(|oldest| crowded || self.top - self.floor >= self.enough || oldest + LINGER <= now);
        if below {
            return Some(self.up_to_the_gap());
        }
        let mut above = self.waiting.range(self.top + 1..);
        let tag = above.find(|(_, since)| crowded || **since + PATIENCE <= now).map(|(tag, _)| *tag)?;
        self.waiting.remove(&tag);
        self.settled.insert(tag);
        Some(Ack { tag, multiple: false, covers: vec![tag] })
    }

    fn up_to_the_gap(&mut self) -> Ack {
        let above = self.waiting.split_off(&(self.top + 1));
        let covers: Vec<u64> = std::mem::replace(&mut self.waiting, above).into_keys().collect();
        self.settled = self.settled.split_off(&(self.top + 1));
        self.floor = self.top;
        Ack { tag: covers.last().copied().unwrap_or(self.top), multiple: covers.len() > 1, covers }
    }

    fn oldest_below_the_gap(&self) -> Option<Instant> {
        self.waiting.range(..=self.top).map(|(_, since)| *since).min()
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// When the next ack is due, whether or not others join it.
    pub(super) fn due(&self) -> Option<Instant> {
        let above = self.waiting.range(self.top + 1..).map(|(_, since)| *since + PATIENCE).min();
        let below = self.oldest_below_the_gap().map(|oldest| oldest + LINGER);
        [above, below].into_iter().flatten().min()
    }

    /// A moment at which everything that waits now is due.
    pub(super) fn all_due() -> Instant {
        Instant::now() + PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drain(tags: &mut Tags, now: Instant) -> Vec<(u64, bool)> {
        std::iter::from_fn(|| tags.next(now)).map(|ack| (ack.tag, ack.multiple)).collect()
    }

    #[test]
    fn contiguous_tags_wait_a_moment_for_each_other_and_are_acknowledged_by_one_frame() {
        let (mut tags, now) = (Tags::new(1000), Instant::now());
        for tag in [3, 1, 2] {
            tags.wants_ack(tag, now);
        }
        assert_eq!(drain(&mut tags, now), []);
        assert_eq!(tags.due(), Some(now + LINGER));
        assert_eq!(drain(&mut tags, now + LINGER), [(3, true)]);
        tags.wants_ack(4, now);
        assert_eq!(drain(&mut tags, now + LINGER), [(4, false)]);
    }

    #[test]
    fn an_eighth_of_the_prefetch_is_enough_to_go_at_once() {
        let (mut tags, now) = (Tags::new(16), Instant::now());
        tags.wants_ack(1, now);
        assert_eq!(drain(&mut tags, now), []);
        tags.wants_ack(2, now);
        assert_eq!(drain(&mut tags, now), [(2, true)]);
        let mut alone = Tags::new(2);
        alone.wants_ack(1, now);
        assert_eq!(drain(&mut alone, now), [(1, false)]);
    }

    #[test]
    fn a_gap_stops_multiple_and_the_rest_goes_singly_after_a_while() {
        let (mut tags, now) = (Tags::new(1000), Instant::now());
        for tag in [1, 2, 4, 5] {
            tags.wants_ack(tag, now);
        }
        assert_eq!(drain(&mut tags, now + LINGER), [(2, true)]);
        assert_eq!(tags.due(), Some(now + PATIENCE));
        assert_eq!(drain(&mut tags, now + PATIENCE), [(4, false), (5, false)]);
        tags.wants_ack(3, now);
        tags.wants_ack(6, now);
        assert_eq!(drain(&mut tags, now + LINGER), [(6, true)]);
        assert_eq!(tags.due(), None);
    }

    #[test]
    fn above_a_gap_no_more_than_a_quarter_of_the_prefetch_waits() {
        let (mut tags, now) = (Tags::new(8), Instant::now());
        for tag in [2, 3] {
            tags.wants_ack(tag, now);
        }
        assert_eq!(drain(&mut tags, now), []);
        tags.wants_ack(4, now);
        assert_eq!(drain(&mut tags, now), [(2, false)]);
        tags.wants_ack(1, now);
        assert_eq!(drain(&mut tags, now), [(4, true)]);
    }

    #[test]
    fn a_rejected_message_closes_its_gap() {
        let (mut tags, now) = (Tags::new(1000), Instant::now());
        tags.wants_ack(1, now);
        tags.wants_ack(3, now);
        tags.settled(2);
        assert_eq!(drain(&mut tags, now + LINGER), [(3, true)]);
    }

    proptest! {
        #[test]
        fn no_ack_ever_covers_a_tag_that_was_not_settled_and_none_is_forgotten(
            order in Just((1_u64..=40).collect::<Vec<_>>()).prop_shuffle(),
            rejects in prop::collection::vec(any::<bool>(), 40),
            late in prop::collection::vec(any::<bool>(), 40),
            left_out in 1_u64..=40,
        ) {
            let start = Instant::now();
            let mut tags = Tags::new(1000);
            let (mut ours, mut acked) = (BTreeSet::new(), BTreeSet::new());
            let (mut now, mut floor) = (start, 0);
            for (n, tag) in order.into_iter().enumerate().filter(|(_, tag)| *tag != left_out) {
                ours.insert(tag);
                if rejects[n] { tags.settled(tag) } else { tags.wants_ack(tag, now) }
                if late[n] { now += PATIENCE }
                while let Some(ack) = tags.next(now) {
                    let covered: Vec<u64> = if ack.multiple { (floor + 1..=ack.tag).collect() } else { vec![ack.tag] };
                    prop_assert!(covered.iter().all(|tag| ours.contains(tag)), "{ack:?} covers what is not settled");
                    prop_assert!(ack.covers.iter().all(|tag| covered.contains(tag)));
                    if ack.multiple { floor = ack.tag }
                    acked.extend(ack.covers);
                }
            }
            now += PATIENCE;
            acked.extend(std::iter::from_fn(|| tags.next(now)).flat_map(|ack| ack.covers));
            prop_assert!(tags.due().is_none());
            prop_assert!(!acked.contains(&left_out));
        }
    }
}
