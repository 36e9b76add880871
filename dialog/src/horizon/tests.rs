//! What ends by its time waits for what came in before that, and not for ever.

use testkit::Still;

use super::*;

const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn after(millis: u64) -> Timestamp {
    START.plus(Duration::from_millis(millis))
}

fn hearing() -> Horizon {
    let horizon = Horizon::default();
    horizon.note(START, true);
    horizon
}

#[test]
fn nobody_knows_what_waits_while_nothing_is_heard_and_just_after_that() {
    let horizon = Horizon::default();
    assert_eq!(horizon.until(after(5_000)), None);
    horizon.note(after(5_000), true);
    assert_eq!(horizon.until(after(5_999)), None);
    horizon.note(after(5_999), true);
    assert_eq!(horizon.until(after(6_000)), Some(after(6_000)), "it goes on since the first note");
    horizon.note(after(7_000), false);
    assert_eq!(horizon.until(after(9_000)), None);
    horizon.note(after(9_000), true);
    assert_eq!(horizon.until(after(9_500)), None);
    assert_eq!(horizon.until(after(10_000)), Some(after(10_000)));
}

#[test]
fn what_is_in_hand_holds_it_until_it_is_done() {
    let horizon = hearing();
    let (first, second) = (horizon.taken(after(1_900), after(2_000)), horizon.taken(after(1_950), after(2_000)));
    let clock = Still::at(after(2_400));
    let (first, second) = (horizon.in_hand(first, &clock), horizon.in_hand(second, &clock));
    assert_eq!(horizon.until(after(2_500)), Some(after(1_900)));
    drop(first);
    assert_eq!(horizon.until(after(2_500)), Some(after(1_950)));
    drop(second);
    assert_eq!(horizon.until(after(2_500)), Some(after(2_500)), "in ordinary running it is now");
}

#[test]
fn behind_what_has_waited_in_the_queue_others_may_wait() {
    let horizon = hearing();
    let hour = Duration::from_secs(3_600);
    let clock = Still::at(after(2_000));
    drop(horizon.in_hand(horizon.taken(after(2_000).minus(hour), after(2_000)), &clock));
    assert_eq!(horizon.until(after(2_999)), Some(after(2_000).minus(hour)));
    assert_eq!(horizon.until(after(3_000)), Some(after(3_000)), "nothing came for a second");
}

#[test]
fn what_is_never_done_holds_it_for_half_a_minute() {
    let horizon = hearing();
    let clock = Still::at(after(40_000));
    let stuck = horizon.in_hand(horizon.taken(after(0), after(0)), &clock);
    assert_eq!(horizon.until(after(29_999)), Some(after(0)));
    assert_eq!(horizon.until(after(40_000)), Some(after(10_000)));
    drop(stuck);
    assert_eq!(horizon.until(after(40_999)), Some(after(10_999)), "others may have waited behind it");
    assert_eq!(horizon.until(after(41_000)), Some(after(41_000)));
}

#[test]
fn a_call_from_the_future_of_another_clock_ends_nothing_before_its_time() {
    let horizon = hearing();
    let clock = Still::at(after(2_000));
    let _ahead = horizon.in_hand(horizon.taken(after(9_000), after(2_000)), &clock);
    assert_eq!(horizon.until(after(2_000)), Some(after(2_000)));
}
