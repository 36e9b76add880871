//! The guard against pumping: how many are let through, whom it counts, and what is left out or blocked.

use domain::{BlockReason, Checked, VerificationState};
use serde_json::{Value, json};

use super::{MADRID, later, sender, sms, world};
use crate::verifications::NotVerified;

#[tokio::test]
async fn of_a_thousand_starts_for_one_prefix_ten_are_sent() {
    let mut world = world().await;
    let mut sent = 0;
    for n in 0..1_000 {
        let started = world.start(&sms(&format!("+3460012{n:04}")), None).await;
        match started {
            Ok(_) => sent += 1,
            Err(NotVerified::Blocked(blocked)) => assert_eq!(blocked.reasons, [BlockReason::Prefix], "{n}"),
            other => panic!("{n}: {other:?}"),
        }
    }
    assert_eq!((sent, world.messages().0.len()), (10, 10));
    assert!(world.start(&sms("+34600120000"), Some("k")).await.is_err());
    let mail = json!({"channel": "email", "to": "ana@example.org", "purpose": "login"});
    assert!(world.start(&mail, None).await.is_ok(), "a mail has no prefix");
}

#[tokio::test]
async fn starts_at_once_do_not_pass_the_guard_together() {
    let world = world().await;
    let bodies: Vec<Value> = (0..40).map(|n| sms(&format!("+3460012{n:04}"))).collect();
    let started = futures_util::future::join_all(bodies.iter().map(|body| world.start(body, None))).await;
    assert_eq!(started.iter().filter(|one| one.is_ok()).count(), 10, "no more, and none keeps another out");
    let mail = json!({"channel": "email", "to": "ana@example.org", "purpose": "login"});
    let mails = futures_util::future::join_all((0..20).map(|_| world.start(&mail, None))).await;
    assert_eq!(mails.iter().filter(|one| one.is_ok()).count(), 3);
}

#[tokio::test]
async fn every_address_of_a_ladder_counts_whichever_comes_first() {
    let world = world().await;
    let to = |to: Value| json!({"channel": "auto", "to": to, "purpose": "login"});
    for n in 0..3 {
        let behind = to(json!({"email": format!("ana{n}@example.org"), "phone": MADRID}));
        assert!(world.start(&behind, None).await.is_ok(), "{n}");
    }
    let fourth = to(json!({"telegram_chat_id": 42, "phone": MADRID}));
    for body in [fourth, sms(MADRID), json!({"channel": "whatsapp", "to": MADRID, "purpose": "login"})] {
        let Err(NotVerified::Blocked(row)) = world.start(&body, None).await else { panic!("{body}") };
        assert_eq!(row.reasons, [BlockReason::Address], "{body}");
    }
    assert!(world.start(&to(json!({"telegram_chat_id": 42, "email": "ana0@example.org"})), None).await.is_ok());
}

#[tokio::test]
async fn a_number_to_which_no_codes_are_sent_is_left_out_of_a_ladder_and_never_sent_to() {
    let mut world = world().await;
    let to = json!({"email": "ana@example.org", "phone": "+18765550100"});
    let body = json!({"channel": "auto", "to": to, "purpose": "login"});
    let started = world.start(&body, Some("k")).await.unwrap();
    assert_eq!((started.state, started.reasons.as_slice()), (VerificationState::Pending, &[BlockReason::Country][..]));
    assert_eq!((started.dial_code.as_deref(), started.prefix, started.sends), (None, None, 1));
    assert_eq!(world.start(&body, Some("k")).await.unwrap(), started, "a repeat");
    world.limits.countries.push("+1876".into());
    world.clock = later(60);
    world.verifying().resend(&sender(), started.key.id.clone(), &json!({"to": to}).to_string()).await.unwrap();
    let (messages, _) = world.messages();
    assert_eq!(messages.len(), 2);
    for message in messages {
        assert_eq!((&message["channel"], message.get("fallback")), (&json!("email"), None), "nobody has counted more");
    }
}

#[tokio::test]
async fn a_premium_number_of_a_country_that_is_served_is_left_out_and_never_sent_to() {
    let mut world = world().await;
    let premium = "+34806123456";
    let blocked = world.start(&sms(premium), None).await;
    let Err(NotVerified::Blocked(row)) = blocked else { panic!("{blocked:?}") };
    assert_eq!(row.reasons, [BlockReason::Premium]);
    assert!(world.messages().0.is_empty());
    let to = json!({"email": "ana@example.org", "phone": premium});
    let started = world.start(&json!({"channel": "auto", "to": to, "purpose": "login"}), None).await.unwrap();
    assert_eq!((started.state, started.reasons.as_slice()), (VerificationState::Pending, &[BlockReason::Premium][..]));
    world.clock = later(60);
    world.verifying().resend(&sender(), started.key.id.clone(), &json!({"to": to}).to_string()).await.unwrap();
    let (messages, _) = world.messages();
    assert_eq!(messages.len(), 2);
    for message in messages {
        assert_eq!((&message["channel"], message.get("fallback")), (&json!("email"), None));
    }
}

#[tokio::test]
async fn what_is_blocked_is_a_row_with_its_reasons_and_nothing_is_sent() {
    let mut world = world().await;
    let number = "+18765550100";
    let blocked = world.start(&sms(number), Some("k")).await;
    let Err(NotVerified::Blocked(row)) = blocked else { panic!("{blocked:?}") };
    assert_eq!((row.state, row.reasons.as_slice()), (VerificationState::Blocked, &[BlockReason::Country][..]));
    assert_eq!((&world.read(&row).await, world.messages()), (&*row, (vec![], vec!["blocked".to_owned()])));
    assert_eq!(world.start(&sms(number), Some("k")).await, Err(NotVerified::Blocked(row.clone())), "a repeat");
    assert_eq!(world.confirm(&row, "000000", None).await, Checked::Blocked);
    world.limits.countries.clear();
    let nowhere = world.start(&sms(MADRID), None).await;
    assert!(matches!(nowhere, Err(NotVerified::Blocked(_))), "{nowhere:?}");
    let alone = json!({"channel": "auto", "to": {"phone": number}, "purpose": "login"});
    assert!(matches!(world.start(&alone, None).await, Err(NotVerified::Blocked(_))), "nothing else is left");
    let mail = json!({"channel": "email", "to": "ana@example.org", "purpose": "login"});
    for n in 0..3 {
        assert!(world.start(&mail, None).await.is_ok(), "{n}");
    }
    let fourth = world.start(&mail, None).await;
    let Err(NotVerified::Blocked(row)) = fourth else { panic!("{fourth:?}") };
    assert_eq!(row.reasons, [BlockReason::Address]);
    world.clock = later(601);
    assert!(world.start(&mail, None).await.is_ok(), "its ten minutes are over");
}

#[tokio::test]
async fn whoever_asks_is_counted_by_their_network_and_by_their_session() {
    let mut world = world().await;
    (world.limits.per_client, world.limits.per_session) = (2, 2);
    let of = |n: u32, fields: Value| {
        let mut body = json!({"channel": "email", "to": format!("ana{n}@example.org"), "purpose": "login"});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    for (n, (fields, reason)) in (0..).zip([
        (json!({"client_ip": "2001:db8:1:2::1"}), None),
        (json!({"client_ip": "2001:db8:1:2:ffff::2"}), None),
        (json!({"client_ip": "2001:db8:1:2::3"}), Some(BlockReason::Client)),
        (json!({"client_ip": "2001:db8:1:3::3"}), None),
        (json!({"client_ip": "203.0.113.7", "session": "s"}), None),
        (json!({"client_ip": "::ffff:203.0.113.7", "session": "s"}), None),
        (json!({"session": "s"}), Some(BlockReason::Session)),
        (json!({}), None),
    ]) {
        match (world.start(&of(n, fields), None).await, reason) {
            (Ok(_), None) => {}
            (Err(NotVerified::Blocked(row)), Some(reason)) => assert_eq!(row.reasons, [reason], "{n}"),
            (other, _) => panic!("{n}: {other:?}"),
        }
    }
}
