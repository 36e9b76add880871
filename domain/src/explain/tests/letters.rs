//! What is said of letters of which no delivery is known, and of those beside a delivery.

use super::*;
use crate::{COMMAND_IS_OVER, Tenant};

fn letter<'a>(name: &'a str, reason: &'a str) -> LetterFact<'a> {
    LetterFact {
        letter: name,
        group: "1-a",
        reason,
        error: "/channel is missing.",
        channel: "",
        epoch: 0,
        attempts: Some(0),
        is_of_no_call: false,
        place: LetterPlace::InQueue { since: NOW },
    }
}

fn key() -> Key {
    row().key
}

fn alone(letter: LetterFact<'_>) -> Explanation {
    explain_letters(&key(), &[letter], &[]).expect("there is one")
}

fn all(told: &Explanation) -> String {
    told.sentences.iter().map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_letter_that_no_delivery_is_known_of_is_told_with_what_can_be_done() {
    let told = alone(letter("0a", "decode_error"));
    let expected =
        "No delivery of this id is known: its letter is in the dead-letter queue since 2026-03-01T12:00:00Z.";
    assert_eq!((told.summary.to_string().as_str(), told.letters.as_slice()), (expected, ["0a".to_owned()].as_slice()));
    let expected = "`decode_error`: its letter `0a` is in the dead-letter queue since 2026-03-01T12:00:00Z, because its \
                    body could not be read (/channel is missing). It is of the group `1-a`, and was never moved out of the \
                    queue.";
    assert_eq!(said(&told, Topic::Letter), expected);
    assert!(said(&told, Topic::Attempt).starts_with("Nothing was ever sent for the letter `0a`"), "{told:?}");
    let next = said(&told, Topic::Next);
    for command in ["dead show 0a`", "dead edit 0a ", "dead replay --letter 0a ", "dead drop --letter 0a "] {
        assert!(next.contains(command), "{command}: {next}");
    }
    assert!(next.starts_with("Correct the publisher") && !next.contains("--tenant"), "{next}");
    let acme = Key { tenant: Tenant::parse("acme").unwrap(), ..key() };
    let told = explain_letters(&acme, &[letter("0a", "decode_error")], &[]).expect("there is one");
    assert!(said(&told, Topic::Next).contains("`chasqui dead show 0a --tenant acme`"), "{told:?}");
    assert_eq!(explain_letters(&key(), &[], &[]), None);
}

#[test]
fn every_reason_of_a_letter_alone_is_told_also_one_of_the_brokers_own() {
    let reasons = Reason::ALL.map(Reason::as_str);
    for reason in reasons.into_iter().chain(["broker"]) {
        let told = alone(LetterFact { channel: "sms", epoch: 2, attempts: Some(3), ..letter("0a", reason) });
        assert!(all(&told).contains(&format!("`{reason}`: its letter `0a` is in")), "{told:?}");
        assert!(said(&told, Topic::Letter).contains("was moved out of the queue 2 times"), "{told:?}");
        let is_sure = ["decode_error", "unsupported", "id_conflict"].contains(&reason);
        assert_eq!(said(&told, Topic::Attempt).starts_with("Nothing was ever sent"), is_sure, "{told:?}");
    }
}

#[test]
fn what_is_no_notification_is_called_what_it_is() {
    let of_no_call =
        alone(LetterFact { is_of_no_call: true, channel: "inbound queue", ..letter("0a", "decode_error") });
    assert!(said(&of_no_call, Topic::Letter).contains("the queue of providers' calls"), "{of_no_call:?}");
    let next = said(&of_no_call, Topic::Next);
    assert!(next.contains("cannot be published again") && !next.contains("dead replay"), "{next}");
    let request = alone(letter("0a", "id_conflict"));
    assert!(said(&request, Topic::Letter).contains("a question to people or a command"), "{request:?}");
    let notification = alone(LetterFact { channel: "sms", ..letter("0a", "id_conflict") });
    assert!(!all(&notification).contains("is no notification"), "{notification:?}");
    assert!(
        !all(&alone(letter("0a", "decode_error"))).contains("is no notification"),
        "nobody knows what it was to be"
    );
}

#[test]
fn a_letter_that_was_dropped_is_told_with_the_job_that_keeps_it() {
    let place = LetterPlace::Taken { at: NOW, job: "j-1", action: "drop" };
    let told = alone(LetterFact { place, attempts: None, ..letter("0a", "decode_error") });
    assert!(told.summary.to_string().contains("was taken out of the dead-letter queue at 2026-03-01T12:00:00Z"));
    assert!(said(&told, Topic::Letter).contains("by the job `j-1` (drop), which keeps it"), "{told:?}");
    assert!(said(&told, Topic::Next).contains("`chasqui dead restore --job j-1 "), "{told:?}");
    assert_eq!(told.letters, [""; 0], "none is in the queue");
    let place = LetterPlace::Taken { at: NOW, job: "new", action: "edit" };
    let id = key().id;
    let edit = EditFact { id: "new", edited_from: &id, by: "ada", why: "a slip", at: NOW };
    let told = explain_letters(&key(), &[LetterFact { place, ..letter("0a", "decode_error") }], &[edit]).unwrap();
    assert_eq!(said(&told, Topic::Next), "");
    assert_eq!(said(&told, Topic::Family), "ada has sent `new` in the place of its dead letter: a slip");
}

#[test]
fn of_many_letters_some_are_told_and_that_there_are_more() {
    let letters = vec![letter("0a", "decode_error"); MOST_LETTERS + 1];
    let told = explain_letters(&key(), &letters, &[]).unwrap();
    assert_eq!(told.letters.len(), MOST_LETTERS);
    assert!(said(&told, Topic::Letter).ends_with("of 10 at most is told here."), "{told:?}");
}

#[test]
fn another_body_of_a_known_id_is_told_beside_the_delivery() {
    let other = LetterFact { channel: "sms", ..letter("0b", "id_conflict") };
    let row = Row { state: State::Sent, ..row() };
    let told = explain(&Facts { letters: &[other], ..facts(&row) });
    let expected = "`id_conflict`: another body was published under this id, and is in the dead-letter queue as the letter \
                    `0b` since 2026-03-01T12:00:00Z; nothing was ever sent for it. Publish the new content under an id of \
                    its own.";
    assert_eq!(said(&told, Topic::Letter), expected);
    assert_eq!(told.letters, ["0b"]);
    let job = Unreleased {
        lane: Lane::Bulk,
        due: later(60),
        expires_at: None,
        epoch: 0,
        attempt: 0,
        letters: &[other],
        warnings: &[],
    };
    assert_eq!(said(&explain_unreleased(&job), Topic::Letter), expected);
}

#[test]
fn the_letter_of_a_delivery_itself_is_not_told_a_second_time() {
    let order = Order::DeadLetter { reason: Reason::Exhausted, error: "503".into() };
    let row = Row { state: State::Dead, epoch: 1, order, ..row() };
    let own = LetterFact { channel: "sms", epoch: 1, ..letter("0a", "exhausted") };
    let before = LetterFact { epoch: 0, ..own };
    let told = explain(&Facts { letters: &[own, before], ..facts(&row) });
    assert_eq!(said(&told, Topic::Letter), "");
    assert_eq!(told.letters.len(), 2, "they are named for programs");
    let other = LetterFact { epoch: 1, ..letter("0c", "broker") };
    let told = explain(&Facts { letters: &[own, other], ..facts(&row) });
    assert!(said(&told, Topic::Letter).contains("the letter `0c` of this id"), "{told:?}");
}

#[test]
fn the_letter_of_a_command_that_is_over_is_not_advised_to_be_moved() {
    let over = LetterFact { channel: "service", error: COMMAND_IS_OVER, epoch: 1, ..letter("0a", "permanent") };
    let told = alone(over);
    let next = said(&told, Topic::Next);
    let expected = "`chasqui dead show 0a` shows the letter, and `chasqui dead drop --letter 0a --why …` takes it out of the \
                    queue.";
    assert_eq!(next, expected);
    assert!(said(&told, Topic::Letter).contains("dispatch the command anew, and drop this letter"), "{told:?}");
    let row = Row { state: State::Sent, ..row() };
    let beside = said(&explain(&Facts { letters: &[over], ..facts(&row) }), Topic::Letter);
    assert!(beside.ends_with("and drop this letter)."), "{beside}");
}
