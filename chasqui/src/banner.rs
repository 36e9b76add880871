//! What `chasqui up` prints when the fleet is ready: where to look, and how to publish.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use channels::SandboxMode;
use embedded::{PrivateBroker, User};
use store::Store;

use crate::config::Config;
use crate::output::say;
use crate::{channel_lines, parts, unconfigured};

pub(crate) struct Banner {
    address: SocketAddr,
    /// Where the gateway listens.
    gateway: Option<SocketAddr>,
    broker: Place,
    carried: Vec<String>,
    captures: bool,
    /// The file that holds the secret of the fleet, where nobody has given another.
    secret: Option<PathBuf>,
    /// The token that lets the first user register, until somebody has registered.
    bootstrap: Option<String>,
}

enum Place {
    /// The private node: the management UI and the password of its user, and the publishers' AMQP URL.
    Private { management: String, password: String, amqp: String },
    /// The address of a configured broker, without credentials.
    Configured(String),
}

impl Banner {
    pub(crate) fn new(address: SocketAddr, private: Option<&PrivateBroker>, config: &Config) -> Result<Self> {
        let broker = match private {
            Some(node) => Place::Private {
                management: node.management_url(),
                password: node.password(User::Admin).to_owned(),
                amqp: node.amqp_url(User::Orchestrator),
            },
            None => Place::Configured(parts::topology(config, "up")?.broker.address()),
        };
        let captures = config.channels.sandbox != SandboxMode::Off;
        let carried = channel_lines::lines(&config.channels);
        let secret = unconfigured::file_of(config.secret_key.as_ref());
        Ok(Self { address, gateway: None, broker, carried, captures, secret, bootstrap: None })
    }

    /// Shows the token that was made up for this run, as long as no user has registered.
    pub(crate) async fn first_user(&mut self, store: &Store, token: Option<String>) {
        let registered = store.count_users().await.is_ok_and(|users| users > 0);
        self.bootstrap = token.filter(|_| !registered);
    }

    /// Shows where people connect.
    pub(crate) fn clients(&mut self, gateway: SocketAddr) {
        self.gateway = Some(gateway);
    }

    pub(crate) fn print(&self) {
        let api = self.address;
        say!("\nThe fleet is ready.\n");
        say!("  API        http://{api}/notify");
        say!("  Console    http://{api}/console, after `chasqui user add NAME --role admin`");
        say!("  Docs       http://{api}/docs");
        say!("  Metrics    http://{api}/metrics");
        if let Some(gateway) = self.gateway {
            say!("  Realtime   http://{gateway}: Socket.IO, and server-sent events at /realtime/events");
        }
        match &self.broker {
            Place::Private { management, password, amqp } => {
                say!("  RabbitMQ   {management}   user {}, password {password}", User::Admin.name());
                say!("  AMQP       {amqp}");
            }
            Place::Configured(address) => say!("  AMQP       {address}, as configured"),
        }
        if let Some(token) = &self.bootstrap {
            say!("  First user POST /register with X-Bootstrap-Token: {token}");
        }
        if let Some(file) = &self.secret {
            say!("  Secret     ./{}: keep it with the ledger", file.display());
        }
        if self.captures {
            say!("  Sandbox    http://{api}/sandbox shows what was captured");
        }
        say!("\nWhat is sent:\n");
        self.carried.iter().for_each(|line| say!("  {line}"));
        say!("\nTry it:\n");
        say!("  curl -i http://{api}/notify -H 'Content-Type: application/json' \\");
        say!(
            "    -d '{{\"channel\":\"email\",\"destination\":\"ana@example.com\",\"subject\":\"Hola\",\"message\":\"It works.\"}}'\n"
        );
    }
}
