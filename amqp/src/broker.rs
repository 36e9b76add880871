//! Where the broker, or each node of a cluster, is, and how to connect to it, with errors that say what to do.

mod list;

use std::io;
use std::path::Path;
use std::time::Duration;

use lapin::tcp::OwnedTLSConfig;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Connection, ConnectionProperties, ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::wire::{self, told};

/// The heartbeat, in seconds. RabbitMQ's documentation recommends 5 to 20; a dead peer is noticed after twice the time.
const HEARTBEAT_SECONDS: u16 = 10;
/// The largest frame, in bytes: the broker's own default. lapin reserves 32 frames in each direction. When it knows the
/// size before it connects, it asks the system for untouched memory; when the broker names the size, lapin fills 8 MiB
/// per connection with zeros.
const FRAME_MAX_BYTES: u32 = 131_072;
/// The time limit for the TCP connection, TLS and the AMQP handshake together: a silent peer would hang for ever.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The address, the credentials and the name under which a process appears on the broker.
#[derive(Clone)]
pub struct Broker {
    url: SecretString,
    place: Place,
    /// Further nodes of the same cluster. Each of these has an empty list itself.
    others: Vec<Broker>,
    dice: list::Dice,
    ca: Option<String>,
    role: String,
    connect_timeout: Duration,
    says_user_id: bool,
}

/// The part of the URL that may be printed.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Place {
    scheme: &'static str,
    host: String,
    port: u16,
    vhost: String,
    user: String,
}

/// Why settings cannot be used. No socket was opened.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidBroker {
    #[error(
        "must be a URL such as amqp://user:password@host:5672/foro, or several with commas between them (of names and \
             passwords, percent-encode @ : / ? # , and the percent sign): {0}"
    )]
    Url(String),
    #[error("{path}: {problem}; AMQP_CA_FILE must name a readable PEM file")]
    CaFile { path: String, problem: String },
    #[error(
        "with AMQP_TENANT_FROM_USER_ID all brokers of a list must name the same user: the fleet knows its own messages \
             by it"
    )]
    SeveralUsers,
    #[error("RABBITMQ_MANAGEMENT_URL must be a URL such as http://user:password@host:15672: {0}")]
    Management(String),
}

/// Why there is no connection. The messages name the address and the user, never the password.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConnectError {
    #[error(
        "{place}: ACCESS_REFUSED for user '{user}'. Wrong user name or password: check RABBITMQ_USERNAME and \
         RABBITMQ_PASSWORD (or AMQP_URL); `rabbitmqctl change_password {user} …` sets a new one (RabbitMQ's own user \
         'guest' may connect only from the broker's machine)"
    )]
    WrongCredentials { place: String, user: String },
    #[error(
        "{place}: user '{user}' may not use the virtual host '{vhost}', or it does not exist. Create it with \
         `rabbitmqctl add_vhost {vhost}` and grant it with `rabbitmqctl set_permissions -p {vhost} {user} \
         '^notifications\\.' '^notifications\\.' '^notifications\\.'`, or correct RABBITMQ_VHOST \
         (an AMQP_URL ending in '/' names the empty virtual host: leave the slash off, or write /%2f for '/')"
    )]
    WrongVhost { place: String, user: String, vhost: String },
    #[error("{place}: the host name cannot be resolved: check RABBITMQ_HOST (or AMQP_URL) and the name service")]
    UnknownHost { place: String },
    #[error(
        "{place}: no answer within {seconds} s. Something listens but does not speak AMQP, or a firewall drops \
         packets: check host and port, and whether the port expects TLS (amqps://)"
    )]
    Silent { place: String, seconds: u64 },
    #[error("none of the {} brokers can be used: {}", .0.len(), list::joined(.0, "; "))]
    NoneOfThem(Vec<ConnectError>),
    #[error("{place}: {problem}. Is RabbitMQ running there, and is the port right (5672, or 5671 for amqps://)?")]
    Unreachable { place: String, problem: String },
    #[error(
        "{place}: TLS failed: {problem}. Check that the port speaks TLS and that AMQP_CA_FILE holds the authority \
         that signed the broker's certificate"
    )]
    Tls { place: String, problem: String },
}

impl ConnectError {
    /// Whether waiting may help: a broker is not there yet, or does not answer.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } | Self::UnknownHost { .. } => true,
            Self::NoneOfThem(errors) => errors.iter().any(Self::may_pass),
            Self::WrongCredentials { .. } | Self::WrongVhost { .. } | Self::Tls { .. } => false,
        }
    }
}

impl Broker {
    /// `urls` is one URL, or one for each node of a cluster, with commas between them. `role` is the process's name in
    /// the management UI: `api`, `worker`, `scheduler`.
    ///
    /// # Errors
    /// [`InvalidBroker`]; no socket is opened.
    pub fn new(urls: SecretString, role: &str) -> Result<Self, InvalidBroker> {
        list::read(&urls, |url| Self::of_one(url, role))
    }

    fn of_one(url: SecretString, role: &str) -> Result<Self, InvalidBroker> {
        let place = Place::of(url.expose_secret())?;
        let (others, dice) = (Vec::new(), list::Dice::default());
        let role = role.to_owned();
        let (connect_timeout, says_user_id) = (CONNECT_TIMEOUT, false);
        Ok(Self { url, place, others, dice, ca: None, role, connect_timeout, says_user_id })
    }

    /// Trusts certificate authorities besides those of the system: the text of the file at `path`, in PEM.
    ///
    /// # Errors
    /// [`InvalidBroker::CaFile`] when the file could not be read or holds no certificate.
    pub fn with_ca_file(mut self, path: &Path, text: io::Result<String>) -> Result<Self, InvalidBroker> {
        let refuse = |problem: String| InvalidBroker::CaFile { path: path.display().to_string(), problem };
        let pem = text.map_err(|error| refuse(error.to_string()))?;
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(refuse("holds no certificate".into()));
        }
        self.others.iter_mut().for_each(|other| other.ca = Some(pem.clone()));
        self.ca = Some(pem);
        Ok(self)
    }

    /// Sets the time limit of one connection attempt, for each node of a list.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.others.iter_mut().for_each(|other| other.connect_timeout = timeout);
        self.connect_timeout = timeout;
        self
    }

    /// Makes everything that is published over this broker carry the `user_id` of its publisher.
    ///
    /// # Errors
    /// [`InvalidBroker::SeveralUsers`] when the nodes of a list name different users.
    pub fn with_user_id(mut self) -> Result<Self, InvalidBroker> {
        if self.nodes().any(|node| node.place.user != self.place.user) {
            return Err(InvalidBroker::SeveralUsers);
        }
        self.says_user_id = true;
        Ok(self)
    }

    /// The `user_id` of what is published over this broker; none unless [`Broker::with_user_id`] was called.
    pub fn user_id(&self) -> Option<&str> {
        self.says_user_id.then_some(self.place.user.as_str())
    }

    /// The virtual host.
    pub fn vhost(&self) -> &str {
        &self.place.vhost
    }

    /// The user name, for messages.
    pub fn user(&self) -> &str {
        &self.place.user
    }

    /// `amqp://host:port/vhost` for messages, without credentials. For a list, all addresses.
    pub fn address(&self) -> String {
        list::joined(&self.nodes().map(Self::own_address).collect::<Vec<_>>(), ", ")
    }

    fn own_address(&self) -> String {
        let Place { scheme, host, port, vhost, .. } = &self.place;
        let vhost = if vhost == "/" { "%2f" } else { vhost };
        format!("{scheme}://{host}:{port}/{vhost}")
    }

    /// The name that `connect(purpose)` gives: `chasqui-<role> <purpose> <host> <pid>`.
    pub fn connection_name(&self, purpose: &str) -> String {
        format!("chasqui-{} {purpose} {} {}", self.role, host_name(), std::process::id())
    }

    /// Opens one connection, without any automatic recovery. `purpose` becomes part of its name. Each node of a list is
    /// tried once, in an order that is drawn anew every time.
    ///
    /// # Errors
    /// [`ConnectError`], within the connect timeout of each.
    pub async fn connect(&self, purpose: &str) -> Result<Connection, ConnectError> {
        let mut failed = Vec::new();
        for node in self.in_turn() {
            match node.connect_once(purpose).await {
                Ok(connection) => return Ok(connection),
                Err(error) if self.others.is_empty() => return Err(error),
                Err(error) => {
                    tracing::info!(problem = %error, "not this broker of the list");
                    failed.push(error);
                }
            }
        }
        Err(ConnectError::NoneOfThem(failed))
    }

    async fn connect_once(&self, purpose: &str) -> Result<Connection, ConnectError> {
        let properties = ConnectionProperties::default()
            .with_connection_name(self.connection_name(purpose).into())
            .with_client_property("product".into(), "chasqui".into())
            .with_client_property("version".into(), env!("CARGO_PKG_VERSION").into());
        let tls = OwnedTLSConfig { identity: None, cert_chain: self.ca.clone() };
        match tokio::time::timeout(self.connect_timeout, wire::connect(self.uri(), tls, properties)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(self.explain(&error)),
            Err(_) => {
                Err(ConnectError::Silent { place: self.own_address(), seconds: self.connect_timeout.as_secs().max(1) })
            }
        }
    }

    pub(crate) fn credentials(&self) -> (String, SecretString) {
        let authority = self.uri().authority.userinfo;
        (authority.username, authority.password.into())
    }

    pub(crate) fn ca(&self) -> Option<&str> {
        self.ca.as_deref()
    }

    fn uri(&self) -> AMQPUri {
        let mut uri: AMQPUri = self.url.expose_secret().parse().unwrap_or_default();
        uri.authority.host.clone_from(&self.place.host);
        uri.vhost.clone_from(&self.place.vhost);
        uri.query.heartbeat = Some(uri.query.heartbeat.unwrap_or(HEARTBEAT_SECONDS));
        uri.query.frame_max = Some(uri.query.frame_max.unwrap_or(FRAME_MAX_BYTES));
        uri.scheme = if self.place.scheme == "amqps" { AMQPScheme::AMQPS } else { AMQPScheme::AMQP };
        uri
    }

    fn explain(&self, error: &lapin::Error) -> ConnectError {
        let (place, user) = (self.own_address(), self.place.user.clone());
        let text = told(error);
        match error.kind() {
            ErrorKind::ProtocolError(amqp) if amqp.get_id() == 403 && !text.contains("vhost") => {
                ConnectError::WrongCredentials { place, user }
            }
            ErrorKind::ProtocolError(amqp) if matches!(amqp.get_id(), 403 | 530) => {
                ConnectError::WrongVhost { place, user, vhost: self.place.vhost.clone() }
            }
            ErrorKind::IOError(io) => explain_io(place, io),
            ErrorKind::ParsingError(_) => {
                ConnectError::Unreachable { place, problem: "what answers there does not speak AMQP".into() }
            }
            _ => ConnectError::Unreachable { place, problem: text },
        }
    }
}

fn explain_io(place: String, error: &std::io::Error) -> ConnectError {
    // A certificate has whatever names its maker gave it.
    let text = text::printable(&error.to_string()).into_owned();
    let lower = text.to_ascii_lowercase();
    if ["lookup", "name resolution", "not known", "no addresses"].iter().any(|word| lower.contains(word)) {
        return ConnectError::UnknownHost { place };
    }
    if ["certificate", "tls", "handshake", "invalid message", "invalidcontenttype"].iter().any(|w| lower.contains(w)) {
        return ConnectError::Tls { place, problem: text };
    }
    ConnectError::Unreachable { place, problem: text }
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Broker({} as {})", self.address(), self.place.user)
    }
}

impl Place {
    fn of(text: &str) -> Result<Self, InvalidBroker> {
        let url = Url::parse(text).map_err(|error| InvalidBroker::Url(error.to_string()))?;
        let scheme = match url.scheme() {
            "amqp" => "amqp",
            "amqps" => "amqps",
            _ => return Err(InvalidBroker::Url("the scheme must be amqp or amqps".into())),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err(InvalidBroker::Url("it has no host".into())),
        };
        let parsed: AMQPUri = text.parse().map_err(|_: String| list::unreadable())?;
        list::refuse_misplaced(&url, &parsed)?;
        Ok(Self {
            scheme,
            host,
            port: parsed.authority.port,
            vhost: parsed.vhost,
            user: parsed.authority.userinfo.username,
        })
    }
}

fn host_name() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").map(|name| name.trim().to_owned());
    kernel.ok().filter(|name| !name.is_empty()).or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or("unknown".into())
}
