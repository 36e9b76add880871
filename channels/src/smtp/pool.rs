//! Connections to one mail server: opened when needed, kept while they are in step, never more than the limit.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Severity;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Tls;

/// Below what servers allow a client to be silent (Postfix 300 s, RFC 5321 section 4.5.3.2.7 the same).
const MAX_IDLE: Duration = Duration::from_secs(30);

/// Where and how to connect.
pub(super) struct Server {
    host: String,
    port: u16,
    mode: Tls,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
}

/// How far the dialogue came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Connect,
    StartTls,
    Auth,
    From,
    To,
    Data,
    /// The mail was written, at least in part.
    Message,
}

/// How it ended.
pub(super) enum Verdict {
    /// The server has answered 2xx to the whole mail.
    Accepted {
        code: String,
    },
    /// No connection became free in time. Nothing was handed over.
    Busy,
    /// It was not ready for the mail in time. Nothing was handed over.
    Slow,
    Failed(Step, Error),
    /// Neither yes nor no, after the mail.
    Odd(String),
}

/// Shares of the worker's time limit, so that what ends before the mail was written ends with certainty.
struct Patience {
    for_a_connection: Duration,
    before_the_mail: Duration,
}

pub(super) struct Pool {
    server: Server,
    patience: Patience,
    permits: Semaphore,
    /// Between two mails: every command was answered.
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Step {
    /// For people: "the server refused …" is not always true, so it only says where.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::StartTls => "STARTTLS",
            Self::Auth => "logging in (SMTP_USER, SMTP_PASSWORD)",
            Self::From => "naming the sender (FROM_EMAIL)",
            Self::To => "naming the recipient",
            Self::Data => "announcing the mail",
            Self::Message => "handing over the mail",
        }
    }
}

impl Server {
    pub(super) fn new(
        host: String,
        port: u16,
        mode: Tls,
        tls: Option<TlsParameters>,
        credentials: Option<Credentials>,
    ) -> Self {
        Self { host, port, mode, tls, credentials, hello: ClientId::default() }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, (Step, Error)> {
        let at = |step| move |error| (step, error);
        let mut connection = self.dial().await.map_err(at(Step::Connect))?;
        if let Some(tls) = self.tls.clone().filter(|_| self.mode == Tls::StartTls) {
            connection.starttls(tls, &self.hello).await.map_err(at(Step::StartTls))?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(at(Step::Auth))?;
        }
        Ok(connection)
    }

    /// lettre writes a mail and its final dot one after the other. By Nagle's algorithm the dot would wait for the
    /// server's TCP to acknowledge the mail, which Linux delays by 40 ms: it is off. (Not with TLS from the first byte,
    /// where lettre makes the connection itself.)
    async fn dial(&self) -> Result<AsyncSmtpConnection, Error> {
        let address = (self.host.as_str(), self.port);
        let wrapped = self.tls.clone().filter(|_| self.mode == Tls::Implicit);
        if wrapped.is_none()
            && let Ok(stream) = TcpStream::connect(address).await
            && stream.set_nodelay(true).is_ok()
        {
            return AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await;
        }
        // Only lettre can make its errors: what went wrong goes wrong again.
        AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, wrapped, None).await
    }
}

impl Pool {
    pub(super) fn new(server: Server, max_connections: usize, provider_timeout: Duration) -> Self {
        let patience = Patience {
            for_a_connection: provider_timeout.mul_f64(0.3),
            before_the_mail: provider_timeout.mul_f64(0.5),
        };
        Self { server, patience, permits: Semaphore::new(max_connections), idle: Mutex::default() }
    }

    /// A connection is out of the pool from its first command to its last answer: dropped at any point between, it
    /// is closed with this future.
    pub(super) async fn deliver(&self, from: &Address, to: &Address, mail: &[u8]) -> Verdict {
        let Ok(Ok(_permit)) = timeout(self.patience.for_a_connection, self.permits.acquire()).await else {
            return Verdict::Busy;
        };
        let mut connection = match timeout(self.patience.before_the_mail, self.begin(from, to)).await {
            Ok(Ok(connection)) => connection,
            Ok(Err((step, error))) => return Verdict::Failed(step, error),
            Err(_) => return Verdict::Slow,
        };
        match connection.message(mail).await {
            Ok(answer) if answer.code().severity == Severity::PositiveCompletion => {
                self.keep(connection);
                Verdict::Accepted { code: answer.code().to_string() }
            }
            Ok(answer) => Verdict::Odd(answer.code().to_string()),
            Err(error) => {
                self.keep_after(connection, &error);
                Verdict::Failed(Step::Message, error)
            }
        }
    }

    /// Brings a connection to the point where the mail itself comes next.
    async fn begin(&self, from: &Address, to: &Address) -> Result<AsyncSmtpConnection, (Step, Error)> {
        let mut connection = match self.reuse().await {
            Some(connection) => connection,
            None => self.server.connect().await?,
        };
        match open(&mut connection, from, to).await {
            Ok(()) => Ok(connection),
            Err((step, error)) => {
                self.keep_after(connection, &error);
                Err((step, error))
            }
        }
    }

    /// RSET tells whether the server is still there, and clears what a refused mail has left behind.
    async fn reuse(&self) -> Option<AsyncSmtpConnection> {
        while let Some((mut connection, since)) = self.take() {
            if since.elapsed() < MAX_IDLE && connection.command(Rset).await.is_ok() {
                return Some(connection);
            }
        }
        None
    }

    fn take(&self) -> Option<(AsyncSmtpConnection, Instant)> {
        self.idle().pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        self.idle().push((connection, Instant::now()));
    }

    /// A refusal leaves the dialogue in step, unless it announces the end (421, RFC 5321 section 3.8).
    fn keep_after(&self, connection: AsyncSmtpConnection, error: &Error) {
        if error.status().is_some_and(|code| code.to_string() != "421") {
            self.keep(connection);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn open(connection: &mut AsyncSmtpConnection, from: &Address, to: &Address) -> Result<(), (Step, Error)> {
    let at = |step| move |error| (step, error);
    connection.command(Mail::new(Some(from.clone()), vec![])).await.map_err(at(Step::From))?;
    connection.command(Rcpt::new(to.clone(), vec![])).await.map_err(at(Step::To))?;
    connection.command(Data).await.map_err(at(Step::Data))?;
    Ok(())
}

/// The server's certificate was refused: it will be the same tomorrow.
pub(super) fn is_certificate(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        if next.to_string().contains("certificate") {
            return true;
        }
        cause = next.source();
    }
    false
}
