//! One sample notification per channel, sent through the API, and shown as its recipient would have seen it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ratatui::text::Span;
use reqwest::Url;
use serde_json::{Value, json};
use store::{CapturedView, Store};
use tokio_util::sync::CancellationToken;

use crate::output::say;

const LOOK_EVERY: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(30);
/// The columns of a message that is shown, with its frame.
const WIDTH: usize = 76;
/// A push subscription as a browser gives it, with the keys of RFC 8291 appendix A.
const SUBSCRIPTION: &str = r#"{"endpoint":"https://push.example.org/send/sample-only","keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}"#;

/// Publishes the samples and prints what the sandbox captured of them.
pub(crate) async fn send_and_show(api: SocketAddr, store: &Store, stop: &CancellationToken) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    say!("Sending one sample notification per channel through POST /notify, each in the words of its locale:\n");
    let mut ids = Vec::new();
    for sample in samples() {
        let answer = client.post(format!("http://{api}/notify")).json(&sample).send().await.context("POST /notify")?;
        let status = answer.status();
        let accepted: Value = answer.json().await.context("POST /notify")?;
        ensure!(status.as_u16() == 202, "POST /notify answered {status}: {accepted}");
        let id = accepted["id"].as_str().unwrap_or_default().to_owned();
        let text = |name: &str| sample[name].as_str().unwrap_or_default().to_owned();
        say!("  202  {:9} locale {}  {id}", text("channel"), text("locale"));
        ids.push(id);
    }
    say!("");
    tokio::select! {
        captured = captures(store, &ids) => captured?.iter().for_each(show),
        () = stop.cancelled() => return Ok(()),
        () = tokio::time::sleep(PATIENCE) => say!("Nothing was captured within {} s: see GET /deliveries and the log.", PATIENCE.as_secs()),
    }
    say!("Press Ctrl-C to stop.");
    Ok(())
}

async fn captures(store: &Store, ids: &[String]) -> Result<Vec<CapturedView>> {
    loop {
        let mut all = store.captures(None, 100).await?;
        all.retain(|captured| ids.contains(&captured.key.id));
        if all.len() >= ids.len() {
            return Ok(all);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn samples() -> Vec<Value> {
    templates_and_recipients()
        .into_iter()
        .map(|(channel, destination, template, locale)| {
            json!({
                "channel": channel,
                "destination": destination,
                "template": template,
                "locale": locale,
                "data": sample_data(template),
            })
        })
        .collect()
}

/// Addresses and numbers that are reserved for examples (RFC 2606; the 555-01xx range).
fn templates_and_recipients() -> [(&'static str, &'static str, &'static str, &'static str); 7] {
    [
        ("email", "ana@example.com", "welcome", "es"),
        ("sms", "+12025550143", "otp", "en"),
        ("whatsapp", "+12025550143", "receipt", "es"),
        ("push", "sample-device-token-0123456789abcdef", "alert", "en"),
        ("webpush", SUBSCRIPTION, "receipt", "en"),
        ("telegram", "@example_channel", "alert", "es"),
        ("slack", "C0EXAMPLE00", "alert", "en"),
    ]
}

fn sample_data(template: &str) -> Value {
    let templates = templates::Templates::embedded("en").map(|all| all.describe()).unwrap_or_default();
    let found = templates.into_iter().find(|description| description.template == template);
    found.map_or(Value::Null, |description| Value::Object(description.sample))
}

fn show(captured: &CapturedView) {
    let capture = &captured.capture;
    say!("{}", heading(capture.channel.as_str(), &capture.destination));
    if let Some(subject) = &capture.subject {
        line(&format!("Subject: {subject}"));
        line("");
    }
    capture.text.lines().for_each(line);
    if capture.html.is_some() {
        line("");
        line("(and the same as HTML)");
    }
    say!("└{}┘\n", "─".repeat(WIDTH - 2));
}

/// The upper edge of the frame, with whom a message is for. A push subscription, which is longer than a line, is told by the host
/// of its push service.
fn heading(channel: &str, destination: &str) -> String {
    let subscription = serde_json::from_str::<Value>(destination).unwrap_or_default();
    let endpoint = subscription["endpoint"].as_str().and_then(|endpoint| Url::parse(endpoint).ok());
    let host = endpoint.as_ref().and_then(Url::host_str);
    let title = format!(" {channel} to {} ", host.unwrap_or(destination));
    let title: String = title.chars().take(WIDTH - 4).collect();
    format!("┌─{title}{}┐", "─".repeat(WIDTH.saturating_sub(columns(&title) + 3)))
}

/// Prints a text in the frame.
fn line(text: &str) {
    rows(text).iter().for_each(|row| say!("{row}"));
}

/// A text in the frame, broken at words to its width.
fn rows(text: &str) -> Vec<String> {
    let room = WIDTH - 4;
    let (mut rows, mut row) = (Vec::new(), String::new());
    for word in text.split(' ') {
        if !row.is_empty() && columns(&row) + 1 + columns(word) > room {
            rows.push(framed(&std::mem::take(&mut row)));
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    rows.push(framed(&row));
    rows
}

fn framed(row: &str) -> String {
    let padding = (WIDTH - 4).saturating_sub(columns(row));
    format!("│ {row}{} │", " ".repeat(padding))
}

/// How many columns of a terminal a text takes: an emoji takes two.
fn columns(text: &str) -> usize {
    Span::raw(text).width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_frame_is_as_wide_as_the_frame_whatever_stands_in_it() {
        let long = "🚨 The database is down: ".repeat(8);
        for text in ["", "🚨", "Sí", "日本", long.as_str()] {
            let all = rows(text);
            assert!(all.iter().all(|row| columns(row) == WIDTH), "{all:?}");
        }
        assert!(rows(&long).len() > 2, "it is broken at words");
        for destination in ["ana@example.com", "🚨", SUBSCRIPTION] {
            assert_eq!(columns(&heading("email", destination)), WIDTH, "{destination}");
        }
    }

    #[test]
    fn a_push_subscription_is_told_by_the_host_of_its_service() {
        assert!(heading("webpush", SUBSCRIPTION).starts_with("┌─ webpush to push.example.org ─"));
        assert!(heading("sms", "+12025550143").starts_with("┌─ sms to +12025550143 ─"));
    }
}
