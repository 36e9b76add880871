//! A fleet with the settings that the fake prints, from its publishers to the providers.

use chasqui::clock::SystemClock;
use domain::{Clock as _, State};
use e2e::processes::run;
use e2e::{Database, TestFleet};
use fake::{Fake, Options};
use serde_json::{Value, json};

const PHONE: &str = "+12025550143";

/// In seconds of the epoch.
pub(crate) fn now() -> u64 {
    u64::try_from(SystemClock.now().as_micros() / 1_000_000).unwrap_or_default()
}

#[tokio::test]
async fn a_fleet_with_the_settings_of_the_fake_delivers_by_every_medium_and_tries_again_what_a_rule_refused() {
    let listen = || "127.0.0.1:0".to_owned();
    let options =
        Options { listen: listen(), smtp_listen: listen(), at: None, callbacks: None, now, complain: |_line| () };
    let fake = Fake::start(options).await.expect("free ports");
    let lines = fake.settings.lines().filter(|line| !line.starts_with('#'));
    let settings: Vec<(&str, &str)> =
        lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name, value.trim_matches('\''))).collect();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;

    let rule = json!({ "provider": "twilio", "to": PHONE, "next": 1, "status": 503 });
    let url = format!("{}/_fake/rules", fake.base_url);
    let added = fleet.http.post(url).json(&rule).send().await.expect("answered");
    assert_eq!(added.status().as_u16(), 201);
    let browser = fake.settings.lines().last().unwrap_or_default().trim_start_matches("# ");
    let iphone = format!("apns:{}", "00c0ffee".repeat(8));
    let media = [
        ("mail", "email", "ana@example.org"),
        ("text", "sms", PHONE),
        ("chat", "whatsapp", PHONE),
        ("android", "push", "device-token-0123456789"),
        ("iphone", "push", iphone.as_str()),
        ("browser", "webpush", browser),
        ("bot", "telegram", "4711"),
        ("app", "slack", "U0EXAMPLE00"),
    ];
    for (id, channel, destination) in media {
        let body = json!({"channel": channel, "destination": destination, "subject": "Aviso", "message": "Su pedido"});
        fleet.notify(id, &body).await;
    }
    for (id, ..) in media {
        let view = fleet.until(id, State::Sent).await;
        assert_eq!(view.attempts.len(), if id == "text" { 2 } else { 1 }, "{id}");
    }
    let url = format!("{}/_fake/received", fake.base_url);
    let answer: Value = fleet.http.get(url).send().await.expect("answered").json().await.expect("JSON");
    let received = answer["received"].as_array().cloned().unwrap_or_default();
    let taken = received.iter().filter(|one| one["refused"].is_null());
    assert!(taken.clone().all(|one| one["text"].as_str().is_some_and(|text| text.contains("Su pedido"))), "{answer}");
    assert_eq!((taken.count(), received.len()), (media.len(), media.len() + 1), "{answer}");

    let (code, said) = run(&["providers", "check"], &fleet.environment).await;
    assert_eq!((code, said.matches("accepts our credentials").count()), (0, 8), "{said}");
    fleet.finish().await;
}
