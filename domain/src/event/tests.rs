//! What each row tells, and which transitions have one id.

use std::collections::BTreeSet;

use super::*;
use crate::samples::{NOW, key, row, waiting};
use crate::{Lease, Reason};

const RETRY: Order = Order::Retry { tier: 2 };
const LATER: Order = Order::Schedule { due: NOW };

fn dead_letter() -> Order {
    Order::DeadLetter { reason: Reason::Exhausted, error: "503".into() }
}

fn names(row: &Row, order: &Order) -> Vec<EventName> {
    events_of(row, order).iter().map(|event| event.name).collect()
}

fn last_id(row: &Row, order: &Order) -> Uuid {
    events_of(row, order).last().expect("an event").id()
}

#[test]
fn every_end_is_told_by_its_own_name() {
    for (state, order, name) in [
        (State::Sent, Order::Nothing, EventName::Sent),
        (State::Captured, Order::Nothing, EventName::Captured),
        (State::Expired, Order::Nothing, EventName::Expired),
        (State::Suppressed, Order::Nothing, EventName::Suppressed),
        (State::Cancelled, Order::Nothing, EventName::Cancelled),
        (State::FellBack, Order::Fallback, EventName::FellBack),
        (State::Dead, dead_letter(), EventName::Dead),
        (State::Held, dead_letter(), EventName::Held),
        (State::Delivered, Order::Nothing, EventName::Delivered),
        (State::Bounced, Order::Nothing, EventName::Bounced),
    ] {
        let ended = Row { state, attempt: 1, ..row() };
        assert_eq!(names(&ended, &order), [name], "{state}");
        assert!(name.is_ending() && name.as_str() == state.as_str());
        assert_eq!(events_of(&ended, &order)[0].state(), state);
    }
}

#[test]
fn a_failed_attempt_is_told_and_waiting_without_one_is_not() {
    let untried = Row { attempt: 0, throttled_since: None, ..waiting() };
    let throttled = Row { throttled_since: Some(NOW), ..untried.clone() };
    let unknown = Row { ambiguous: true, ..waiting() };
    for (row, name) in [
        (&untried, None),
        (&waiting(), Some(EventName::Retrying)),
        (&throttled, Some(EventName::Retrying)),
        (&unknown, Some(EventName::Ambiguous)),
    ] {
        for order in [RETRY, LATER] {
            assert_eq!(names(row, &order), name.into_iter().collect::<Vec<_>>(), "{row:?} {order:?}");
        }
    }
    assert!(!EventName::Retrying.is_ending() && !EventName::Ambiguous.is_ending());
    // Given back, or claimed for the first time.
    assert_eq!(names(&waiting(), &Order::GiveBack), []);
    assert_eq!(names(&row(), &Order::Nothing), []);
}

#[test]
fn a_row_that_was_claimed_since_tells_the_same_event_of_its_order_again() {
    let claimed = Row { state: State::Sending, lease: Lease::RanOut, ..waiting() };
    for order in [RETRY, LATER] {
        let (told, again) = (last_id(&waiting(), &order), last_id(&claimed, &order));
        assert_eq!(told, again);
        assert_eq!(events_of(&claimed, &order)[0].state(), State::Waiting);
    }
}

#[test]
fn the_first_transition_of_a_new_budget_tells_of_the_budget_and_no_other_does() {
    use EventName::{Cancelled, Dead, Replayed, Retrying, Sent};
    let of = |state, epoch, seq, attempt| Row { state, epoch, seq, attempt, ..row() };
    for (row, order, expected) in [
        (of(State::Waiting, 0, 1, 1), RETRY, vec![Retrying]),
        (of(State::Waiting, 1, 1, 1), RETRY, vec![Replayed, Retrying]),
        (of(State::Waiting, 1, 1, 0), LATER, vec![Replayed]),
        (of(State::Sending, 1, 1, 1), RETRY, vec![Replayed, Retrying]),
        (of(State::Waiting, 1, 2, 2), RETRY, vec![Retrying]),
        (of(State::Sent, 1, 0, 1), Order::Nothing, vec![Replayed, Sent]),
        (of(State::Sent, 1, 1, 2), Order::Nothing, vec![Sent]),
        (of(State::Dead, 2, 0, 1), dead_letter(), vec![Replayed, Dead]),
        (of(State::Cancelled, 1, 1, 1), Order::Nothing, vec![Replayed, Cancelled]),
        (of(State::Cancelled, 1, 2, 2), Order::Nothing, vec![Cancelled]),
    ] {
        assert_eq!(names(&row, &order), expected, "{row:?}");
    }
    let (first, ended) = (of(State::Waiting, 1, 1, 1), of(State::Sent, 1, 0, 1));
    let replayed = |row, order| events_of(row, order)[0].id();
    assert_eq!(replayed(&first, &RETRY), replayed(&ended, &Order::Nothing), "one budget, one event");
}

#[test]
fn an_id_stands_for_one_transition() {
    let acme = crate::Tenant::parse("acme").unwrap();
    let rows = [
        waiting(),
        Row { attempt: 2, seq: 2, ..waiting() },
        Row { epoch: 1, seq: 2, ..waiting() },
        Row { state: State::Sent, ..waiting() },
        Row { state: State::Cancelled, ..waiting() },
        Row { state: State::Sent, attempt: 2, ..waiting() },
        Row { key: key("d-2"), ..waiting() },
        Row { key: crate::Key { tenant: acme, id: "d-1".into() }, ..waiting() },
    ];
    let ids: BTreeSet<Uuid> = rows.iter().map(|row| last_id(row, &RETRY)).collect();
    assert_eq!(ids.len(), rows.len());
    assert!(ids.iter().all(|id| id.get_version_num() == 5));
    // It must never change: a subscriber would take a repeat for another event.
    assert_eq!(last_id(&waiting(), &RETRY), event_id(&key("d-1"), 0, 1, "waiting", 1));
    let noted = Row { version: 9, has_letter: true, provider: Some("twilio".into()), ..waiting() };
    assert_eq!(last_id(&noted, &RETRY), last_id(&waiting(), &RETRY), "nothing else of the row is part of it");
}

#[test]
fn the_setting_tells_all_or_ends_or_nothing() {
    for name in EventName::ALL {
        let told = [Telling::All, Telling::Ended, Telling::Off].map(|setting| setting.tells(name));
        assert_eq!(told, [true, name.is_ending(), false], "{name}");
    }
}
