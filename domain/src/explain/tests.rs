//! What is said of each state, reason and way in: one table each.

mod dead;
mod letters;

use super::*;
use crate::samples::{NOW, policy, row, waiting};
use crate::{Lease, Origin, Priority, SuppressedFor, When};

fn facts(row: &Row) -> Facts<'_> {
    Facts {
        row,
        due_at: None,
        attempts: &[],
        receipts: &[],
        children: &[],
        edits: &[],
        own: OwnLetter::InQueue,
        letters: &[],
        warnings: &[],
        delays: policy().delays,
    }
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn attempt(n: u32, outcome: AttemptOutcome, after: u64) -> Attempt {
    let (provider, detail) = ("twilio".to_owned(), "service unavailable".to_owned());
    Attempt { epoch: 0, n, outcome, provider, code: Some("503".into()), detail, at: later(after) }
}

/// What is said about one topic, a line each.
fn said(explanation: &Explanation, topic: Topic) -> String {
    let of_it = explanation.sentences.iter().filter(|sentence| sentence.topic == topic);
    of_it.map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_lane_is_told_with_what_has_chosen_it() {
    for (lane, priority, expected) in [
        (Lane::Normal, Priority::Normal, "because no other priority was asked for"),
        (Lane::Bulk, Priority::Low, "the lane bulk, because its priority is `low`"),
        (Lane::Urgent, Priority::High, "the lane urgent, because its priority is `high`"),
        (Lane::Urgent, Priority::Urgent, "because its priority is `urgent`"),
        (Lane::Bulk, Priority::Normal, "was published to that lane's queue: its priority `normal` chooses"),
        (Lane::Normal, Priority::High, "was published to that lane's queue: its priority `high` chooses"),
    ] {
        let row = Row { origin: Origin { lane: Some(lane), priority, ..Origin::default() }, ..row() };
        let told = said(&explain(&facts(&row)), Topic::Lane);
        assert!(told.contains(expected), "{lane} {priority:?}: {told}");
    }
    let unknown = explain(&facts(&row()));
    assert!(said(&unknown, Topic::Lane).contains("is not recorded"), "{unknown:?}");
    assert_eq!(said(&unknown, Topic::Words), "");
}

#[test]
fn the_words_are_told_by_template_and_locale() {
    let (template, locale) = (Some("welcome".to_owned()), Some("es-AR".to_owned()));
    for (template, locale, expected) in [
        (None, None, "no template was asked for"),
        (template.clone(), None, "`welcome` in the default locale"),
        (template, locale, "`welcome` in `es-AR`"),
    ] {
        let origin = Origin { lane: Some(Lane::Normal), template, locale, ..Origin::default() };
        let row = Row { origin, ..row() };
        let told = said(&explain(&facts(&row)), Topic::Words);
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn every_attempt_is_told_with_its_provider_its_code_and_how_long_it_took() {
    use AttemptOutcome::{Ambiguous, Captured, Late, MaybeSent, Permanent, Retriable, Sent, Throttled};
    for (outcome, expected) in [
        (Sent, "was accepted"),
        (Captured, "was kept instead"),
        (Throttled, "spends no attempt"),
        (Retriable, "may work later"),
        (MaybeSent, "may have gone out all the same"),
        (Permanent, "refused for good"),
        (Ambiguous, "no complete answer"),
        (Late, "another worker had taken over"),
    ] {
        let (row, attempts) = (waiting(), [attempt(1, Retriable, 2), attempt(2, outcome, 9)]);
        let told = said(&explain(&Facts { attempts: &attempts, ..facts(&row) }), Topic::Attempt);
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(
            lines[0],
            "Attempt 1 by twilio failed, and may work later, code 503, 2.0 s after the delivery was first seen: service \
             unavailable."
        );
        assert!(lines[1].starts_with("Attempt 2 by twilio ") && lines[1].contains(expected), "{told}");
        assert!(lines[1].contains("code 503, 7.0 s after the answer before it"), "{told}");
    }
    let replayed = Attempt { epoch: 2, code: None, detail: String::new(), ..attempt(1, Sent, 0) };
    let row = Row { epoch: 2, state: State::Sent, ..row() };
    let told = explain(&Facts { attempts: &[replayed], ..facts(&row) });
    let expected = "Attempt 1 of replay 2 by twilio was accepted, 0 ms after the delivery was first seen.";
    assert_eq!(said(&told, Topic::Attempt), expected);
    assert!(said(&told, Topic::Why).contains("2 times, each with a fresh budget"), "{told:?}");
}

#[test]
fn where_nothing_was_tried_that_is_said() {
    let told = explain(&facts(&row()));
    assert_eq!(said(&told, Topic::Attempt), "Nothing was handed to a provider.");
    assert!(said(&told, Topic::Event).contains("No event"), "{told:?}");
}

#[test]
fn every_state_is_summed_up_in_a_sentence_of_its_own() {
    let mut summaries = Vec::new();
    for state in State::ALL {
        let row = Row { state, provider: Some("twilio".into()), ..row() };
        let told = explain(&facts(&row));
        let summary = told.summary.to_string();
        assert!(summary.ends_with('.') && summary.starts_with(char::is_alphabetic), "{state}: {summary}");
        summaries.push(summary);
    }
    let abandoned = Row { lease: Lease::RanOut, ..row() };
    summaries.push(explain(&facts(&abandoned)).summary.to_string());
    let count = summaries.len();
    summaries.sort_unstable();
    summaries.dedup();
    assert_eq!(summaries.len(), count, "{summaries:#?}");
}

#[test]
fn what_waits_is_told_with_when_it_comes_back() {
    for (order, summary, due) in [
        (Order::Retry { tier: 1 }, "in retry queue 1 until 2026-03-01T12:00:05Z", Some(later(5))),
        (Order::Retry { tier: 3 }, "in retry queue 3 until 2026-03-01T12:02:00Z", Some(later(120))),
        (Order::Schedule { due: later(900) }, "with the scheduler until 2026-03-01T12:15:00Z", Some(later(900))),
        (Order::Nothing, "is back in its lane", None),
    ] {
        let row = Row { order, expires_at: Some(later(3600)), ..waiting() };
        let told = explain(&facts(&row));
        assert!(told.summary.to_string().contains(summary), "{told:?}");
        let next: Vec<_> = told.sentences.iter().filter(|sentence| sentence.topic == Topic::Next).collect();
        assert_eq!((next[0].at, next[1].at), (due, Some(later(3600))), "{told:?}");
        assert!(next[1].text.contains("not sent any more"), "{told:?}");
    }
}

#[test]
fn every_reason_of_a_dead_letter_is_told_with_its_error_and_what_to_do() {
    for reason in Reason::ALL {
        let order = Order::DeadLetter { reason, error: "no such user.".into() };
        for state in [State::Dead, State::Held] {
            let row = Row { state, order: order.clone(), ..row() };
            let told = said(&explain(&facts(&row)), Topic::Why);
            assert!(told.starts_with(&format!("`{reason}`: it did not go because ")), "{told}");
            assert!(told.contains("(no such user). ") && told.ends_with('.'), "{told}");
        }
    }
}

#[test]
fn why_it_did_not_go_is_told() {
    let because = |row: &Row| said(&explain(&facts(row)), Topic::Why);
    for reason in SuppressedFor::ALL {
        for state in [State::Suppressed, State::FellBack] {
            let row = Row { state, suppressed_for: Some(reason), ..row() };
            let told = because(&row);
            assert!(told.starts_with(&format!("`{reason}`: nothing was sent")) && told.contains("Lift"), "{told}");
        }
    }
    let full = || Some("smtp: its limit is reached".to_owned());
    let parked = Row { passed_over: full(), throttled_since: Some(NOW), ..waiting() };
    let told = because(&parked);
    assert!(told.contains("No provider took it: smtp: its limit is reached.") && told.contains("Since "), "{told}");
    let paused = Some("the channel sms is paused: wrong text".to_owned());
    let paused = because(&Row { passed_over: paused, ..waiting() });
    assert!(paused.contains("It waits because the channel sms is paused: wrong text."), "{paused}");
    let carried = Row { state: State::Sent, passed_over: full(), ..row() };
    assert!(because(&carried).contains("was passed over: smtp"), "{carried:?}");
    for (row, expected) in [
        (Row { state: State::Expired, expires_at: Some(later(60)), ..row() }, "`expires_at` (2026-03-01T12:01:00Z)"),
        (Row { state: State::Cancelled, content: None, ..row() }, "before anybody had seen its message"),
        (Row { state: State::Cancelled, ..row() }, "somebody cancelled it while it waited"),
        (
            Row {
                state: State::Cancelled,
                order: Order::DeadLetter { reason: Reason::Exhausted, error: "503".into() },
                ..row()
            },
            "its dead letter was not in the queue",
        ),
        (Row { state: State::FellBack, ..row() }, "its publisher named another one"),
        (Row { order: Order::Schedule { due: later(900) }, ..waiting() }, "It was asked to be sent later."),
        (Row { ambiguous: true, ..waiting() }, "may have gone out without our knowing"),
    ] {
        let told = because(&row);
        assert!(told.contains(expected), "{told}");
    }
    let put_off = Row { order: Order::Schedule { due: later(900) }, ..waiting() };
    let attempts = [attempt(1, AttemptOutcome::Throttled, 1)];
    let told = said(&explain(&Facts { attempts: &attempts, ..facts(&put_off) }), Topic::Why);
    assert!(told.contains("longer than the longest retry queue"), "{told}");
    assert_eq!(because(&Row { state: State::Sent, ..row() }), "", "there is nothing to say");
}

#[test]
fn what_was_cancelled_is_told_with_when_it_was_to_be_sent() {
    let row = Row { state: State::Cancelled, ..row() };
    let told = explain(&Facts { due_at: Some(later(60)), ..facts(&row) });
    assert_eq!(said(&told, Topic::Next), "It was to be sent at 2026-03-01T12:01:00Z, and will not be.");
}

#[test]
fn the_events_are_told_with_the_ids_that_subscribers_see() {
    let row = Row { state: State::Dead, epoch: 1, attempt: 4, ..row() };
    let attempts = [attempt(3, AttemptOutcome::Retriable, 1), attempt(4, AttemptOutcome::Retriable, 2)];
    let told = said(&explain(&Facts { attempts: &attempts, ..facts(&row) }), Topic::Event);
    let ids: Vec<String> = events_of(&row, &row.order).iter().map(|event| event.id().to_string()).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| told.contains(id)), "{told}");
    assert!(told.contains("`replayed`") && told.contains("`dead`") && told.contains("`retrying`"), "{told}");
}

#[test]
fn no_event_of_a_retry_is_told_where_there_was_none() {
    let row = Row { state: State::Sent, epoch: 1, attempt: 1, ..row() };
    let again = Attempt { epoch: 1, ..attempt(1, AttemptOutcome::Sent, 2) };
    for before in [AttemptOutcome::Permanent, AttemptOutcome::Retriable] {
        let attempts = [attempt(1, before, 1), again.clone()];
        let told = said(&explain(&Facts { attempts: &attempts, ..facts(&row) }), Topic::Event);
        assert!(!told.contains("`retrying`"), "{told}");
    }
}

#[test]
fn receipts_parents_and_children_are_told() {
    let receipt = ReceiptFact {
        provider: "twilio",
        epoch: 0,
        attempt: 1,
        said: "bounced",
        class: Some("address"),
        code: Some("30003"),
        detail: "unreachable.",
        at: later(60),
    };
    let child = |id, state, is_scheduled| Child { id, state, is_scheduled };
    let children = [child("c-1", Some(State::FellBack), false), child("c-2", None, true), child("c-3", None, false)];
    let order = Order::Escalate { when: When::Undelivered, due: later(600) };
    let row = Row { state: State::Bounced, parent: Some("p-1".into()), order, ..row() };
    let told = explain(&Facts { receipts: &[receipt], children: &children, ..facts(&row) });
    let expected = "Attempt 1 was reported `bounced` (address) by twilio, code 30003: unreachable.";
    assert_eq!(said(&told, Topic::Receipt), expected);
    let expected = "It is the fallback of `p-1`.\nIts fallback `c-1` is handed on.\nIts fallback `c-2` waits with the \
                    scheduler.\nIts fallback `c-3` is on its way, and no worker has taken it yet.";
    assert_eq!(said(&told, Topic::Family), expected);
    assert!(said(&told, Topic::Next).contains("Its fallback is sent at 2026-03-01T12:10:00Z"), "{told:?}");
    assert!(said(&told, Topic::Next).contains("that this one has arrived"), "{told:?}");
    let order = Order::Escalate { when: When::Unanswered, due: later(600) };
    let asks = Row { state: State::Delivered, order, ..row };
    let told = explain(&facts(&asks));
    assert!(said(&told, Topic::Next).contains("unless what it asks is answered"), "{told:?}");
}

#[test]
fn a_child_that_is_being_sent_is_told_as_too_late_for_whoever_reads() {
    let child = [Child { id: "c-1", state: Some(State::Sending), is_scheduled: false }];
    for (when, is_told) in [(When::Unread, true), (When::Unseen, true), (When::Unanswered, false)] {
        let order = Order::Escalate { when, due: later(600) };
        let row = Row { state: State::Delivered, order, ..row() };
        let told = explain(&Facts { children: &child, ..facts(&row) });
        assert_eq!(said(&told, Topic::Family).contains("does not call this attempt back"), is_told, "{told:?}");
    }
}

#[test]
fn what_the_scheduler_keeps_is_told_without_a_row() {
    let warning = FieldError { pointer: "/order".into(), detail: "is not known".into() };
    let job = Unreleased {
        lane: Lane::Bulk,
        due: later(60),
        expires_at: Some(later(90)),
        epoch: 0,
        attempt: 0,
        letters: &[],
        warnings: &[warning],
    };
    let told = explain_unreleased(&job);
    assert_eq!(told.summary.to_string(), "It waits with the scheduler until 2026-03-01T12:01:00Z.");
    assert!(said(&told, Topic::Lane).contains("bulk") && said(&told, Topic::Why).contains("asked to be sent later"));
    assert!(said(&told, Topic::Next).contains("From 2026-03-01T12:01:30Z on"), "{told:?}");
    assert_eq!(said(&told, Topic::Warning), "/order is not known");
    let tried = explain_unreleased(&Unreleased { attempt: 1, ..job });
    assert!(said(&tried, Topic::Why).contains("It was tried before"), "{tried:?}");
}

#[test]
fn spans_are_told_in_their_unit() {
    for (millis, expected) in [(0, "0 ms"), (999, "999 ms"), (1_250, "1.2 s"), (120_000, "2 min"), (7_200_000, "2 h")] {
        assert_eq!(span(Duration::from_millis(millis)), expected);
    }
    assert_eq!(span(Duration::from_secs(172_800)), "2 days");
}

#[test]
fn what_was_sent_in_the_place_of_a_letter_is_told_on_both_sides() {
    let row = row();
    let own = row.key.id.as_str();
    let edits = [
        EditFact { id: "new", edited_from: own, by: "ada", why: "a slip", at: NOW },
        EditFact { id: own, edited_from: "old", by: "bob", why: "SMS is down", at: NOW },
    ];
    let told = said(&explain(&Facts { edits: &edits, ..facts(&row) }), Topic::Family);
    let expected = "ada has sent `new` in the place of its dead letter: a slip\n\
                    bob has sent it in the place of the dead letter of `old`: SMS is down";
    assert_eq!(told, expected);
}
