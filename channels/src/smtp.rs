//! A connection pool to one mail server, and what each of its answers means.
//!
//! The dialogue is our own, because lettre's reads less than RFC 5321 allows and its pool keeps connections that were
//! dropped in the middle of one: see docs/decisions/0006-own-smtp-pool.md.

mod connection;
mod hello;
mod meaning;
mod pool;
mod reply;
mod tls;

use std::path::PathBuf;
use std::time::Duration;

use domain::{Failure, Outcome, Reason};
use secrecy::SecretString;

pub(crate) use self::connection::Envelope;
use self::connection::{Failed, Login, Step, Trouble};
use self::hello::Hello;
use self::meaning::{Meaning, meaning};
use self::pool::{NotReady, Pool, Server};
use self::reply::Reply;
use self::tls::Encryption;
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
    /// `SMTP_HELLO`: how we introduce ourselves; the name of this machine, or its address, if not given.
    pub hello: Option<String>,
    /// `SMTP_REPLY_TO`: where answers go, if not to `FROM_EMAIL`.
    pub reply_to: Option<String>,
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
        let login = login(settings).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let hello = Hello::new(settings.hello.as_deref()).map_err(|problem| problems.push(problem)).ok();
        let encryption = (settings.tls != Tls::None && !host.is_empty())
            .then(|| Encryption::new(&host, settings.ca_file.as_deref()))
            .transpose()
            .unwrap_or_else(|problem| {
                problems.push(problem);
                None
            });
        let Some(hello) = hello.filter(|_| problems.is_empty()) else { return Err(problems) };
        let port = settings.port.unwrap_or(settings.tls.default_port());
        let server = Server { host, port, mode: settings.tls, encryption, login, hello };
        let max_connections = settings.max_connections.unwrap_or(DEFAULT_MAX_CONNECTIONS).max(1);
        Ok(Self { pool: Pool::new(server, max_connections, provider_timeout) })
    }

    /// `message_id` is what the mailbox and the logs of every server on the way know the mail by.
    pub(crate) async fn send(&self, outgoing: &Outgoing<'_>, envelope: &Envelope<'_>, message_id: String) -> Outcome {
        let ready = match outgoing.before_it_expires(self.pool.ready(envelope)).await {
            Some(Ok(ready)) => ready,
            Some(Err(not_ready)) => return nothing_handed_over(not_ready, outgoing),
            None => return Outcome::Expired,
        };
        match ready.hand_over(envelope.mail).await {
            Ok(reply) if reply.is_success() => {
                Outcome::Sent { provider: PROVIDER, provider_id: Some(message_id), code: Some(code(&reply)) }
            }
            Ok(reply) if reply.code() < 400 => {
                Outcome::Ambiguous { failure: failure(Some(code(&reply)), "an unknown answer to the mail") }
            }
            Ok(reply) => refused(Step::Message, &reply, outgoing),
            Err(Failed { step, trouble }) => {
                let why = match trouble {
                    Trouble::Lost(why) => outgoing.redact(&why),
                    _ => String::new(),
                };
                Outcome::Ambiguous { failure: failure(None, format!("{}: {why}", step.what())) }
            }
        }
    }
}

fn nothing_handed_over(not_ready: NotReady, outgoing: &Outgoing<'_>) -> Outcome {
    let Failed { step, trouble } = match not_ready {
        NotReady::Busy => {
            let failure = failure(None, "every connection is in use; SMTP_MAX_CONNECTIONS is the limit");
            return Outcome::Throttled { failure, retry_after: None };
        }
        NotReady::Slow => return retriable(failure(None, "the server was too slow to take the mail"), false),
        NotReady::Failed(failed) => failed,
    };
    let what = step.what();
    match trouble {
        Trouble::Refused(reply) => refused(step, &reply, outgoing),
        Trouble::Lost(why) => retriable(failure(None, format!("{what}: {}", outgoing.redact(&why))), false),
        Trouble::Unfit(why) => retriable(failure(None, format!("{what}: {why}")), true),
        Trouble::TooLarge(max) => Outcome::Permanent {
            reason: Reason::Permanent,
            failure: failure(None, format!("the mail is too large: this server takes {max} bytes; send less")),
        },
    }
}

/// A complete refusal. Whatever the step, nothing was taken.
fn refused(step: Step, reply: &Reply, outgoing: &Outgoing<'_>) -> Outcome {
    let meaning = meaning(step, reply);
    let hint = match meaning {
        Meaning::Never(hint) | Meaning::Ours(hint) | Meaning::Slower(_, hint) => hint,
        Meaning::Later => "refused for now",
    };
    let detail = format!("{}: {}; {hint}", step.what(), outgoing.redact(&reply.text()));
    let failure = failure(Some(code(reply)), detail);
    match meaning {
        Meaning::Never(_) => Outcome::Permanent { reason: Reason::Permanent, failure },
        Meaning::Ours(_) => retriable(failure, true),
        Meaning::Slower(retry_after, _) => Outcome::Throttled { failure, retry_after },
        Meaning::Later => retriable(failure, false),
    }
}

fn code(reply: &Reply) -> String {
    reply.code().to_string()
}

fn retriable(failure: Failure, alarm: bool) -> Outcome {
    Outcome::Retriable { failure, alarm, maybe_sent: false }
}

fn failure(code: Option<String>, detail: impl AsRef<str>) -> Failure {
    Failure::new(PROVIDER, code, detail)
}

fn login(settings: &Settings) -> Result<Option<Login>, String> {
    match (&settings.user, &settings.password) {
        (Some(user), Some(password)) => Ok(Some(Login { user: user.clone(), password: password.clone() })),
        (None, None) => Ok(None),
        (Some(_), None) => Err("SMTP_PASSWORD is not set, but SMTP_USER is: set both or neither".into()),
        (None, Some(_)) => Err("SMTP_USER is not set, but SMTP_PASSWORD is: set both or neither".into()),
    }
}
