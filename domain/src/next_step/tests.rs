//! One table of answers and intents, and what a copy that is given up does to its row.

use super::*;
use crate::samples::{CONTENT, NOW, arrival, key, row, waiting};
use crate::{EventName, Headers, Lane, State, SuppressedFor};

const GIVE_UP: Intent = Intent::GiveUp { deliveries: 11 };

fn headers() -> Headers {
    Headers { epoch: Some(0), seq: Some(0), attempt: Some(0), ..Headers::default() }
}

/// A copy of which nothing but the intent is out of the ordinary.
fn next(intent: Intent, claim: &Claim) -> NextStep<'_> {
    next_of(&headers(), claim, |copy| CopyInHand { intent, ..copy })
}

fn next_of<'r>(
    headers: &Headers,
    claim: &'r Claim,
    adapt: impl FnOnce(CopyInHand<'_>) -> CopyInHand<'_>,
) -> NextStep<'r> {
    let copy = CopyInHand {
        received: Received { lane: Lane::Normal, headers, body: b"{}" },
        arrival: &Arrival::new(key("d-1"), CONTENT, headers, false),
        intent: Intent::Send,
        is_suspected: false,
        is_current: true,
        send_at: None,
    };
    adapt(copy).after_claim(claim, NOW)
}

fn take(take: Take) -> Claim {
    Claim::Take(Box::new(row()), take)
}

/// A delivery that has been sent.
fn ended() -> Claim {
    Claim::Ended(Box::new(Row { state: State::Sent, attempt: 1, ..row() }))
}

fn outcome(step: NextStep<'_>) -> Outcome {
    match step {
        NextStep::Decide(_, outcome) => outcome,
        other => panic!("an outcome is known: {other:?}"),
    }
}

fn told(step: &NextStep<'_>) -> Vec<EventName> {
    match step {
        NextStep::Unsent(Unsent::FollowUp(follows, _)) => follows.events.iter().map(|event| event.name).collect(),
        other => panic!("a follow-up: {other:?}"),
    }
}

fn cause(step: NextStep<'_>) -> Option<Cause> {
    match step {
        NextStep::Unsent(Unsent::FollowUp(_, cause)) => Some(cause),
        _ => None,
    }
}

#[test]
fn only_a_claimed_row_that_nobody_may_have_sent_is_sent() {
    let (ours, ran_out) = (take(Take::Send), take(Take::LeaseRanOut));
    assert_eq!(next(Intent::Send, &ours), NextStep::Attempt(&row()));
    assert!(matches!(outcome(next(Intent::Send, &ran_out)), Outcome::Ambiguous { .. }));
    let suspected = next_of(&headers(), &ours, |copy| CopyInHand { is_suspected: true, ..copy });
    assert!(matches!(outcome(suspected), Outcome::Ambiguous { .. }));
    assert_eq!(outcome(next(Intent::PutAside, &ours)), Outcome::PutAside);
    // Putting it aside would forget that it may have been sent.
    assert!(matches!(outcome(next(Intent::PutAside, &ran_out)), Outcome::Ambiguous { .. }));
}

#[test]
fn a_delivery_that_is_not_due_is_deferred_unless_the_scheduler_has_released_it() {
    let (before, later) = (NOW, NOW.plus(std::time::Duration::from_secs(1)));
    let (claimed, row) = (take(Take::Send), row());
    for (send_at, released, deferred) in
        [(None, false, false), (Some(before), false, false), (Some(later), false, true), (Some(later), true, false)]
    {
        let headers = Headers { released, ..headers() };
        let step = next_of(&headers, &claimed, |copy| CopyInHand { send_at, ..copy });
        let expected = match deferred {
            true => NextStep::Decide(Box::new(row.clone()), Outcome::Deferred { due: later }),
            false => NextStep::Attempt(&row),
        };
        assert_eq!(step, expected, "{send_at:?} {released}");
    }
}

#[test]
fn nothing_is_tried_for_a_recipient_on_the_suppression_list_and_what_may_have_gone_out_before_says_so() {
    let reason = SuppressedFor::Complaint;
    let listed = Row { suppressed_for: Some(reason), ..row() };
    for (intent, take, is_suspected, ambiguous) in [
        (Intent::Send, Take::Send, false, false),
        (Intent::PutAside, Take::Send, false, false),
        (GIVE_UP, Take::Send, false, false),
        (Intent::Send, Take::LeaseRanOut, false, true),
        (Intent::Send, Take::Send, true, true),
    ] {
        let claim = Claim::Take(Box::new(listed.clone()), take);
        let step = next_of(&headers(), &claim, |copy| CopyInHand { intent, is_suspected, ..copy });
        let expected = Row { ambiguous, ..listed.clone() };
        assert_eq!(step, NextStep::Decide(Box::new(expected), Outcome::Suppressed { reason }), "{intent:?} {take:?}");
    }
    let later = NOW.plus(std::time::Duration::from_secs(1));
    let claim = Claim::Take(Box::new(listed), Take::Send);
    let step = next_of(&headers(), &claim, |copy| CopyInHand { send_at: Some(later), ..copy });
    assert_eq!(outcome(step), Outcome::Deferred { due: later }, "it is looked up again when it is due");
}

#[test]
fn every_answer_but_a_claimed_row_says_what_follows_for_the_copy() {
    let repeat = || Claim::Repeat(Box::new(waiting()));
    for intent in [Intent::Send, Intent::PutAside] {
        for (claim, expected) in [
            (repeat(), Cause::Repeated),
            (Claim::Park, Cause::Parked),
            (Claim::Reissue { epoch: 2 }, Cause::Reissued),
            (ended(), Cause::Ended),
            (Claim::HasLetter, Cause::HasLetter),
        ] {
            assert_eq!(cause(next(intent, &claim)), Some(expected), "{intent:?}");
        }
        let claim = Claim::Conflict;
        let conflict = next(intent, &claim);
        let NextStep::Unsent(Unsent::DeadLetter { reason, error }) = conflict else { panic!("a letter: {conflict:?}") };
        assert_eq!((reason, error.as_str()), (Reason::IdConflict, Reason::ANOTHER_BODY));
    }
    for (claim, goes_on) in [(ended(), false), (Claim::HasLetter, true)] {
        let step = next(Intent::Send, &claim);
        let NextStep::Unsent(Unsent::FollowUp(follows, _)) = step else { panic!("a follow-up: {step:?}") };
        assert_eq!(follows.then, FollowUp::Acknowledge { goes_on });
    }
}

#[test]
fn what_a_row_orders_or_has_ended_with_is_told_again_and_a_copy_that_only_waits_tells_nothing() {
    for (claim, expected) in [
        (Claim::Repeat(Box::new(waiting())), vec![EventName::Retrying]),
        (ended(), vec![EventName::Sent]),
        (Claim::HasLetter, vec![]),
        (Claim::Park, vec![]),
        (Claim::Reissue { epoch: 2 }, vec![]),
    ] {
        for intent in [Intent::Send, Intent::PutAside] {
            assert_eq!(told(&next(intent, &claim)), expected, "{intent:?} {claim:?}");
        }
    }
    assert_eq!(told(&next(GIVE_UP, &ended())), [EventName::Sent]);
    let ended = ended();
    let first = next_of(&Headers::default(), &ended, |copy| copy);
    assert_eq!(told(&first), [], "its publisher repeats itself");
}

#[test]
fn a_letter_that_the_broker_has_taken_back_is_not_reissued() {
    let claim = Claim::Reissue { epoch: 2 };
    let step = next_of(&headers(), &claim, |copy| CopyInHand { is_current: false, ..copy });
    assert_eq!(step, NextStep::Unsent(Unsent::TakenBack));
}

#[test]
fn a_copy_that_is_given_up_ends_its_row_or_leaves_it_to_others() {
    for (claim, is_suspected, ambiguous) in
        [(take(Take::Send), false, false), (take(Take::Send), true, true), (take(Take::LeaseRanOut), false, true)]
    {
        let step = next_of(&headers(), &claim, |copy| CopyInHand { intent: GIVE_UP, is_suspected, ..copy });
        let NextStep::Decide(row, Outcome::Permanent { reason, .. }) = step else { panic!("it ends: {step:?}") };
        assert_eq!((reason, row.ambiguous), (Reason::RedeliveredTooOften, ambiguous), "{is_suspected}");
    }
    for others in [Claim::Park, Claim::Reissue { epoch: 2 }, Claim::Conflict] {
        assert_eq!(next(GIVE_UP, &others), NextStep::Unsent(given_up(11)));
    }
    assert_eq!(cause(next(GIVE_UP, &Claim::Repeat(Box::new(waiting())))), Some(Cause::Repeated));
    assert_eq!(cause(next(GIVE_UP, &ended())), Some(Cause::Ended));
}

#[test]
fn a_copy_whose_outcome_came_too_late_meets_its_row_again() {
    let (headers, arrival) = (headers(), arrival(0, 0));
    let late = |intent| {
        let received = Received { lane: Lane::Normal, headers: &headers, body: b"{}" };
        let copy =
            CopyInHand { received, arrival: &arrival, intent, is_suspected: false, is_current: true, send_at: None };
        copy.after_late_record()
    };
    let parked = late(Intent::Send);
    let Unsent::FollowUp(Follows { events, then: FollowUp::Publish(_) }, Cause::Parked) = parked else {
        panic!("it waits: {parked:?}")
    };
    assert_eq!((events, late(GIVE_UP)), (vec![], given_up(11)), "another claim has what is to be told");
}
