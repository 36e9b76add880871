//! The reader is shown what was made for them, and whoever else has the message, or the ledger, is shown nothing.

use domain::{AskChoice, ChannelName, Interactive, Key, Purpose, Seed, Shown, State, Ticket};
use serde_json::{Value, json};
use topology::Settlement;

use crate::testing::{Copy, PUBLIC_URL, Parts, parts, secrets};

const SMS: (&str, &str) = ("sms", "+12025550143");

/// The ask that every message here asks.
fn key() -> Key {
    testkit::key("a-1")
}

fn choices(labels: &[&str]) -> Vec<AskChoice> {
    let choice = |label: &&str| AskChoice { id: label.to_lowercase(), label: (*label).into(), refuses: false };
    labels.iter().map(choice).collect()
}

/// Made for the reader of this template with these data.
fn made(purpose: Purpose, to: (&str, &str), labels: &[&str], (template, data): (&str, &Value)) -> Interactive {
    let (secrets, key) = (secrets(), key());
    let seed = Seed { key: &key, salt: &[9; 16], key_id: secrets.key_id() };
    let channel = ChannelName::parse(to.0).unwrap();
    let (template, data) = (Some(template), data.as_object().unwrap());
    let shown = Shown { channel: &channel, destination: to.1, template, message: None, subject: None, data };
    Interactive::new(&secrets, &seed, purpose, 1, &choices(labels), &shown).unwrap()
}

/// What stands in the words of the question.
fn question() -> Value {
    let replies = json!([{"word": "YES"}, {"word": "NO"}]);
    json!({"question": "Deploy?", "choices": ["Yes", "No"], "replies": replies, "expires": "in an hour"})
}

/// A question of yes or no to this recipient.
fn ask(to: (&str, &str)) -> Value {
    json!({
        "channel": to.0, "destination": to.1, "template": "ask",
        "data": question(), "interactive": made(Purpose::Answer, to, &["Yes", "No"], ("ask", &question())).to_value(),
    })
}

fn code(purpose: Purpose) -> String {
    let (secrets, key) = (secrets(), key());
    let seed = Seed { key: &key, salt: &[9; 16], key_id: secrets.key_id() };
    secrets.code(&seed, purpose, 1).unwrap().shown().to_owned()
}

/// What was captured of the only message that was sent.
async fn captured(parts: &Parts, body: &Value) -> String {
    assert_eq!(parts.consume(Copy::published(Some("d-1"), &body.to_string())).await, Settlement::Ack);
    let sent = parts.sent().await;
    assert_eq!(sent.len(), 1, "{:?}", parts.row("d-1").await);
    sent[0].capture.text.clone()
}

#[tokio::test]
async fn the_words_alone_have_the_code() {
    let mut parts = parts().await;
    let text = captured(&parts, &ask(SMS)).await;
    assert!(text.contains(&code(Purpose::Answer)), "{text}");
    let kept = format!("{:?} {:?}", parts.row("d-1").await, parts.warnings("d-1").await);
    let told = format!("{:?}", parts.told());
    for elsewhere in [kept, told] {
        assert!(!elsewhere.contains(&code(Purpose::Answer)) && !elsewhere.contains("/a/"), "{elsewhere}");
    }
    assert_eq!(parts.warnings("d-1").await, []);
}

#[tokio::test]
async fn buttons_have_tickets_and_only_where_the_medium_has_buttons() {
    for to in [("telegram", "4711"), ("slack", "U012AB3CD"), ("whatsapp", "+12025550143")] {
        let text = captured(&parts().await, &ask(to)).await;
        for (place, label) in [(0, "Yes"), (1, "No")] {
            let (_, ticket) = text.split_once(&format!("[{label}: ")).unwrap_or_else(|| panic!("{text}"));
            let ticket = Ticket::parse(ticket.split_once(']').unwrap().0).unwrap();
            assert_eq!(
                (ticket.choice, ticket.approver, ticket.handle),
                (Some(place), 1, Purpose::Answer.handle(&key()))
            );
        }
    }
    let mut many = ask(("whatsapp", "+12025550143"));
    let labels = ["One", "Two", "Three", "Four"];
    let made = made(Purpose::Answer, ("whatsapp", "+12025550143"), &labels, ("ask", &question()));
    many["interactive"] = made.to_value();
    let text = captured(&parts().await, &many).await;
    assert!(!text.contains("[One") && text.contains(&format!("{PUBLIC_URL}/a/")), "{text}");
}

#[tokio::test]
async fn a_code_is_shown_with_its_link() {
    let mut body = ask(SMS);
    body["template"] = "verify".into();
    body["data"] = json!({"purpose": "sign in", "minutes": 10});
    body["interactive"] = made(Purpose::Verify, SMS, &[], ("verify", &body["data"])).to_value();
    let text = captured(&parts().await, &body).await;
    assert!(text.contains(&code(Purpose::Verify)), "{text}");
}

/// How a delivery has ended that nothing was sent of.
async fn refused(body: &Value) -> (State, Option<String>) {
    let parts = parts().await;
    parts.consume(Copy::published(Some("d-1"), &body.to_string())).await;
    assert_eq!(parts.sent().await.len(), 0, "{body}");
    let row = parts.row("d-1").await.unwrap();
    assert!(!format!("{row:?}").contains(&code(Purpose::Answer)), "{row:?}");
    (row.state, row.code)
}

#[tokio::test]
async fn a_copy_for_somebody_else_is_dead_and_shows_nothing() {
    let forged = (State::Dead, Some("forged".to_owned()));
    let mut elsewhere = ask(SMS);
    elsewhere["destination"] = "+12025550144".into();
    assert_eq!(refused(&elsewhere).await, forged, "another destination");
    let mut other_tenant = ask(SMS);
    other_tenant["tenant"] = "other".into();
    let parts = parts().await;
    parts.consume(Copy::published(Some("d-1"), &other_tenant.to_string())).await;
    assert_eq!(parts.sent().await.len(), 0, "another tenant");
    let mut other_choices = ask(SMS);
    other_choices["interactive"]["choices"] = json!([["yes", "No"], ["no", "Yes"]]);
    assert_eq!(refused(&other_choices).await, forged, "labels that are swapped");
    let mut other_words = ask(("telegram", "4711"));
    other_words["data"]["question"] = "Lunch?".into();
    assert_eq!(refused(&other_words).await, forged, "the buttons of this question under another one");
    let mut with_copy = ask(("email", "ana@example.org"));
    with_copy["cc"] = json!(["eve@example.org"]);
    assert_eq!(refused(&with_copy).await, forged, "a copy of the mail to somebody else");
    let mut unknown = ask(SMS);
    unknown["interactive"]["key_id"] = "00000000".into();
    assert_eq!(refused(&unknown).await, (State::Dead, Some("unknown_key".to_owned())));
}

/// A question that was made for another recipient, so that it fails, and goes on by its fallback, which is genuine.
fn that_hands_on() -> Value {
    let own = ask(("whatsapp", "+12025550143"));
    let mut body = ask(SMS);
    body["destination"] = "+12025550144".into();
    body["fallback"] = json!([{
        "channel": own["channel"], "destination": own["destination"], "interactive": own["interactive"],
        "when": "unanswered", "after_seconds": 60,
    }]);
    body
}

/// The child of such a question, as it is published.
async fn handed_on(parts: &mut Parts) -> Copy {
    parts.consume(Copy::published(Some("d-1"), &that_hands_on().to_string())).await;
    let child = parts.published().pop().expect("what fails goes on by its fallback");
    assert!(!format!("{child:?}").contains(&code(Purpose::Answer)));
    Copy::of(child)
}

#[tokio::test]
async fn the_next_channel_shows_its_own() {
    let mut parts = parts().await;
    let child = handed_on(&mut parts).await;
    parts.consume(child).await;
    let sent = parts.sent().await;
    assert!(sent.len() == 1 && sent[0].capture.text.contains("[Yes: "), "{sent:?}");
}

#[tokio::test]
async fn nothing_more_is_sent_of_a_question_that_has_ended() {
    let mut parts = parts().await;
    for _ in 0..2 {
        parts.shared.intake.call_off(&testkit::key("d-1")).await.unwrap();
    }
    let child = handed_on(&mut parts).await;
    parts.consume(child).await;
    assert_eq!(parts.sent().await.len(), 0);
    let id = domain::child_id(&testkit::key("d-1"), 1);
    assert_eq!(parts.row(&id).await.map(|row| row.state), Some(State::Cancelled));
}
