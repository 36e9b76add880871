//! Schedules that are written out, because what they show is rare among random ones.

use std::time::Duration;

use super::steps::Step;
use super::{Kind, World};
use crate::{Ambiguity, State};

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

/// A worker does not hear that its message without an id has got its row, and stands still until the lease of the row
/// is over. An equal message that is delivered again takes the row over and is held, and its worker dies before it has
/// published the letter. The next worker has found the row when its connection breaks, so that it gives the row up.
/// Now the first worker asks once more.
fn taken_over_before_the_answer_was_heard(is_letter_overdue: bool) -> World {
    let mut world = World::new(Kind::Anonymous, 0, true);
    world.calm = true;
    world.policy.ambiguity = Ambiguity::Hold;
    world.publish_anonymous();
    world.receive();
    while !matches!(world.workers[0].step, Step::Send(_)) {
        world.work();
    }
    let mut still = world.workers.remove(0);
    still.step = Step::Claim;
    world.pass(Duration::from_secs(6));
    world.run_the_leases_out();
    world.publish_anonymous();
    world.lane[0].redelivered = true;
    world.receive();
    while !matches!(world.workers[0].step, Step::Publish(_)) {
        world.work();
    }
    world.crash();
    world.pass(Duration::from_secs(6));
    if is_letter_overdue {
        world.run_the_leases_out();
    }
    world.receive();
    world.cut_off();
    world.work();
    assert!(world.workers.is_empty() && world.dead_letters.is_empty(), "{}", world.trace.join("\n"));
    world.workers.push(still);
    world
}

#[test]
fn a_row_that_an_equal_message_has_taken_over_keeps_its_letter() {
    for is_letter_overdue in [false, true] {
        let mut world = taken_over_before_the_answer_was_heard(is_letter_overdue);
        assert_eq!(world.deliveries[0].row.as_ref().map(|row| row.state), Some(State::Held));
        world.come_to_rest();
        world.check_at_rest();
        assert_eq!((world.deliveries.len(), world.dead_letters.len()), (2, 1), "{}", world.trace.join("\n"));
    }
}
