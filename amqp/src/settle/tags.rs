//! Decides which acknowledgement to send next, so that one frame covers many messages but never one that is not
//! settled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

/// How long an ack waits for its neighbours, so that one frame covers them all: in the broker, each frame is a command
/// to the queue that is written to disk.
const LINGER: Duration = Duration::from_millis(10);
/// How long an ack above a gap waits: longer than a quick provider takes to answer, so that the gap may close.
const PATIENCE: Duration = Duration::from_millis(50);

/// The delivery tags of one AMQP channel: the broker numbers its deliveries 1, 2, 3 …
pub(super) struct Tags {
    /// When this many tags without a gap wait, they are acknowledged at once. Tags that are settled between them count
    /// too.
    enough: u64,
    /// The most tags that may wait, because a waiting message is neither worked on nor replaced by the next delivery.
    /// Beyond this many, none waits.
    most_waiting: usize,
    /// Every tag up to here is settled with the broker.
    floor: u64,
    /// Every tag up to here is settled with the broker or waits: the first gap is above it.
    top: u64,
    /// Tags above the floor that are settled with the broker.
    settled: BTreeSet<u64>,
    /// Tags to be acknowledged, and since when each waits.
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
    /// The tags of a channel with this prefetch: an eighth of it is enough for an ack, and a quarter may wait.
    pub(super) fn new(prefetch: u16) -> Self {
        let (enough, most_waiting) = (u64::from(prefetch / 8), usize::from(prefetch / 4));
        Self { enough, most_waiting, floor: 0, top: 0, settled: BTreeSet::new(), waiting: BTreeMap::new() }
    }

    /// Notes a tag that was rejected or given back by itself.
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
        if self.oldest_below_the_gap().is_none() {
            self.all_settled_up_to_the_gap();
        }
    }

    fn all_settled_up_to_the_gap(&mut self) {
        self.settled = self.settled.split_off(&(self.top + 1));
        self.floor = self.top;
    }

    /// The next ack that is due at `now`: one for everything up to the first gap, else one for a tag above the gap that
    /// has waited long enough.
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
        self.all_settled_up_to_the_gap();
        Ack { tag: covers.last().copied().unwrap_or(self.top), multiple: covers.len() > 1, covers }
    }

    fn oldest_below_the_gap(&self) -> Option<Instant> {
        self.waiting.range(..=self.top).map(|(_, since)| *since).min()
    }

    /// How many tags wait.
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

    #[test]
    fn the_first_that_is_due_sets_the_time_on_whichever_side_of_the_gap() {
        let (mut tags, now) = (Tags::new(1000), Instant::now());
        tags.wants_ack(3, now);
        assert_eq!(tags.due(), Some(now + PATIENCE));
        let later = now + PATIENCE / 2;
        tags.wants_ack(1, later);
        assert_eq!(tags.due(), Some(later + LINGER));
        assert_eq!(drain(&mut tags, later + LINGER), [(1, false)]);
        assert_eq!(tags.due(), Some(now + PATIENCE));
    }

    #[test]
    fn what_was_rejected_is_not_kept() {
        let mut tags = Tags::new(1000);
        (1..=100).for_each(|tag| tags.settled(tag));
        assert_eq!((tags.floor, tags.settled.len()), (100, 0));
    }

    proptest! {
        #[test]
        fn every_ack_covers_what_is_settled_and_each_tag_is_acknowledged_once(
            order in Just((1_u64..=40).collect::<Vec<_>>()).prop_shuffle(),
            rejects in prop::collection::vec(any::<bool>(), 40),
            pauses in prop::collection::vec(0_u32..=6, 40),
            left_out in 1_u64..=40,
            prefetch in 0_u16..=200,
        ) {
            let mut tags = Tags::new(prefetch);
            let (mut ours, mut wanted, mut acked) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
            let (mut now, mut floor) = (Instant::now(), 0);
            let mut take = |tags: &mut Tags, now: Instant, ours: &BTreeSet<u64>| {
                while let Some(ack) = tags.next(now) {
                    let covered: Vec<u64> = if ack.multiple { (floor + 1..=ack.tag).collect() } else { vec![ack.tag] };
                    prop_assert!(covered.iter().all(|tag| ours.contains(tag)), "{ack:?} covers what is not settled");
                    prop_assert!(ack.covers.contains(&ack.tag) && ack.covers.iter().all(|tag| covered.contains(tag)));
                    if ack.multiple { floor = ack.tag }
                    for tag in ack.covers {
                        prop_assert!(acked.insert(tag), "{tag} is acknowledged twice");
                    }
                }
                prop_assert!(tags.due().is_none_or(|due| due > now), "what is due does not go");
                Ok(())
            };
            for (n, tag) in order.into_iter().enumerate().filter(|(_, tag)| *tag != left_out) {
                ours.insert(tag);
                if rejects[n] {
                    tags.settled(tag);
                } else {
                    wanted.insert(tag);
                    tags.wants_ack(tag, now);
                }
                now += LINGER * pauses[n] / 2;
                take(&mut tags, now, &ours)?;
            }
            take(&mut tags, Tags::all_due().max(now + PATIENCE), &ours)?;
            prop_assert_eq!((tags.due(), tags.waiting()), (None, 0));
            prop_assert_eq!(acked, wanted);
        }
    }
}
