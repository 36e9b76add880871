//! One sample notification per channel, sent through the API, and shown as its recipient would have seen it, or sees it in an
//! inbox.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use domain::{INAPP, Key, Tenant};
use ratatui::text::Span;
use reqwest::Url;
use serde_json::{Value, json};
use store::{CapturedView, InboxItem, Store};
use tokio_util::sync::CancellationToken;

use crate::output::say;

const LOOK_EVERY: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(30);
/// The columns of a message that is shown, with its frame.
const WIDTH: usize = 76;
/// A push subscription as a browser gives it, with the keys of RFC 8291 appendix A.
const SUBSCRIPTION: &str = r#"{"endpoint":"https://push.example.org/send/sample-only","keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}"#;

/// The user to whom the sample in the app goes.
const USER: &str = "ana";
const INBOX_OF_USER: &str = "user:ana";

/// A message as its recipient sees it.
struct Shown {
    channel: String,
    destination: String,
    subject: Option<String>,
    text: String,
    has_html: bool,
}

/// Publishes the samples and prints what the sandbox captured of them, and what an inbox has.
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
        shown = shown(store, &ids) => shown?.iter().for_each(show),
        () = stop.cancelled() => return Ok(()),
        () = tokio::time::sleep(PATIENCE) => say!("Nothing was captured within {} s: see GET /deliveries and the log.", PATIENCE.as_secs()),
    }
    say!("Press Ctrl-C to stop.");
    Ok(())
}

/// What has become of all samples. That in the app is in an inbox where there are inboxes, and captured like the others where
/// there are none.
async fn shown(store: &Store, ids: &[String]) -> Result<Vec<Shown>> {
    loop {
        let mut captured = store.captures(None, 100).await?;
        captured.retain(|captured| ids.contains(&captured.key.id));
        let mut all: Vec<Shown> = captured.into_iter().map(Shown::from).collect();
        for id in ids {
            let key = Key { tenant: Tenant::default(), id: id.clone() };
            all.extend(store.inbox_item(&key, USER).await?.map(Shown::from));
        }
        if all.len() >= ids.len() {
            return Ok(all);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl From<CapturedView> for Shown {
    fn from(view: CapturedView) -> Self {
        let store::Capture { channel, destination, subject, text, html } = view.capture;
        Self { channel: channel.to_string(), destination, subject, text, has_html: html.is_some() }
    }
}

impl From<InboxItem> for Shown {
    fn from(item: InboxItem) -> Self {
        let InboxItem { user, title, body, .. } = item;
        Self {
            channel: INAPP.to_owned(),
            destination: format!("user:{user}"),
            subject: title,
            text: body,
            has_html: false,
        }
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
fn templates_and_recipients() -> [(&'static str, &'static str, &'static str, &'static str); 8] {
    [
        ("email", "ana@example.com", "welcome", "es"),
        ("sms", "+12025550143", "otp", "en"),
        ("whatsapp", "+12025550143", "receipt", "es"),
        ("push", "sample-device-token-0123456789abcdef", "alert", "en"),
        ("webpush", SUBSCRIPTION, "receipt", "en"),
        ("telegram", "@example_channel", "alert", "es"),
        ("slack", "C0EXAMPLE00", "alert", "en"),
        (INAPP, INBOX_OF_USER, "receipt", "es"),
    ]
}

fn sample_data(template: &str) -> Value {
    let templates = templates::Templates::embedded("en").map(|all| all.describe()).unwrap_or_default();
    let found = templates.into_iter().find(|description| description.template == template);
    found.map_or(Value::Null, |description| Value::Object(description.sample))
}

fn show(shown: &Shown) {
    say!("{}", heading(&shown.channel, &shown.destination));
    if let Some(subject) = &shown.subject {
        line(&format!("Subject: {subject}"));
        line("");
    }
    shown.text.lines().for_each(line);
    if shown.has_html {
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
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use domain::{Defaults, Draft, InboxAddress, Timestamp, parse_object};
    use operations::Checker;
    use templates::Templates;

    use super::*;

    #[test]
    fn every_channel_has_a_sample_that_the_api_takes() {
        let checker = Checker::new(Arc::new(Templates::embedded("en").unwrap()));
        let mut covered = BTreeSet::new();
        for sample in samples() {
            let object = parse_object(sample.to_string().as_bytes()).unwrap();
            let findings = checker.check(&Draft::of(object, &Defaults { channel: None }), Timestamp::from_micros(0));
            assert!(findings.errors.is_empty(), "{sample}: {:?}", findings.errors);
            assert!(covered.insert(sample["channel"].as_str().unwrap().to_owned()), "{sample}: a second one");
        }
        assert_eq!(covered, channels::known().iter().map(|&name| name.to_owned()).collect());
        assert!(matches!(InboxAddress::parse(INBOX_OF_USER), Some(InboxAddress::User(USER))));
    }

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
