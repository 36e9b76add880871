//! Schedules that are written out, because what they show is rare among random ones.

use std::time::Duration;

use super::steps::Step;
use super::{Kind, World};
use crate::State;

/// Two equal messages, 0.4 s apart. The first is sent. The worker is killed before it could note the acknowledgement of
/// the first, while it sends the second. The lease of the first runs out 0.4 s before that of the second, yet the next
/// copy waits for the second row, whose message is surely with the broker. None when the first was not sent.
fn killed_between_two_equal_ones(seed: u64) -> Option<World> {
    let mut world = World::new(Kind::Anonymous, seed, true);
    world.calm = true;
    world.publish_anonymous();
    world.receive();
    while !world.workers.is_empty() {
        world.work();
    }
    let sent = |world: &World| world.deliveries[0].row.as_ref().is_some_and(|row| row.state == State::Sent);
    if !sent(&world) || world.notes.len() != 1 {
        return None;
    }
    world.pass(Duration::from_millis(400));
    world.publish_anonymous();
    world.receive();
    while !world.workers.iter().any(|worker| matches!(worker.step, Step::Send(_))) {
        world.work();
    }
    // A look falls between the ends of the two leases.
    world.pass(Duration::from_millis(800));
    world.crash_before_the_note();
    world.crash();
    world.receive();
    while world.workers.iter().any(|worker| worker.delivery.is_none()) {
        world.work();
    }
    Some(world)
}

#[test]
fn what_a_killed_worker_was_sending_is_continued_although_an_equal_one_is_in_doubt() {
    let mut shown = 0;
    for mut world in (0..100).filter_map(killed_between_two_equal_ones) {
        let continued: Vec<_> = world.workers.iter().map(|worker| (worker.delivery, worker.suspects)).collect();
        assert_eq!(continued, [(Some(1), None)], "{}", world.trace.join("\n"));
        world.come_to_rest();
        world.check_at_rest();
        assert_eq!(world.deliveries.len(), 2, "two messages, two rows");
        shown += 1;
    }
    assert!(shown > 0, "no schedule sent the first");
}
