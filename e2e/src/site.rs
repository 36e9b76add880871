//! An origin of a page under test: it serves the page, takes its report, and has an API answer everything else.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long a browser may take: its first start may take long on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the API was asked by way of this origin, and the status of its answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Relayed {
    pub host: String,
    pub method: String,
    pub path: String,
    pub status: u16,
}

/// The running server; it ends when dropped. `GET /page` is the page, `POST /report` takes what it reports, and
/// everything else is passed on to the API byte by byte, as if this were the API's own address.
pub struct Site {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    reports: mpsc::UnboundedReceiver<Value>,
    listening: JoinHandle<()>,
}

struct Shared {
    page: String,
    api: SocketAddr,
    relayed: Mutex<Vec<Relayed>>,
    reports: mpsc::UnboundedSender<Value>,
}

impl Site {
    /// # Panics
    /// When no port is free.
    pub async fn start(page: String, api: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (sender, reports) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { page, api, relayed: Mutex::default(), reports: sender });
        let serving = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                // A browser may open connections that it does not use.
                tokio::spawn(async move { shared.answer(client).await });
            }
        });
        Self { address, shared, reports, listening }
    }

    /// Gives a URL of this origin under some name of this machine.
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    /// Waits for what the page says when it is done.
    ///
    /// # Panics
    /// When it never says anything.
    pub async fn report(&mut self) -> Value {
        let report = tokio::time::timeout(PATIENCE, self.reports.recv()).await;
        report.expect("the page reports").expect("the site is there")
    }

    /// Takes what has been passed on since this was last asked.
    pub fn take_relayed(&self) -> Vec<Relayed> {
        std::mem::take(&mut *self.shared.relayed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Shared {
    /// Answers one request of a connection, which then ends.
    async fn answer(&self, mut client: TcpStream) -> Option<()> {
        let request = read_request(&mut client).await?;
        let answer = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/page") => own("text/html; charset=utf-8", &self.page),
            ("POST", "/report") => {
                let report = serde_json::from_slice(&request.body).unwrap_or_default();
                let _ = self.reports.send(report);
                own("text/plain", "")
            }
            _ => self.relay(request).await?,
        };
        client.write_all(&answer).await.ok()
    }

    async fn relay(&self, request: Request) -> Option<Vec<u8>> {
        let mut api = TcpStream::connect(self.api).await.ok()?;
        // Everything is passed on as it came, but for the end of the connection, by which the end of the answer is
        // known.
        let lines = request.head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let head: String = lines.map(|line| format!("{line}\r\n")).collect();
        api.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await.ok()?;
        api.write_all(&request.body).await.ok()?;
        let mut answer = Vec::new();
        api.read_to_end(&mut answer).await.ok()?;
        let status = std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()?;
        let Request { host, method, path, .. } = request;
        let relayed = Relayed { host, method, path, status };
        self.relayed.lock().unwrap_or_else(PoisonError::into_inner).push(relayed);
        Some(answer)
    }
}

fn own(kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 -\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into()
}

struct Request {
    head: String,
    method: String,
    path: String,
    host: String,
    body: Vec<u8>,
}

/// Reads one request with the body that its header announces; None when the connection has ended.
async fn read_request(client: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let header = |wanted: &str| {
        let mut headers = head.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim().to_owned())
    };
    let length: usize = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let host = header("host").unwrap_or_default();
    let mut words = head.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if client.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { head, method, path, host, body })
}
