//! A provider on this machine, in the shape of Twilio's Messages resource, that counts what it gets and
//! answers as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How to answer the next requests.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// 201 with a new SID.
    Accept,
    /// This status with Twilio's error shape, which quotes the recipient, and an optional `Retry-After`.
    Refuse { status: u16, code: u32, retry_after: Option<String> },
    /// Never answers.
    Hang,
    /// Answers with [`Answer::Accept`] after this time.
    Slow(Duration),
    /// Reads the request whole, then closes the connection without an answer.
    Vanish,
    /// 201 with a body that is not JSON.
    Garbage,
}

/// What one request asked to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    pub to: String,
    pub body: String,
}

/// The running provider; it ends when dropped.
pub struct Provider {
    pub base_url: String,
    answer: watch::Sender<Answer>,
    /// Answers for single recipients, before the general one.
    special: Arc<Mutex<BTreeMap<String, Answer>>>,
    received: Arc<Mutex<Vec<Received>>>,
    server: JoinHandle<()>,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("bound"));
        let answer = watch::Sender::new(Answer::Accept);
        let received = Arc::new(Mutex::new(Vec::new()));
        let special = Arc::new(Mutex::new(BTreeMap::new()));
        let shared = (answer.subscribe(), Arc::clone(&received), Arc::clone(&special));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, received, special) = shared.clone();
                tokio::spawn(serve(stream, answer, received, special));
            }
        });
        Self { base_url, answer, special, received, server }
    }

    /// The settings that make the fleet use this provider for SMS and WhatsApp.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
            ("TWILIO_AUTH_TOKEN", "a token of the tests"),
            ("TWILIO_FROM_NUMBER", "+15005550006"),
            ("TWILIO_WHATSAPP_FROM", "+15005550006"),
            ("TWILIO_BASE_URL", &self.base_url),
            ("SANDBOX", "off"),
        ]
    }

    pub fn answer(&self, answer: Answer) {
        self.answer.send_replace(answer);
    }

    /// Answers requests for one recipient differently.
    pub fn answer_for(&self, to: &str, answer: Answer) {
        self.special.lock().expect("not poisoned").insert(to.to_owned(), answer);
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("not poisoned").clone()
    }

    /// How many requests asked to send to this recipient.
    pub fn count(&self, to: &str) -> usize {
        self.received().iter().filter(|received| received.to == to).count()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: watch::Receiver<Answer>,
    received: Arc<Mutex<Vec<Received>>>,
    special: Arc<Mutex<BTreeMap<String, Answer>>>,
) {
    while let Some(form) = read_form(&mut stream).await {
        let (to, body) = (form.get("To").cloned().unwrap_or_default(), form.get("Body").cloned().unwrap_or_default());
        received.lock().expect("not poisoned").push(Received { to: to.clone(), body });
        let own = special.lock().expect("not poisoned").get(&to).cloned();
        let answer = own.unwrap_or_else(|| answer.borrow().clone());
        let Some(response) = respond(&answer, &to).await else { return };
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn respond(answer: &Answer, to: &str) -> Option<String> {
    let sid = format!("SM{}", uuid::Uuid::new_v4().simple());
    let accepted = json!({"sid": sid, "status": "queued", "error_code": null}).to_string();
    match answer {
        Answer::Accept => Some(http(201, "", &accepted)),
        Answer::Slow(time) => {
            tokio::time::sleep(*time).await;
            Some(http(201, "", &accepted))
        }
        Answer::Garbage => Some(http(201, "", "<html>not JSON</html>")),
        Answer::Refuse { status, code, retry_after } => {
            let header = retry_after.as_ref().map(|value| format!("Retry-After: {value}\r\n")).unwrap_or_default();
            let body = json!({"code": code, "message": format!("refused by the test: {to}"), "status": status});
            Some(http(*status, &header, &body.to_string()))
        }
        Answer::Hang => std::future::pending().await,
        Answer::Vanish => None,
    }
}

fn http(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The form of one request, or None when the connection has ended.
async fn read_form(stream: &mut TcpStream) -> Option<BTreeMap<String, String>> {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            break (end + 4, length.unwrap_or(0));
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(url::form_urlencoded::parse(&bytes[head..head + length]).into_owned().collect())
}
