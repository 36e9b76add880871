//! What is told in an application: put into the inbox of its user, and told with where that stands.

use domain::{InboxAct, Tenant, When};
use serde_json::json;

use super::*;

const BODY: &str = r#"{"channel":"inapp","destination":"user:ana","subject":"Oferta","message":"Hola",
    "data":{"inapp":{"kind":"oferta_resultado","action":{"url":"/ofertas/7"}},"n":7}}"#;

#[tokio::test]
async fn a_message_is_in_the_inbox_before_it_is_told_and_a_second_copy_puts_it_there_no_more() {
    let mut parts = parts().await;
    assert_eq!(parts.consume(Copy::published(Some("d-1"), BODY)).await, Settlement::Ack);
    let first = told(parts.told());
    let [(id, key, data)] = &first[..] else { panic!("{first:?}") };
    assert_eq!((key.as_str(), data["state"].as_str()), ("default.inapp.delivered", Some("delivered")));
    let inbox = data["inbox"].clone();
    assert_eq!(
        (&inbox["user"], &inbox["seq"], &inbox["unread"], &inbox["unseen"]),
        (&json!("ana"), &json!(1), &json!(1), &json!(1))
    );
    let store = &parts.shared.intake.store;
    let item = store.inbox_item(&testkit::key("d-1"), "ana").await.unwrap().expect("an item");
    assert_eq!(
        (item.kind.as_str(), item.title.as_deref(), item.body.as_str()),
        ("oferta_resultado", Some("Oferta"), "Hola")
    );
    assert_eq!((item.data.as_deref(), item.action.as_deref()), (Some(r#"{"n":7}"#), Some(r#"{"url":"/ofertas/7"}"#)));
    assert_eq!(parts.consume(Copy::published(Some("d-1"), BODY).redelivered()).await, Settlement::Ack);
    let again = told(parts.told());
    assert_eq!((&again[0].0, &again[0].2["inbox"]), (id, &inbox), "the same event, and the inbox as it stands");
    let counters = parts.shared.intake.store.inbox_counters(&Tenant::default(), "ana").await.unwrap();
    assert_eq!((counters.seq, counters.unread), (1, 1));
}

#[tokio::test]
async fn a_child_that_waits_for_a_reader_is_scheduled_from_when_the_inbox_has_the_message() {
    let mut parts = parts().await;
    let fallback =
        r#"[{"channel":"sms","destination":"+12025550143","when":"unread","until":"seen","after_seconds":600}]"#;
    let body = format!(r#"{{"channel":"inapp","destination":"user:ana","message":"Hola","fallback":{fallback}}}"#);
    assert_eq!(parts.consume(Copy::published(Some("d-1"), &body)).await, Settlement::Ack);
    let row = parts.row("d-1").await.expect("a row");
    let due = row.updated_at.plus(Duration::from_secs(600));
    assert_eq!((row.state, row.order), (State::Delivered, Order::Escalate { when: When::Unseen, due }));
    let published = parts.published();
    assert_eq!(published.iter().map(|one| &one.to).collect::<Vec<_>>(), [&To::Scheduled]);
    let store = &parts.shared.intake.store;
    let item = store.inbox_item(&testkit::key("d-1"), "ana").await.unwrap().expect("an item");
    assert_eq!(item.escalates, Some(When::Unseen));
}

#[tokio::test]
async fn what_is_for_a_topic_is_handed_on_by_every_copy_until_the_scheduler_has_it() {
    let mut parts = parts().await;
    let body = r#"{"channel":"inapp","destination":"topic:role:ADMIN","message":"Hola"}"#;
    for copy in [Copy::published(Some("t-1"), body), Copy::published(Some("t-1"), body).redelivered()] {
        assert_eq!(parts.consume(copy).await, Settlement::Ack);
        let published = parts.published();
        let told: Vec<_> = published.iter().map(|one| (&one.to, one.message_id.as_str())).collect();
        assert_eq!(told, [(&To::FanOut, "t-1")]);
    }
    let row = parts.row("t-1").await.expect("a row");
    assert_eq!((row.state, row.order), (State::Sent, Order::FanOut));
}

/// The child of a message to ana's inbox that waits for her in vain, as the scheduler releases it.
async fn released_child(parts: &mut Parts) -> Copy {
    let fallback = r#"[{"channel":"email","destination":"ana@example.com","when":"unread","after_seconds":600},
        {"channel":"sms","destination":"+12025550143"}]"#;
    let body = format!(
        r#"{{"channel":"inapp","destination":"user:ana","subject":"Oferta","message":"Hola","fallback":{fallback}}}"#
    );
    parts.consume(Copy::published(Some("d-1"), &body)).await;
    let mut child = parts.published().pop().expect("the scheduler gets the child");
    child.headers.due = None;
    child.headers.released = true;
    parts.told();
    Copy::of(child)
}

/// Ana reads it while an attempt of its child is under way, which nobody calls off for that.
async fn read(parts: &Parts) {
    let store = &parts.shared.intake.store;
    let key = testkit::key("d-1");
    store.change_inbox_item(&key, "ana", InboxAct::Read, testkit::NOW).await.unwrap().expect("an item");
}

#[tokio::test]
async fn a_child_whose_attempt_failed_is_not_tried_again_once_its_item_was_read() {
    let mut parts = parts().await;
    let child = released_child(&mut parts).await;
    let id = domain::child_id(&testkit::key("d-1"), 1);
    parts.consume(child).await;
    let retry = parts.published().pop().expect("a retry");
    parts.consume(Copy::of(retry)).await;
    let retry = parts.published().pop().expect("nobody has read it, so that it is tried again");
    assert_eq!(parts.row(&id).await.map(|row| (row.state, row.attempt)), Some((State::Waiting, 2)));
    parts.told();
    read(&parts).await;
    assert_eq!(parts.consume(Copy::of(retry)).await, Settlement::Ack);
    assert_eq!(parts.row(&id).await.map(|row| (row.state, row.attempt)), Some((State::Cancelled, 2)));
    let told = told(parts.told());
    assert_eq!(told.iter().map(|(_, key, _)| key.as_str()).collect::<Vec<_>>(), ["default.email.cancelled"]);
}

#[tokio::test]
async fn the_channel_behind_a_child_that_failed_is_not_tried_once_the_item_was_read() {
    let mut parts = parts().await;
    let mut copy = released_child(&mut parts).await;
    let child = testkit::key(&domain::child_id(&testkit::key("d-1"), 1));
    for _ in 0..4 {
        parts.consume(copy).await;
        copy = Copy::of(parts.published().pop().expect("a retry, or the channel behind it"));
    }
    assert_eq!(parts.row(&child.id).await.map(|row| row.state), Some(State::FellBack));
    read(&parts).await;
    assert_eq!(parts.consume(copy).await, Settlement::Ack);
    let behind = parts.row(&domain::child_id(&child, 1)).await.expect("a row");
    assert_eq!((behind.state, behind.channel.as_str()), (State::Cancelled, "sms"));
    assert_eq!(parts.sent().await.len(), 0);
}
