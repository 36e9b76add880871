//! Telegram against somebody else's emulator of its Bot API, which is lax, behind Prism with the published description,
//! which is not: what we send, change and ask for is taken by both, and what a person writes and presses comes back.

use std::time::Duration;

use domain::{Outcome, Rendered};
use serde_json::{Value, json};
use testkit::Counterpart;

use crate::tests::prism::{Prism, listening};
use crate::tests::tools::{Delivery, channel_to};
use crate::{Settings, telegram};

const TOKEN: &str = "4711:AAbb_cc";
const PERSON: &str = "4711";

#[tokio::test]
async fn a_question_is_sent_answered_and_changed_by_another_s_server_of_telegram() {
    let mut process = Counterpart::script("tools/telegram_server.js", &[]);
    let server = listening(&mut process).await;
    let prism = Prism::before(&server, "telegram_bot").await;
    let send = async |base_url: &str, text: &str, data: Value| {
        let rendered = Rendered { text: text.into(), ..Rendered::default() };
        let delivery = Delivery::new("n-1", PERSON).with(rendered).carrying(data);
        delivery.send_by(&channel_to(PERSON, "telegram", &settings(base_url))).await
    };
    let buttons = json!([[{ "text": "Yes", "data": "y-1" }], [{ "text": "No", "data": "n-1" }]]);
    let sent =
        send(&prism.base_url, "<b>Deploy?</b>", json!({ "telegram": { "format": "html" }, "buttons": buttons })).await;
    let Outcome::Sent { provider_id: Some(id), .. } = sent else { panic!("{sent:?}") };

    let http = reqwest::Client::builder().build().expect("a client");
    let person = json!({ "id": 4711, "first_name": "Ana", "is_bot": false });
    let chat = json!({ "id": 4711, "first_name": "Ana", "type": "private" });
    let message = json!({ "message_id": 1, "date": 1_790_000_000, "chat": chat, "text": "Deploy?" });
    for (route, body) in [
        (
            "sendMessage",
            json!({ "botToken": TOKEN, "from": person, "chat": chat, "date": 1_790_000_000, "text": "hola" }),
        ),
        ("sendCallback", json!({ "botToken": TOKEN, "from": person, "message": message, "data": "y-1" })),
    ] {
        let answer = http.post(format!("{server}/{route}")).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{route}");
    }
    // The description would let neither its updates pass, whose presses lack their `chat_instance`, nor its answer to an
    // edit, which has no result.
    let Some(Ok(poller)) = telegram::Poller::of(&settings(&server)) else { panic!("its settings say so") };
    let updates = poller.updates(None, testkit::NOW).await.expect("it tells");
    let bodies: Vec<Value> = updates.iter().filter_map(|update| serde_json::from_str(&update.body).ok()).collect();
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert_eq!(bodies[0]["message"]["text"], "hola");
    assert_eq!(bodies[1]["callback_query"]["data"], "y-1");

    send(&server, "Decided: Yes", json!({ "telegram": { "edit": id }, "buttons": [] })).await;
    let history = http.post(format!("{server}/getUpdatesHistory")).json(&json!({ "token": TOKEN }));
    let history = history.send().await.expect("an answer").text().await.expect("a text");
    assert!(history.contains("Decided: Yes"), "{history}");
}

fn settings(base_url: &str) -> Settings {
    let (bot_token, base_url) = (Some(TOKEN.into()), base_url.to_owned());
    let telegram = telegram::Settings { bot_token, base_url, poll: true, ..telegram::Settings::default() };
    Settings { telegram, ..Settings::unset(Duration::from_secs(60)) }
}
