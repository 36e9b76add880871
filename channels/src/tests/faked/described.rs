//! What the fake says against what the providers publish about their APIs: Prism stands between it and our client, and
//! lets nothing pass that is not as described.

use super::*;
use crate::tests::prism::Prism;
use crate::tests::tools::kind;

#[tokio::test]
async fn twilios_description_takes_what_the_fake_answers_and_would_not_take_anything() {
    let standing = Standing::start(None).await;
    let prism = Prism::before(&standing.fake.base_url, "twilio_messages").await;
    let mut settings = standing.settings("twilio");
    settings.twilio.base_url.clone_from(&prism.base_url);
    for (channel, data) in [
        ("sms", json!({})),
        ("whatsapp", json!({})),
        ("sms", json!({ "media_urls": ["https://example.org/a.jpg", "https://example.org/b.jpg"] })),
    ] {
        let delivery = Delivery::new("n-1", NUMBER).carrying(data);
        let outcome = delivery.send_by(&channel_to(NUMBER, channel, &settings)).await;
        assert_eq!(kind(&outcome), "sent", "{channel}: {outcome:?}");
    }
    let rule = json!({ "next": 1, "body": r#"{"sid": 7, "status": "unheard of"}"# });
    assert_eq!(standing.ask("POST", "rules", rule).await.0, 201);
    let outcome = Delivery::new("n-1", NUMBER).send_by(&channel_to(NUMBER, "sms", &settings)).await;
    assert_ne!(kind(&outcome), "sent", "Prism does look at the answer: {outcome:?}");
}

#[tokio::test]
async fn googles_description_takes_what_the_fake_answers() {
    let standing = Standing::start(None).await;
    let prism = Prism::before(&standing.fake.base_url, "fcm_send").await;
    let mut settings = standing.settings("fcm");
    settings.fcm.base_url.clone_from(&prism.base_url);
    for destination in ["example-token:APA91b", "fid:cYx1zJ0aRk6Z3n2vTqWm4L", "topic:news"] {
        let outcome = Delivery::new("n-1", destination).send_by(&channel_to(destination, "push", &settings)).await;
        assert_eq!(kind(&outcome), "sent", "{destination}: {outcome:?}");
    }
}

#[tokio::test]
async fn sendgrids_description_takes_what_the_fake_answers_also_when_it_refuses() {
    let standing = Standing::start(None).await;
    let prism = Prism::before(&standing.fake.base_url, "sendgrid_mail_send").await;
    let mut settings = standing.settings("sendgrid");
    settings.sendgrid.base_url.clone_from(&prism.base_url);
    let email = channel_to(ADDRESS, "email", &settings);
    let outcome = Delivery::new("n-1", ADDRESS).send_by(&email).await;
    assert_eq!(kind(&outcome), "sent", "{outcome:?}");
    for (status, code, expected) in [
        (400, Some("personalizations.0.to.0.email"), "permanent"),
        (401, None, "alarm"),
        (413, None, "permanent"),
        (500, None, "retriable"),
    ] {
        let rule = json!({ "next": 1, "status": status, "code": code });
        assert_eq!(standing.ask("POST", "rules", rule).await.0, 201);
        let outcome = Delivery::new("n-1", ADDRESS).send_by(&email).await;
        assert_eq!(kind(&outcome), expected, "{status}: {outcome:?}");
    }
}

#[tokio::test]
async fn telegrams_description_takes_what_our_client_asks_and_what_the_fake_answers() {
    let standing = Standing::start(None).await;
    let prism = Prism::before(&standing.fake.base_url, "telegram_bot").await;
    let mut settings = standing.settings("telegram");
    settings.telegram.base_url.clone_from(&prism.base_url);
    let send = async |text: &str, data: Value| {
        let rendered = domain::Rendered { text: text.into(), ..domain::Rendered::default() };
        let delivery = Delivery::new("n-1", "4711").with(rendered).carrying(data);
        delivery.send_by(&channel_to("4711", "telegram", &settings)).await
    };
    let buttons = json!([[{ "text": "Yes", "data": "y-1" }], [{ "text": "See", "url": "https://example.org/7" }]]);
    let html = "<b>bold</b> <i>i</i> <code>c</code> <a href=\"https://example.org\">x</a> <blockquote>q</blockquote>";
    let sent = send(html, json!({ "telegram": { "format": "html" }, "buttons": buttons })).await;
    let Outcome::Sent { provider_id: Some(id), .. } = sent else { panic!("{sent:?}") };
    for (text, buttons) in [("Deploy?", json!([])), ("", buttons)] {
        let outcome = send(text, json!({ "telegram": { "edit": id }, "buttons": buttons })).await;
        assert_eq!(kind(&outcome), "sent", "{text}: {outcome:?}");
    }
    for (status, expected) in [(400, "permanent"), (401, "alarm"), (429, "throttled"), (500, "retriable")] {
        let rule = json!({ "next": 1, "status": status });
        assert_eq!(standing.ask("POST", "rules", rule).await.0, 201);
        let outcome = send("Hi", json!({})).await;
        assert_eq!(kind(&outcome), expected, "{status}: {outcome:?}");
    }
    let rule = json!({ "next": 1, "body": r#"{"ok": true, "result": {"message_id": "x"}}"# });
    assert_eq!(standing.ask("POST", "rules", rule).await.0, 201);
    let outcome = send("Hi", json!({})).await;
    assert_ne!(kind(&outcome), "sent", "Prism does look at the answer: {outcome:?}");
}

#[tokio::test]
async fn telegrams_description_takes_how_we_ask_for_updates_and_what_the_fake_tells() {
    let standing = Standing::start(None).await;
    let prism = Prism::before(&standing.fake.base_url, "telegram_bot").await;
    let mut settings = standing.settings("telegram");
    settings.telegram.base_url.clone_from(&prism.base_url);
    let Some(Ok(poller)) = telegram::Poller::of(&settings) else { panic!("its settings say so") };
    for inbound in [
        json!({ "provider": "telegram", "from": "4711", "text": "/start" }),
        json!({ "provider": "telegram", "from": "4711", "to": "-4712", "text": "Deploy?", "button": "y-1" }),
        json!({ "provider": "telegram", "from": "4711", "change": "blocked" }),
        json!({ "provider": "telegram", "from": "4711", "change": "unblocked" }),
    ] {
        assert_eq!(standing.ask("POST", "inbound", inbound).await.0, 202);
    }
    let updates = poller.updates(None, testkit::NOW).await.expect("as described");
    let query = updates.iter().find_map(|update| update.query.clone()).expect("a press");
    assert_eq!(updates.len(), 4);
    assert_eq!(poller.answer(&query, testkit::NOW).await, Ok(()));
    let rest = poller.updates(updates.get(2).map(|update| update.number + 1), testkit::NOW).await;
    assert_eq!(rest.map(|rest| rest.len()), Ok(1));
    let refused = poller.answer("", testkit::NOW).await.expect_err("it is no press");
    assert!(refused.starts_with("HTTP 400: Bad Request: query is too old"), "an error as described: {refused}");
    let token = standing.value("TELEGRAM_BOT_TOKEN").unwrap_or_default();
    for (method, parameters, expected) in [
        ("setWebhook", json!({ "url": "https://fleet.example.com/webhook/telegram" }), 200),
        ("getUpdates", json!({}), 409),
        ("deleteWebhook", json!({}), 200),
        ("getUpdates", json!({ "limit": 0 }), 422),
        ("sendMessage", json!({ "chat_id": 4711 }), 422),
        ("sendMessage", json!({ "chat_id": 4711, "text": "Hi", "txt": "Hi" }), 422),
    ] {
        let url = format!("{}/bot{token}/{method}", prism.base_url);
        let answer = standing.http.post(url).json(&parameters).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), expected, "{method} {parameters}");
    }
}
