//! The real mail server of the tools, and its mailbox as a mail program shows it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::fleet::until;

/// `tools/smtp_server.py`, which says how it answers; it ends when dropped.
pub struct MailServer {
    port: String,
    mails: Arc<Mutex<Vec<Mail>>>,
    _stdin: ChildStdin,
    _child: Child,
}

/// A mail that the server has taken.
#[derive(Clone, PartialEq, Debug)]
pub struct Mail {
    /// Of the envelope.
    pub to: String,
    pub text: String,
    pub html: Option<String>,
    headers: Value,
}

impl MailServer {
    /// # Panics
    /// When the tools are not installed.
    pub async fn start(arguments: &[&str]) -> Self {
        let python = installed().join("venv/bin/python");
        assert!(python.exists(), "{} is missing: run `make tools`", python.display());
        let mut child = Command::new(python)
            .arg("tools/smtp_server.py")
            .args(arguments)
            .current_dir(repository())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Python runs");
        let stdin = child.stdin.take().expect("piped");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let place = next(&mut lines).await.expect("the mail server says where it is: run `make tools`");
        let mails = Arc::new(Mutex::new(Vec::new()));
        let mailbox = Arc::clone(&mails);
        tokio::spawn(async move {
            while let Some(mail) = next(&mut lines).await {
                mailbox.lock().expect("not poisoned").push(Mail::of(&mail));
            }
        });
        Self { port: place["port"].to_string(), mails, _stdin: stdin, _child: child }
    }

    /// The settings that make the fleet send its mails by this server.
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

    /// What has come for one recipient, in order.
    pub fn mails(&self, to: &str) -> Vec<Mail> {
        self.mails.lock().expect("not poisoned").iter().filter(|mail| mail.to == to).cloned().collect()
    }

    /// Until a mail for this recipient has come.
    pub async fn mail(&self, to: &str) -> Mail {
        until(&format!("a mail to {to}"), async || self.mails(to).pop()).await
    }
}

impl Mail {
    fn of(printed: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(|text| text.replace("\r\n", "\n"));
        Self {
            to: text(&printed["to"][0]).unwrap_or_default(),
            text: text(&printed["text"]).unwrap_or_default(),
            html: text(&printed["html"]),
            headers: printed["headers"].clone(),
        }
    }

    /// A header, decoded, by its name in lower case; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].as_str().unwrap_or_default()
    }
}

async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<Value> {
    let line = lines.next_line().await.ok()??;
    Some(serde_json::from_str(&line).expect("the mail server prints JSON"))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn installed() -> PathBuf {
    std::env::var_os("CHASQUI_TOOLS").map_or_else(|| repository().join("var/tools"), PathBuf::from)
}
