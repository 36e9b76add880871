//! A provider on this machine, in the shape of Twilio's Messages resource, that counts what it gets and
//! answers as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How to answer the next requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Answers 201 with a new SID.
    Accept,
    /// Answers this status with Twilio's error shape, which quotes the recipient, and an optional `Retry-After`.
    Refuse { status: u16, code: u32, retry_after: Option<String> },
    /// Never answers.
    Hang,
    /// Answers with [`Answer::Accept`] after this time.
    Slow(Duration),
    /// Reads the request whole, then closes the connection without an answer.
    Vanish,
    /// Does as [`Answer::Vanish`] does, with a reset.
    Reset,
    /// Answers 201 with a body that is not JSON.
    Garbage,
}

const AUTH_TOKEN: &str = "a token of the tests";

/// Twilio's own failure, after which a message may have been accepted all the same.
pub const INTERNAL_ERROR: u32 = 20500;

impl Answer {
    /// Whether a provider that answers so may have taken the message.
    pub fn may_have_accepted(&self) -> bool {
        match self {
            Self::Refuse { code, .. } => *code == INTERNAL_ERROR,
            _ => true,
        }
    }
}

/// What one request asked to send, and how it was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    pub to: String,
    pub body: String,
    /// Where the provider is asked to report what becomes of it.
    pub reports_to: Option<String>,
    pub answer: Answer,
    pub at: Instant,
}

/// The running provider; it ends when dropped.
pub struct Provider {
    pub base_url: String,
    state: Arc<State>,
    server: JoinHandle<()>,
}

/// What every connection shares.
struct State {
    answers: Mutex<Answers>,
    received: Mutex<Vec<Received>>,
    /// Where to report on the last request for each recipient that may have been accepted.
    reports_to: Mutex<BTreeMap<String, String>>,
}

struct Answers {
    general: Answer,
    /// Every how many requests one is answered differently, and how.
    sometimes: Option<(usize, Answer)>,
    requests: usize,
    /// Answers for single recipients, before the others.
    special: BTreeMap<String, Answer>,
}

impl Provider {
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("bound"));
        let answers = Answers { general: Answer::Accept, sometimes: None, requests: 0, special: BTreeMap::new() };
        let state =
            Arc::new(State { answers: Mutex::new(answers), received: Mutex::default(), reports_to: Mutex::default() });
        let shared = Arc::clone(&state);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { base_url, state, server }
    }

    /// Gives the settings that make the fleet use this provider for SMS and WhatsApp.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
            ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
            ("TWILIO_FROM_NUMBER", "+15005550006"),
            ("TWILIO_WHATSAPP_FROM", "+15005550006"),
            ("TWILIO_BASE_URL", &self.base_url),
            ("SANDBOX", "off"),
        ]
    }

    pub fn answer(&self, answer: Answer) {
        lock(&self.state.answers).general = answer;
    }

    /// Answers one request of every `every` differently, the others as before.
    pub fn answer_sometimes(&self, every: usize, answer: Answer) {
        lock(&self.state.answers).sometimes = Some((every.max(1), answer));
    }

    /// Answers requests for one recipient differently.
    pub fn answer_for(&self, to: &str, answer: Answer) {
        lock(&self.state.answers).special.insert(to.to_owned(), answer);
    }

    /// Answers requests for this recipient as those for all others again.
    pub fn answer_as_others(&self, to: &str) {
        lock(&self.state.answers).special.remove(to);
    }

    pub fn received(&self) -> Vec<Received> {
        lock(&self.state.received).clone()
    }

    /// Where this provider was asked to report on what it may have accepted last for this recipient.
    pub fn reports_to(&self, to: &str) -> Option<String> {
        lock(&self.state.reports_to).get(to).cloned()
    }

    /// Counts the requests that came.
    pub fn requests(&self) -> usize {
        lock(&self.state.received).len()
    }

    /// Counts the requests that asked to send to this recipient.
    pub fn count(&self, to: &str) -> usize {
        self.received().iter().filter(|received| received.to == to).count()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl State {
    fn receive(&self, form: &BTreeMap<String, String>) -> Answer {
        let text = |name: &str| form.get(name).cloned().unwrap_or_default();
        let (to, body, reports_to) = (text("To"), text("Body"), form.get("StatusCallback").cloned());
        let answer = lock(&self.answers).next(&to);
        if let Some(url) = reports_to.clone().filter(|_| answer.may_have_accepted()) {
            lock(&self.reports_to).insert(to.clone(), url);
        }
        lock(&self.received).push(Received { to, body, reports_to, answer: answer.clone(), at: Instant::now() });
        answer
    }
}

impl Answers {
    fn next(&mut self, to: &str) -> Answer {
        self.requests += 1;
        if let Some(answer) = self.special.get(to) {
            return answer.clone();
        }
        match &self.sometimes {
            Some((every, answer)) if self.requests.is_multiple_of(*every) => answer.clone(),
            _ => self.general.clone(),
        }
    }
}

/// Signs a call of this URL: the URL itself, and the names and values of the form in their order.
pub fn signature(url: &str, form: &[(&str, &str)]) -> String {
    let mut sorted = form.to_vec();
    sorted.sort_unstable();
    let parameters: String = sorted.iter().map(|(name, value)| format!("{name}{value}")).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, AUTH_TOKEN.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{url}{parameters}").as_bytes()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    while let Some(form) = read_form(&mut stream).await {
        let to = form.get("To").cloned().unwrap_or_default();
        let answer = state.receive(&form);
        if answer == Answer::Reset {
            let _ = stream.set_zero_linger();
        }
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
        Answer::Vanish | Answer::Reset => None,
    }
}

fn http(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads the form of one request; None when the connection has ended.
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
