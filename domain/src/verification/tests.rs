//! The rules and numbers of codes, by tables.

use super::*;
use crate::samples::{NOW, key};

mod numbers;
mod pumping;

/// One that was sent when it was made.
fn verification() -> Verification {
    Verification {
        key: key("v-1"),
        purpose: "login".into(),
        locale: None,
        channel: ChannelName::parse("sms").unwrap(),
        recipient: RecipientHash::UNKNOWN,
        recipient_mask: "***43".into(),
        addresses: RecipientHash::UNKNOWN,
        prefix: Some([1; 32]),
        client: None,
        session: None,
        dial_code: Some("+34".into()),
        state: VerificationState::Pending,
        version: 1,
        salt: [7; 16],
        key_id: "0a0b0c0d".into(),
        checks: 0,
        sends: 1,
        last_sent_at: Some(NOW),
        approved_by: None,
        reasons: Vec::new(),
        created_at: NOW,
        expires_at: NOW.plus(CODE_LIVES),
        ended_at: None,
    }
}

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

/// Tries a code as the store does: counts the attempt, and then looks at it.
fn attempt(of: &mut Verification, by: Option<&str>, seconds: u64, is_right: bool) -> Checked {
    of.checks += 1;
    let (checked, moved) = of.checked(by, after(seconds), || is_right);
    if let Some(moved) = moved {
        assert_eq!(moved.verification.version, of.version + 1);
        *of = moved.verification;
    }
    checked
}

#[test]
fn a_code_is_tried_five_times_and_the_sixth_is_not_looked_at() {
    let mut one = verification();
    for left in (0..5).rev() {
        assert_eq!(one.state, VerificationState::Pending);
        assert_eq!(attempt(&mut one, None, 1, false), Checked::Wrong { left });
    }
    assert_eq!(one.state, VerificationState::Exhausted);
    assert_eq!(attempt(&mut one, None, 1, true), Checked::TooMany);
    let counted_meanwhile = Verification { checks: 6, ..verification() };
    let (checked, moved) = counted_meanwhile.checked(None, NOW, || panic!("it was looked at"));
    assert_eq!(checked, Checked::TooMany);
    assert_eq!(moved.unwrap().verification.state, VerificationState::Exhausted);
}

#[test]
fn the_fifth_attempt_may_be_the_right_one() {
    let mut one = verification();
    for _ in 0..4 {
        attempt(&mut one, None, 1, false);
    }
    assert_eq!(attempt(&mut one, None, 1, true), Checked::Approved);
    assert_eq!((one.state, one.ended_at), (VerificationState::Approved, Some(after(1))));
}

#[test]
fn a_code_is_good_for_ten_minutes() {
    assert_eq!(attempt(&mut verification(), None, 599, true), Checked::Approved);
    let mut late = verification();
    assert_eq!(attempt(&mut late, None, 600, true), Checked::Expired);
    assert_eq!(late.state, VerificationState::Expired, "whoever meets it first notes that its time is over");
    assert_eq!(attempt(&mut late, None, 1, true), Checked::Expired);
    assert_eq!(verification().expired(after(599)), None);
    let moved = verification().expired(after(600)).unwrap();
    assert_eq!((moved.event.noun, moved.event.name), ("verification", "expired"));
    assert_eq!(moved.verification.expired(after(700)), None);
}

#[test]
fn it_is_approved_once_and_told_so_again_to_the_same_request_alone() {
    let mut one = verification();
    assert_eq!(attempt(&mut one, Some("r-1"), 1, true), Checked::Approved);
    let approved = one.clone();
    assert_eq!(attempt(&mut one, Some("r-1"), 2, true), Checked::AlreadyApproved);
    assert_eq!(attempt(&mut one, Some("r-1"), 2, false), Checked::Used);
    assert_eq!(attempt(&mut one, Some("r-2"), 2, true), Checked::Used);
    assert_eq!(attempt(&mut one, None, 2, true), Checked::Used);
    assert_eq!(
        attempt(&mut one, Some("r-1"), 9_000, true),
        Checked::AlreadyApproved,
        "its answer was lost, not its code"
    );
    assert_eq!((one.state, one.version), (approved.state, approved.version));
    let mut by_nobody = verification();
    attempt(&mut by_nobody, None, 1, true);
    assert_eq!(attempt(&mut by_nobody, None, 1, true), Checked::Used);
}

#[test]
fn what_has_ended_otherwise_is_never_approved() {
    for (state, expected) in [
        (VerificationState::Cancelled, Checked::Cancelled),
        (VerificationState::Blocked, Checked::Blocked),
        (VerificationState::Exhausted, Checked::TooMany),
        (VerificationState::Expired, Checked::Expired),
    ] {
        let mut ended = Verification { state, ..verification() };
        assert_eq!(attempt(&mut ended, Some("r-1"), 1, true), expected);
        assert_eq!((ended.state, ended.cancelled(NOW), ended.expired(after(600))), (state, None, None));
        assert_eq!(ended.sent(after(60)), Sending::Ended(state));
    }
    assert_eq!(verification().cancelled(NOW).unwrap().verification.state, VerificationState::Cancelled);
}

#[test]
fn it_is_sent_five_times_thirty_seconds_apart_within_its_time() {
    let mut one = Verification { sends: 0, last_sent_at: None, ..verification() };
    for second in [0, 30, 60, 90, 120] {
        let Sending::Now(moved) = one.sent(after(second)) else { panic!("{second}") };
        assert_eq!((moved.event.name, moved.verification.expires_at), ("sent", one.expires_at));
        assert_eq!(moved.verification.seed(), one.seed(), "the code is the same");
        one = moved.verification;
        if one.sends < MAX_SENDS {
            assert_eq!(one.sent(after(second + 29)), Sending::Wait(Duration::from_secs(1)));
        }
    }
    assert_eq!(one.sent(after(200)), Sending::TooOften);
    assert_eq!(verification().sent(after(600)), Sending::Ended(VerificationState::Expired));
    let sent_by_a_clock_that_was_ahead = Verification { last_sent_at: Some(after(500)), ..verification() };
    assert!(matches!(sent_by_a_clock_that_was_ahead.sent(after(31)), Sending::Now(_)));
}

#[test]
fn a_blocked_one_says_why_and_is_never_sent() {
    let reasons = vec![BlockReason::Country, BlockReason::Budget];
    let blocked = verification().guarded(reasons.clone());
    assert_eq!((blocked.state, blocked.ended_at), (VerificationState::Blocked, Some(NOW)));
    assert_eq!(blocked.version, verification().version + 1, "its row is there by then");
    let told = blocked.ended().unwrap();
    assert_eq!((told.name, &told.data["reasons"]), ("blocked", &serde_json::json!(["country", "budget"])));
    assert_eq!(blocked.sent(after(60)), Sending::Ended(VerificationState::Blocked));
    assert_eq!(verification().guarded(Vec::new()), verification());
    assert_eq!(verification().started().name, "started");
}

#[test]
fn an_event_has_nothing_of_the_number_and_one_id_for_each_transition() {
    let Sending::Now(sent) = verification().sent(after(30)) else { panic!("it is sent") };
    let Sending::Now(again) = verification().sent(after(31)) else { panic!("it is sent") };
    assert_eq!(sent.event, again.event, "whoever sends the same at the same time tells the same");
    let ended = sent.verification.expired(after(600)).unwrap();
    assert_ne!(sent.event.id, ended.event.id);
    let later = Verification { checks: 9, ..ended.verification.clone() };
    assert_eq!(later.ended(), Some(ended.event.clone()), "whoever tells its end later tells the same");
    assert_eq!(sent.verification.ended(), None);
    let told = format!("{:?} {:?} {:?}", sent.event, ended.event, verification().started());
    assert!(!told.contains("***43") && told.contains("+34"), "{told}");
}

#[test]
fn one_whose_time_is_over_has_expired_whatever_its_row_says() {
    assert_eq!(verification().state_at(after(599)), VerificationState::Pending);
    assert_eq!(verification().state_at(after(600)), VerificationState::Expired);
    let approved = Verification { state: VerificationState::Approved, ..verification() };
    assert_eq!(approved.state_at(after(600)), VerificationState::Approved);
}

#[test]
fn states_read_as_they_are_written() {
    assert!(VerificationState::ALL.iter().all(|state| VerificationState::parse(state.as_str()) == Some(*state)));
    assert_eq!(VerificationState::parse("open"), None);
}
