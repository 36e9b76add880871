//! Publishing: what each answer of the publisher means, and that it comes back by itself.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use domain::{Headers, Lane};
use tokio_util::sync::CancellationToken;
use topology::{Argument, Mode, PublishError, Publisher, PublisherSettings, To, Topology};

use super::place::{Place, all, eventually, next, patient, publication};
use e2e::proxy::Proxy;

const MANY: usize = 20_000;

fn impatient(topology: Topology) -> Publisher {
    let settings = PublisherSettings::new(Duration::from_millis(500));
    Publisher::start(topology, settings, CancellationToken::new())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_20_000_pipelined_publishes_just_those_confirmed_are_in_the_queue_and_just_the_unroutable_ones_are_reported()
{
    let place = Place::declared().await;
    let publisher = place.publisher_that_declares_nothing().await;
    place.unbind(Lane::Bulk).await;
    let publishing = (0..MANY).map(|n| {
        let lane = if n % 3 == 1 { Lane::Bulk } else { Lane::Normal };
        let publisher = publisher.clone();
        async move { publisher.publish(publication(To::Lane(lane), &n.to_string())).await }
    });
    let (mut confirmed, mut unroutable) = (BTreeSet::new(), BTreeSet::new());
    for (n, result) in all(publishing).await.into_iter().enumerate() {
        match result {
            Ok(()) => confirmed.insert(n),
            Err(PublishError::Unroutable) => unroutable.insert(n),
            Err(other) => panic!("{n}: {other}"),
        };
    }
    let (consumers, mut messages) = place.consume(Lane::Normal, 1_000);
    let mut queued = BTreeSet::new();
    while queued.len() < confirmed.len() {
        let message = next(&mut messages).await;
        let n: usize = message.message_id.as_deref().unwrap().parse().unwrap();
        assert!(queued.insert(n), "{n} is in the queue twice");
        // Whoever waits for each acknowledgement gives none of them a neighbour.
        message.settle.ack_in_passing();
    }
    eventually(0, async || place.lane_depth(Lane::Normal).await).await;
    assert_eq!(confirmed, queued);
    assert_eq!(unroutable, (0..MANY).filter(|n| n % 3 == 1).collect());
    consumers.close().await;
    place.remove().await;
}

#[tokio::test]
async fn equal_message_ids_at_once_are_each_answered_for_themselves() {
    let place = Place::declared().await;
    let publisher = place.publisher_that_declares_nothing().await;
    place.unbind(Lane::Bulk).await;
    let publishing = (0..60).map(|n| {
        let lane = if n % 2 == 0 { Lane::Bulk } else { Lane::Normal };
        let publisher = publisher.clone();
        async move { publisher.publish(publication(To::Lane(lane), "the same")).await }
    });
    let results = all(publishing).await;
    for (n, result) in results.into_iter().enumerate() {
        assert_eq!(result, if n % 2 == 0 { Err(PublishError::Unroutable) } else { Ok(()) });
    }
    place.remove().await;
}

#[tokio::test]
async fn every_address_leads_where_it_says() {
    let place = Place::declared().await;
    let publisher = place.publisher().await;
    let names = &place.topology.names;
    let of_urgent = |to| {
        let mut publication = publication(to, "m");
        publication.headers = Headers { lane: Some(Lane::Urgent), attempt: Some(2), ..Headers::default() };
        publication
    };
    publisher.publish(of_urgent(To::Event("sent".into()))).await.unwrap();
    for (to, queue) in [
        (To::Lane(Lane::Normal), names.lane_queue(Lane::Normal)),
        (To::Lane(Lane::Bulk), names.lane_queue(Lane::Bulk)),
        (To::Scheduled, names.scheduled_queue()),
        (To::Retry(2), names.retry_queue(2)),
        (To::Retry(3), names.retry_queue(3)),
        (To::DeadLetter, names.dead_letter_queue()),
    ] {
        let sent = of_urgent(to);
        publisher.publish(sent.clone()).await.unwrap();
        let taken = place.take(&queue, Lane::Urgent).await;
        assert_eq!((taken.message_id.as_deref(), &taken.body, &taken.headers), (Some("m"), &sent.body, &sent.headers));
    }
    place.remove().await;
}

#[tokio::test]
async fn a_retry_comes_back_to_its_own_lane_after_its_delay() {
    let place = Place::declared().await;
    let publisher = place.publisher().await;
    for lane in Lane::ALL {
        let mut retry = publication(To::Retry(1), lane.as_str());
        retry.headers = Headers { lane: Some(lane), attempt: Some(1), seq: Some(1), ..Headers::default() };
        let (consumers, mut messages) = place.consume(lane, 10);
        publisher.publish(retry.clone()).await.unwrap();
        let back = next(&mut messages).await;
        assert_eq!((back.lane, &back.headers, back.message_id.as_deref()), (lane, &retry.headers, Some(lane.as_str())));
        assert!(back.settle.ack().await);
        consumers.close().await;
    }
    place.remove().await;
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let mut place = Place::new().await;
    place.topology.plan.queues[0].arguments.insert("x-max-length".into(), Argument::Number(3));
    let publisher = place.publisher().await;
    let mut refused = 0;
    for n in 0..20 {
        match publisher.publish(publication(To::Lane(Lane::Normal), &n.to_string())).await {
            Ok(()) => {}
            Err(PublishError::Refused) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(place.lane_depth(Lane::Normal).await, 20 - refused);
    assert!(refused >= 10, "{refused}");
    place.remove().await;
}

#[tokio::test]
async fn a_deleted_exchange_is_unroutable_and_declared_again() {
    let place = Place::declared().await;
    let publisher = place.publisher().await;
    place.delete_exchange("notifications.exchange.retry.2").await;
    let lost = publisher.publish(publication(To::Retry(2), "first")).await;
    assert_eq!(lost, Err(PublishError::Unroutable));
    eventually(Ok(()), async || publisher.publish(publication(To::Retry(2), "first")).await).await;
    assert_eq!(place.depth("notifications.queue.retry.2").await, 1);
    place.remove().await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_the_broker() {
    let place = Place::declared().await;
    let publisher = place.publisher().await;
    let mut large = publication(To::Lane(Lane::Normal), "large");
    large.body = vec![b' '; domain::MAX_BODY_BYTES + 1].into();
    assert!(matches!(publisher.publish(large).await, Err(PublishError::TooLarge { what: "body", .. })));
    let long = publication(To::Lane(Lane::Normal), &"x".repeat(256));
    assert!(matches!(publisher.publish(long).await, Err(PublishError::TooLarge { what: "message id", .. })));
    let mut largest = publication(To::Lane(Lane::Normal), &"x".repeat(255));
    largest.body = vec![b' '; domain::MAX_BODY_BYTES].into();
    publisher.publish(largest).await.unwrap();
    place.remove().await;
}

/// Accepted are exactly the confirmed ones, and possibly those of which nobody knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_gives_unknown_or_unavailable_and_the_publisher_comes_back() {
    let place = Place::declared().await;
    let proxy = Proxy::before(place.address().await).await;
    let publisher = Publisher::start(place.through(proxy.address), patient(), CancellationToken::new());
    let mut confirmed = HashSet::new();
    for round in 0..3 {
        assert!(publisher.until_ready().await);
        let publishing: Vec<_> = (0..300)
            .map(|n| {
                let (publisher, id) = (publisher.clone(), format!("{round}-{n}"));
                tokio::spawn(async move { (publisher.publish(publication(To::Lane(Lane::Normal), &id)).await, id) })
            })
            .collect();
        proxy.cut();
        for task in publishing {
            match task.await.unwrap() {
                (Ok(()), id) => assert!(confirmed.insert(id)),
                (Err(PublishError::Unknown(_) | PublishError::Unavailable(_)), _) => {}
                (Err(other), id) => panic!("{id}: {other}"),
            }
        }
        eventually(false, async || publisher.is_ready()).await;
        let refused = publisher.publish(publication(To::Lane(Lane::Normal), "away")).await;
        assert!(matches!(refused, Err(PublishError::Unavailable(_))), "{refused:?}");
        proxy.pass();
    }
    eventually(Ok(()), async || publisher.publish(publication(To::Lane(Lane::Normal), "back")).await).await;
    confirmed.insert("back".into());
    let (consumers, mut messages) = place.consume(Lane::Normal, 100);
    while !confirmed.is_empty() {
        let message = next(&mut messages).await;
        confirmed.remove(message.message_id.as_deref().unwrap());
        message.settle.ack().await;
    }
    consumers.close().await;
    place.remove().await;
}

#[tokio::test]
async fn without_a_confirm_in_time_nobody_knows_probes_say_so_and_the_next_publish_works() {
    let place = Place::declared().await;
    let proxy = Proxy::before(place.address().await).await;
    let publisher = impatient(place.through(proxy.address));
    assert!(publisher.until_ready().await);
    proxy.swallow();
    let unknown = publisher.publish(publication(To::Lane(Lane::Normal), "swallowed")).await;
    assert!(matches!(unknown, Err(PublishError::Unknown(_))), "{unknown:?}");
    let told = publisher.watch().wait_for(|state| state.unconfirmed).await.unwrap().clone();
    assert!(told.connected && told.missing().is_some_and(|why| why.contains("confirms nothing")));
    proxy.pass();
    eventually(Ok(()), async || publisher.publish(publication(To::Lane(Lane::Normal), "after")).await).await;
    eventually(None, async || publisher.watch().borrow().missing()).await;
    place.remove().await;
}

#[tokio::test]
async fn after_stop_it_finishes_what_it_has_and_takes_nothing_new() {
    let place = Place::declared().await;
    let stop = CancellationToken::new();
    let publisher = Publisher::start(place.topology.clone(), patient(), stop.clone());
    assert!(publisher.until_ready().await);
    let publishing: Vec<_> = (0..500)
        .map(|n| {
            let publisher = publisher.clone();
            tokio::spawn(async move { publisher.publish(publication(To::Lane(Lane::Normal), &n.to_string())).await })
        })
        .collect();
    tokio::task::yield_now().await;
    stop.cancel();
    let mut confirmed = 0;
    for task in publishing {
        match task.await.unwrap() {
            Ok(()) => confirmed += 1,
            Err(PublishError::Unavailable(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(place.lane_depth(Lane::Normal).await, confirmed);
    let refused = publisher.publish(publication(To::Lane(Lane::Normal), "late")).await;
    assert!(matches!(refused, Err(PublishError::Unavailable(_))), "{refused:?}");
    place.remove().await;
}

#[tokio::test]
async fn in_verify_mode_it_waits_for_the_topology_instead_of_creating_it() {
    let place = Place::new().await;
    let topology = Topology { mode: Mode::Verify, ..place.topology.clone() };
    let publisher = Publisher::start(topology, patient(), CancellationToken::new());
    let mut state = publisher.watch();
    let state = state.wait_for(|state| state.problem.is_some()).await.unwrap().clone();
    assert!(state.problem.unwrap().contains("queue 'notifications.queue' is missing"));
    place.topology.ready().await.unwrap();
    assert!(publisher.until_ready().await);
    place.remove().await;
}

#[tokio::test]
async fn a_reconnect_brings_back_what_was_deleted_meanwhile() {
    let place = Place::declared().await;
    let proxy = Proxy::before(place.address().await).await;
    let publisher = Publisher::start(place.through(proxy.address), patient(), CancellationToken::new());
    assert!(publisher.until_ready().await);
    // What was deleted is found by looking; what AMQP cannot show is declared again.
    for round in 0..2 {
        match round {
            0 => place.delete_queue("notifications.queue.bulk").await,
            _ => place.unbind(Lane::Bulk).await,
        }
        proxy.cut();
        eventually(false, async || publisher.is_ready()).await;
        proxy.pass();
        assert!(publisher.until_ready().await);
        eventually(Ok(()), async || publisher.publish(publication(To::Lane(Lane::Bulk), "back")).await).await;
    }
    place.remove().await;
}
