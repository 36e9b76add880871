//! One table of what each report does to a child that waits, and to the row that has ordered it.

use std::time::Duration;

use super::*;
use crate::samples::{NOW, key, policy, row, waiting};
use crate::{Bounce, Label, Reported, Timestamp, When, report};

const DUE: Timestamp = Timestamp::from_seconds(1_772_366_700);
const WAITS: Order = Order::Escalate { when: When::Undelivered, due: DUE };
const BOUNCED: Reported = Reported::Bounced { class: Bounce::Address };
const LATER: Reported = Reported::FailedLater { retriable: true, alarm: false };

fn about(attempt: u32, said: Reported) -> Report {
    Report {
        provider: "twilio",
        event_id: "SM1/delivered".into(),
        about: Some(Label { key: key("d-1"), epoch: 0, attempt }),
        provider_id: Some("SM1".into()),
        recipient: None,
        has_copies: false,
        said,
        code: None,
        detail: String::new(),
        at: None,
    }
}

fn that_waits(state: State) -> Row {
    Row { state, attempt: 1, order: WAITS, ambiguous: state == State::FellBack, ..row() }
}

/// What is done with the child, and the row afterwards.
fn after(row: &Row, report_of: &Report) -> (Option<ForChild>, Row) {
    let merged = report(row, report_of, Some(&policy()), NOW);
    let for_child = for_the_child(row, report_of, &merged);
    match merged {
        Merged::Moved(moved) => (for_child, moved.row),
        Merged::Early | Merged::Kept => (for_child, row.clone()),
    }
}

#[test]
fn whatever_shows_that_the_message_arrived_calls_the_child_off() {
    let arrived = [Reported::Delivered, Reported::Read, Reported::Opened, Reported::Clicked, Reported::Complained];
    for state in [State::Sent, State::FellBack, State::Bounced] {
        for said in &arrived {
            let (child, row) = after(&that_waits(state), &about(1, said.clone()));
            assert_eq!((child, row.state, row.order), (Some(ForChild::CallOff), State::Delivered, Order::Nothing));
        }
    }
}

#[test]
fn a_failure_of_the_last_attempt_sends_the_child_at_once_and_keeps_it_ordered() {
    for (state, said) in [(State::Sent, BOUNCED), (State::Sent, LATER), (State::FellBack, BOUNCED)] {
        let (child, row) = after(&that_waits(state), &about(1, said));
        let now = Order::Escalate { when: When::Undelivered, due: NOW };
        assert_eq!((child, row.state, row.order), (Some(ForChild::SendNow), State::Bounced, now), "{state}");
    }
    let twice = Row { attempt: 2, ..that_waits(State::Sent) };
    assert_eq!(after(&twice, &about(1, BOUNCED)), (None, twice.clone()), "another attempt was accepted since");
}

#[test]
fn what_says_nothing_of_it_leaves_the_child_waiting() {
    for said in [Reported::Accepted, Reported::Deferred, Reported::Resubscribed] {
        let waits = that_waits(State::Sent);
        assert_eq!(after(&waits, &about(1, said)), (None, waits.clone()));
    }
    let another = Report { about: Some(Label { key: key("d-2"), epoch: 0, attempt: 1 }), ..about(1, BOUNCED) };
    let nobody = Report { about: None, ..about(1, Reported::Delivered) };
    for report in [another, nobody] {
        assert_eq!(after(&that_waits(State::Sent), &report).0, None);
    }
    for without in [waiting(), Row { state: State::Sent, attempt: 1, ..row() }] {
        assert_eq!(after(&without, &about(1, Reported::Delivered)).0, None, "it has no child that waits");
    }
}

#[test]
fn no_report_answers_a_question_and_a_failure_sends_the_next_channel_at_once() {
    let order = Order::Escalate { when: When::Unanswered, due: DUE };
    let asks = |state| Row { order: order.clone(), ..that_waits(state) };
    let press = Reported::Button { payload: "p".into(), by: "1".into() };
    for said in [Reported::Delivered, Reported::Read, Reported::Opened, Reported::Clicked, press] {
        for state in [State::Sent, State::FellBack, State::Bounced] {
            let (child, row) = after(&asks(state), &about(1, said.clone()));
            assert_eq!((child, row.state, &row.order), (None, State::Delivered, &order), "{state} {said:?}");
        }
    }
    for said in [BOUNCED, LATER] {
        let (child, row) = after(&asks(State::Sent), &about(1, said));
        let now = Order::Escalate { when: When::Unanswered, due: NOW };
        assert_eq!((child, row.state, row.order), (Some(ForChild::SendNow), State::Bounced, now));
    }
    let delivered = asks(State::Delivered);
    assert_eq!(after(&delivered, &about(1, BOUNCED)), (None, delivered.clone()), "a person has it, and may answer");
}

#[test]
fn a_child_waits_from_when_its_parent_was_sent() {
    let escalation = crate::Escalation { when: When::Undelivered, after: Duration::from_secs(300) };
    assert_eq!(escalation.due(NOW), DUE);
}

#[test]
fn a_parent_that_failed_names_no_child_that_was_cancelled() {
    let parent = that_waits(State::Sent);
    let Merged::Moved(moved) = report(&parent, &about(1, BOUNCED), Some(&policy()), NOW).without_a_child() else {
        panic!("it has failed")
    };
    assert_eq!((moved.row.state, &moved.row.order, &moved.order), (State::Bounced, &Order::Nothing, &Order::Nothing));
    assert_eq!(Merged::Kept.without_a_child(), Merged::Kept);
}
