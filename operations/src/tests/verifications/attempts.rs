//! What becomes of codes that are tried and of links that are pressed.

use domain::{Actor, Checked, Key, Keyring, Purpose, Scope, Secrets, VerificationState, verification_send_id};
use serde_json::json;

use super::{MADRID, code_of, later, sender, sms, world};
use crate::tests::fixtures::tenant;
use crate::verifications::NotVerified;

/// Another code than this one.
fn wrong(code: &str) -> &'static str {
    if code == "000000" { "111111" } else { "000000" }
}

#[tokio::test]
async fn five_wrong_codes_end_it_and_the_right_one_comes_too_late() {
    let mut world = world().await;
    let started = world.start(&sms(MADRID), None).await.unwrap();
    let (messages, _) = world.messages();
    let code = code_of(&world.revealed(&messages[0])).to_owned();
    for left in (0..5).rev() {
        assert_eq!(world.confirm(&started, wrong(&code), None).await, Checked::Wrong { left });
    }
    assert_eq!(world.confirm(&started, &code, None).await, Checked::TooMany);
    assert_eq!(world.messages(), (vec![], vec!["exhausted".to_owned()]));
    let unknown = world.verifying().confirm(&sender(), "none".into(), &code, None).await;
    assert_eq!(unknown, Err(NotVerified::Unknown));
    let other = Actor { tenant: tenant("other"), ..sender() };
    let foreign = world.verifying().confirm(&other, started.key.id.clone(), &code, None).await;
    assert_eq!(foreign, Err(NotVerified::Unknown));
    let nobody = Actor { scopes: vec![Scope::Read], ..sender() };
    let denied = world.verifying().confirm(&nobody, started.key.id.clone(), &code, None).await;
    assert!(matches!(denied, Err(NotVerified::NotDone(_))), "{denied:?}");
}

#[tokio::test]
async fn a_code_whose_secret_is_known_no_more_is_told_so_and_no_attempt() {
    let mut world = world().await;
    let started = world.start(&sms(MADRID), None).await.unwrap();
    let (messages, _) = world.messages();
    let code = code_of(&world.revealed(&messages[0])).to_owned();
    let known =
        std::mem::replace(&mut world.secrets, Secrets::new(&Keyring::new(b"another secret of the fleet", None)));
    for _ in 0..6 {
        let outdated = world.verifying().confirm(&sender(), started.key.id.clone(), &code, None).await;
        assert_eq!(outdated, Err(NotVerified::UnknownKey));
    }
    world.secrets = known;
    assert_eq!(world.confirm(&started, &code, None).await, Checked::Approved, "it has all its attempts");
}

#[tokio::test]
async fn a_code_is_approved_once_and_told_so_again_to_the_same_request_alone() {
    let mut world = world().await;
    let started = world.start(&sms(MADRID), None).await.unwrap();
    let (messages, _) = world.messages();
    let code = code_of(&world.revealed(&messages[0])).to_owned();
    assert_eq!(world.confirm(&started, &code, Some("r-1")).await, Checked::Approved);
    assert_eq!(world.confirm(&started, &code, Some("r-1")).await, Checked::AlreadyApproved);
    assert_eq!(world.confirm(&started, &code, Some("r-2")).await, Checked::Used);
    assert_eq!(world.confirm(&started, &code, Some("link")).await, Checked::Used);
    assert_eq!(world.messages().1, ["approved"]);
    let cancelled = world.verifying().cancel(&sender(), started.key.id.clone()).await;
    assert_eq!(cancelled, Err(NotVerified::Ended(VerificationState::Approved)));
}

#[tokio::test]
async fn a_link_approves_when_it_is_pressed_and_a_forged_one_is_no_attempt() {
    let mut world = world().await;
    let mail = json!({"channel": "email", "to": "ana@example.org", "purpose": "login"});
    let started = world.start(&mail, None).await.unwrap();
    let (messages, _) = world.messages();
    let link = world.revealed(&messages[0]).link.unwrap();
    let ticket = link.strip_prefix("https://n.example.org/v/").unwrap();
    for _ in 0..3 {
        assert_eq!(world.verifying().of_link(ticket).await.unwrap().as_ref(), Some(&started), "it is only looked at");
    }
    let of_an_ask = world.secrets.link(&started.seed(), Purpose::Answer, 0).unwrap();
    let changed = format!("{}{}", &ticket[..ticket.len() - 1], if ticket.ends_with('A') { 'Q' } else { 'A' });
    for forged in ["", "x", of_an_ask.as_str(), changed.as_str()] {
        assert_eq!(world.verifying().of_link(forged).await.unwrap(), None, "{forged}");
        assert_eq!(world.verifying().approve(forged).await.unwrap(), None, "{forged}");
    }
    assert_eq!(world.read(&started).await.checks, 0);
    assert_eq!(world.verifying().approve(ticket).await.unwrap(), Some(Checked::Approved));
    assert_eq!(world.verifying().approve(ticket).await.unwrap(), Some(Checked::AlreadyApproved));
    assert_eq!(world.messages().1, ["approved"]);
}

#[tokio::test]
async fn what_is_cancelled_or_over_is_never_approved() {
    let mut world = world().await;
    let started = world.start(&sms(MADRID), None).await.unwrap();
    let (messages, _) = world.messages();
    let code = code_of(&world.revealed(&messages[0])).to_owned();
    let cancelled = world.verifying().cancel(&sender(), started.key.id.clone()).await.unwrap();
    assert_eq!(cancelled.state, VerificationState::Cancelled);
    assert_eq!(world.confirm(&started, &code, None).await, Checked::Cancelled);
    assert_eq!(world.messages().1, ["cancelled"]);
    let message = Key { tenant: tenant("acme"), id: verification_send_id(&started.key, 1) };
    let row = world.store().delivery(&message).await.unwrap().unwrap().row;
    assert_eq!(row.state, domain::State::Cancelled, "its message is not sent");
    let started = world.start(&sms(MADRID), None).await.unwrap();
    let (messages, _) = world.messages();
    let code = code_of(&world.revealed(&messages[0])).to_owned();
    world.clock = later(600);
    assert_eq!(world.confirm(&started, &code, None).await, Checked::Expired);
    let again = world.verifying().resend(&sender(), started.key.id.clone(), &json!({"to": MADRID}).to_string()).await;
    assert_eq!(again, Err(NotVerified::Ended(VerificationState::Expired)));
}
