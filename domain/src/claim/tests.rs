//! One named test for each rule of the claim, and one table of every cell.

use uuid::Uuid;

use super::*;
use crate::samples::{CONTENT, HOLDER, TOKEN, arrival, row, waiting};
use crate::{Order, Reason, SuppressedFor, Timestamp};

fn repeat(row: &Row) -> Claim {
    Claim::Repeat(Box::new(row.clone()))
}

#[track_caller]
fn check(row: &Row, arrival: &Arrival, expected: &Claim) {
    assert_eq!(claim(row, arrival, TOKEN), *expected, "\n  row {row:?}\n  arrival {arrival:?}");
}

/// The row that a claim wrote, and what the claim does first with it.
#[track_caller]
fn took(row: &Row, arrival: &Arrival) -> (Row, Take) {
    match claim(row, arrival, TOKEN) {
        Claim::Take(next, take) => (*next, take),
        other => panic!("{other:?}"),
    }
}

fn dead(epoch: u32) -> Row {
    let order = Order::DeadLetter { reason: Reason::Exhausted, error: "503".into() };
    Row { state: State::Dead, epoch, attempt: 4, seq: 3, order, ..row() }
}

/// A publisher's own copy, which has no counts.
fn bare(redelivered: bool) -> Arrival {
    Arrival { published_by: PublishedBy::Publisher, redelivered, ..arrival(0, 0) }
}

/// A copy published by hand with `notify-again`.
fn again(redelivered: bool) -> Arrival {
    Arrival { published_by: PublishedBy::OperatorRequest, redelivered, ..arrival(0, 0) }
}

/// A letter of the epoch before, moved with its headers.
fn moved(epoch: u32) -> Arrival {
    Arrival { published_by: PublishedBy::OperatorMove, ..arrival(epoch, 0) }
}

fn with_letter(row: Row) -> Row {
    Row { has_letter: true, ..row }
}

#[test]
fn the_seq_of_the_row_claims_a_waiting_row() {
    let (next, take) = took(&waiting(), &arrival(0, 1));
    assert_eq!(take, Take::Send);
    assert_eq!(next, Row { state: State::Sending, token: TOKEN, lease: Lease::Live, ..waiting() });
}

#[test]
fn a_lower_seq_repeats_what_the_row_ordered() {
    check(&waiting(), &arrival(0, 0), &repeat(&waiting()));
    check(&waiting(), &bare(true), &repeat(&waiting()));
    let sending = Row { state: State::Sending, ..waiting() };
    check(&sending, &arrival(0, 0), &repeat(&sending));
}

#[test]
fn the_row_beats_the_header() {
    let behind = Row { attempt: 3, ..waiting() };
    let (next, _) = took(&behind, &Arrival { attempt: 0, ..arrival(0, 1) });
    assert_eq!(next.attempt, 3);
}

#[test]
fn a_message_that_counts_further_than_a_ledger_set_back_is_believed() {
    let (next, _) = took(&waiting(), &Arrival { attempt: 3, ..arrival(0, 3) });
    assert_eq!((next.epoch, next.seq, next.attempt), (0, 3, 3));
    let (next, _) = took(&waiting(), &Arrival { attempt: 2, ..arrival(4, 2) });
    assert_eq!((next.epoch, next.seq, next.attempt), (4, 2, 2));
}

#[test]
fn a_forged_count_of_attempts_gives_no_budget() {
    let behind = Row { attempt: 3, ..waiting() };
    let (next, _) = took(&behind, &Arrival { attempt: 0, ..arrival(0, 9) });
    assert_eq!(next.attempt, 3);
}

#[test]
fn what_was_given_back_is_claimed_by_the_copy_that_comes_back() {
    let given_back = Row { state: State::Waiting, ..row() };
    assert_eq!(took(&given_back, &bare(true)).1, Take::Send);
}

#[test]
fn a_live_lease_of_another_claim_parks_the_copy() {
    check(&row(), &arrival(0, 0), &Claim::Park);
    check(&row(), &bare(true), &Claim::Park);
    check(&row(), &arrival(1, 0), &Claim::Park);
}

#[test]
fn a_lease_that_ran_out_is_an_ambiguous_attempt() {
    let (next, take) = took(&Row { lease: Lease::RanOut, ..row() }, &bare(true));
    assert_eq!(take, Take::LeaseRanOut);
    assert_eq!((next.state, next.lease), (State::Sending, Lease::Live));
    assert_ne!(next.token, HOLDER);
}

#[test]
fn a_repeated_claim_gets_its_first_answer_also_after_the_lease() {
    for lease in [Lease::Live, Lease::RanOut] {
        let mine = Row { token: TOKEN, lease, ..row() };
        assert_eq!(took(&mine, &arrival(0, 0)), (mine.clone(), Take::Send));
    }
    let abandoned = Row { lease: Lease::RanOut, ..row() };
    let (mine, _) = took(&abandoned, &arrival(0, 0));
    assert_eq!(took(&mine, &arrival(0, 0)), (mine.clone(), Take::LeaseRanOut), "or it would send unnoticed");
    let late = Row { lease: Lease::RanOut, ..mine };
    assert_eq!(took(&late, &arrival(0, 0)).1, Take::LeaseRanOut);
}

#[test]
fn a_terminal_row_acknowledges_everything() {
    use State::{Bounced, Cancelled, Captured, Delivered, Expired, Sent};
    for state in [Sent, Captured, Expired, Cancelled, Delivered, Bounced] {
        let ended = Row { state, ..waiting() };
        for copy in [arrival(0, 0), arrival(0, 1), arrival(0, 9), arrival(1, 0), bare(false), bare(true)] {
            check(&ended, &copy, &Claim::Ended(Box::new(ended.clone())));
        }
    }
}

/// Nothing of it is in any queue: a plain copy is its publisher's own repetition, and there is no letter to move.
#[test]
fn a_suppressed_delivery_is_claimed_again_only_by_whom_an_operator_publishes() {
    let suppressed = Row { state: State::Suppressed, epoch: 2, suppressed_for: Some(SuppressedFor::Stop), ..row() };
    for copy in [bare(false), bare(true), arrival(2, 0), arrival(2, 9), arrival(0, 1), moved(2), again(true)] {
        check(&suppressed, &copy, &Claim::Ended(Box::new(suppressed.clone())));
    }
    check(&suppressed, &again(false), &Claim::Reissue { epoch: 3 });
    for copy in [arrival(3, 0), moved(3)] {
        let (next, take) = took(&suppressed, &copy);
        assert_eq!((take, next.state, next.epoch, next.attempt), (Take::Send, State::Sending, 3, 0));
        assert!(!next.ambiguous);
    }
    let last = Row { epoch: u32::MAX, ..suppressed };
    check(&last, &again(false), &Claim::Ended(Box::new(last.clone())));
}

/// A copy that was moved back may be an equal message, whose own row it would take from it.
#[test]
fn a_suppressed_delivery_without_an_id_of_its_publishers_is_awakened_by_no_copy() {
    let known = Row { state: State::Suppressed, fingerprint: Some(CONTENT), ..row() };
    for copy in [bare(false), arrival(3, 0), moved(3), again(false)] {
        check(&known, &copy, &Claim::Ended(Box::new(known.clone())));
    }
}

#[test]
fn a_dead_delivery_that_was_closed_is_claimed_again_only_by_whom_an_operator_publishes() {
    let closed = Row { state: State::Cancelled, ..dead(2) };
    for copy in [bare(false), bare(true), arrival(2, 0), arrival(0, 1), moved(2), again(true)] {
        check(&closed, &copy, &Claim::Ended(Box::new(closed.clone())));
    }
    check(&closed, &again(false), &Claim::Reissue { epoch: 3 });
    let (next, take) = took(&closed, &moved(3));
    assert_eq!((take, next.state, next.epoch, next.attempt), (Take::Send, State::Sending, 3, 0));
    let cancelled = Row { state: State::Cancelled, epoch: 2, ..row() };
    check(&cancelled, &moved(3), &Claim::Ended(Box::new(cancelled.clone())));
}

#[test]
fn a_tombstone_without_content_refuses_no_body() {
    let tombstone = Row { state: State::Cancelled, content: None, ..row() };
    check(&tombstone, &bare(false), &Claim::Ended(Box::new(tombstone.clone())));
}

#[test]
fn a_redelivered_parent_publishes_its_child_again() {
    let fell_back = Row { state: State::FellBack, order: Order::Fallback, ..row() };
    for copy in [bare(true), bare(false), arrival(0, 2), arrival(1, 0)] {
        check(&fell_back, &copy, &repeat(&fell_back));
    }
}

#[test]
fn a_redelivered_parent_schedules_its_child_again_until_a_report_has_answered_it() {
    let order = Order::Escalate { when: crate::When::Undelivered, due: crate::samples::NOW };
    for state in [State::Sent, State::FellBack, State::Bounced] {
        let waits = Row { state, attempt: 1, order: order.clone(), ..row() };
        for copy in [bare(true), bare(false), arrival(0, 2), arrival(1, 0)] {
            check(&waits, &copy, &repeat(&waits));
        }
    }
    let of_a_topic = Row { state: State::Sent, attempt: 1, order: Order::FanOut, ..row() };
    check(&of_a_topic, &bare(true), &repeat(&of_a_topic));
    let answered = Row { state: State::Delivered, attempt: 1, ..row() };
    check(&answered, &bare(true), &Claim::Ended(Box::new(answered.clone())));
}

#[test]
fn a_known_id_with_another_body_is_a_conflict_whatever_its_row_says() {
    for state in State::ALL {
        let known = Row { state, ..row() };
        check(&known, &Arrival { content: [8; 32], ..arrival(0, 0) }, &Claim::Conflict);
        check(&known, &Arrival { content: [8; 32], ..bare(false) }, &Claim::Conflict);
    }
}

#[test]
fn a_move_out_of_the_dead_letter_queue_gives_a_fresh_budget() {
    let throttled = Row { throttled_since: Some(Timestamp::default()), ..with_letter(dead(0)) };
    for state in [State::Dead, State::Held] {
        let (next, take) = took(&Row { state, ..throttled.clone() }, &moved(1));
        assert_eq!((take, next.has_letter), (Take::Send, false));
        assert_eq!((next.epoch, next.attempt, next.seq, next.throttled_since), (1, 0, 0, None));
        assert!(!next.ambiguous);
    }
    let (next, _) = took(&waiting(), &arrival(1, 0));
    assert_eq!((next.epoch, next.attempt, next.seq), (1, 0, 0));
}

#[test]
fn two_moves_of_one_dead_letter_give_one_budget() {
    let (sending, _) = took(&dead(0), &moved(1));
    check(&Row { token: HOLDER, ..sending.clone() }, &moved(1), &Claim::Park);
    let waits = Row { state: State::Waiting, seq: 1, attempt: 1, ..sending };
    check(&waits, &moved(1), &repeat(&waits));
    for dead in [dead(1), with_letter(dead(1))] {
        check(&dead, &moved(1), &repeat(&dead));
    }
}

#[test]
fn a_fresh_budget_taken_from_a_lease_that_ran_out_says_that_it_may_have_been_sent() {
    let (next, take) = took(&Row { lease: Lease::RanOut, ..row() }, &arrival(1, 0));
    assert_eq!((take, next.ambiguous, next.epoch), (Take::Send, true, 1));
}

#[test]
fn a_crash_gives_no_budget_and_loses_no_letter() {
    let dead = Row { lease: Lease::RanOut, ..dead(0) };
    for copy in [bare(true), again(true), arrival(0, 3), Arrival { redelivered: true, ..arrival(0, 3) }] {
        check(&dead, &copy, &repeat(&dead));
    }
}

#[test]
fn a_publishers_own_copy_gives_no_budget_and_makes_no_letter() {
    for state in [State::Dead, State::Held] {
        for row in [dead(0), dead(7)] {
            let row = Row { state, ..row };
            check(&row, &bare(false), &Claim::HasLetter);
            check(&with_letter(row.clone()), &bare(false), &Claim::HasLetter);
            check(&with_letter(row), &bare(true), &Claim::HasLetter);
        }
    }
}

/// The equal message that has taken the row over may find another row when it comes again: this copy may be the only one
/// that is left to publish the letter.
#[test]
fn a_first_delivery_without_an_id_drops_no_letter_that_may_be_unpublished() {
    for epoch in [0, 1] {
        let taken_over = Row { fingerprint: Some(CONTENT), ..dead(epoch) };
        check(&taken_over, &bare(false), &Claim::Park);
        let left = Row { lease: Lease::RanOut, ..taken_over.clone() };
        check(&left, &bare(false), &repeat(&left));
        check(&with_letter(taken_over), &bare(false), &Claim::HasLetter);
    }
}

#[test]
fn a_copy_makes_no_second_letter_of_an_epoch() {
    for copy in [arrival(0, 0), arrival(0, 3), arrival(1, 0), Arrival { redelivered: true, ..arrival(1, 2) }] {
        check(&with_letter(dead(1)), &copy, &Claim::HasLetter);
    }
    // The letter is being published right now.
    check(&dead(1), &arrival(1, 2), &Claim::Park);
}

#[test]
fn get_and_publish_with_notify_again_counts_as_a_move() {
    for row in [dead(0), with_letter(dead(0))] {
        check(&row, &again(false), &Claim::Reissue { epoch: 1 });
    }
    check(&dead(7), &again(false), &Claim::Reissue { epoch: 8 });
    check(&Row { state: State::Held, ..dead(2) }, &again(false), &Claim::Reissue { epoch: 3 });
}

#[test]
fn notify_again_asks_for_nothing_while_the_delivery_goes_on_or_has_ended() {
    check(&waiting(), &again(false), &repeat(&waiting()));
    check(&row(), &again(false), &Claim::Park);
    let sent = Row { state: State::Sent, ..row() };
    check(&sent, &again(false), &Claim::Ended(Box::new(sent.clone())));
}

#[test]
fn a_letter_that_an_operator_took_is_never_dropped_while_its_row_is_dead() {
    let dead = with_letter(dead(2));
    for copy in [moved(1), moved(2), again(true)] {
        check(&dead, &copy, &repeat(&dead));
    }
}

#[test]
fn a_copy_of_an_old_epoch_joins_the_epoch_of_its_row() {
    let sending = Row { epoch: 2, lease: Lease::RanOut, ..row() };
    for row in [sending, Row { epoch: 2, ..waiting() }] {
        for copy in [bare(false), bare(true), arrival(0, 0), arrival(1, 0), arrival(1, 3)] {
            check(&row, &copy, &Claim::Reissue { epoch: 2 });
        }
    }
}

#[test]
fn epochs_at_the_end_of_their_range_neither_overflow_nor_loop() {
    let last = with_letter(dead(u32::MAX));
    check(&last, &again(false), &repeat(&last));
    check(&last, &moved(u32::MAX), &repeat(&last));
}

/// In every cell of the table only an end drops a copy, only a claimed row is written, and the row of a `Take` carries
/// the claim's token.
#[test]
fn every_cell_keeps_the_delivery() {
    let mut cells = 0;
    for state in State::ALL {
        for (lease, epoch, seq) in all(&[Lease::Live, Lease::RanOut], 0..3, 0..3) {
            let known = Row { state, lease, epoch: 1, seq: 1, attempt: 1, order: Order::Retry { tier: 1 }, ..row() };
            for flags in 0..64_u8 {
                let fingerprint = (flags & 32 != 0).then_some(CONTENT);
                let known = Row { has_letter: flags & 16 != 0, fingerprint, ..known.clone() };
                let copy = Arrival {
                    published_by: [
                        PublishedBy::Publisher,
                        PublishedBy::Fleet,
                        PublishedBy::OperatorMove,
                        PublishedBy::OperatorRequest,
                    ][usize::from(flags & 3)],
                    redelivered: flags & 4 != 0,
                    content: if flags & 8 != 0 { CONTENT } else { [9; 32] },
                    ..arrival(epoch, seq)
                };
                let is_operators =
                    matches!(copy.published_by, PublishedBy::OperatorMove | PublishedBy::OperatorRequest);
                let decided = claim(&known, &copy, TOKEN);
                let has_id = known.fingerprint.is_none();
                // An operator may have a suppressed delivery tried again.
                let is_asked_for = state == State::Suppressed && has_id && (epoch > known.epoch || is_operators);
                let allowed = match &decided {
                    Claim::Ended(same) => state.is_final() && **same == known,
                    Claim::Conflict => copy.content != CONTENT,
                    Claim::Take(next, _) => {
                        (!state.is_final() || is_asked_for)
                            && (state != State::Sending || lease == Lease::RanOut)
                            && next.state == State::Sending
                            && next.token != HOLDER
                            && (next.epoch, next.seq) == (known.epoch, known.seq).max((epoch, seq))
                    }
                    Claim::Park => lease == Lease::Live && !state.is_final() && state != State::Waiting,
                    Claim::HasLetter => {
                        let was_delivered = copy.redelivered || copy.published_by == PublishedBy::Fleet;
                        state.is_dead_lettered() && !is_operators && (known.has_letter || (has_id && !was_delivered))
                    }
                    Claim::Repeat(same) => **same == known,
                    Claim::Reissue { epoch } => {
                        (!state.is_final() || is_asked_for) && *epoch >= known.epoch && *epoch <= known.epoch + 1
                    }
                };
                assert!(allowed, "{decided:?}\n  row {known:?}\n  arrival {copy:?}");
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 12 * 18 * 64);
}

fn all(leases: &[Lease], epochs: std::ops::Range<u32>, seqs: std::ops::Range<u32>) -> Vec<(Lease, u32, u32)> {
    let mut cells = Vec::new();
    for lease in leases {
        for epoch in epochs.clone() {
            cells.extend(seqs.clone().map(|seq| (*lease, epoch, seq)));
        }
    }
    cells
}

#[test]
fn a_token_taken_over_differs_from_claim_to_claim() {
    assert_ne!(taking_over(Uuid::from_u128(5)), taking_over(Uuid::from_u128(6)));
}
