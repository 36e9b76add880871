//! Copies that go one after the other through the whole pipeline, from the lane to their settlement, over a real
//! ledger.

mod attached;
mod called_off;
mod faults;
mod inbox;
mod named;
mod paused;

use std::time::Duration;

use domain::{Lane, Order, State, SuppressedFor};
use intake::Named;
use topology::{Settlement, To};

use super::*;
use crate::testing::{Copy, Mailbox, Parts, parts, parts_mailing_to, parts_without_tables};

const SMS: &str = r#"{"channel":"sms","destination":"+12025550143","message":"Hola"}"#;
const EMAIL: &str = r#"{"channel":"email","destination":"ana@example.com","subject":"Hola","message":"Hola"}"#;

#[tokio::test]
async fn a_new_delivery_is_claimed_sent_recorded_and_acknowledged() {
    let mut parts = parts().await;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), SMS)).await, Settlement::Ack);
    let row = parts.row("d-1").await.expect("a row");
    assert_eq!((row.state, row.attempt, row.order), (State::Captured, 1, Order::Nothing));
    let sent = parts.sent().await;
    assert_eq!(sent.iter().map(|sent| sent.capture.text.as_str()).collect::<Vec<_>>(), ["Hola"]);
    assert_eq!(parts.published(), []);
}

#[tokio::test]
async fn of_a_webhook_the_sandbox_keeps_what_would_have_been_posted() {
    let parts = parts().await;
    for (id, words, posted) in [
        ("d-1", r#""message":"","data":{"order":4711,"price":1.10}"#, r#"{"order":4711,"price":1.10}"#),
        ("d-2", r#""subject":"S","message":"Hola""#, r#"{"message":"Hola","subject":"S"}"#),
    ] {
        let body =
            format!(r#"{{"channel":"webhook","destination":"https://hooks.example.org/orders?shop=7",{words}}}"#);
        assert_eq!(parts.consume(Copy::published(Some(id), &body)).await, Settlement::Ack);
        let sent = parts.sent().await;
        let last = sent.last().expect("a capture");
        assert_eq!(last.capture.text, posted);
        assert_eq!(last.capture.destination, "https://hooks.example.org/orders?shop=7");
    }
}

#[tokio::test]
async fn of_a_telegram_message_the_sandbox_keeps_the_words_without_their_tags_and_the_buttons() {
    let parts = parts().await;
    let data = r#"{"telegram":{"format":"html"},"buttons":[[{"text":"Yes","data":"y-1"}]]}"#;
    let body =
        format!(r#"{{"channel":"telegram","destination":"-4711","message":"Deploy <b>&lt;7&gt;</b>?","data":{data}}}"#);
    assert_eq!(parts.consume(Copy::published(Some("d-1"), &body)).await, Settlement::Ack);
    let sent = parts.sent().await;
    assert_eq!(sent.last().expect("a capture").capture.text, "Deploy <7>?\n[Yes: y-1]");
}

#[tokio::test]
async fn a_mail_of_a_list_is_not_sent_without_a_link_to_leave_it() {
    let mut parts = parts().await;
    let body = EMAIL.replace("\"message\"", "\"list\":\"news\",\"message\"");
    assert_eq!(parts.consume(Copy::published(Some("d-1"), &body)).await, Settlement::Ack);
    let letters = parts.published();
    let dead = letters[0].headers.dead.as_ref().expect("a letter");
    assert_eq!((letters.len(), dead.reason.as_str()), (1, Reason::ChannelNotConfigured.as_str()));
    assert!(dead.error.contains("/list needs PUBLIC_URL"), "{}", dead.error);
    let sms = SMS.replace("\"message\"", "\"list\":\"news\",\"message\"");
    assert_eq!(parts.consume(Copy::published(Some("d-2"), &sms)).await, Settlement::Ack);
    assert_eq!(parts.row("d-2").await.expect("a row").state, State::Captured, "no other channel has lists");
}

#[tokio::test]
async fn a_copy_of_what_was_sent_is_acknowledged_without_a_send() {
    let mut parts = parts().await;
    for copy in 1..=3 {
        assert_eq!(parts.consume(Copy::published(Some("d-1"), SMS)).await, Settlement::Ack, "copy {copy}");
        assert_eq!(parts.sent().await.len(), 1, "copy {copy}");
    }
    assert_eq!(parts.row("d-1").await.expect("a row").attempt, 1);
    assert_eq!(parts.published(), []);
}

#[tokio::test]
async fn equal_messages_without_an_id_are_sent_each_and_acknowledged() {
    let parts = parts().await;
    for copies in 1..=2 {
        assert_eq!(parts.consume(Copy::published(None, SMS)).await, Settlement::Ack);
        assert_eq!(parts.sent().await.len(), copies);
    }
}

#[tokio::test]
async fn what_fails_goes_through_the_retry_tiers_with_its_counts_and_then_to_the_dead_letter_queue() {
    let mut parts = parts().await;
    let mut copy = Copy::published(Some("d-1"), EMAIL);
    for (attempt, tier) in [(1, 1), (2, 2), (3, 3)] {
        assert_eq!(parts.consume(copy).await, Settlement::Ack, "attempt {attempt}");
        let row = parts.row("d-1").await.expect("a row");
        assert_eq!((row.state, row.attempt, row.order), (State::Waiting, attempt, Order::Retry { tier }));
        let mut published = parts.published();
        let retry = published.pop().expect("a retry");
        assert_eq!(published, []);
        assert_eq!((&retry.to, retry.message_id.as_str()), (&To::Retry(tier), "d-1"));
        assert_eq!(retry.body, EMAIL.as_bytes());
        let headers = &retry.headers;
        assert_eq!((headers.epoch, headers.seq, headers.attempt), (Some(0), Some(attempt), Some(attempt)));
        copy = Copy::of(retry);
    }
    assert_eq!(parts.consume(copy).await, Settlement::Ack);
    assert_eq!(parts.row("d-1").await.expect("a row").state, State::Dead);
    let letters = parts.published();
    let dead = letters[0].headers.dead.as_ref().expect("a letter");
    assert_eq!((&letters[0].to, letters.len(), dead.attempts), (&To::DeadLetter, 1, 4));
}

#[tokio::test]
async fn a_body_that_cannot_be_read_goes_to_the_dead_letter_queue_with_its_reason() {
    let mut parts = parts().await;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), r#"{"channel":"sms""#)).await, Settlement::Ack);
    let letters = parts.published();
    assert_eq!((&letters[0].to, letters[0].message_id.as_str(), letters.len()), (&To::DeadLetter, "d-1", 1));
    let dead = letters[0].headers.dead.as_ref().expect("a letter");
    assert_eq!(dead.reason, Reason::DecodeError.as_str());
    assert!(!dead.error.is_empty());
    assert!(parts.row("d-1").await.is_none());
}

#[tokio::test]
async fn another_body_under_a_known_id_is_a_dead_letter_and_leaves_the_row_alone() {
    let mut parts = parts().await;
    parts.consume(Copy::published(Some("d-1"), SMS)).await;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), EMAIL)).await, Settlement::Ack);
    let letters = parts.published();
    let dead = letters[0].headers.dead.as_ref().expect("a letter");
    assert_eq!((letters.len(), dead.reason.as_str()), (1, Reason::IdConflict.as_str()));
    assert_eq!(parts.row("d-1").await.expect("a row").state, State::Captured);
}

#[tokio::test]
async fn a_message_that_came_too_often_is_given_up_before_a_send_and_its_row_ends_with_it() {
    let mut parts = parts().await;
    let mut copy = Copy::published(Some("d-1"), SMS);
    copy.incoming.delivery_count = topology::TOO_MANY_DELIVERIES;
    assert_eq!(parts.consume(copy).await, Settlement::Ack);
    let letters = parts.published();
    let dead = letters[0].headers.dead.as_ref().expect("a letter");
    assert_eq!((letters.len(), dead.reason.as_str()), (1, Reason::RedeliveredTooOften.as_str()));
    assert_eq!(parts.row("d-1").await.expect("a row").state, State::Dead);
    assert_eq!(parts.sent().await.len(), 0);
}

#[tokio::test]
async fn a_worker_that_stops_gives_back_what_it_has_not_sent() {
    let mut stopping = parts().await;
    stopping.shared.intake.stopping.cancel();
    assert_eq!(stopping.consume(Copy::published(Some("d-1"), SMS)).await, Settlement::Requeue);
    let row = stopping.row("d-1").await.expect("a row");
    assert_eq!((row.state, row.attempt), (State::Waiting, 0));
    assert_eq!((stopping.sent().await.len(), stopping.published()), (0, vec![]));
}

/// The id, the routing key or queue, and the data of each.
fn told(published: Vec<topology::Publication>) -> Vec<(String, String, serde_json::Value)> {
    let read = |one: topology::Publication| {
        let event: serde_json::Value = serde_json::from_slice(&one.body).expect("JSON");
        assert_eq!(event["id"], one.message_id);
        let to = match one.to {
            To::Event(key) => key,
            To::Reply(queue) => queue,
            other => panic!("{other:?}"),
        };
        (one.message_id, to, event["data"].clone())
    };
    published.into_iter().map(read).collect()
}

#[tokio::test]
async fn an_end_is_told_once_and_again_with_the_same_id_to_a_copy_that_was_in_hand_before() {
    let mut parts = parts().await;
    let body = r#"{"channel":"sms","destination":"+12025550143","message":"Hola","metadata":{"order":7}}"#;
    parts.consume(Copy::published(Some("d-1"), body)).await;
    let first = told(parts.told());
    let [(id, key, data)] = &first[..] else { panic!("{first:?}") };
    assert_eq!(key, "default.sms.captured");
    assert_eq!((data["state"].as_str(), data["metadata"]["order"].as_u64()), (Some("captured"), Some(7)));
    parts.consume(Copy::published(Some("d-1"), body)).await;
    assert_eq!(parts.told(), [], "the publisher repeats itself");
    parts.consume(Copy::published(Some("d-1"), body).redelivered()).await;
    let again = told(parts.told());
    assert_eq!((&again[0].0, again.len()), (id, 1));
    assert!(!format!("{first:?}").contains("2025550143"));
}

#[tokio::test]
async fn every_attempt_is_told_before_its_retry_is_published() {
    let mut parts = parts().await;
    let mut copy = Copy::published(Some("d-1"), EMAIL);
    for attempt in 1..=4 {
        parts.consume(copy).await;
        let published = parts.published();
        let told = told(parts.told());
        let name = if attempt == 4 { "dead" } else { "retrying" };
        let data = &told[0].2;
        assert_eq!((told.len(), told[0].1.as_str()), (1, format!("default.email.{name}").as_str()));
        assert_eq!(data["attempt"], attempt);
        assert_eq!(data["reason"].as_str(), (attempt == 4).then_some("exhausted"));
        copy = Copy::of(published.into_iter().next().expect("a retry, or the letter"));
    }
    // The letter is moved back.
    parts.consume(copy).await;
    parts.published();
    let keys: Vec<String> = told(parts.told()).into_iter().map(|(_, key, _)| key).collect();
    assert_eq!(keys, ["default.email.replayed", "default.email.retrying"]);
}

#[tokio::test]
async fn the_end_is_told_to_the_queue_that_its_publisher_has_named_and_nothing_else_is() {
    let mut parts = parts().await;
    let named = |id: &str, body: &str, queue: &str| {
        let mut copy = Copy::published(Some(id), body);
        copy.incoming.reply_to = Some(queue.into());
        copy
    };
    parts.consume(named("d-1", EMAIL, "orders.replies")).await;
    parts.published();
    assert_eq!(told(parts.told()).len(), 1, "a retry is no end");
    parts.consume(named("d-2", SMS, "orders.replies")).await;
    let told = told(parts.told());
    let to: Vec<&str> = told.iter().map(|(_, to, _)| to.as_str()).collect();
    assert_eq!(to, ["default.sms.captured", "orders.replies"]);
    assert_eq!((&told[0].0, &told[0].2), (&told[1].0, &told[1].2), "the same event");
}

/// Puts the recipient on the suppression list of the default tenant.
async fn suppress(parts: &Parts, channel: &str, destination: &str, reason: SuppressedFor) {
    let channel = domain::ChannelName::parse(channel).expect("a name");
    let entry = domain::Suppression {
        id: format!("{channel} {reason}"),
        tenant: domain::Tenant::default(),
        recipient: parts.shared.intake.hasher.hash(&media::compared(&channel, destination)),
        channel,
        recipient_mask: "***".into(),
        reason,
        scope: reason.usual_scope(),
        since: testkit::NOW,
        until: None,
        by: "ada".into(),
        note: None,
    };
    parts.shared.intake.store.suppress(&entry, None).await.expect("stored");
}

#[tokio::test]
async fn nothing_is_sent_to_who_is_on_the_suppression_list_until_the_entry_is_lifted_and_it_is_asked_for_again() {
    let mut parts = parts().await;
    suppress(&parts, "sms", "+12025550143", SuppressedFor::Stop).await;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), SMS)).await, Settlement::Ack);
    let row = parts.row("d-1").await.expect("a row");
    assert_eq!((row.state, row.suppressed_for, row.attempt), (State::Suppressed, Some(SuppressedFor::Stop), 0));
    let first = told(parts.told());
    assert_eq!((first[0].1.as_str(), first.len()), ("default.sms.suppressed", 1));
    assert_eq!(first[0].2["suppressed_for"].as_str(), Some("stop"));
    let tenant = domain::Tenant::default();
    let which = store::Which::Id("sms stop".into());
    parts.shared.intake.store.lift(&tenant, &which, "ada", "START", testkit::NOW, None).await.expect("lifted");
    assert_eq!(parts.consume(Copy::published(Some("d-1"), SMS)).await, Settlement::Ack);
    assert_eq!((parts.sent().await.len(), parts.published()), (0, vec![]), "the publisher repeats itself");
    let mut again = Copy::published(Some("d-1"), SMS);
    again.incoming.headers.again = true;
    assert_eq!(parts.consume(again).await, Settlement::Ack);
    let reissued = parts.published().pop().expect("the copy with a budget of its own");
    assert_eq!((&reissued.to, reissued.headers.epoch), (&To::Lane(domain::Lane::Normal), Some(1)));
    assert_eq!(parts.consume(Copy::of(reissued)).await, Settlement::Ack);
    let row = parts.row("d-1").await.expect("a row");
    assert_eq!((row.state, row.suppressed_for, row.epoch), (State::Captured, None, 1));
    assert_eq!(parts.sent().await.len(), 1);
}

#[tokio::test]
async fn a_dead_address_goes_to_the_next_channel_and_who_does_not_want_it_gets_it_on_none() {
    let body = r#"{"channel":"email","destination":"Ana@Example.com","subject":"Hola","message":"Hola",
        "fallback":[{"channel":"sms","destination":"+12025550143"}]}"#;
    for (reason, state) in [(SuppressedFor::HardBounce, State::FellBack), (SuppressedFor::Complaint, State::Suppressed)]
    {
        let mut parts = parts().await;
        suppress(&parts, "email", "ana@example.com", reason).await;
        assert_eq!(parts.consume(Copy::published(Some("d-1"), body)).await, Settlement::Ack);
        assert_eq!(parts.row("d-1").await.expect("a row").state, state);
        let published = parts.published();
        assert_eq!(published.len(), usize::from(state == State::FellBack), "{reason}: {published:?}");
        for child in published {
            assert_eq!(parts.consume(Copy::of(child)).await, Settlement::Ack);
            assert_eq!(parts.sent().await.len(), 1, "the child");
        }
    }
}

#[tokio::test]
async fn what_waits_for_a_retry_is_looked_up_when_it_comes_back() {
    let mut parts = parts().await;
    parts.consume(Copy::published(Some("d-1"), EMAIL)).await;
    let retry = parts.published().pop().expect("a retry");
    suppress(&parts, "email", "ana@example.com", SuppressedFor::HardBounce).await;
    assert_eq!(parts.consume(Copy::of(retry)).await, Settlement::Ack);
    let row = parts.row("d-1").await.expect("a row");
    assert_eq!((row.state, row.attempt), (State::Suppressed, 1));
    assert_eq!(parts.published(), []);
}

const COPIED: &str = r#"{"channel":"email","destination":"ana@example.com","subject":"Hola","message":"Hola","order":7,
    "cc":["B@Example.com","c@example.com"],"bcc":["d@example.com","ana@example.com","e@example.com"]}"#;

#[tokio::test]
async fn who_is_on_the_suppression_list_gets_no_copy_and_the_delivery_says_so() {
    let mut mailbox = Mailbox::open().await;
    let parts = parts_mailing_to(mailbox.address).await;
    suppress(&parts, "email", "b@example.com", SuppressedFor::HardBounce).await;
    suppress(&parts, "email", "c@example.com", SuppressedFor::Unsubscribe).await;
    suppress(&parts, "email", "e@example.com", SuppressedFor::Complaint).await;
    suppress(&parts, "sms", "d@example.com", SuppressedFor::Stop).await;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), COPIED)).await, Settlement::Ack);
    assert_eq!(mailbox.recipients(), [["ana@example.com", "c@example.com", "d@example.com"]]);
    assert_eq!(parts.row("d-1").await.expect("a row").state, State::Sent);
    let warnings = parts.warnings("d-1").await;
    let pointers: Vec<&str> = warnings.iter().map(|warning| warning.pointer.as_str()).collect();
    assert_eq!(pointers, ["/order", "/cc/0", "/bcc/2"], "behind what was not read");
    let detail = "was left out of an attempt: ***@Example.com is on the suppression list (hard_bounce)";
    assert_eq!(warnings[1].detail, detail);
    let mut urgent = Copy::published(Some("d-2"), COPIED);
    urgent.incoming.lane = Lane::Urgent;
    parts.consume(urgent).await;
    let expected = ["ana@example.com", "c@example.com", "d@example.com", "e@example.com"];
    assert_eq!(mailbox.recipients(), [expected], "a complaint stops nothing urgent");
}

#[tokio::test]
async fn every_attempt_looks_the_copies_up_again_and_what_is_found_again_is_told_once() {
    let mut parts = parts().await;
    parts.consume(Copy::published(Some("d-1"), COPIED)).await;
    assert_eq!(parts.warnings("d-1").await.len(), 1, "the field that was not read");
    suppress(&parts, "email", "d@example.com", SuppressedFor::HardBounce).await;
    for attempt in 2..=3 {
        let retry = parts.published().pop().expect("a retry");
        parts.consume(Copy::of(retry)).await;
        assert_eq!(parts.row("d-1").await.expect("a row").attempt, attempt);
        let pointers: Vec<String> = parts.warnings("d-1").await.into_iter().map(|warning| warning.pointer).collect();
        assert_eq!(pointers, ["/order", "/bcc/0"], "attempt {attempt}");
    }
}

#[tokio::test]
async fn a_mail_with_copies_waits_for_a_ledger_that_does_not_say_who_gets_none() {
    let mut mailbox = Mailbox::open().await;
    let parts = parts_without_tables(mailbox.address).await;
    let (shared, copy) = (&parts.shared, Copy::published(Some("d-1"), COPIED));
    let notification = Arc::new(shared.intake.decode(&copy.incoming).expect("a notification"));
    let delivery = Delivery::new(&Named::given(testkit::key("d-1")), notification, &copy.incoming);
    let (row, gone_out) = (delivery.candidate(shared, &copy.incoming), GoneOut::default());
    let send_until = Instant::now() + Duration::from_secs(60);
    let trying = try_once(shared, &gone_out, &row, &delivery, &copy.incoming, send_until);
    let mut down = shared.intake.breaker.watch();
    let repairing = async {
        down.wait_for(|is_down| *is_down).await.expect("the breaker is there");
        assert_eq!(mailbox.recipients().len(), 0, "nothing is sent without the answer");
        shared.intake.store.migrate().await.expect("the tables");
    };
    let (tried, ()) = tokio::join!(trying, repairing);
    let outcome = tried.expect("the ledger has answered").outcome;
    assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
    assert_eq!(mailbox.recipients().iter().map(Vec::len).collect::<Vec<_>>(), [5]);
}

#[tokio::test]
async fn messages_of_a_provider_that_fails_wait_and_spend_no_attempt() {
    let mut parts = parts().await;
    for n in 0..20 {
        parts.consume(Copy::published(Some(&format!("d-{n}")), EMAIL)).await;
    }
    parts.published();
    assert_eq!(parts.consume(Copy::published(Some("waits"), EMAIL)).await, Settlement::Ack);
    let row = parts.row("waits").await.expect("a row");
    assert_eq!((row.state, row.attempt, row.order), (State::Waiting, 0, Order::Retry { tier: 1 }));
    assert_eq!(row.passed_over.as_deref(), Some("smtp: it fails too often, its breaker is open"));
    let retry = parts.published().pop().expect("a retry");
    assert_eq!((retry.headers.attempt, retry.headers.seq), (Some(0), Some(1)));
    assert_eq!(parts.consume(Copy::published(Some("other"), SMS)).await, Settlement::Ack);
    assert_eq!(parts.row("other").await.expect("a row").state, State::Captured, "no other channel waits");
}
