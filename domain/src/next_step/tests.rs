//! One table of answers and intents, and what a copy that is given up does to its row.

use super::*;
use crate::samples::{CONTENT, NOW, arrival, key, row, waiting};
use crate::{Headers, Lane};

const GIVE_UP: Intent = Intent::GiveUp { deliveries: 11 };

fn headers() -> Headers {
    Headers { epoch: Some(0), seq: Some(0), attempt: Some(0), ..Headers::default() }
}

/// A copy of which nothing but the intent is out of the ordinary.
fn next(intent: Intent, claim: Claim) -> NextStep {
    next_of(&headers(), claim, |copy| CopyInHand { intent, ..copy })
}

fn next_of(headers: &Headers, claim: Claim, adapt: impl FnOnce(CopyInHand<'_>) -> CopyInHand<'_>) -> NextStep {
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

fn outcome(step: NextStep) -> Outcome {
    match step {
        NextStep::Decide(_, outcome) => outcome,
        other => panic!("an outcome is known: {other:?}"),
    }
}

fn cause(step: NextStep) -> Option<Cause> {
    match step {
        NextStep::Unsent(Unsent::FollowUp(_, cause)) => Some(cause),
        _ => None,
    }
}

#[test]
fn only_a_claimed_row_that_nobody_may_have_sent_is_sent() {
    assert_eq!(next(Intent::Send, take(Take::Send)), NextStep::Attempt(Box::new(row())));
    assert!(matches!(outcome(next(Intent::Send, take(Take::LeaseRanOut))), Outcome::Ambiguous { .. }));
    let suspected = next_of(&headers(), take(Take::Send), |copy| CopyInHand { is_suspected: true, ..copy });
    assert!(matches!(outcome(suspected), Outcome::Ambiguous { .. }));
    assert_eq!(outcome(next(Intent::PutAside, take(Take::Send))), Outcome::PutAside);
    // Putting it aside would forget that it may have been sent.
    assert!(matches!(outcome(next(Intent::PutAside, take(Take::LeaseRanOut))), Outcome::Ambiguous { .. }));
}

#[test]
fn a_delivery_that_is_not_due_is_deferred_unless_the_scheduler_has_released_it() {
    let (before, later) = (NOW, NOW.plus(std::time::Duration::from_secs(1)));
    for (send_at, released, deferred) in
        [(None, false, false), (Some(before), false, false), (Some(later), false, true), (Some(later), true, false)]
    {
        let headers = Headers { released, ..headers() };
        let step = next_of(&headers, take(Take::Send), |copy| CopyInHand { send_at, ..copy });
        let expected = match deferred {
            true => NextStep::Decide(Box::new(row()), Outcome::Deferred { due: later }),
            false => NextStep::Attempt(Box::new(row())),
        };
        assert_eq!(step, expected, "{send_at:?} {released}");
    }
}

#[test]
fn every_answer_but_a_claimed_row_says_what_follows_for_the_copy() {
    let repeat = || Claim::Repeat(Box::new(waiting()));
    for intent in [Intent::Send, Intent::PutAside] {
        for (claim, expected) in [
            (repeat(), Cause::Repeated),
            (Claim::Park, Cause::Parked),
            (Claim::Reissue { epoch: 2 }, Cause::Reissued),
            (Claim::Ended, Cause::Ended),
            (Claim::HasLetter, Cause::HasLetter),
        ] {
            assert_eq!(cause(next(intent, claim)), Some(expected), "{intent:?}");
        }
        let conflict = next(intent, Claim::Conflict);
        let NextStep::Unsent(Unsent::DeadLetter { reason, error }) = conflict else { panic!("a letter: {conflict:?}") };
        assert_eq!((reason, error.as_str()), (Reason::IdConflict, Reason::ANOTHER_BODY));
    }
    for (claim, goes_on) in [(Claim::Ended, false), (Claim::HasLetter, true)] {
        let step = next(Intent::Send, claim);
        let NextStep::Unsent(Unsent::FollowUp(follow_up, _)) = step else { panic!("a follow-up: {step:?}") };
        assert_eq!(follow_up, FollowUp::Acknowledge { goes_on });
    }
}

#[test]
fn a_letter_that_the_broker_has_taken_back_is_not_reissued() {
    let step = next_of(&headers(), Claim::Reissue { epoch: 2 }, |copy| CopyInHand { is_current: false, ..copy });
    assert_eq!(step, NextStep::Unsent(Unsent::TakenBack));
}

#[test]
fn a_copy_that_is_given_up_ends_its_row_or_leaves_it_to_others() {
    for (claim, is_suspected, ambiguous) in
        [(take(Take::Send), false, false), (take(Take::Send), true, true), (take(Take::LeaseRanOut), false, true)]
    {
        let step = next_of(&headers(), claim, |copy| CopyInHand { intent: GIVE_UP, is_suspected, ..copy });
        let NextStep::Decide(row, Outcome::Permanent { reason, .. }) = step else { panic!("it ends: {step:?}") };
        assert_eq!((reason, row.ambiguous), (Reason::RedeliveredTooOften, ambiguous), "{is_suspected}");
    }
    for others in [Claim::Park, Claim::Reissue { epoch: 2 }, Claim::Conflict] {
        assert_eq!(next(GIVE_UP, others), NextStep::Unsent(given_up(11)));
    }
    assert_eq!(cause(next(GIVE_UP, Claim::Repeat(Box::new(waiting())))), Some(Cause::Repeated));
    assert_eq!(cause(next(GIVE_UP, Claim::Ended)), Some(Cause::Ended));
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
    assert!(matches!(late(Intent::Send), Unsent::FollowUp(FollowUp::Publish(_), Cause::Parked)));
    assert_eq!(late(GIVE_UP), given_up(11));
}
