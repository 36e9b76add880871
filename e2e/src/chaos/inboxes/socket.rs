//! The least of a client of Socket.IO, by polling: it connects, says that an item was shown, and goes once that is
//! acknowledged.

use anyhow::{Context as _, Result, bail};
use reqwest::Client;
use serde_json::{Value, json};

/// How often it asks for more before it gives up. Each answer comes within the interval of pings.
const POLLS: usize = 5;
/// What stands between two packets of one answer.
const SEPARATOR: char = '\u{1e}';

/// One session.
struct Session<'a> {
    http: &'a Client,
    url: String,
}

/// Says that an item was shown. False where the gateway says that there is no such item.
///
/// # Errors
/// Whatever went wrong: it may be noted.
pub(super) async fn say_seen(http: &Client, gateway: &str, token: &str, id: &str) -> Result<bool> {
    let url = format!("{gateway}/socket.io/?EIO=4&transport=polling");
    let opened = http.get(&url).send().await?.error_for_status()?.text().await?;
    let opened: Value = serde_json::from_str(opened.strip_prefix('0').context("no handshake")?)?;
    let session = Session { http, url: format!("{url}&sid={}", opened["sid"].as_str().context("no session")?) };
    let said = session.say_seen(token, id).await;
    // Its seat is free at once.
    let _gone = session.send("1").await;
    said
}

impl Session<'_> {
    async fn say_seen(&self, token: &str, id: &str) -> Result<bool> {
        self.send(&format!("40{}", json!({"token": token}))).await?;
        self.until("40").await?;
        self.send(&format!("420{}", json!(["seen", {"id": id}]))).await?;
        let answer: Value = serde_json::from_str(&self.until("430").await?)?;
        match answer[0]["error"]["code"].as_str() {
            None => Ok(answer[0]["seen"] == id),
            Some("not-found") => Ok(false),
            Some(_) => bail!("not taken: {answer}"),
        }
    }

    async fn send(&self, packet: &str) -> Result<()> {
        self.http.post(&self.url).body(packet.to_owned()).send().await?.error_for_status()?;
        Ok(())
    }

    /// What stands behind this in the packet that begins with it.
    async fn until(&self, begin: &str) -> Result<String> {
        for _ in 0..POLLS {
            let text = self.http.get(&self.url).send().await?.error_for_status()?.text().await?;
            let mut found = None;
            for packet in text.split(SEPARATOR) {
                match packet {
                    "2" => self.send("3").await?,
                    _ if packet.starts_with("44") || packet.starts_with("41") => bail!("sent away: {packet}"),
                    _ => found = found.or(packet.strip_prefix(begin).map(str::to_owned)),
                }
            }
            if let Some(found) = found {
                return Ok(found);
            }
        }
        bail!("no packet {begin} came")
    }
}
