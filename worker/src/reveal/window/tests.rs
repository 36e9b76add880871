//! Whoever has not written for a day is reached by a template, with what they answer by derived for it alone.

use std::sync::Arc;
use std::time::Duration;

use domain::{AskChoice, ChannelName, Defaults, Interactive, Notification, Purpose, Rendered, Seed, Shown};
use media::whatsapp::Approved;
use serde_json::{Map, Value, json};
use topology::Settlement;

use super::{Form, by_template, form};
use crate::reveal::reveal;
use crate::settings::ApprovedFor;
use crate::testing::{Copy, Parts, parts, secrets};

const TO: &str = "+12025550143";

fn templates(name: &str) -> Vec<Approved> {
    vec![Approved::parse(&format!("{name}:es")).unwrap()]
}

/// Of those who have all templates.
async fn with_templates() -> Parts {
    let mut parts = parts().await;
    let shared = Arc::get_mut(&mut parts.shared).unwrap();
    shared.setup.settings.approved =
        ApprovedFor { questions: templates("ask"), yes_or_no: templates("yes_no"), codes: templates("code") };
    parts
}

/// A question with these choices by WhatsApp, or without any a code.
fn body(choices: &[(&str, &str)]) -> Value {
    let replies: Vec<Value> = choices.iter().map(|(_, label)| json!({ "word": label.to_uppercase() })).collect();
    let labels: Vec<&str> = choices.iter().map(|(_, label)| *label).collect();
    let (purpose, template, data) = if choices.is_empty() {
        (Purpose::Verify, "verify", json!({ "purpose": "sign in", "minutes": 10 }))
    } else {
        let data = json!({ "question": "Deploy?", "choices": labels, "replies": replies, "expires": "12:00" });
        (Purpose::Answer, "ask", data)
    };
    let choice = |(id, label): &(&str, &str)| AskChoice { id: (*id).into(), label: (*label).into(), refuses: false };
    let choices: Vec<AskChoice> = choices.iter().map(choice).collect();
    let (secrets, key, channel) = (secrets(), testkit::key("a-1"), ChannelName::parse("whatsapp").unwrap());
    let seed = Seed { key: &key, salt: &[9; 16], key_id: secrets.key_id() };
    let shown = Shown {
        channel: &channel,
        destination: TO,
        template: Some(template),
        message: None,
        subject: None,
        data: data.as_object().unwrap(),
    };
    let interactive = Interactive::new(&secrets, &seed, purpose, 1, &choices, &shown).unwrap();
    json!({
        "channel": "whatsapp", "destination": TO, "template": template, "data": data,
        "interactive": interactive.to_value(),
    })
}

/// What goes beside the words of a delivery that was sent, once more.
async fn beside(parts: &Parts, body: &Value) -> Map<String, Value> {
    assert_eq!(parts.consume(Copy::published(Some("d-1"), &body.to_string())).await, Settlement::Ack);
    let (shared, row) = (&parts.shared, parts.row("d-1").await.unwrap());
    let notification = Notification::decode(body.to_string().as_bytes(), &Defaults { channel: None }).unwrap();
    let form = form(shared, &row, &notification).await.unwrap();
    let revealed = reveal(&shared.setup, &row, &notification).unwrap().unwrap();
    let rendered = Rendered { subject: None, text: "Deploy?".into(), html: None };
    revealed.data_beside(&rendered, form)
}

fn code(purpose: Purpose) -> String {
    let (secrets, key) = (secrets(), testkit::key("a-1"));
    let seed = Seed { key: &key, salt: &[9; 16], key_id: secrets.key_id() };
    secrets.code(&seed, purpose, 1).unwrap().shown().to_owned()
}

const YES_NO: [(&str, &str); 2] = [("yes", "Sí"), ("no", "No")];
const COLOURS: [(&str, &str); 2] = [("red", "Red"), ("blue", "Blue")];

fn text_of(parameter: &Value) -> &str {
    parameter.get("text").or_else(|| parameter.get("payload")).and_then(Value::as_str).unwrap()
}

/// What the places of Meta's template have.
fn places(data: &Map<String, Value>, component: usize) -> Vec<&str> {
    let parameters = data["whatsapp_template"]["components"][component]["parameters"].as_array().unwrap();
    parameters.iter().map(text_of).collect()
}

#[tokio::test]
async fn a_question_goes_by_its_template_with_the_words_that_answer_it() {
    let parts = with_templates().await;
    let data = beside(&parts, &body(&COLOURS)).await;
    let code = code(Purpose::Answer);
    assert_eq!(places(&data, 0).join(" | "), format!("Deploy? | RED {code} / BLUE {code}"));
    assert!(!data.contains_key("whatsapp_buttons") && !data.contains_key("secret"), "{data:?}");
    let kept = format!("{:?} {:?}", parts.row("d-1").await, parts.warnings("d-1").await);
    assert!(!kept.contains(&code), "{kept}");
    assert_eq!(parts.warnings("d-1").await, []);
}

#[tokio::test]
async fn yes_and_no_are_buttons_of_the_template_that_bring_our_tickets_back() {
    let data = beside(&with_templates().await, &body(&YES_NO)).await;
    assert_eq!((data["whatsapp_template"]["name"].as_str(), places(&data, 0)), (Some("yes_no"), vec!["Deploy?"]));
    let (secrets, key) = (secrets(), testkit::key("a-1"));
    let seed = Seed { key: &key, salt: &[9; 16], key_id: secrets.key_id() };
    for place in 0..2_u8 {
        let ticket = secrets.button(&seed, place, 1).unwrap();
        assert_eq!(places(&data, usize::from(place) + 1), [ticket.as_str()]);
    }
}

#[tokio::test]
async fn a_code_goes_by_its_template() {
    let data = beside(&with_templates().await, &body(&[])).await;
    let code = code(Purpose::Verify);
    assert_eq!((places(&data, 0), places(&data, 1)), (vec![code.as_str()], vec![code.as_str()]));
}

#[tokio::test]
async fn whoever_has_written_lately_gets_the_words_and_their_buttons() {
    let parts = with_templates().await;
    let (channel, intake) = (ChannelName::parse("whatsapp").unwrap(), &parts.shared.intake);
    let recipient = intake.hasher.hash(&media::compared(&channel, TO));
    let now = intake.clock.now();
    intake.store.note_heard(&channel, recipient, now.minus(Duration::from_secs(86_400))).await.unwrap();
    let asked = body(&COLOURS);
    assert!(beside(&parts, &asked).await.contains_key("whatsapp_template"), "it was a day ago");
    intake.store.note_heard(&channel, recipient, now.minus(Duration::from_secs(3600))).await.unwrap();
    let data = beside(&parts, &asked).await;
    assert!(data.contains_key("whatsapp_buttons") && !data.contains_key("whatsapp_template"), "{data:?}");
}

#[tokio::test]
async fn without_a_template_the_words_are_tried_and_the_delivery_says_what_is_missing() {
    let parts = parts().await;
    let data = beside(&parts, &body(&COLOURS)).await;
    assert!(data.contains_key("whatsapp_buttons"), "{data:?}");
    let told = parts.warnings("d-1").await;
    assert!(told.len() == 1 && told[0].detail.contains("WHATSAPP_ASK_TEMPLATE"), "{told:?}");
}

#[test]
fn a_question_with_other_choices_needs_the_template_of_any_question() {
    let interactive = |choices: &[(&str, &str)]| {
        let sent = Notification::decode(body(choices).to_string().as_bytes(), &Defaults { channel: None }).unwrap();
        sent.interactive.unwrap()
    };
    let of_two = ApprovedFor { yes_or_no: templates("yes_no"), ..ApprovedFor::default() };
    assert_eq!(by_template(&of_two, &interactive(&YES_NO)), Form::YesOrNo(&of_two.yes_or_no));
    assert_eq!(by_template(&of_two, &interactive(&COLOURS)), Form::Words);
    let of_any = ApprovedFor { questions: templates("ask"), ..ApprovedFor::default() };
    assert_eq!(by_template(&of_any, &interactive(&YES_NO)), Form::Question(&of_any.questions));
    assert_eq!(by_template(&of_any, &interactive(&[])), Form::Words);
}
