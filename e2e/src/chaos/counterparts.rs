//! Telegram, SendGrid and a service of somebody's as one server on this machine: it keeps the messages with buttons and
//! the commands that it gets, and takes all of them.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chasqui::clock::SystemClock;
use domain::Clock as _;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::reconcile::talk::Posted;
use crate::receiver::{self, read};

/// What Telegram says with each call.
pub(super) const WEBHOOK_SECRET: &str = "a-secret-of-the-chaos-run";
/// The service, and its one action.
pub(super) const SERVICE: &str = "trading";
pub(super) const ACTION: &str = "pause";
/// How long a command may take, its confirmation included.
const COMMAND_SECONDS: u32 = 120;
/// What stands before the 32 bytes of a public key of Ed25519 in a `SubjectPublicKeyInfo` (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// How long a token of the service is good for.
const TOKEN_SECONDS: i64 = 60;

/// A message of the bot that has buttons.
#[derive(Clone, Debug)]
pub(super) struct Question {
    chat: String,
    text: String,
    /// What stands behind the buttons, in their order.
    pub(super) buttons: Vec<String>,
}

/// The running server; it ends when dropped.
pub(super) struct Counterparts {
    base_url: String,
    key: Ed25519KeyPair,
    seen: Arc<Seen>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    messages: AtomicU32,
    questions: Mutex<Vec<Question>>,
    posted: Mutex<Vec<Posted>>,
}

impl Counterparts {
    /// # Errors
    /// When no port is free.
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).ok().context("a key of 32 bytes")?;
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { base_url, key, seen, server })
    }

    /// Gives the settings of a fleet that knows all of them; `services` is where the file of services is written.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn settings(&self, services: &Path) -> Result<Vec<(String, String)>> {
        let der = [&SPKI[..], self.key.public_key().as_ref()].concat();
        let text = format!(
            "[{SERVICE}]\nbase_url = \"{}\"\nmay = [\"admins\"]\napprovers = [\"admins\"]\n\
             timeout_seconds = {COMMAND_SECONDS}\npublic_key = \"\"\"\n-----BEGIN PUBLIC KEY-----\n{}\n\
             -----END PUBLIC KEY-----\n\"\"\"\n[{SERVICE}.actions.{ACTION}]\nschema = '{}'\n",
            self.base_url,
            STANDARD.encode(der),
            json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}),
        );
        std::fs::write(services, text)?;
        let services = services.display().to_string();
        let settings = [
            ("TELEGRAM_BOT_TOKEN", "4711:of-the-chaos-run"),
            ("TELEGRAM_BASE_URL", self.base_url.as_str()),
            ("TELEGRAM_WEBHOOK_SECRET", WEBHOOK_SECRET),
            ("SENDGRID_API_KEY", "SG.of.the.chaos.run"),
            ("SENDGRID_BASE_URL", self.base_url.as_str()),
            ("FROM_EMAIL", "avisos@example.org"),
            ("SERVICES_FILE", services.as_str()),
        ];
        Ok(settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    /// The question with these words that somebody was sent, if it has come.
    pub(super) fn question(&self, chat: &str, words: &str) -> Option<Question> {
        let questions = lock(&self.seen.questions);
        questions.iter().find(|question| question.chat == chat && question.text.contains(words)).cloned()
    }

    /// Every command that the service was sent, in order.
    pub(super) fn posted(&self) -> Vec<Posted> {
        lock(&self.seen.posted).clone()
    }

    /// The token by which the service shows who it is.
    pub(super) fn token(&self) -> String {
        let now = SystemClock.now().as_micros() / 1_000_000;
        let encoded = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let claims = json!({"sub": SERVICE, "aud": "chasqui", "exp": now + TOKEN_SECONDS});
        let signed = format!("{}.{}", encoded(json!({"alg": "EdDSA", "typ": "JWT"})), encoded(claims));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()).as_ref()))
    }
}

impl Drop for Counterparts {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Seen {
    /// Keeps what came, and says with which status and body it is answered.
    fn answer(&self, request: &receiver::Posted) -> (u16, String) {
        if request.path.starts_with("/bot") {
            return (200, self.message(&request.json()));
        }
        match request.path.as_str() {
            "/v1/commands" => {
                let id = request.json()["command_id"].as_str().unwrap_or_default().to_owned();
                let key = request.header("idempotency-key").to_owned();
                lock(&self.posted).push(Posted { id, key });
                (202, "{}".to_owned())
            }
            "/v3/mail/send" => (202, String::new()),
            _ => (404, "{}".to_owned()),
        }
    }

    /// What Telegram says of a message that it has sent, or changed.
    fn message(&self, said: &Value) -> String {
        let chat = said["chat_id"].as_str().map_or_else(|| said["chat_id"].to_string(), str::to_owned);
        let rows = said["reply_markup"]["inline_keyboard"].as_array();
        let buttons = rows.into_iter().flatten().flat_map(|row| row.as_array().into_iter().flatten());
        let buttons: Vec<String> =
            buttons.filter_map(|button| button["callback_data"].as_str().map(str::to_owned)).collect();
        if !buttons.is_empty() {
            let text = said["text"].as_str().unwrap_or_default().to_owned();
            lock(&self.questions).push(Question { chat, text, buttons });
        }
        let id = said["message_id"].as_u64();
        let id = id.unwrap_or_else(|| u64::from(self.messages.fetch_add(1, Ordering::Relaxed)) + 1);
        json!({"ok": true, "result": {"message_id": id}}).to_string()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, seen: Arc<Seen>) {
    while let Some(request) = read(&mut stream).await {
        let (status, body) = seen.answer(&request);
        let length = body.len();
        let head = format!("HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
            return;
        }
    }
}
