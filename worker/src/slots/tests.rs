//! The urgent lane always has places left, and a channel that hangs leaves half of its lane to the others.

use futures_util::FutureExt;

use super::*;

const SMS: &str = "sms";
const MIB: usize = 1024 * 1024;

fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).unwrap()
}

/// A place, if one is free right now.
fn place(slots: &Slots, lane: Lane, name: &str) -> Option<Slot> {
    slots.acquire(lane, &channel(name), 1).now_or_never()
}

fn places(slots: &Slots, lane: Lane, name: &str) -> Vec<Slot> {
    std::iter::from_fn(|| place(slots, lane, name)).collect()
}

fn sends<'a>(slots: &'a Slots, lane: Lane, name: &str, count: usize) -> Vec<InFlight<'a>> {
    (0..count).map(|_| slots.in_flight(lane, &channel(name))).collect()
}

async fn seconds(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

fn over(slots: &Slots, name: &str) -> bool {
    slots.is_over_its_half(Lane::Normal, &channel(name))
}

#[test]
fn each_lane_leaves_places_to_the_more_urgent_ones() {
    let slots = Slots::new(256, 64 * MIB);
    let bulk = places(&slots, Lane::Bulk, SMS);
    assert_eq!(bulk.len(), 96);
    let normal = places(&slots, Lane::Normal, SMS);
    assert_eq!(bulk.len() + normal.len(), 192);
    let urgent = places(&slots, Lane::Urgent, SMS);
    assert_eq!(urgent.len(), 64, "reserved: nobody else can take them");
    drop((bulk, normal));
    assert_eq!(places(&slots, Lane::Urgent, SMS).len(), 192, "urgent may use all");
}

#[test]
fn a_worker_of_one_place_serves_every_lane() {
    let slots = Slots::new(1, MIB);
    for lane in Lane::ALL {
        assert_eq!(places(&slots, lane, SMS).len(), 1, "{lane}");
    }
}

#[test]
fn bodies_in_hand_are_limited_in_bytes_and_one_of_any_size_always_fits() {
    let slots = Slots::new(256, 4 * MIB);
    let take = |bytes| slots.acquire(Lane::Urgent, &channel(SMS), bytes).now_or_never();
    let four: Vec<_> = (0..4).map_while(|_| take(MIB)).collect();
    assert_eq!(four.len(), 4);
    assert!(take(1).is_none());
    drop(four);
    assert!(take(100 * MIB).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_flows_may_use_its_whole_lane() {
    let slots = Slots::new(16, MIB);
    let held = places(&slots, Lane::Normal, SMS);
    let _sends = sends(&slots, Lane::Normal, SMS, held.len());
    seconds(1).await;
    assert!(!over(&slots, SMS));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_hangs_in_a_full_lane_may_hold_half_of_it() {
    let slots = Slots::new(16, MIB);
    let mut held = places(&slots, Lane::Normal, SMS);
    assert_eq!(held.len(), 12);
    let _sends = sends(&slots, Lane::Normal, SMS, 12);
    seconds(3).await;
    assert!(over(&slots, SMS));
    assert!(!over(&slots, "email"), "another channel of the lane waits for a place");
    assert!(!slots.is_over_its_half(Lane::Urgent, &channel(SMS)), "another lane is judged by itself");
    held.truncate(6);
    assert!(over(&slots, SMS), "it still has its half");
    held.truncate(5);
    assert!(!over(&slots, SMS), "one more makes its half");
}

#[tokio::test(start_paused = true)]
async fn slow_sends_in_a_lane_with_room_are_no_stall() {
    let slots = Slots::new(16, MIB);
    let mut held = places(&slots, Lane::Normal, SMS);
    let _sends = sends(&slots, Lane::Normal, SMS, 12);
    held.pop();
    seconds(3).await;
    assert!(!over(&slots, SMS));
}

#[tokio::test(start_paused = true)]
async fn sends_that_time_out_do_not_give_the_lane_back_to_the_channel_that_hangs() {
    let slots = Slots::new(16, MIB);
    let held = places(&slots, Lane::Normal, SMS);
    let hanging = sends(&slots, Lane::Normal, SMS, 12);
    seconds(10).await;
    assert!(over(&slots, SMS));
    drop((hanging, held));
    let refilled: Vec<_> =
        std::iter::from_fn(|| if over(&slots, SMS) { None } else { place(&slots, Lane::Normal, SMS) }).collect();
    assert_eq!(refilled.len(), 6, "half");
    assert_eq!(places(&slots, Lane::Normal, "email").len(), 6, "the rest is the others'");
    drop(sends(&slots, Lane::Normal, SMS, 1));
    assert!(!over(&slots, SMS), "a send that ended in good time shows that it flows again");
}

#[tokio::test(start_paused = true)]
async fn commands_have_half_of_a_lane_however_many_come_at_once() {
    let (slots, service) = (Slots::new(16, MIB), channel(media::service::MEDIUM.name));
    let commands: Vec<Slot> = std::iter::from_fn(|| {
        let has_room = !slots.has_its_half(Lane::Urgent, &service);
        has_room.then(|| place(&slots, Lane::Urgent, "service")).flatten()
    })
    .collect();
    assert_eq!(commands.len(), 8);
    let sending = sends(&slots, Lane::Urgent, "service", 8);
    let is_over = || slots.is_over_its_half(Lane::Urgent, &service);
    assert!(!is_over(), "the next one waits for a service that works");
    assert!(!slots.has_its_half(Lane::Urgent, &channel("email")));
    seconds(1).await;
    assert!(is_over(), "and is put aside where it hangs, though the lane has room");
    assert_eq!(places(&slots, Lane::Urgent, "email").len(), 8, "which is for the others");
    drop((sending, commands));
    assert!(!is_over() && !slots.has_its_half(Lane::Urgent, &service));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_has_left_leaves_nothing_behind() {
    let slots = Slots::new(16, MIB);
    for n in 0..1000 {
        let name = format!("unknown-{n}");
        let (held, send) = (place(&slots, Lane::Normal, &name), slots.in_flight(Lane::Normal, &channel(&name)));
        drop((held, send));
    }
    assert!(slots.board.lock().is_empty());
}
