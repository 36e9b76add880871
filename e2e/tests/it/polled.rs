//! What people write to a bot that has nobody to call: one dialog of the fleet asks for it, and nothing is lost or told twice.

#[cfg(feature = "failpoints")]
mod crashes;

use chasqui::clock::SystemClock;
use domain::{Clock as _, State, SuppressedFor, Tenant};
use e2e::fleet::until;
use e2e::processes::{run, with};
use e2e::{Database, Process, TestFleet};
use embedded::Signal;
use fake::{Fake, Options};
use serde_json::{Value, json};
use store::SuppressionFilter;

fn now() -> u64 {
    u64::try_from(SystemClock.now().as_micros() / 1_000_000).unwrap_or_default()
}

/// A bot, and whoever writes to it.
struct Bot {
    fake: Fake,
    http: reqwest::Client,
}

impl Bot {
    async fn start() -> Self {
        let listen = || "127.0.0.1:0".to_owned();
        let options =
            Options { listen: listen(), smtp_listen: listen(), at: None, callbacks: None, now, complain: |_line| () };
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { fake: Fake::start(options).await.expect("free ports"), http }
    }

    /// The settings of a fleet that asks it.
    fn settings(&self) -> Vec<(&str, &str)> {
        let lines = self.fake.settings.lines().filter_map(|line| line.split_once('='));
        let mut settings: Vec<(&str, &str)> = lines.filter(|(name, _)| name.starts_with("TELEGRAM_")).collect();
        assert!(settings.contains(&("TELEGRAM_POLL", "true")), "{settings:?}");
        settings.push(("SANDBOX", "missing"));
        settings
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.http.post(format!("{}/{path}", self.fake.base_url)).json(&body).send().await;
        let answer = answer.expect("answered");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    async fn method(&self, method: &str, parameters: Value) -> (u16, Value) {
        let token = self.settings().iter().find(|(name, _)| *name == "TELEGRAM_BOT_TOKEN").map(|(_, token)| *token);
        self.post(&format!("bot{}/{method}", token.unwrap_or_default()), parameters).await
    }

    /// What a person does, which waits for whoever asks.
    async fn hears(&self, mut inbound: Value) {
        inbound["provider"] = json!("telegram");
        inbound["from"] = json!("4711");
        let (status, told) = self.post("_fake/inbound", inbound).await;
        assert_eq!(status, 202, "{told}");
    }

    /// Which presses were answered.
    async fn answered(&self) -> usize {
        let url = format!("{}/_fake/received?provider=telegram", self.fake.base_url);
        let shown: Value = self.http.get(url).send().await.expect("answered").json().await.expect("JSON");
        let received = shown["received"].as_array().cloned().unwrap_or_default();
        received.iter().filter(|one| one["fields"]["method"] == "answerCallbackQuery").count()
    }

    /// How many updates nobody has taken.
    async fn pending(&self) -> u64 {
        let (_, told) = self.method("getWebhookInfo", json!({})).await;
        told["result"]["pending_update_count"].as_u64().unwrap_or(u64::MAX)
    }

    async fn until_all_is_taken(&self) {
        until("all was taken", async || (self.pending().await == 0).then_some(())).await;
    }
}

/// A fleet without processes so far, whose broker and ledger are ready, and whose events are seen.
async fn without_processes(bot: &Bot) -> TestFleet {
    let mut fleet = TestFleet::prepare(Database::Postgres, &bot.settings()).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
    fleet.subscribe("seen", "#").await;
    fleet
}

#[tokio::test]
async fn what_people_write_press_and_forbid_is_told_and_answered_without_a_webhook() {
    let bot = Bot::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &bot.settings()).await;
    fleet.subscribe("seen", "#.inbound").await;
    bot.hears(json!({ "text": "¡Hola! 🎉" })).await;
    assert_eq!(fleet.event("seen").await.json["data"]["text"], "¡Hola! 🎉");
    bot.hears(json!({ "text": "Deploy?", "button": "ask-1-yes" })).await;
    let pressed = fleet.event("seen").await;
    assert!(pressed.text.contains("ask-1-yes"), "{}", pressed.text);
    until("the press is answered", async || (bot.answered().await == 1).then_some(())).await;
    bot.until_all_is_taken().await;
    let listed = async || {
        let tenant = Tenant::default();
        let filter = SuppressionFilter { tenant, channel: None, recipient: Vec::new(), after: None, limit: 10 };
        let page = fleet.store().suppressions(&filter).await.expect("the ledger answers");
        page.suppressions.iter().map(|entry| entry.reason).collect::<Vec<_>>()
    };
    for (change, expected) in [("blocked", vec![SuppressedFor::Stop]), ("unblocked", vec![])] {
        bot.hears(json!({ "change": change })).await;
        // Of two things that are said in one second the one that stops counts.
        let second = now();
        until("another second", async || (now() > second).then_some(())).await;
        until(change, async || (listed().await == expected).then_some(())).await;
    }
    fleet.notify("after", &json!({"channel": "telegram", "destination": "4711", "message": "Su pedido"})).await;
    fleet.until("after", State::Sent).await;
    fleet.finish().await;
}

#[tokio::test]
async fn one_of_two_dialogs_asks_and_the_other_goes_on_when_it_ends() {
    let bot = Bot::start().await;
    let fleet = without_processes(&bot).await;
    let mut dialogs =
        vec![Process::ready("dialog", &fleet.environment).await, Process::ready("dialog", &fleet.environment).await];
    for (text, signal) in [("both", Some(Signal::Term)), ("one", None)] {
        bot.hears(json!({ "text": text })).await;
        assert_eq!(fleet.event("seen").await.json["data"]["text"], text);
        bot.until_all_is_taken().await;
        for dialog in &dialogs {
            assert!(!dialog.output().contains("does not tell what people write"), "{}", dialog.output());
        }
        if let Some(signal) = signal {
            let mut asking = None;
            for (at, dialog) in dialogs.iter().enumerate() {
                if dialog.metrics().await.contains("chasqui_polled_updates_total") {
                    asking = Some(at);
                }
            }
            let mut dialog = dialogs.remove(asking.expect("one of them has asked"));
            assert_eq!(dialog.end(signal).await, 0, "{}", dialog.output());
        }
    }
    fleet.finish().await;
}

#[tokio::test]
async fn a_webhook_that_stands_in_the_way_is_explained_and_asking_goes_on_once_it_is_gone() {
    let bot = Bot::start().await;
    let fleet = without_processes(&bot).await;
    assert_eq!(bot.method("setWebhook", json!({ "url": "https://n.example.org/webhook/telegram" })).await.0, 200);
    let dialog = Process::start("dialog", &fleet.environment);
    dialog.until_output("deleteWebhook, or set TELEGRAM_POLL=false").await;
    let not_ready = async || {
        let answer = bot.http.get(dialog.url("/health/ready")).send().await.ok()?;
        let is_missing = !answer.status().is_success();
        let said = answer.text().await.ok()?;
        (is_missing && said.contains("deleteWebhook")).then_some(())
    };
    until("it says why it is not ready", not_ready).await;
    assert_eq!(bot.method("deleteWebhook", json!({})).await.0, 200);
    dialog.until_ready().await;
    bot.hears(json!({ "text": "Hola" })).await;
    assert_eq!(fleet.event("seen").await.json["data"]["text"], "Hola");
    bot.until_all_is_taken().await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_token_that_is_refused_is_told_with_its_reason_and_asked_with_again() {
    let bot = Bot::start().await;
    let fleet = without_processes(&bot).await;
    let dialog = Process::start("dialog", &with(&fleet.environment, &[("TELEGRAM_BOT_TOKEN", "4711:another")]));
    dialog.until_output("asking again").await;
    assert!(dialog.output().contains("look at TELEGRAM_BOT_TOKEN"), "{}", dialog.output());
    assert!(!dialog.output().contains("4711:another"), "{}", dialog.output());
    fleet.finish().await;
}
