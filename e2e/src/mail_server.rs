//! The real mail server of the tools, and its mailbox as a mail program shows it.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use testkit::Counterpart;
use tokio::task::JoinHandle;

use crate::fleet::until;

/// `tools/smtp_server.py`, which says how it answers; it ends when dropped.
pub struct MailServer {
    port: String,
    mails: Arc<Mutex<Vec<Mail>>>,
    reading: JoinHandle<()>,
}

/// A mail that the server has taken.
#[derive(Clone, PartialEq, Debug)]
pub struct Mail {
    /// The sender of the envelope, to which reports come.
    pub sender: String,
    /// The recipient of the envelope; the first, of several.
    pub to: String,
    pub text: String,
    pub html: Option<String>,
    headers: Value,
}

impl MailServer {
    /// # Panics
    /// When the tools are not installed.
    pub async fn start(arguments: &[&str]) -> Self {
        let arguments = [&["tools/smtp_server.py"], arguments].concat();
        let mut server = Counterpart::start("venv/bin/python", &arguments);
        let port = read(&server.line().await)["port"].to_string();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let mailbox = Arc::clone(&mails);
        let reading = tokio::spawn(async move {
            while let Some(line) = server.line_or_end().await {
                mailbox.lock().expect("not poisoned").push(Mail::of(&read(&line)));
            }
        });
        Self { port, mails, reading }
    }

    /// Gives the settings that make the fleet send its mails by this server.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("SMTP_HOST", "127.0.0.1"),
            ("SMTP_PORT", &self.port),
            ("SMTP_TLS", "none"),
            ("FROM_EMAIL", "avisos@example.org"),
            ("FROM_NAME", "Tienda Quipu"),
            ("SANDBOX", "off"),
        ]
    }

    /// Lists what has come for one recipient, in order.
    pub fn mails(&self, to: &str) -> Vec<Mail> {
        self.mails.lock().expect("not poisoned").iter().filter(|mail| mail.to == to).cloned().collect()
    }

    /// Waits until a mail for this recipient has come.
    pub async fn mail(&self, to: &str) -> Mail {
        until(&format!("a mail to {to}"), async || self.mails(to).pop()).await
    }
}

impl Mail {
    fn of(printed: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(|text| text.replace("\r\n", "\n"));
        Self {
            sender: text(&printed["from"]).unwrap_or_default(),
            to: text(&printed["to"][0]).unwrap_or_default(),
            text: text(&printed["text"]).unwrap_or_default(),
            html: text(&printed["html"]),
            headers: printed["headers"].clone(),
        }
    }

    /// Gives a header, decoded, by its name in lower case; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].as_str().unwrap_or_default()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

fn read(line: &str) -> Value {
    serde_json::from_str(line).expect("the mail server prints JSON")
}
