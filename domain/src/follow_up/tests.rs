//! One table of orders, and what returns when a copy is published again.

use super::*;
use crate::samples::{CONTENT, NOW, key, row, waiting};

const BODY: &[u8] = br#"{"channel":"sms","destination":"+12025550143","message":"Hola",
    "fallback":[{"channel":"email","destination":"ana@example.com"}]}"#;

fn copy<'a>(headers: &'a Headers, body: &'a [u8]) -> Received<'a> {
    Received { lane: Lane::Bulk, headers, body }
}

fn arrival(headers: &Headers, redelivered: bool) -> Arrival {
    Arrival::new(key("d-1"), CONTENT, headers, redelivered)
}

fn park_unmet(headers: &Headers, redelivered: bool) -> Option<Headers> {
    copy(headers, BODY).park_unmet(&arrival(headers, redelivered)).map(|publish| publish.headers)
}

fn mark(reason: &str, attempts: u32) -> Option<DeadMark> {
    Some(DeadMark { reason: reason.into(), error: "why".into(), attempts, at: NOW })
}

/// The headers that a publisher and its API wrote.
fn told() -> Headers {
    Headers {
        publisher: Some("ada".into()),
        parent: Some("d-0".into()),
        lane: Some(Lane::Urgent),
        ..Headers::default()
    }
}

/// What is done with a copy, once everything is told.
fn then(copy: Received<'_>, row: &Row, order: &Order) -> FollowUp {
    copy.follow_up(row, order, NOW).then
}

fn names(follows: &Follows<'_>) -> Vec<EventName> {
    follows.events.iter().map(|event| event.name).collect()
}

fn publish(to: Destination, headers: Headers) -> FollowUp {
    FollowUp::Publish(Box::new(Publish { to, headers, message: Message::Received }))
}

#[test]
fn every_order_says_what_is_published_with_which_headers_and_how_the_copy_is_settled() {
    let row = Row { epoch: 2, attempt: 3, seq: 5, parent: Some("d-0".into()), ..waiting() };
    let (lane, parent, publisher) = (Some(Lane::Bulk), row.parent.clone(), told().publisher);
    let mine = Headers { epoch: Some(2), lane, parent, publisher, ..Headers::default() };
    let counted = Headers { attempt: Some(3), seq: Some(5), ..mine.clone() };
    let letter = Headers { dead: mark("exhausted", 3), ..mine };
    let cases = [
        (Order::Nothing, FollowUp::Acknowledge { goes_on: true }),
        (Order::GiveBack, FollowUp::GiveBack),
        (Order::Retry { tier: 2 }, publish(Destination::Retry(2), counted.clone())),
        (Order::FanOut, publish(Destination::FanOut, counted.clone())),
        (Order::Schedule { due: NOW }, publish(Destination::Scheduled, Headers { due: Some(NOW), ..counted })),
        (
            Order::DeadLetter { reason: Reason::Exhausted, error: "why".into() },
            publish(Destination::DeadLetter, letter),
        ),
    ];
    for (order, expected) in cases {
        assert_eq!(then(copy(&told(), BODY), &row, &order), expected, "{order:?}");
    }
}

#[test]
fn a_fallback_is_published_to_the_lane_as_a_delivery_of_its_own() {
    let row = Row { state: State::FellBack, ..row() };
    let FollowUp::Publish(publish) = then(copy(&told(), BODY), &row, &Order::Fallback) else {
        panic!("nothing is published")
    };
    let headers = Headers { parent: Some("d-1".into()), lane: Some(Lane::Bulk), ..Headers::default() };
    assert_eq!((publish.to, &publish.headers), (Destination::Lane(Lane::Bulk), &headers));
    let body = child_body(&row.key, BODY, None).unwrap();
    assert_eq!(publish.message, Message::Child { id: child_id(&row.key, 1), body });
    assert_eq!(publish.letter_of(), None);
}

#[test]
fn a_child_that_waits_is_the_same_delivery_and_is_published_to_the_scheduler_with_its_time() {
    let row = Row { state: State::Sent, ..row() };
    let order = Order::Escalate { when: crate::When::Undelivered, due: NOW };
    let (FollowUp::Publish(waits), FollowUp::Publish(at_once)) =
        (then(copy(&told(), BODY), &row, &order), then(copy(&told(), BODY), &row, &Order::Fallback))
    else {
        panic!("nothing is published")
    };
    assert_eq!(waits.message, at_once.message, "one id, one body");
    let headers = Headers { due: Some(NOW), ..at_once.headers };
    assert_eq!((waits.to, waits.headers), (Destination::Scheduled, headers));
}

#[test]
fn without_anything_to_publish_the_copy_is_acknowledged_and_says_whether_its_delivery_goes_on() {
    let follow_up = |state, order| then(copy(&told(), b"{}"), &Row { state, ..row() }, &order);
    for over in [State::Sent, State::Captured, State::Expired, State::Suppressed] {
        assert_eq!(follow_up(over, Order::Nothing), FollowUp::Acknowledge { goes_on: false }, "{over}");
    }
    assert_eq!(follow_up(State::FellBack, Order::Fallback), FollowUp::Acknowledge { goes_on: true });
}

#[test]
fn a_dead_letter_without_a_row_keeps_what_the_copy_says_and_the_epoch_that_it_stands_for() {
    let fresh = told();
    let counted = Headers { epoch: Some(1), attempt: Some(2), seq: Some(2), ..told() };
    let moved = Headers { dead: mark("exhausted", 4), epoch: Some(1), ..told() };
    for (received, epoch, attempts) in [(fresh, 0, 0), (counted, 1, 2), (moved, 2, 0)] {
        let letter = copy(&received, BODY).dead_letter(Reason::IdConflict, "why", NOW);
        let expected = Headers {
            epoch: Some(epoch),
            lane: Some(Lane::Bulk),
            parent: received.parent.clone(),
            publisher: received.publisher.clone(),
            dead: mark("id_conflict", attempts),
            ..Headers::default()
        };
        assert_eq!((letter.to, &letter.headers), (Destination::DeadLetter, &expected));
        assert_eq!((letter.message, letter.headers.epoch), (Message::Received, Some(epoch)));
    }
}

#[test]
fn only_a_dead_letter_is_noted_as_one() {
    let received = Headers { epoch: Some(1), ..told() };
    let (copy, arrival) = (copy(&received, BODY), arrival(&received, false));
    assert_eq!(copy.dead_letter(Reason::IdConflict, "why", NOW).letter_of(), Some(1));
    assert_eq!(copy.park(&arrival).letter_of(), None);
    assert_eq!(copy.reissue(&arrival, 3).letter_of(), None);
}

#[test]
fn a_reissued_copy_begins_the_epoch_that_it_is_given() {
    let asks = Headers { again: true, ..told() };
    let publish = copy(&asks, BODY).reissue(&arrival(&asks, false), 3);
    assert_eq!(publish.to, Destination::Lane(Lane::Bulk));
    let again = arrival(&publish.headers, false);
    assert_eq!((again.epoch, again.seq, again.attempt, again.published_by), (3, 0, 0, PublishedBy::Fleet));
}

#[test]
fn a_copy_put_aside_before_it_met_its_row_asks_for_what_it_asked_for() {
    let asks = Headers { again: true, publisher: Some("ops".into()), ..Headers::default() };
    assert_eq!(park_unmet(&asks, false), Some(Headers { lane: Some(Lane::Bulk), ..asks.clone() }));
    assert_eq!(park_unmet(&asks, true), None, "it may have been heard before");
    let dead = mark("exhausted", 4);
    for letter in [Headers { dead, epoch: Some(2), ..Headers::default() }, Headers { broker_death: true, ..asks }] {
        let (before, after) = (arrival(&letter, false), arrival(&park_unmet(&letter, false).unwrap(), false));
        assert_eq!((after.published_by, after.epoch, after.seq), (PublishedBy::OperatorMove, before.epoch, 0));
    }
    let own = park_unmet(&Headers::default(), true).unwrap();
    assert_eq!(own.published_by(), PublishedBy::Fleet, "a redelivery is not taken for a first delivery");
}

#[test]
fn a_copy_that_has_met_its_row_keeps_its_effective_counts_and_is_nobodys_move() {
    let dead = mark("exhausted", 4);
    let dead = Headers { epoch: Some(2), seq: Some(3), dead, released: true, ..Headers::default() };
    let asks = Headers { again: true, ..Headers::default() };
    for received in [Headers::default(), dead, asks] {
        let before = arrival(&received, false);
        let aside = copy(&received, BODY).park(&before);
        let after = arrival(&aside.headers, false);
        assert_eq!((aside.to, after.published_by), (Destination::Retry(1), PublishedBy::Fleet));
        assert_eq!((after.epoch, after.seq, after.attempt), (before.epoch, before.seq, before.attempt));
        assert_eq!((aside.headers.lane, aside.headers.released), (Some(Lane::Bulk), received.released));
    }
}

#[test]
fn every_order_is_told_before_it_is_carried_out_but_for_a_copy_that_is_handed_back() {
    let ended = Row { state: State::Dead, attempt: 4, ..row() };
    let dead = Order::DeadLetter { reason: Reason::Exhausted, error: "why".into() };
    for (row, order, expected) in [
        (waiting(), Order::Retry { tier: 1 }, vec![EventName::Retrying]),
        (Row { attempt: 0, ..waiting() }, Order::Schedule { due: NOW }, vec![]),
        (waiting(), Order::GiveBack, vec![]),
        (ended.clone(), dead.clone(), vec![EventName::Dead]),
        (Row { epoch: 1, ..ended }, dead, vec![EventName::Replayed, EventName::Dead]),
        (Row { state: State::FellBack, ..row() }, Order::Fallback, vec![EventName::FellBack]),
        (Row { state: State::Sent, ..row() }, Order::Nothing, vec![EventName::Sent]),
        (
            Row { state: State::Sent, ..row() },
            Order::Escalate { when: crate::When::Undelivered, due: NOW },
            vec![EventName::Sent],
        ),
    ] {
        assert_eq!(names(&copy(&told(), BODY).follow_up(&row, &order, NOW)), expected, "{order:?}");
    }
}

#[test]
fn an_end_is_told_again_with_each_copy_that_was_in_somebodys_hands() {
    let sent = Row { state: State::Sent, attempt: 1, ..row() };
    let cancelled = Row { state: State::Cancelled, ..row() };
    let fleets = Headers { epoch: Some(0), seq: Some(0), attempt: Some(0), ..told() };
    for (headers, redelivered, is_told) in [
        (Headers::default(), false, false),
        (Headers::default(), true, true),
        (fleets, false, true),
        (Headers { dead: mark("exhausted", 4), epoch: Some(0), ..told() }, false, true),
        (Headers { again: true, ..told() }, false, true),
    ] {
        let arrival = arrival(&headers, redelivered);
        let follows = Follows::of_ended(&sent, &arrival);
        let expected = if is_told { vec![EventName::Sent] } else { vec![] };
        assert_eq!((names(&follows), &follows.then), (expected, &FollowUp::Acknowledge { goes_on: false }));
        assert_eq!(names(&Follows::of_ended(&cancelled, &arrival)), [EventName::Cancelled], "no copy was its own");
        let taken_over = Row { fingerprint: Some(CONTENT), ..sent.clone() };
        assert_eq!(names(&Follows::of_ended(&taken_over, &arrival)), [EventName::Sent], "an equal message had its row");
    }
}
