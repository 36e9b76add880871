//! What is said of a delivery that is dead or held, by what was done with its letter since.

use super::*;
use crate::{COMMAND_IS_OVER, Tenant};

const JOB: JobFact<'static> = JobFact { id: "j-1", action: "drop", by: "ada", why: "spam." };

fn dead(state: State) -> Row {
    let order = Order::DeadLetter { reason: Reason::Permanent, error: "no such user".into() };
    Row { state, order, ..row() }
}

fn why(told: &Explanation) -> String {
    said(told, Topic::Why)
}

#[test]
fn what_was_done_with_a_letter_is_told_with_what_can_be_done_now() {
    let in_job = |action| OwnLetter::InJob(JobFact { action, ..JOB });
    for (own, summary, advice) in [
        (
            OwnLetter::Kept { letter: "0a", at: later(60), job: JOB },
            ", and its letter was taken out of the dead-letter queue at 2026-03-01T12:01:00Z, and is kept.",
            "ada has had its letter taken out of the dead-letter queue at 2026-03-01T12:01:00Z by the job `j-1` (drop), \
             which keeps it: spam. `chasqui dead restore --letter 0a --why …` puts it back there",
        ),
        (
            in_job("replay"),
            ", and the job `j-1` has its letter.",
            "The job `j-1`, which ada has started, is to move its letter back to its lane (spam): wait for its end. \
             `chasqui dead show j-1` says how far it is.",
        ),
        (in_job("redirect"), "the job `j-1` has its letter.", "is to send it by another channel or provider (spam)"),
        (in_job("edit"), "the job `j-1` has its letter.", "is to send a corrected one in its place (spam)"),
        (
            OwnLetter::Moved { at: later(60), job: JOB },
            ", and was moved back to its lane at 2026-03-01T12:01:00Z: no worker has taken it from there yet.",
            "has moved it back to its lane at 2026-03-01T12:01:00Z (spam), and no worker has taken it from there yet",
        ),
        (
            OwnLetter::Missing { read_at: later(60) },
            ", and its letter was not in the dead-letter queue when that was read at 2026-03-01T12:01:00Z.",
            "`chasqui dead close-missing --why …` ends this row",
        ),
    ] {
        for (state, begins) in [
            (State::Dead, "It failed for good at 2026-03-01T12:00:00Z"),
            (State::Held, "It may have gone out, and was held at 2026-03-01T12:00:00Z"),
        ] {
            let row = dead(state);
            let told = explain(&Facts { own, ..facts(&row) });
            let first = told.summary.to_string();
            assert!(first.starts_with(begins) && first.ends_with(summary), "{first}");
            assert!(why(&told).contains(advice), "{advice}: {}", why(&told));
            assert!(!why(&told).contains("anew"), "{told:?}");
        }
    }
    let row = Row { key: Key { tenant: Tenant::parse("acme").unwrap(), ..row().key }, ..dead(State::Dead) };
    let told = explain(&Facts { own: in_job("drop"), ..facts(&row) });
    assert!(why(&told).contains("`chasqui dead show j-1 --tenant acme`"), "{told:?}");
}

#[test]
fn what_was_sent_in_its_place_is_not_advised_to_be_sent_again() {
    let row = dead(State::Dead);
    let own = row.key.id.as_str();
    let edit = |id, edited_from| EditFact { id, edited_from, by: "ada", why: "a slip", at: later(60) };
    let edits = [edit("first", own), edit("new", own), edit(own, "old")];
    let told = |own, edits: &[EditFact<'_>]| {
        let told = explain(&Facts { own, edits, ..facts(&row) });
        (told.summary.to_string(), why(&told))
    };
    let kept = OwnLetter::Kept { letter: "0a", at: later(60), job: JobFact { action: "edit", ..JOB } };
    let in_job = OwnLetter::InJob(JobFact { action: "redirect", ..JOB });
    for place in [kept, in_job, OwnLetter::Missing { read_at: later(90) }] {
        let (summary, why) = told(place, &edits);
        let expected =
            "It failed for good at 2026-03-01T12:00:00Z, and `new` was sent in its place at 2026-03-01T12:01:00Z.";
        assert_eq!(summary, expected);
        assert!(why.contains("ada has sent `new` in its place: `chasqui explain new` says"), "{why}");
        assert!(why.ends_with("it would be sent twice.") && !why.contains("anew"), "{why}");
    }
    let (summary, why) = told(OwnLetter::InQueue, &edits);
    assert!(summary.ends_with("and is in the dead-letter queue."), "it was put back: {summary}");
    assert!(why.ends_with("or publishes it again, sends it once more.") && !why.contains("anew"), "{why}");
    let (_, why) = told(OwnLetter::InQueue, &edits[2..]);
    assert!(why.ends_with("publish it anew."), "it is the one that was sent itself: {why}");
}

#[test]
fn a_command_that_is_over_has_one_advice() {
    let order = Order::DeadLetter { reason: Reason::Permanent, error: COMMAND_IS_OVER.into() };
    let row = Row { order, ..dead(State::Dead) };
    let told = why(&explain(&facts(&row)));
    let expected = format!("`permanent`: it did not go because it was refused for good ({COMMAND_IS_OVER}).");
    assert_eq!(told, expected);
}
