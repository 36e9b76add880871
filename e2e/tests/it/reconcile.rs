//! How a run with faults is judged at its end: each promise, broken once.

mod inboxes;
mod journal;
mod talk;

use std::time::{Duration, Instant};

use chasqui::clock::SystemClock;
use domain::{Attempt, AttemptOutcome, Clock as _, EventName, Lease, Row, State, events_of};
use e2e::chaos::reconcile::{Answer, Cancel, End, Entry, Found, Handled, Told, Way, extra_letters, judge, repeats};
use e2e::fleet::DeadLetter;
use e2e::provider::{self, Received};
use store::DeliveryView;

fn entry() -> Entry {
    Entry {
        fault: 0,
        recipient: "+12025550143".into(),
        channel: "whatsapp",
        way: Way::Amqp,
        id: Some("m1".into()),
        answer: Answer::Accepted,
        cancel: Cancel::NotAsked,
    }
}

fn row(state: State, attempts: &[AttemptOutcome]) -> DeliveryView {
    let now = SystemClock.now();
    let row = Row {
        channel: domain::ChannelName::parse("whatsapp").expect("a name"),
        state,
        attempt: 1,
        version: 2,
        lease: Lease::RanOut,
        content: None,
        ambiguous: !attempts.is_empty(),
        created_at: now,
        updated_at: now,
        ..testkit::row("m1")
    };
    let attempt = |outcome: &AttemptOutcome| Attempt {
        epoch: 0,
        n: 1,
        outcome: *outcome,
        provider: "twilio".into(),
        code: None,
        detail: String::new(),
        at: now,
    };
    DeliveryView { row, due_at: None, attempts: attempts.iter().map(attempt).collect(), late_answers: 0 }
}

fn copy() -> Received {
    Received {
        to: "whatsapp:+12025550143".into(),
        body: "Hola".into(),
        reports_to: None,
        answer: provider::Answer::Accept,
        at: Instant::now(),
    }
}

fn letter(reason: &str) -> DeadLetter {
    DeadLetter {
        message_id: Some("m1".into()),
        reason: reason.into(),
        error: String::new(),
        headers: std::collections::BTreeMap::new(),
        body: Vec::new(),
    }
}

/// With a subscriber that was told every end.
fn found(rows: Vec<DeliveryView>, copies: usize, letters: Vec<DeadLetter>) -> Found {
    let events = |view: &DeliveryView| {
        let events = events_of(&view.row, &view.row.order);
        let told = events.iter().filter(|event| event.name.is_ending()).map(|event| Told {
            id: event.id().to_string(),
            delivery: view.row.key.id.clone(),
            name: event.name,
            epoch: view.row.epoch,
        });
        told.collect::<Vec<_>>()
    };
    let told = rows.iter().flat_map(events).collect();
    Found { rows, copies: vec![copy(); copies], letters, told, ..Found::default() }
}

#[track_caller]
fn check(entry: &Entry, found: &Found, end: End, explained: usize, unexplained: usize, broken: bool) {
    let verdict = judge(entry, found);
    assert_eq!((verdict.end, verdict.explained, verdict.unexplained), (end, explained, unexplained), "{verdict:?}");
    assert_eq!(!verdict.broken.is_empty(), broken, "{verdict:?}");
}

#[test]
fn what_ended_well_breaks_no_promise() {
    check(&entry(), &found(vec![row(State::Sent, &[])], 1, vec![]), End::Sent, 0, 0, false);
    check(&entry(), &found(vec![row(State::Dead, &[])], 0, vec![letter("exhausted")]), End::Dead, 0, 0, false);
    let resent = found(vec![row(State::Sent, &[AttemptOutcome::Ambiguous])], 2, vec![]);
    check(&entry(), &resent, End::Sent, 1, 0, false);
    let unanswered = Entry { answer: Answer::None, ..entry() };
    check(&unanswered, &found(vec![], 0, vec![]), End::Nothing, 0, 0, false);
    check(&unanswered, &found(vec![row(State::Sent, &[])], 1, vec![]), End::Sent, 0, 0, false);
}

#[test]
fn a_parent_that_was_handed_on_is_judged_with_its_child() {
    let parent = Entry { way: Way::Escalating, ..entry() };
    check(&parent, &found(vec![row(State::FellBack, &[])], 0, vec![]), End::Dead, 0, 0, false);
    check(&entry(), &found(vec![row(State::FellBack, &[])], 0, vec![]), End::Lost, 0, 0, true);
    let child = Entry { way: Way::Child, ..entry() };
    check(&child, &found(vec![], 0, vec![]), End::Lost, 0, 0, true);
    let called_off = Entry { cancel: Cancel::Done(Instant::now()), ..child };
    check(&called_off, &found(vec![row(State::Cancelled, &[])], 0, vec![]), End::Cancelled, 0, 0, false);
}

#[test]
fn what_a_report_has_moved_on_is_told_as_what_it_was_and_as_what_it_is() {
    let parent = Entry { way: Way::Escalating, ..entry() };
    for state in [State::Delivered, State::Bounced] {
        let reported = || found(vec![row(state, &[])], 1, vec![]);
        check(&parent, &reported(), End::Sent, 0, 0, false);
        check(&entry(), &reported(), End::Lost, 0, 0, true);
        let before = found(vec![row(State::Sent, &[])], 1, vec![]).told;
        check(
            &parent,
            &Found { told: [before.clone(), reported().told].concat(), ..reported() },
            End::Sent,
            0,
            0,
            false,
        );
        check(&parent, &Found { told: before, ..reported() }, End::Sent, 0, 0, true);
        check(&parent, &Found { copies: vec![], ..reported() }, End::Lost, 0, 0, true);
    }
    let child = Entry { way: Way::Child, answer: Answer::None, cancel: Cancel::Reported, ..entry() };
    for (rows, copies, end) in [
        (vec![], 0, End::Nothing),
        (vec![row(State::Cancelled, &[])], 0, End::Cancelled),
        (vec![row(State::Sent, &[])], 1, End::Sent),
    ] {
        check(&child, &found(rows, copies, vec![]), end, 0, 0, false);
    }
}

#[test]
fn what_is_nowhere_or_never_ends_is_lost() {
    check(&entry(), &found(vec![], 0, vec![]), End::Lost, 0, 0, true);
    check(&entry(), &found(vec![row(State::Sent, &[])], 0, vec![]), End::Lost, 0, 0, true);
    check(&entry(), &found(vec![row(State::Dead, &[])], 0, vec![]), End::Lost, 0, 0, true);
    check(&entry(), &found(vec![row(State::Held, &[])], 1, vec![]), End::Lost, 0, 0, true);
    check(&entry(), &found(vec![row(State::Waiting, &[])], 0, vec![]), End::InFlight, 0, 0, true);
    check(&entry(), &found(vec![row(State::Cancelled, &[])], 0, vec![]), End::Lost, 0, 0, true);
    let job = Found { jobs: 1, ..Found::default() };
    check(&entry(), &job, End::InFlight, 0, 0, true);
}

#[test]
fn a_copy_in_silence_is_not_explained_by_anything_else() {
    check(&entry(), &found(vec![row(State::Sent, &[])], 2, vec![]), End::Sent, 0, 1, true);
    check(&entry(), &found(vec![row(State::Sent, &[AttemptOutcome::Retriable])], 2, vec![]), End::Sent, 0, 1, true);
    check(&entry(), &found(vec![row(State::Sent, &[AttemptOutcome::Ambiguous])], 3, vec![]), End::Sent, 1, 1, true);
    let two = found(vec![row(State::Sent, &[]), row(State::Sent, &[])], 2, vec![]);
    check(&entry(), &two, End::Sent, 0, 1, true);
    let held = Entry { channel: "sms", ..entry() };
    check(&held, &found(vec![row(State::Sent, &[AttemptOutcome::Ambiguous])], 2, vec![]), End::Sent, 0, 1, true);
    let unanswered = Entry { answer: Answer::None, ..entry() };
    check(&unanswered, &found(vec![row(State::Sent, &[])], 2, vec![]), End::Sent, 0, 1, true);
}

#[test]
fn a_budget_that_nobody_gave_is_broken_and_letters_of_one_epoch_are_counted() {
    let mut renewed = row(State::Sent, &[]);
    renewed.row.epoch = 1;
    check(&entry(), &found(vec![renewed], 1, vec![]), End::Sent, 0, 0, true);
    let of_epoch = |epoch: u32| {
        let headers = [("notify-epoch".to_owned(), epoch.into())].into();
        DeadLetter { headers, ..letter("exhausted") }
    };
    let letters = |epochs: &[u32]| found(vec![], 0, epochs.iter().map(|epoch| of_epoch(*epoch)).collect());
    assert_eq!(extra_letters(&letters(&[])), 0);
    assert_eq!(extra_letters(&letters(&[0, 1])), 0);
    assert_eq!(extra_letters(&letters(&[0, 1, 1, 0, 1])), 3);
}

#[test]
fn nothing_is_sent_after_the_answer_that_it_was_cancelled() {
    let cancelled = Entry { cancel: Cancel::Done(Instant::now()), ..entry() };
    check(&cancelled, &found(vec![row(State::Cancelled, &[])], 0, vec![]), End::Cancelled, 0, 0, false);
    let mut late = found(vec![row(State::Cancelled, &[])], 1, vec![]);
    late.copies[0].at = Instant::now() + Duration::from_secs(1);
    check(&cancelled, &late, End::Cancelled, 0, 0, true);
}

#[test]
fn a_dead_letter_has_a_reason_that_a_fault_can_give() {
    let conflict = found(vec![row(State::Sent, &[])], 1, vec![letter("id_conflict")]);
    check(&entry(), &conflict, End::Sent, 0, 0, true);
    check(&entry(), &found(vec![], 0, vec![letter("")]), End::Dead, 0, 0, true);
}

#[test]
fn every_end_is_told_as_what_it_is_by_one_event() {
    let sent = || found(vec![row(State::Sent, &[])], 1, vec![]);
    check(&entry(), &Found { told: Vec::new(), ..sent() }, End::Sent, 0, 0, true);
    let again = Found { told: [sent().told, sent().told].concat(), ..sent() };
    check(&entry(), &again, End::Sent, 0, 0, false);
    assert_eq!(repeats(&again.told), "1 events told, 1 of them again");
    let renamed = |name| Told { name, ..sent().told[0].clone() };
    check(&entry(), &Found { told: vec![renamed(EventName::Dead)], ..sent() }, End::Sent, 0, 0, true);
    let another = Told { id: "another".into(), ..sent().told[0].clone() };
    check(&entry(), &Found { told: [sent().told, vec![another]].concat(), ..sent() }, End::Sent, 0, 0, true);
    let retried = Told { id: "another".into(), ..renamed(EventName::Retrying) };
    check(&entry(), &Found { told: [sent().told, vec![retried]].concat(), ..sent() }, End::Sent, 0, 0, false);
    // Of a message without an id, and of a cancel, an end may be untold.
    let mut anonymous = found(vec![row(State::Sent, &[])], 1, vec![]);
    anonymous.rows[0].row.fingerprint = Some([1; 32]);
    anonymous.told.clear();
    check(&entry(), &anonymous, End::Sent, 0, 0, false);
}

#[test]
fn what_a_subscriber_receives_is_read_and_anything_else_is_refused() {
    let event = r#"{"id": "e-1", "type": "chasqui.sms.fell_back", "subject": "d-1", "data": {}}"#;
    let read = Told::read(event.as_bytes()).expect("an event");
    assert_eq!(read, Told { id: "e-1".into(), delivery: "d-1".into(), name: EventName::FellBack, epoch: 0 });
    for wrong in ["", "{}", r#"{"id": "e-1", "type": "chasqui.sms.lost", "subject": "d-1"}"#] {
        assert!(Told::read(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

/// What was moved so often, with what was told of the budgets before.
fn moved(state: State, copies: usize, letters: Vec<DeadLetter>, budgets: usize) -> Found {
    let mut renewed = row(state, &[]);
    renewed.row.epoch = 1;
    let mut found = found(vec![renewed], copies, letters);
    let before = Told { id: "before".into(), delivery: "m1".into(), name: EventName::Dead, epoch: 0 };
    found.told.push(before);
    found.handled.budgets = budgets;
    found
}

#[test]
fn a_letter_that_was_moved_has_the_budgets_that_somebody_gave_and_no_more() {
    let refused = Entry { way: Way::Refused, ..entry() };
    check(&refused, &moved(State::Sent, 1, vec![], 1), End::Sent, 0, 0, false);
    check(&refused, &moved(State::Sent, 1, vec![], 0), End::Sent, 0, 0, true);
    check(&refused, &moved(State::Sent, 2, vec![], 1), End::Sent, 0, 1, true);
    check(&refused, &moved(State::Dead, 0, vec![letter("permanent")], 1), End::Dead, 0, 0, false);
    check(&refused, &moved(State::Dead, 0, vec![], 1), End::Lost, 0, 0, true);
    let mut told_as_sent = moved(State::Dead, 0, vec![letter("permanent")], 1);
    told_as_sent.told.iter_mut().filter(|told| told.epoch == 0).for_each(|told| told.name = EventName::Sent);
    check(&refused, &told_as_sent, End::Dead, 0, 0, true);
    let mut untold = moved(State::Sent, 1, vec![], 1);
    untold.told.retain(|told| told.epoch == 0);
    check(&refused, &untold, End::Sent, 0, 0, true);
}

#[test]
fn only_what_the_provider_refuses_is_dead_for_good_at_once_or_too_late() {
    let dead = || found(vec![row(State::Dead, &[])], 0, vec![letter("permanent")]);
    check(&Entry { way: Way::Refused, ..entry() }, &dead(), End::Dead, 0, 0, false);
    check(&entry(), &dead(), End::Dead, 0, 0, true);
    let expired = || found(vec![row(State::Expired, &[])], 0, vec![]);
    check(&Entry { way: Way::Brief, ..entry() }, &expired(), End::Expired, 0, 0, false);
    check(&Entry { way: Way::Refused, ..entry() }, &expired(), End::Lost, 0, 0, true);
}

#[test]
fn a_letter_that_somebody_has_purged_is_told_as_gone() {
    let refused = Entry { way: Way::Refused, ..entry() };
    let handled = Handled { purged: true, ..Handled::default() };
    let dead = found(vec![row(State::Dead, &[])], 0, vec![]);
    let closed = Found { rows: vec![row(State::Cancelled, &[])], handled: handled.clone(), ..dead.clone() };
    check(&refused, &closed, End::Cancelled, 0, 0, false);
    check(&refused, &Found { handled, ..dead }, End::Lost, 0, 0, true);
    check(&refused, &Found { handled: Handled::default(), ..closed }, End::Lost, 0, 0, true);
}
