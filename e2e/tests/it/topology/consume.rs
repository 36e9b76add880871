//! Consuming: what comes, what is settled, and that it comes back by itself.

use std::collections::BTreeSet;

use domain::Lane;
use tokio::sync::mpsc::Receiver;
use topology::{ConsumerSettings, Consumers, Incoming, Publication, Settle, Source, Subscription, To};

use super::place::{Place, consume, eventually, next, patient, publication};
use e2e::proxy::Proxy;
use e2e::raw_amqp::{RawProperties, RawPublisher};

fn id(message: &Incoming) -> usize {
    message.message_id.as_deref().unwrap().parse().unwrap()
}

async fn take(messages: &mut Receiver<Incoming>, count: usize) -> Vec<Incoming> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.push(next(messages).await);
    }
    taken
}

/// Settles what is still handed out after a drain.
async fn give_back(mut messages: Receiver<Incoming>) {
    while let Some(message) = messages.recv().await {
        message.settle.requeue().await;
    }
}

#[tokio::test]
async fn an_ack_covers_only_what_was_settled() {
    let place = Place::declared().await;
    place.fill(Lane::Normal, 200).await;
    let (consumers, mut messages) = place.consume(Lane::Normal, 200);
    let mut taken = take(&mut messages, 200).await;
    let mut kept = Vec::new();
    let mut acks = Vec::new();
    while let Some(message) = taken.pop() {
        if id(&message).is_multiple_of(3) { kept.push(message) } else { acks.push(tokio::spawn(message.settle.ack())) }
    }
    for ack in acks {
        assert!(ack.await.unwrap());
    }
    let unsettled: BTreeSet<usize> = kept.iter().map(id).collect();
    consumers.drain().await;
    consumers.close().await;
    assert!(!kept.pop().unwrap().settle.ack().await, "its generation is over");
    eventually(unsettled.len(), async || place.lane_depth(Lane::Normal).await as usize).await;
    let (consumers, mut messages) = place.consume(Lane::Normal, 200);
    let again = take(&mut messages, unsettled.len()).await;
    assert_eq!(again.iter().map(id).collect::<BTreeSet<_>>(), unsettled);
    assert!(again.iter().all(|message| message.redelivered && message.delivery_count == 1));
    for message in again {
        assert!(message.settle.ack().await);
    }
    consumers.close().await;
    place.remove().await;
}

#[tokio::test]
async fn the_full_prefetch_is_held_and_not_more() {
    let place = Place::declared().await;
    place.fill(Lane::Urgent, 60).await;
    let (consumers, mut messages) = place.consume(Lane::Urgent, 20);
    // The first of them was delivered by the consumer that begins with 1.
    let taken = take(&mut messages, 21).await;
    assert!(taken.iter().all(|message| message.lane == Lane::Urgent && message.source == Source::Lane(Lane::Urgent)));
    eventually(39, async || place.lane_depth(Lane::Urgent).await).await;
    assert!(messages.try_recv().is_err());
    for message in taken {
        message.settle.ack().await;
    }
    eventually(19, async || place.lane_depth(Lane::Urgent).await).await;
    consumers.drain().await;
    give_back(messages).await;
    consumers.close().await;
    eventually(39, async || place.lane_depth(Lane::Urgent).await).await;
    place.remove().await;
}

/// The normal lane, of whose bodies so many bytes may wait here.
fn consume_within(place: &Place, prefetch: u16, held_bytes: usize) -> (Consumers, Receiver<Incoming>) {
    let subscription = Subscription { source: Source::Lane(Lane::Normal), prefetch };
    let settings = ConsumerSettings { held_bytes: Some(held_bytes), ..ConsumerSettings::default() };
    let (consumers, mut receivers) = Consumers::start(place.topology.clone(), vec![subscription], settings);
    (consumers, receivers.remove(0))
}

#[tokio::test]
async fn large_bodies_wait_in_the_queue_and_not_in_this_process() {
    let place = Place::declared().await;
    let publisher = place.publisher().await;
    for n in 0..40 {
        let large =
            Publication { body: vec![b'x'; 512 * 1024].into(), ..publication(To::Lane(Lane::Normal), &n.to_string()) };
        publisher.publish(large).await.unwrap();
    }
    let (consumers, mut messages) = consume_within(&place, 100, 4 << 20);
    // The first, and four that fit if each has a mebibyte.
    eventually(35, async || place.lane_depth(Lane::Normal).await).await;
    let mut taken = take(&mut messages, 3).await;
    assert_eq!(place.lane_depth(Lane::Normal).await, 35);
    let mut settled = 0;
    while settled < 40 {
        let message = match taken.pop() {
            Some(message) => message,
            None => next(&mut messages).await,
        };
        assert!(message.settle.ack().await);
        settled += 1;
    }
    eventually(0, async || place.lane_depth(Lane::Normal).await).await;
    assert_eq!(consumers.watch().borrow().generation, 1);
    consumers.close().await;
    place.remove().await;
}

#[tokio::test]
async fn small_bodies_fill_the_prefetch_although_few_bytes_may_wait() {
    let place = Place::declared().await;
    place.fill(Lane::Normal, 600).await;
    let (consumers, mut messages) = consume_within(&place, 100, 4 << 20);
    for _ in 0..200 {
        assert!(next(&mut messages).await.settle.ack().await);
    }
    eventually(true, async || place.lane_depth(Lane::Normal).await <= 300).await;
    consumers.drain().await;
    give_back(messages).await;
    consumers.close().await;
    eventually(400, async || place.lane_depth(Lane::Normal).await).await;
    place.remove().await;
}

#[tokio::test]
async fn a_drain_gives_back_what_was_not_handed_out_and_acks_still_work() {
    let place = Place::declared().await;
    place.fill(Lane::Normal, 50).await;
    let (consumers, mut messages) = place.consume(Lane::Normal, 30);
    let in_flight = take(&mut messages, 5).await;
    consumers.drain().await;
    assert!(!consumers.is_ready());
    give_back(messages).await;
    eventually(45, async || place.lane_depth(Lane::Normal).await).await;
    for message in in_flight {
        assert!(message.settle.ack().await);
    }
    consumers.close().await;
    eventually(45, async || place.lane_depth(Lane::Normal).await).await;
    place.remove().await;
}

#[tokio::test]
async fn a_deleted_queue_is_declared_again_and_consumed_again() {
    let place = Place::declared().await;
    let subscriptions =
        Lane::ALL.map(|lane| Subscription { source: Source::Lane(lane), prefetch: 5 }).into_iter().collect();
    let (consumers, mut messages) = Consumers::start(place.topology.clone(), subscriptions, Default::default());
    assert!(consumers.until_ready().await);
    let before = consumers.watch().borrow().generation;
    place.delete_queue("notifications.queue.bulk").await;
    eventually(true, async || consumers.watch().borrow().generation > before && consumers.is_ready()).await;
    place.fill(Lane::Bulk, 1).await;
    let bulk = Lane::ALL.iter().position(|lane| *lane == Lane::Bulk).unwrap();
    assert!(next(&mut messages[bulk]).await.settle.ack().await);
    consumers.close().await;
    place.remove().await;
}

#[tokio::test]
async fn the_broker_has_an_acknowledgement_when_it_says_so_and_a_silent_line_says_nothing() {
    let place = Place::declared().await;
    place.fill(Lane::Normal, 3).await;
    let proxy = Proxy::before(place.address().await).await;
    let (consumers, mut messages) = consume(&place.through(proxy.address), Lane::Normal, 3);
    let mut taken = take(&mut messages, 3).await.into_iter().map(|message| message.settle);
    let (awaited, in_passing, silent) = (taken.next().unwrap(), taken.next().unwrap(), taken.next().unwrap());
    let [first, second, third] = [&awaited, &in_passing, &silent].map(Settle::generation);
    assert!(awaited.ack().await && first.has_all().await);
    in_passing.ack_in_passing();
    assert!(second.has_all().await);
    proxy.swallow();
    assert!(silent.ack().await, "sent, for all that we can see");
    let asked = tokio::spawn(async move { third.has_all().await });
    proxy.cut();
    assert!(!asked.await.unwrap());
    eventually(1, async || place.lane_depth(Lane::Normal).await).await;
    drop((consumers, messages));
    place.remove().await;
}

#[tokio::test]
async fn a_close_sends_the_acknowledgements_that_wait_on_either_side_of_a_gap() {
    let place = Place::declared().await;
    place.fill(Lane::Normal, 3).await;
    let (consumers, mut messages) = place.consume(Lane::Normal, 64);
    let mut taken = take(&mut messages, 3).await.into_iter().map(|message| message.settle);
    let (below, gap, above) = (taken.next().unwrap(), taken.next().unwrap(), taken.next().unwrap());
    below.ack_in_passing();
    above.ack_in_passing();
    consumers.close().await;
    drop(gap);
    eventually(1, async || place.lane_depth(Lane::Normal).await).await;
    place.remove().await;
}

#[tokio::test]
async fn a_cut_connection_loses_its_acks_hands_out_nothing_stale_and_is_replaced() {
    let place = Place::declared().await;
    place.fill(Lane::Normal, 40).await;
    let proxy = Proxy::before(place.address().await).await;
    let (consumers, mut messages) = consume(&place.through(proxy.address), Lane::Normal, 40);
    let taken = take(&mut messages, 10).await;
    proxy.cut();
    eventually(false, async || consumers.is_ready()).await;
    for message in taken {
        assert!(!message.settle.ack().await, "nothing of a lost connection can be acknowledged");
    }
    proxy.pass();
    let mut left: BTreeSet<usize> = (0..40).collect();
    while !left.is_empty() {
        let message = next(&mut messages).await;
        let (n, redelivered) = (id(&message), message.redelivered);
        // At most the one that the receiver held already is of the lost generation.
        if message.settle.ack().await {
            assert!(left.remove(&n) && redelivered);
        }
    }
    consumers.close().await;
    eventually(0, async || place.lane_depth(Lane::Normal).await).await;
    place.remove().await;
}

#[tokio::test]
async fn paused_intake_hands_out_nothing_and_resumes() {
    let place = Place::declared().await;
    let (consumers, mut messages) = place.consume(Lane::Normal, 10);
    assert!(consumers.until_ready().await);
    consumers.pause();
    place.fill(Lane::Normal, 15).await;
    // 10, and the one of the consumer that begins with 1, are held.
    eventually(4, async || place.lane_depth(Lane::Normal).await).await;
    assert!(messages.try_recv().is_err());
    consumers.resume();
    for _ in 0..15 {
        assert!(next(&mut messages).await.settle.ack().await);
    }
    consumers.close().await;
    place.remove().await;
}

#[tokio::test]
async fn a_rejected_message_is_dead_lettered_and_says_so_when_it_is_moved_back() {
    let place = Place::declared().await;
    place.fill(Lane::Bulk, 1).await;
    let (consumers, mut messages) = place.consume(Lane::Bulk, 10);
    next(&mut messages).await.settle.reject().await;
    eventually(1, async || place.dead_letters().await).await;
    assert!(place.dead_letter(Lane::Bulk).await.headers.broker_death);
    consumers.close().await;
    place.remove().await;
}

#[tokio::test]
async fn a_dropped_message_stays_unacknowledged_and_comes_again_with_the_next_generation() {
    let place = Place::declared().await;
    place.fill(Lane::Normal, 2).await;
    let (consumers, mut messages) = place.consume(Lane::Normal, 10);
    drop(next(&mut messages).await);
    assert!(next(&mut messages).await.settle.ack().await);
    eventually(0, async || place.lane_depth(Lane::Normal).await).await;
    consumers.close().await;
    eventually(1, async || place.lane_depth(Lane::Normal).await).await;
    place.remove().await;
}

/// One life of a worker that dies at the poison: how often that one was delivered before.
async fn die_at_the_poison(place: &Place, acked: &mut usize, most: &mut u32) -> u32 {
    let (consumers, mut messages) = place.consume(Lane::Normal, 20);
    let seen = loop {
        let message = next(&mut messages).await;
        if message.message_id.as_deref() == Some("poison") {
            // Neither it nor what was prefetched with it is settled.
            std::mem::forget(message.settle);
            break message.delivery_count;
        }
        *most = message.delivery_count.max(*most);
        *acked += usize::from(message.settle.ack().await);
    };
    drop((messages, consumers));
    seen
}

#[tokio::test]
async fn a_message_that_ends_every_worker_does_not_take_its_neighbours_with_it() {
    let place = Place::declared().await;
    place.fill(Lane::Normal, 50).await;
    let publisher = place.publisher().await;
    publisher.publish(publication(To::Lane(Lane::Normal), "poison")).await.unwrap();
    place.fill(Lane::Normal, 50).await;
    let (mut acked, mut most) = (0, 0);
    // From this count on a worker gives it up by itself, with a reason.
    while die_at_the_poison(&place, &mut acked, &mut most).await < 10 {}
    let (consumers, mut messages) = place.consume(Lane::Normal, 20);
    let mut given_up = false;
    while !given_up || acked < 100 {
        let message = next(&mut messages).await;
        let is_poison = message.message_id.as_deref() == Some("poison");
        if !is_poison {
            most = message.delivery_count.max(most);
        }
        let settled = message.settle.ack().await;
        given_up |= is_poison && settled;
        acked += usize::from(settled && !is_poison);
    }
    assert!(most < 10, "a worker gives up a message at 10; a neighbour had {most}");
    eventually(0, async || place.lane_depth(Lane::Normal).await).await;
    consumers.close().await;
    place.remove().await;
}

#[tokio::test]
async fn while_a_suspicious_message_is_in_hand_nothing_else_is_of_any_lane() {
    let place = Place::declared().await;
    place.fill(Lane::Normal, 1).await;
    for _ in 0..3 {
        let (_consumers, mut messages) = place.consume(Lane::Normal, 20);
        std::mem::forget(next(&mut messages).await.settle);
    }
    for lane in Lane::ALL {
        place.fill(lane, 5).await;
    }
    let subscriptions =
        Lane::ALL.map(|lane| Subscription { source: Source::Lane(lane), prefetch: 5 }).into_iter().collect();
    let (consumers, mut messages) = Consumers::start(place.topology.clone(), subscriptions, Default::default());
    let [urgent, normal, bulk] = &mut messages[..] else { panic!("three lanes") };
    let suspicious = next(normal).await;
    assert_eq!(suspicious.delivery_count, 3);
    assert!(urgent.try_recv().is_err() && bulk.try_recv().is_err() && normal.try_recv().is_err());
    assert_eq!(place.lane_depth(Lane::Bulk).await, 5, "not consumed yet");
    assert!(suspicious.settle.ack().await);
    for lane in [urgent, normal, bulk] {
        for message in take(lane, 5).await {
            assert!(message.delivery_count == 0 && message.settle.ack().await);
        }
    }
    consumers.close().await;
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_messages_only_the_one_with_a_latin_1_message_id_is_refused_and_no_connection_is_lost() {
    let place = Place::declared().await;
    place.fill(Lane::Normal, 500).await;
    let latin_1 = Proxy::replacing(place.address().await, Some((b"notificaci~n", b"notificaci\xf3n"))).await;
    let publisher = topology::Publisher::start(place.through(latin_1.address), patient(), Default::default());
    assert!(publisher.until_ready().await);
    publisher.publish(publication(To::Lane(Lane::Normal), "notificaci~n")).await.unwrap();
    place.fill(Lane::Normal, 500).await;

    let (consumers, mut messages) = place.consume(Lane::Normal, 100);
    let mut refused = Vec::new();
    for _ in 0..1001 {
        let message = next(&mut messages).await;
        assert!(!message.redelivered);
        if message
            .decode(&domain::Defaults { channel: None })
            .is_err_and(|error| error.to_string().contains("message_id"))
        {
            refused.push(message.message_id.clone().unwrap());
        }
        assert!(message.settle.ack().await);
    }
    assert_eq!(refused, ["notificaci\u{1a}n"]);
    eventually(0, async || place.lane_depth(Lane::Normal).await).await;
    assert_eq!(consumers.watch().borrow().generation, 1);
    consumers.close().await;
    place.remove().await;
}

#[tokio::test]
async fn the_brokers_count_of_deliveries_is_not_believed_at_the_first() {
    let place = Place::declared().await;
    let mut raw = RawPublisher::connect(&place.url).await.unwrap();
    let count = b"\x10x-delivery-countI\x00\x00\x00\x63".to_vec();
    let properties = RawProperties { message_id: b"first".to_vec(), headers: count };
    raw.publish("notifications.exchange", "notifications.key", &properties, b"first").await.unwrap();
    let (consumers, mut messages) = place.consume(Lane::Normal, 20);
    let message = next(&mut messages).await;
    assert_eq!((message.message_id.as_deref(), message.delivery_count), (Some("first"), 0));
    assert!(message.settle.ack().await);
    consumers.close().await;
    place.remove().await;
}
