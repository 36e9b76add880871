//! Settings: read from every source, checked all at once, before any socket opens.

mod broker;
mod channels;
mod database;
mod roles;
mod source;

pub use roles::Role;
pub use source::Sources;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use source::Reader;
use topology::{Mode, Names, QueueType};

/// The reference, as text.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");

/// Every setting, typed. Secrets are of types that do not print.
#[derive(Debug)]
pub struct Config {
    pub broker: Option<broker::BrokerConfig>,
    pub names: Names,
    pub queue_type: QueueType,
    pub topology: Mode,
    pub confirm_timeout: Duration,
    pub management_url: Option<SecretString>,
    pub database_url: Option<SecretString>,
    pub database_max_connections: u32,
    pub secret_key: Option<SecretString>,
    pub api: roles::ApiConfig,
    pub metrics_listen: Option<SocketAddr>,
    pub worker: worker::Settings,
    pub demo: Option<scheduler::Demo>,
    /// `None`: everything is remembered for ever.
    pub retention: Option<Duration>,
    /// How long past its time something counts as stuck.
    pub stuck_after: Duration,
    pub channels: ::channels::Settings,
    pub templates_dir: Option<PathBuf>,
    pub default_locale: String,
    pub log: String,
    pub log_json: bool,
    /// Settings that are known and do nothing, to be warned about.
    pub unused: Vec<&'static str>,
}

/// Every problem at once; nothing was started.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} of the settings cannot be used:\n{}", .0.len(), .0.iter().map(|p| format!("  - {p}")).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub Vec<String>);

impl Config {
    /// What `role` needs must be there; what is there must be right.
    ///
    /// # Errors
    /// [`Problems`] naming every setting that is wrong or missing.
    pub fn read(sources: Sources, role: Role) -> Result<Self, Problems> {
        let mut reader = Reader::new(sources);
        let config = Self::read_all(&mut reader, role);
        reader.finish(config)
    }

    fn read_all(reader: &mut Reader, role: Role) -> Self {
        let sandbox_default = role == Role::Up;
        let worker = roles::worker(reader);
        let config = Self {
            broker: broker::read(reader),
            names: Names {
                exchange: reader.required_text("AMQP_EXCHANGE"),
                queue: reader.required_text("AMQP_QUEUE"),
                routing_key: reader.required_text("AMQP_ROUTING_KEY"),
            },
            queue_type: reader
                .choice("AMQP_QUEUE_TYPE", &[("quorum", QueueType::Quorum), ("classic", QueueType::Classic)]),
            topology: reader
                .choice("AMQP_TOPOLOGY", &[("declare", Mode::Declare), ("verify", Mode::Verify), ("off", Mode::Off)]),
            confirm_timeout: reader.seconds("AMQP_CONFIRM_TIMEOUT_SECONDS"),
            management_url: reader.secret("RABBITMQ_MANAGEMENT_URL"),
            database_url: database::read(reader),
            database_max_connections: reader.number("DATABASE_MAX_CONNECTIONS"),
            secret_key: roles::secret_key(reader),
            api: roles::api(reader),
            metrics_listen: reader.optional("METRICS_LISTEN", "an address such as 0.0.0.0:9090"),
            channels: channels::read(reader, role.sends(), sandbox_default),
            demo: roles::demo(reader),
            retention: roles::retention(reader),
            stuck_after: reader.seconds("STUCK_AFTER_SECONDS"),
            templates_dir: reader.text("TEMPLATES_DIR").map(PathBuf::from),
            default_locale: reader.required_text("DEFAULT_LOCALE"),
            log: reader.required_text("LOG"),
            log_json: reader.choice("LOG_FORMAT", &[("text", false), ("json", true)]),
            unused: reader.given_of(&["WHATSAPP_WEBHOOK_URL", "OUTBOUND_ALLOW"]),
            worker,
        };
        role.check(reader, &config);
        config
    }
}
