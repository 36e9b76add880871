//! One table of what each report does to each state, and that neither order nor repetition matters.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::samples::{NOW, key, policy, row, waiting};

const RETRIABLE: Reported = Reported::FailedLater { retriable: true, alarm: false };
const FINAL: Reported = Reported::FailedLater { retriable: false, alarm: false };
const BOUNCED: Reported = Reported::Bounced { class: Bounce::Address };

/// A report about the first attempt of the sample.
fn about_first(said: Reported) -> Report {
    Report {
        provider: "twilio",
        event_id: "SM1/undelivered".into(),
        about: Some(Label { key: key("d-1"), epoch: 0, attempt: 1 }),
        provider_id: Some("SM1".into()),
        recipient: None,
        has_copies: false,
        said,
        code: Some("30003".into()),
        detail: "unreachable".into(),
        at: None,
    }
}

/// The sample after its first attempt was accepted.
fn sent() -> Row {
    Row { state: State::Sent, attempt: 1, provider: Some("twilio".into()), ..row() }
}

fn in_state(state: State) -> Row {
    match state {
        State::Waiting => waiting(),
        _ => Row { state, ..sent() },
    }
}

/// The state after a report, with the message at hand.
fn after(row: &Row, said: Reported) -> String {
    match report(row, &about_first(said), Some(&policy()), NOW) {
        Merged::Early => "early".into(),
        Merged::Kept => "kept".into(),
        Merged::Moved(moved) => moved.row.state.to_string(),
    }
}

#[test]
fn what_is_known_grows_and_what_has_ended_stays() {
    let arrived = [
        Reported::Delivered,
        Reported::Read,
        Reported::Opened,
        Reported::Clicked,
        Reported::Complained,
        Reported::Unsubscribed,
        Reported::Button { payload: "yes".into(), by: "5491155550101".into() },
    ];
    for said in arrived {
        for state in State::ALL {
            let expected = match state {
                State::Sending => "early",
                State::Sent | State::Waiting | State::Dead | State::Held | State::Bounced => "delivered",
                _ => "kept",
            };
            assert_eq!(after(&in_state(state), said.clone()), expected, "{said:?} in {state}");
        }
    }
    for (said, when_sent, when_waiting) in
        [(BOUNCED, "bounced", "bounced"), (FINAL, "bounced", "bounced"), (RETRIABLE, "waiting", "waiting")]
    {
        for state in State::ALL {
            let expected = match state {
                State::Sending => "early",
                State::Sent => when_sent,
                State::Waiting => when_waiting,
                _ => "kept",
            };
            assert_eq!(after(&in_state(state), said.clone()), expected, "{said:?} in {state}");
        }
    }
}

#[test]
fn what_says_nothing_new_of_the_message_moves_nothing() {
    let reply = Reported::Reply { from: "+549".into(), text: "hola".into(), media: Vec::new(), keyword: None };
    let (blocked, unblocked) = (Reported::Blocked { by: "4711".into() }, Reported::Unblocked { by: "4711".into() });
    for said in [Reported::Accepted, Reported::Deferred, Reported::Resubscribed, reply, blocked, unblocked] {
        for state in State::ALL {
            assert_eq!(after(&in_state(state), said.clone()), "kept", "{said:?} in {state}");
        }
    }
}

#[test]
fn a_late_failure_goes_back_into_the_ladder_with_its_count_kept() {
    for (attempt, tier) in [(1, 1), (2, 2), (3, 3)] {
        let row = Row { attempt, seq: attempt - 1, ..sent() };
        let mut late = about_first(RETRIABLE);
        late.about = Some(Label { key: key("d-1"), epoch: 0, attempt });
        let Merged::Moved(moved) = report(&row, &late, Some(&policy()), NOW) else { panic!("attempt {attempt}") };
        assert_eq!(moved.order, Order::Retry { tier });
        assert_eq!(moved.row.order, moved.order, "the row can order it again");
        assert_eq!((moved.row.state, moved.row.attempt, moved.row.seq), (State::Waiting, attempt, attempt));
        let recorded = moved.attempt.expect("the row stands for it no more");
        assert_eq!((recorded.n, recorded.outcome), (attempt, AttemptOutcome::Sent));
        assert_eq!(moved.row.code.as_deref(), Some("30003"));

        // It comes again, because nobody knows whether the order was carried out.
        let Merged::Moved(again) = report(&moved.row, &late, Some(&policy()), NOW) else { panic!("{attempt} again") };
        assert_eq!((again.row, again.order, again.attempt), (moved.row, moved.order, None));
    }
}

#[test]
fn what_the_provider_has_answered_stays_what_it_was_and_a_report_is_no_attempt() {
    let row = Row { code: Some("queued".into()), ..sent() };
    let Merged::Moved(moved) = report(&row, &about_first(FINAL), None, NOW) else { panic!("it is news") };
    let recorded = moved.attempt.expect("the row stands for it no more");
    assert_eq!((recorded.outcome, recorded.code.as_deref()), (AttemptOutcome::Sent, Some("queued")));
    assert_eq!((recorded.provider.as_str(), recorded.at, recorded.detail.as_str()), ("twilio", row.updated_at, ""));
    assert_eq!(moved.row.code.as_deref(), Some("30003"), "of the last that was heard");
    for said in [FINAL, Reported::Delivered] {
        let Merged::Moved(moved) = report(&in_state(State::Waiting), &about_first(said), Some(&policy()), NOW) else {
            panic!("it is news")
        };
        assert_eq!(moved.attempt, None, "it has a row of its own");
    }
}

#[test]
fn a_late_failure_is_the_end_without_attempts_time_or_the_message() {
    let spent = Row { attempt: 4, ..sent() };
    let mut late = about_first(RETRIABLE);
    late.about = Some(Label { key: key("d-1"), epoch: 0, attempt: 4 });
    let expires_first = Row { expires_at: Some(NOW.plus(Duration::from_secs(5))), ..sent() };
    let policy = policy();
    for (row, late, ladder) in [
        (&spent, &late, Some(&policy)),
        (&expires_first, &about_first(RETRIABLE), Some(&policy)),
        (&sent(), &about_first(RETRIABLE), None),
    ] {
        let Merged::Moved(moved) = report(row, late, ladder, NOW) else { panic!("{row:?}") };
        assert_eq!((moved.row.state, moved.order), (State::Bounced, Order::Nothing));
    }
    for said in [BOUNCED, FINAL, RETRIABLE] {
        assert_eq!(report(&waiting(), &about_first(said), None, NOW), Merged::Kept, "it has a copy of its own");
    }
}

#[test]
fn a_failure_is_about_its_own_attempt_and_an_arrival_about_any() {
    let of =
        |epoch, attempt, said| Report { about: Some(Label { key: key("d-1"), epoch, attempt }), ..about_first(said) };
    let row = Row { epoch: 1, attempt: 2, ..sent() };
    for (epoch, attempt, expected) in
        [(0, 4, "kept"), (1, 1, "kept"), (1, 2, "moved"), (1, 3, "early"), (2, 1, "early")]
    {
        for said in [BOUNCED, FINAL, RETRIABLE] {
            let found = match report(&row, &of(epoch, attempt, said), Some(&policy()), NOW) {
                Merged::Early => "early",
                Merged::Kept => "kept",
                Merged::Moved(_) => "moved",
            };
            assert_eq!(found, expected, "{epoch}/{attempt}");
        }
        let arrived = report(&row, &of(epoch, attempt, Reported::Delivered), Some(&policy()), NOW);
        assert!(matches!(arrived, Merged::Moved(moved) if moved.row.state == State::Delivered), "{epoch}/{attempt}");
    }
}

#[test]
fn a_report_about_nothing_of_ours_or_another_delivery_moves_nothing() {
    let unlabelled = Report { about: None, ..about_first(Reported::Delivered) };
    let other = Report { about: Some(Label { key: key("d-2"), epoch: 0, attempt: 1 }), ..unlabelled.clone() };
    for odd in [unlabelled, other] {
        assert_eq!(report(&sent(), &odd, Some(&policy()), NOW), Merged::Kept);
    }
}

#[test]
fn a_failure_that_is_our_own_fault_raises_an_alarm_once() {
    let ours = Reported::FailedLater { retriable: true, alarm: true };
    let Merged::Moved(moved) = report(&sent(), &about_first(ours.clone()), Some(&policy()), NOW) else { panic!() };
    assert!(moved.alarm);
    let Merged::Moved(again) = report(&moved.row, &about_first(ours), Some(&policy()), NOW) else { panic!() };
    assert!(!again.alarm);
}

fn any_report() -> impl Strategy<Value = Report> {
    let said = select(vec![
        Reported::Accepted,
        Reported::Deferred,
        Reported::Delivered,
        Reported::Read,
        Reported::Opened,
        Reported::Complained,
        BOUNCED,
        Reported::Bounced { class: Bounce::Message },
        FINAL,
        RETRIABLE,
    ]);
    let attempt = prop_oneof![4 => Just((0, 1)), 1 => Just((0, 2)), 1 => Just((1, 1))];
    (said, attempt).prop_map(|(said, (epoch, attempt))| Report {
        about: Some(Label { key: key("d-1"), epoch, attempt }),
        ..about_first(said)
    })
}

/// Reports one after the other, as they come.
fn merged(mut row: Row, reports: &[Report], ladder: Option<&Policy>) -> Row {
    for one in reports {
        if let Merged::Moved(moved) = report(&row, one, ladder, NOW) {
            row = moved.row;
        }
    }
    row
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_any_repetition_of_the_same_reports_ends_in_the_same_state(
        reports in proptest::collection::vec(any_report(), 1..8),
        order in proptest::collection::vec(any::<Index>(), 0..24),
        state in select(State::ALL.to_vec()),
        is_kept in any::<bool>(),
        is_spent in any::<bool>(),
    ) {
        let attempts = if is_spent { 0 } else { 3 };
        let policy = Policy { max_retries: attempts, ..policy() };
        let ladder = is_kept.then_some(&policy);
        let start = in_state(state);
        let expected = merged(start.clone(), &reports, ladder);
        // Some again and again in any order, and then all of them backwards.
        let mut shuffled: Vec<Report> = order.iter().map(|at| at.get(&reports).clone()).collect();
        shuffled.extend(reports.iter().rev().cloned());
        let found = merged(start.clone(), &shuffled, ladder);
        prop_assert_eq!(found.state, expected.state);
        prop_assert_eq!((found.epoch, found.attempt), (start.epoch, start.attempt), "counts are kept");
        prop_assert!(found.seq <= start.seq + 1, "one retry at most: {}", found.seq);
        if state.is_final() && !matches!(state, State::Sent | State::Bounced) {
            prop_assert_eq!(&found, &start, "what has ended stays");
        }
        if found.state == State::Waiting {
            let is_on_its_way = matches!(found.order, Order::Retry { .. });
            prop_assert!(is_on_its_way, "{:?}", found.order);
        }
    }
}
