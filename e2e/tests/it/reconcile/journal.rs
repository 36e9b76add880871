//! How the journal is judged at the end of a run with faults: what was answered is told, and nothing is told twice.

use std::time::Duration;

use domain::{JournalRow, Timestamp};
use e2e::chaos::reconcile::journal::{Action, Refusal, Said, judge};

const ASKED: &str = "POST /dead-letters/plans";

fn at(seconds: u64) -> Timestamp {
    Timestamp::default().plus(Duration::from_secs(seconds))
}

fn told(kind: &str, subject: &str, actor: &str, seconds: u64) -> JournalRow {
    JournalRow {
        id: String::new(),
        tenant: "default".into(),
        kind: kind.into(),
        subject: subject.into(),
        actor: actor.into(),
        at: at(seconds).as_micros(),
        data: "{}".into(),
    }
}

fn started(times: usize) -> Vec<JournalRow> {
    vec![told("dead_letters.replayed", "j-1", "operator", 0); times]
}

fn starts(said: &[Said]) -> Vec<Action> {
    let action = |said: &Said| Action { kind: "dead_letters.replayed", subject: "j-1".into(), said: *said };
    said.iter().map(action).collect()
}

#[test]
fn what_was_answered_is_told_once_and_what_was_lost_at_most_once() {
    for (said, times) in [
        (&[Said::Done][..], 1..=1),
        (&[Said::Lost], 0..=1),
        (&[Said::Lost, Said::Done], 1..=2),
        (&[Said::Lost, Said::Refused], 0..=1),
        (&[Said::Refused], 0..=0),
    ] {
        for told in 0..=3 {
            let broken = judge(&starts(said), &[], &started(told), 0);
            assert_eq!(broken.is_empty(), times.contains(&told), "{said:?} told {told} times: {broken:?}");
        }
    }
}

#[test]
fn an_answer_says_whether_anything_was_done() {
    for (status, said) in [
        (Some(202), Said::Done),
        (Some(204), Said::Done),
        (Some(409), Said::Refused),
        (Some(503), Said::Lost),
        (None, Said::Lost),
    ] {
        assert_eq!(Said::of(status), said, "{status:?}");
    }
}

#[test]
fn every_refusal_is_told_within_the_ten_seconds_before_it_or_in_the_log() {
    let refusal = Refusal { actor: "viewer", asked: ASKED, from: at(100), until: at(101) };
    let denied = |seconds| vec![told("denied", ASKED, "viewer", seconds)];
    for (told, is_told) in [
        (denied(100), true),
        (denied(90), true),
        (denied(89), false),
        (denied(102), false),
        (vec![told("denied", ASKED, "another", 100)], false),
        (vec![told("denied", "POST /pauses", "viewer", 100)], false),
    ] {
        assert_eq!(judge(&[], std::slice::from_ref(&refusal), &told, 0).is_empty(), is_told, "{told:?}");
        assert_eq!(judge(&[], std::slice::from_ref(&refusal), &told, 1), [""; 0], "{told:?}");
    }
}
