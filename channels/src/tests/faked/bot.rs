//! The bot of the fake: chats in which something is wrong, edits of what was sent, and what people write to it.

use super::*;
use crate::tests::tools::kind;

const PERSON: &str = "4711";

impl Standing {
    async fn edit(&self, id: &str, text: &str, buttons: Value) -> Outcome {
        let data = json!({ "telegram": { "edit": id }, "buttons": buttons });
        let rendered = domain::Rendered { text: text.into(), ..domain::Rendered::default() };
        let delivery = Delivery::new("n-1", PERSON).with(rendered).carrying(data);
        delivery.send_by(&channel_to(PERSON, "telegram", &self.settings("telegram"))).await
    }

    /// The answer to a method of the Bot API.
    async fn method(&self, method: &str, parameters: Value) -> (u16, Value) {
        let token = self.value("TELEGRAM_BOT_TOKEN").unwrap_or_default();
        let url = format!("{}/bot{token}/{method}", self.fake.base_url);
        let answer = self.http.post(url).json(&parameters).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }
}

fn id_of(outcome: Outcome) -> String {
    let Outcome::Sent { provider_id: Some(id), .. } = outcome else { panic!("{outcome:?}") };
    id
}

#[tokio::test]
async fn chats_in_which_something_is_wrong_refuse_by_themselves() {
    let standing = Standing::start(None).await;
    for (chat, expected) in [
        ("4710001", "permanent"),
        ("4710002", "permanent"),
        ("4710003", "permanent"),
        ("4710004", "permanent"),
        ("-4710005", "permanent"),
        ("@example_channel", "sent"),
        (PERSON, "sent"),
    ] {
        let outcome = standing.send("telegram", "telegram", chat).await;
        assert_eq!(kind(&outcome), expected, "{chat}: {outcome:?}");
    }
    let id = id_of(standing.send("telegram", "telegram", "-4710006").await);
    assert!(id.starts_with("-1004000000001/"), "{id}: the number that the group has now");
    let received = standing.received("telegram").await;
    assert_eq!(received.last().map(|last| last["to"].clone()), Some(json!("-1004000000001")));
}

#[tokio::test]
async fn what_was_sent_can_be_changed_and_what_was_not_cannot() {
    let standing = Standing::start(None).await;
    let id = id_of(standing.send("telegram", "telegram", PERSON).await);
    let buttons = json!([[{ "text": "Yes", "data": "y-1" }]]);
    assert_eq!(id_of(standing.edit(&id, "Deploy?", buttons.clone()).await), id);
    let again = standing.edit(&id, "Deploy?", buttons).await;
    let code = Some("message_not_modified".to_owned());
    assert_eq!(again, Outcome::Sent { provider: "telegram", provider_id: Some(id.clone()), code });
    assert_eq!(id_of(standing.edit(&id, "", json!([])).await), id, "its buttons are taken away");
    let received = standing.received("telegram").await;
    let methods: Vec<_> = received.iter().filter_map(|one| one["fields"]["method"].as_str()).collect();
    assert_eq!(methods, ["sendMessage", "editMessageText", "editMessageReplyMarkup"], "the repeat was refused");
    let unknown = standing.edit("999999", "Deploy?", json!([])).await;
    let Outcome::Permanent { failure, .. } = unknown else { panic!("{unknown:?}") };
    assert_eq!(failure.code.as_deref(), Some("message_not_found"));
}

#[tokio::test]
async fn whoever_asks_for_updates_gets_each_until_it_is_taken() {
    let standing = Standing::start(None).await;
    for text in ["Hola", "/stop"] {
        let written = json!({ "provider": "telegram", "from": PERSON, "text": text });
        assert_eq!(standing.ask("POST", "inbound", written).await.0, 202);
    }
    let pressed = json!({ "provider": "telegram", "from": PERSON, "to": "-4712", "text": "Deploy?", "button": "y-1" });
    assert_eq!(standing.ask("POST", "inbound", pressed).await.0, 202);
    let (status, told) = standing.method("getUpdates", json!({ "limit": 2 })).await;
    assert_eq!((status, told["result"].as_array().map(Vec::len)), (200, Some(2)), "{told}");
    let taken = told["result"][1]["update_id"].as_u64().unwrap_or_default();
    for _ in ["once", "and again"] {
        let (_, told) = standing.method("getUpdates", json!({ "offset": taken + 1 })).await;
        let query = &told["result"][0]["callback_query"];
        assert_eq!((query["data"].as_str(), query["from"]["id"].as_i64()), (Some("y-1"), Some(4711)), "{told}");
        assert_eq!(query["message"]["chat"]["id"].as_i64(), Some(-4712));
    }
    let (_, told) = standing.method("getUpdates", json!({ "offset": taken + 2 })).await;
    assert_eq!(told["result"], json!([]));
    assert_eq!(standing.method("getUpdates", json!({ "limit": 0 })).await.0, 400);
    assert_eq!(standing.method("answerCallbackQuery", json!({ "callback_query_id": "1" })).await.0, 200);
    let nobody = json!({ "provider": "telegram", "from": "+14155550100", "to": "@news", "text": "Hola" });
    let (status, told) = standing.ask("POST", "inbound", nobody).await;
    assert!(status == 422 && told.to_string().contains("/from") && told.to_string().contains("/to"), "{told}");
}

#[tokio::test]
async fn whoever_waits_for_updates_is_told_at_once_and_only_the_last_who_asks_is() {
    let standing = Standing::start(None).await;
    let asking = standing.method("getUpdates", json!({ "timeout": 50 }));
    let writing = standing.ask("POST", "inbound", written("Hola"));
    let ((status, told), (taken, _)) = tokio::join!(asking, writing);
    assert_eq!((status, taken, told["result"][0]["message"]["text"].as_str()), (200, 202, Some("Hola")), "{told}");
    let next = told["result"][0]["update_id"].as_u64().unwrap_or_default() + 1;
    assert_eq!(standing.method("getUpdates", json!({ "offset": next })).await.1["result"], json!([]));
    // The answer to the first of two comes because the second asks.
    let first = async {
        let told = standing.method("getUpdates", json!({ "timeout": 50 })).await;
        assert_eq!(standing.ask("POST", "inbound", written("again")).await.0, 202);
        told
    };
    let second = async {
        // Of two that come at once any may be the first: this one asks until it has ended the other's wait.
        loop {
            let (status, told) = standing.method("getUpdates", json!({ "timeout": 1 })).await;
            if status == 200 && told["result"] != json!([]) {
                return told;
            }
        }
    };
    let ((status, told), last) = tokio::join!(first, second);
    assert_eq!(status, 409, "{told}");
    assert!(told["description"].as_str().is_some_and(|why| why.contains("getUpdates")), "{told}");
    assert_eq!(last["result"][0]["message"]["text"], "again");
}

fn written(text: &str) -> Value {
    json!({ "provider": "telegram", "from": PERSON, "text": text })
}

#[tokio::test]
async fn while_a_webhook_is_set_nobody_can_ask() {
    let standing = Standing::start(None).await;
    let webhook = json!({ "url": "https://fleet.example.com/webhook/telegram" });
    assert_eq!(standing.method("setWebhook", webhook).await.0, 200);
    let (status, told) = standing.method("getUpdates", json!({ "timeout": 50 })).await;
    assert!(status == 409 && told["description"].as_str().is_some_and(|why| why.contains("deleteWebhook")), "{told}");
    let (_, told) = standing.method("getWebhookInfo", json!({})).await;
    assert_eq!(told["result"]["url"], "https://fleet.example.com/webhook/telegram");
    assert_eq!(standing.method("deleteWebhook", json!({})).await.0, 200);
    assert_eq!(standing.method("getUpdates", json!({})).await, (200, json!({ "ok": true, "result": [] })));
}

#[tokio::test]
async fn who_has_blocked_the_bot_is_written_to_no_more_until_they_let_it_in() {
    let standing = Standing::start(None).await;
    for (change, status, expected) in [("blocked", "kicked", "permanent"), ("unblocked", "member", "sent")] {
        let changed = json!({ "provider": "telegram", "from": PERSON, "change": change });
        assert_eq!(standing.ask("POST", "inbound", changed).await.0, 202);
        let (_, told) = standing.method("getUpdates", json!({ "limit": 1 })).await;
        let update = &told["result"][0];
        assert_eq!(update["my_chat_member"]["new_chat_member"]["status"], status, "{told}");
        let next = update["update_id"].as_u64().unwrap_or_default() + 1;
        assert_eq!(standing.method("getUpdates", json!({ "offset": next })).await.1["result"], json!([]));
        let outcome = standing.send("telegram", "telegram", PERSON).await;
        assert_eq!(kind(&outcome), expected, "{change}: {outcome:?}");
    }
    let of_another = json!({ "provider": "twilio", "from": NUMBER, "change": "blocked" });
    let (status, told) = standing.ask("POST", "inbound", of_another).await;
    assert!(status == 422 && told.to_string().contains("/change"), "{told}");
}

#[tokio::test]
async fn who_asks_for_us_takes_what_was_written_and_answers_what_was_pressed() {
    let standing = Standing::start(None).await;
    let settings = standing.settings("telegram");
    let Some(Ok(poller)) = telegram::Poller::of(&settings) else { panic!("its settings say so") };
    let pressed = json!({ "provider": "telegram", "from": PERSON, "text": "Deploy?", "button": "y-1" });
    for inbound in [written("Hola"), pressed] {
        assert_eq!(standing.ask("POST", "inbound", inbound).await.0, 202);
    }
    let updates = poller.updates(None, testkit::NOW).await.expect("updates");
    let [hello, press] = updates.as_slice() else { panic!("{updates:?}") };
    let query = press.query.clone().expect("it is to be answered");
    assert!(hello.query.is_none() && hello.body.contains("Hola") && press.body.contains("y-1"), "{updates:?}");
    assert_eq!(poller.answer(&query, testkit::NOW).await, Ok(()));
    assert_eq!(standing.received("telegram").await.last().map(|last| last["to"].clone()), Some(json!(query)));
    let again = poller.updates(None, testkit::NOW).await.expect("updates");
    assert_eq!(again, updates, "nothing was confirmed");
    assert_eq!(standing.ask("POST", "inbound", written("more")).await.0, 202);
    let more = poller.updates(Some(press.number + 1), testkit::NOW).await.expect("updates");
    assert!(more.len() == 1 && more[0].body.contains("more"), "{more:?}");
    assert_eq!(standing.method("setWebhook", json!({ "url": "https://fleet.example.com" })).await.0, 200);
    let not_told = poller.updates(None, testkit::NOW).await;
    assert!(
        matches!(&not_told, Err(telegram::NotPolled::Elsewhere(why)) if why.contains("deleteWebhook")),
        "{not_told:?}"
    );
    let mut other = settings;
    other.telegram.bot_token = Some("4711:other".into());
    let Some(Ok(stranger)) = telegram::Poller::of(&other) else { panic!("a token of the right form") };
    let refused = stranger.updates(None, testkit::NOW).await;
    assert!(matches!(&refused, Err(telegram::NotPolled::Refused(_))), "{refused:?}");
}
