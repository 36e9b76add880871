//! Declaring, verifying, and what is refused.

use std::time::Duration;

use domain::Lane;
use topology::{Argument, Plan, QueueType, TopologyError, declare, recreate_retry, verify};

use super::place::{DELAYS, Place, patient};

fn with_first_delay(place: &Place, delay: Duration) -> Plan {
    Plan::new(&place.topology.names, QueueType::Quorum, [delay, DELAYS[1], DELAYS[2]])
}

async fn differences(place: &Place, plan: &Plan, through_management: bool) -> Vec<String> {
    let management = if through_management { Some(place.management().await) } else { None };
    let verified = verify(place.broker(), plan, management.as_ref()).await.unwrap();
    assert_eq!(verified.not_checked.is_empty(), through_management);
    assert!(through_management || verified.to_string().contains("bindings not checked"));
    verified.differences.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn declaring_twice_is_silent_and_what_is_declared_verifies() {
    let place = Place::new().await;
    let first = declare(place.broker(), &place.topology.plan).await.unwrap();
    assert_eq!(declare(place.broker(), &place.topology.plan).await.unwrap(), first);
    for through_management in [false, true] {
        assert_eq!(differences(&place, &place.topology.plan, through_management).await, [""; 0]);
    }
    place.remove().await;
}

#[tokio::test]
async fn a_changed_argument_is_refused_with_both_values_and_the_way_out_and_nothing_changes() {
    let place = Place::declared().await;
    let other = with_first_delay(&place, Duration::from_secs(7));
    let Err(TopologyError::Conflict(text)) = declare(place.broker(), &other).await else { panic!("a conflict") };
    for part in
        ["notifications.queue.retry.1", "x-message-ttl", "'200'", "'7000'", "recreate-retry", "PRECONDITION_FAILED"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    for through_management in [false, true] {
        let seen = differences(&place, &other, through_management).await;
        assert_eq!(
            seen,
            ["queue 'notifications.queue.retry.1': x-message-ttl is '200' on the broker, '7000' in the plan"]
        );
        assert_eq!(differences(&place, &place.topology.plan, through_management).await, [""; 0]);
    }
    place.remove().await;
}

#[tokio::test]
async fn every_conflict_is_named_at_once() {
    let place = Place::new().await;
    declare(place.broker(), &Plan::new(&place.topology.names, QueueType::Classic, DELAYS)).await.unwrap();
    let Err(TopologyError::Conflict(text)) = declare(place.broker(), &place.topology.plan).await else {
        panic!("a conflict")
    };
    assert_eq!(text.matches("AMQP_QUEUE_TYPE=classic").count(), 10, "{text}");
    place.remove().await;
}

#[tokio::test]
async fn classic_mode_declares_plain_durable_queues() {
    let place = Place::new().await;
    let plain = Plan::new(&place.topology.names, QueueType::Classic, DELAYS);
    declare(place.broker(), &plain).await.unwrap();
    assert_eq!(differences(&place, &plain, true).await, [""; 0]);
    let names: Vec<_> = plain.queues.iter().flat_map(|queue| queue.arguments.keys()).collect();
    assert!(names.iter().all(|name| ["x-dead-letter-exchange", "x-message-ttl"].contains(&name.as_str())), "{names:?}");
    place.remove().await;
}

#[tokio::test]
async fn verify_finds_what_is_missing_and_what_is_too_much() {
    let place = Place::declared().await;
    place.delete_queue("notifications.queue.bulk").await;
    place.delete_exchange("notifications.events").await;
    let missing = [
        "exchange 'notifications.events' is missing: run `chasqui topology apply`",
        "queue 'notifications.queue.bulk' is missing: run `chasqui topology apply`",
    ];
    assert_eq!(differences(&place, &place.topology.plan, false).await, missing);

    place.topology.ready().await.unwrap();
    place.unbind(Lane::Urgent).await;
    let unbound = "the binding of queue 'notifications.queue.urgent' to exchange 'notifications.exchange' with key \
                   'notifications.key.urgent' is missing: run `chasqui topology apply`";
    assert_eq!(differences(&place, &place.topology.plan, true).await, [unbound]);
    assert_eq!(differences(&place, &place.topology.plan, false).await, [""; 0]);

    place.topology.ready().await.unwrap();
    let mut without_limit = place.topology.plan.clone();
    without_limit.queues[0].arguments.remove("x-delivery-limit");
    let too_much = "queue 'notifications.queue': x-delivery-limit is '20' on the broker, 'none' in the plan";
    for through_management in [false, true] {
        assert_eq!(differences(&place, &without_limit, through_management).await, [too_much]);
    }
    place.remove().await;
}

#[tokio::test]
async fn verify_names_a_queue_that_a_slip_has_made_with_the_messages_in_it() {
    let place = Place::declared().await;
    for slip in ["notifications.queu", "notifications.queue.urgnet"] {
        place.move_to_a_new_queue(slip).await;
    }
    place.move_to_a_new_queue("orders").await;
    let management = place.management().await;
    let verified = verify(place.broker(), &place.topology.plan, Some(&management)).await.unwrap();
    assert!(verified.is_as_planned() && verified.needs_somebody(), "{verified}");
    let told: Vec<_> = verified.unplanned.iter().map(|queue| (queue.name.as_str(), queue.messages)).collect();
    assert_eq!(told, [("notifications.queu", Some(1)), ("notifications.queue.urgnet", Some(1))]);
    assert!(verified.to_string().contains("queue 'notifications.queu' is not in the plan"), "{verified}");
    place.remove().await;
}

#[tokio::test]
async fn an_empty_retry_queue_is_recreated_with_its_new_delay_and_a_full_one_is_left_alone() {
    let place = Place::declared().await;
    let slow = with_first_delay(&place, Duration::from_secs(600));
    assert_eq!(recreate_retry(place.broker(), &slow).await.unwrap().0, ["notifications.queue.retry.1"]);
    assert_eq!(differences(&place, &slow, true).await, [""; 0]);
    assert_eq!(recreate_retry(place.broker(), &slow).await.unwrap().0, [""; 0]);

    let topology = topology::Topology { plan: slow.clone(), ..place.topology.clone() };
    let publisher = topology::Publisher::start(topology, patient(), Default::default());
    assert!(publisher.until_ready().await);
    publisher.publish(super::place::publication(topology::To::Retry(1), "held")).await.unwrap();
    let Err(error @ TopologyError::InUse { .. }) = recreate_retry(place.broker(), &place.topology.plan).await else {
        panic!("it holds a message")
    };
    let text = error.to_string();
    assert!(text.contains("messages 1") && text.contains("600000 ms"), "{text}");
    assert_eq!(place.depth("notifications.queue.retry.1").await, 1);
    assert_eq!(differences(&place, &slow, true).await, [""; 0]);
    place.remove().await;
}

#[tokio::test]
async fn recreating_retry_queues_touches_no_queue_that_differs_in_anything_else() {
    let place = Place::declared().await;
    let mut other = place.topology.plan.clone();
    let retry = other.queues.iter_mut().find(|queue| queue.retry_tier == Some(2)).unwrap();
    retry.arguments.insert("x-max-length".into(), Argument::Number(5));
    let refused = recreate_retry(place.broker(), &other).await.unwrap_err().to_string();
    assert!(refused.contains("notifications.queue.retry.2") && refused.contains("x-max-length"), "{refused}");
    assert_eq!(differences(&place, &place.topology.plan, true).await, [""; 0]);
    place.remove().await;
}
