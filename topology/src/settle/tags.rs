//! Which acknowledgement to send next, so that one frame covers many but never a message that is not settled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

/// How long an ack may wait for the gap below it to close. Every frame costs the broker and us as much as a dozen
/// acks within one, so this is longer than a provider that answers quickly takes.
const PATIENCE: Duration = Duration::from_millis(50);

/// The delivery tags of one AMQP channel: the broker numbers its deliveries 1, 2, 3 …
pub(super) struct Tags {
    /// What waits here is neither worked on nor free for the next delivery: beyond this many, none waits.
    most_waiting: usize,
    /// Every tag up to here is settled with the broker.
    floor: u64,
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
    /// A quarter of the prefetch may wait.
    pub(super) fn new(prefetch: u16) -> Self {
        let most_waiting = usize::from(prefetch / 4);
        Self { most_waiting, floor: 0, settled: BTreeSet::new(), waiting: BTreeMap::new() }
    }

    /// It was rejected or given back by itself.
    pub(super) fn settled(&mut self, tag: u64) {
        self.settled.insert(tag);
    }

    pub(super) fn wants_ack(&mut self, tag: u64, now: Instant) {
        self.waiting.insert(tag, now);
    }

    /// The next ack that is due at `now`: everything up to the first gap at once, else one that has waited enough.
    pub(super) fn next(&mut self, now: Instant) -> Option<Ack> {
        let mut covers = Vec::new();
        loop {
            let tag = self.floor + 1;
            if self.waiting.remove(&tag).is_some() {
                covers.push(tag);
            } else if !self.settled.remove(&tag) {
                break;
            }
            self.floor = tag;
        }
        if let Some(&tag) = covers.last() {
            return Some(Ack { tag, multiple: covers.len() > 1, covers });
        }
        let crowded = self.waiting.len() > self.most_waiting;
        let tag = self.waiting.iter().find(|(_, since)| crowded || **since + PATIENCE <= now).map(|(tag, _)| *tag)?;
        self.waiting.remove(&tag);
        self.settled.insert(tag);
        Some(Ack { tag, multiple: false, covers: vec![tag] })
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// When the next ack is due although there is a gap below it.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.values().min().map(|since| *since + PATIENCE)
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
    fn contiguous_tags_are_acknowledged_by_one_frame() {
        let (mut tags, now) = (Tags::new(1000), Instant::now());
        for tag in [3, 1, 2] {
            tags.wants_ack(tag, now);
        }
        assert_eq!(drain(&mut tags, now), [(3, true)]);
        tags.wants_ack(4, now);
        assert_eq!(drain(&mut tags, now), [(4, false)]);
    }

    #[test]
    fn a_gap_stops_multiple_and_the_rest_goes_singly_after_a_while() {
        let (mut tags, now) = (Tags::new(1000), Instant::now());
        for tag in [1, 2, 4, 5] {
            tags.wants_ack(tag, now);
        }
        assert_eq!(drain(&mut tags, now), [(2, true)]);
        assert_eq!(tags.due(), Some(now + PATIENCE));
        assert_eq!(drain(&mut tags, now + PATIENCE), [(4, false), (5, false)]);
        tags.wants_ack(3, now);
        tags.wants_ack(6, now);
        assert_eq!(drain(&mut tags, now), [(6, true)]);
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
        assert_eq!(drain(&mut tags, now), [(3, true)]);
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
