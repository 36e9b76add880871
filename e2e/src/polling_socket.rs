//! A client of Socket.IO by polling, with every request in the hand of its user: for what the official clients would not do,
//! and where there is no place for another program.

use std::collections::VecDeque;

use anyhow::{Context as _, Result, bail};
use reqwest::Client;
use serde_json::{Value, json};

/// How often it asks for more before it gives up. Each answer comes within the interval of pings.
const POLLS: usize = 5;
/// What stands between two packets of one answer.
const SEPARATOR: char = '\u{1e}';

/// One session, from its handshake on.
pub struct PollingSocket {
    http: Client,
    url: String,
    /// What has come and was not looked for yet.
    come: VecDeque<String>,
}

impl PollingSocket {
    /// Begins a session, with which nobody is let in yet.
    ///
    /// # Errors
    /// When there is none.
    pub async fn open(http: &Client, gateway: &str) -> Result<Self> {
        let url = format!("{gateway}/socket.io/?EIO=4&transport=polling");
        let opened = http.get(&url).send().await?.error_for_status()?.text().await?;
        let opened: Value = serde_json::from_str(opened.strip_prefix('0').context("no handshake")?)?;
        let url = format!("{url}&sid={}", opened["sid"].as_str().context("no session")?);
        Ok(Self { http: http.clone(), url, come: VecDeque::new() })
    }

    /// Shows a token, and is let in.
    ///
    /// # Errors
    /// Why not, with what the gateway says of it.
    pub async fn connect(&mut self, auth: &Value) -> Result<()> {
        self.send(format!("40{auth}")).await?;
        self.until("40").await.map(drop)
    }

    /// Begins a session and shows a token.
    ///
    /// # Errors
    /// Why it is not let in.
    pub async fn enter(http: &Client, gateway: &str, token: &str) -> Result<Self> {
        let mut socket = Self::open(http, gateway).await?;
        match socket.connect(&json!({"token": token})).await {
            Ok(()) => Ok(socket),
            Err(why) => {
                socket.close().await;
                Err(why)
            }
        }
    }

    /// Sends an event, and gives what it is acknowledged with. One at a time.
    ///
    /// # Errors
    /// When there is no acknowledgement.
    pub async fn ask(&mut self, event: &str, data: &Value) -> Result<Value> {
        self.send(format!("420{}", json!([event, data]))).await?;
        let answer: Value = serde_json::from_str(&self.until("430").await?)?;
        Ok(answer[0].clone())
    }

    /// The name of the next event, and what came with it.
    ///
    /// # Errors
    /// When none comes.
    pub async fn told(&mut self) -> Result<(String, Value)> {
        let event: Value = serde_json::from_str(&self.until("42").await?)?;
        Ok((event[0].as_str().context("the name of an event")?.to_owned(), event[1].clone()))
    }

    /// Ends the session: its seat is free at once, if there is somebody who hears that.
    pub async fn close(self) {
        let _unheard = self.send("1".to_owned()).await;
    }

    /// Sends whatever it is as one body.
    ///
    /// # Errors
    /// When it is not taken.
    pub async fn send(&self, packet: String) -> Result<()> {
        self.http.post(&self.url).body(packet).send().await?.error_for_status()?;
        Ok(())
    }

    /// What stands behind this in the first packet that begins with it.
    async fn until(&mut self, begin: &str) -> Result<String> {
        let mut polls = 0;
        loop {
            if let Some(at) = self.come.iter().position(|packet| packet.starts_with(begin)) {
                let packet = self.come.remove(at).unwrap_or_default();
                return Ok(packet[begin.len()..].to_owned());
            }
            if polls == POLLS {
                bail!("no packet {begin} came");
            }
            polls += 1;
            let text = self.http.get(&self.url).send().await?.error_for_status()?.text().await?;
            for packet in text.split(SEPARATOR) {
                match packet {
                    "2" => self.send("3".to_owned()).await?,
                    _ if packet.starts_with("44") || packet.starts_with("41") => bail!("sent away: {packet}"),
                    _ => self.come.push_back(packet.to_owned()),
                }
            }
        }
    }
}
