//! A connection pool to one mail server, and what each of its answers means.
//!
//! lettre speaks the protocol, one command at a time. Its own pool is not used: a send that is dropped in the middle
//! of a dialogue goes back into it, and the next message then reads the answers that belong to the one before.

mod pool;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use domain::{Failure, Outcome, Reason};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use secrecy::{ExposeSecret, SecretString};

use self::pool::{Pool, Server, Step, Verdict};
use crate::channel::Outgoing;

pub(crate) const PROVIDER: &str = "smtp";

/// Above what small relays allow one client; a connection carries about ten messages a second.
const DEFAULT_MAX_CONNECTIONS: usize = 10;

/// `SMTP_*` and `FROM_*`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `SMTP_HOST`
    pub host: Option<String>,
    /// `SMTP_PORT`: 587 with `starttls`, 465 with `implicit`, 25 with `none`.
    pub port: Option<u16>,
    /// `SMTP_TLS`
    pub tls: Tls,
    /// `SMTP_USER`; without it nobody logs in.
    pub user: Option<String>,
    /// `SMTP_PASSWORD`
    pub password: Option<SecretString>,
    /// `FROM_EMAIL`
    pub from_email: Option<String>,
    /// `FROM_NAME`
    pub from_name: Option<String>,
    /// `SMTP_MAX_CONNECTIONS`: at once; 10 if not given.
    pub max_connections: Option<usize>,
    /// `SMTP_CA_FILE`: certificates in PEM that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// How the connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tls {
    /// By STARTTLS, and not at all without it: there is no fallback to plain text.
    #[default]
    StartTls,
    /// From the first byte.
    Implicit,
    /// Never: for a relay on this machine or in a trusted network.
    None,
}

impl Tls {
    /// `starttls`, `implicit` or `none`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "starttls" => Some(Self::StartTls),
            "implicit" => Some(Self::Implicit),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

/// Hands mails to one server.
pub(crate) struct Transport {
    pool: Pool,
}

impl Transport {
    /// # Errors
    /// Every missing or wrong setting of the connection.
    pub(crate) fn new(settings: &Settings, provider_timeout: Duration) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let host = settings.host.clone().unwrap_or_else(|| {
            problems.push("SMTP_HOST is not set: name the mail server to send by".into());
            String::new()
        });
        let credentials = match (&settings.user, &settings.password) {
            (Some(user), Some(password)) => Some(Credentials::new(user.clone(), password.expose_secret().to_owned())),
            (None, None) => None,
            (Some(_), None) => {
                problems.push("SMTP_PASSWORD is not set, but SMTP_USER is: set both or neither".into());
                None
            }
            (None, Some(_)) => {
                problems.push("SMTP_USER is not set, but SMTP_PASSWORD is: set both or neither".into());
                None
            }
        };
        if settings.tls == Tls::None && credentials.is_some() && !is_this_machine(&host) {
            tracing::warn!("SMTP_TLS=none sends SMTP_PASSWORD unencrypted; use starttls or implicit");
        }
        let tls = tls(settings, &host).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let port = settings.port.unwrap_or(settings.tls.default_port());
        let server = Server::new(host, port, settings.tls, tls, credentials);
        let max_connections = settings.max_connections.unwrap_or(DEFAULT_MAX_CONNECTIONS).max(1);
        Ok(Self { pool: Pool::new(server, max_connections, provider_timeout) })
    }

    /// `message_id` is what the mailbox and the logs of every server on the way know the mail by.
    pub(crate) async fn send(
        &self,
        outgoing: &Outgoing<'_>,
        from: &Address,
        to: &Address,
        mail: &[u8],
        message_id: String,
    ) -> Outcome {
        match self.pool.deliver(from, to, mail).await {
            Verdict::Accepted { code } => {
                Outcome::Sent { provider: PROVIDER, provider_id: Some(message_id), code: Some(code) }
            }
            Verdict::Busy => {
                let failure = failure(None, "every connection is in use; SMTP_MAX_CONNECTIONS is the limit");
                Outcome::Throttled { failure, retry_after: None }
            }
            Verdict::Slow => retriable(failure(None, "the server was too slow to take the mail"), false),
            Verdict::Failed(step, error) => classify(step, &error, outgoing),
            Verdict::Odd(code) => Outcome::Ambiguous { failure: failure(Some(code), "an unknown answer to the mail") },
        }
    }
}

/// Before the mail itself was written, nothing was handed over. After it, only a complete refusal is one.
fn classify(step: Step, error: &Error, outgoing: &Outgoing<'_>) -> Outcome {
    let code = error.status().map(|code| code.to_string());
    let said = std::error::Error::source(error).map(|cause| outgoing.redact(&cause.to_string())).unwrap_or_default();
    let failure = failure(code.clone(), format!("{}: {said}", step.what()));
    match step {
        Step::Message if code.is_none() => Outcome::Ambiguous { failure },
        // About the connection, our account or our own address: it will meet every mail until somebody acts.
        Step::Connect | Step::StartTls | Step::Auth | Step::From => {
            retriable(failure, error.is_permanent() || error.is_client() || pool::is_certificate(error))
        }
        _ if code.as_deref().is_some_and(wants_login) => retriable(failure, true),
        _ if error.is_permanent() => Outcome::Permanent { reason: Reason::Permanent, failure },
        _ => retriable(failure, false),
    }
}

/// 530 authentication required, 534 and 535 refused, 538 needs encryption (RFC 4954 section 6).
fn wants_login(code: &str) -> bool {
    matches!(code, "530" | "534" | "535" | "538")
}

fn retriable(failure: Failure, alarm: bool) -> Outcome {
    Outcome::Retriable { failure, alarm, maybe_sent: false }
}

fn failure(code: Option<String>, detail: impl AsRef<str>) -> Failure {
    Failure::new(PROVIDER, code, detail)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn tls(settings: &Settings, host: &str) -> Result<Option<TlsParameters>, String> {
    if settings.tls == Tls::None {
        return Ok(None);
    }
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &settings.ca_file {
        let wrong = |why: &str| format!("SMTP_CA_FILE {}: {why}", path.display());
        let pem = std::fs::read(path).map_err(|error| wrong(&error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|_| wrong("must hold certificates in PEM"))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map(Some).map_err(|error| format!("SMTP_TLS: {error}"))
}
