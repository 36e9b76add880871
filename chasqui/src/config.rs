//! Settings: read from every source, checked all at once, before any socket opens.

mod api;
mod broker;
mod channels;
mod database;
mod keys;
mod names;
mod roles;
mod scheduler;
mod worker;

pub use ::api::Open;
pub use names::{DEFAULTS, REFERENCE};
pub use roles::Role;
pub use runtime::settings::{Problems, Sources};

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::Zones;
use runtime::settings::Reader;
use secrecy::SecretString;
use templates::Templates;
use topology::{Mode, Names, QueueType};

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
    pub previous_secret_key: Option<SecretString>,
    pub api: api::ApiConfig,
    pub metrics_listen: Option<SocketAddr>,
    pub worker: ::worker::Settings,
    pub demo: Option<::scheduler::Demo>,
    /// The rules of time zones: of an API or a scheduler the newest, of other roles the bundled ones.
    pub zones: Zones,
    /// `None`: everything is remembered for ever.
    pub retention: Option<Duration>,
    /// How long past its time something counts as stuck.
    pub stuck_after: Duration,
    pub channels: ::channels::Settings,
    /// `None` for the shipped ones alone, which a test has read, and for roles that need none.
    pub templates: Option<Arc<Templates>>,
    pub log: String,
    pub log_json: bool,
    /// What is most likely not meant, to be warned about.
    pub warnings: Vec<String>,
}

impl Config {
    /// What `role` needs must be there; what is there must be right.
    ///
    /// # Errors
    /// [`Problems`] naming every setting that is wrong or missing.
    pub fn read(sources: Sources, role: Role) -> Result<Self, Problems> {
        let mut reader = Reader::new(sources);
        let mut config = Self::read_all(&mut reader, role);
        config.warnings = reader.warnings();
        reader.finish(config)
    }

    fn read_all(reader: &mut Reader, role: Role) -> Self {
        let sandbox_default = role == Role::Up;
        let worker = worker::read(reader);
        let zones = scheduler::zones(reader, role);
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
            management_url: reader.http_url("RABBITMQ_MANAGEMENT_URL", "http://user:password@host:15672"),
            database_url: database::read(reader),
            database_max_connections: reader.number("DATABASE_MAX_CONNECTIONS", 1..=10_000),
            secret_key: keys::secret_key(reader),
            previous_secret_key: keys::previous_secret_key(reader),
            api: api::read(reader, role == Role::Up),
            metrics_listen: reader.listen("METRICS_LISTEN", "0.0.0.0:9090"),
            channels: channels::read(reader, role.sends(), sandbox_default),
            demo: scheduler::demo(reader, &zones),
            zones,
            retention: scheduler::retention(reader),
            stuck_after: reader.seconds("STUCK_AFTER_SECONDS"),
            templates: templates(reader, role),
            log: log(reader),
            log_json: reader.choice("LOG_FORMAT", &[("text", false), ("json", true)]),
            warnings: Vec::new(),
            worker,
        };
        for name in reader.given_of(&["WHATSAPP_WEBHOOK_URL", "OUTBOUND_ALLOW"]) {
            reader.warn(format!("{name} is set and is not used in this version"));
        }
        role.check(reader, &config);
        config
    }
}

/// The shipped ones and those of `TEMPLATES_DIR`, with every place in them that must be corrected.
fn templates(reader: &mut Reader, role: Role) -> Option<Arc<Templates>> {
    let (folder, default_locale) = (reader.path("TEMPLATES_DIR"), reader.required_text("DEFAULT_LOCALE"));
    if !role.renders() {
        return None;
    }
    let options = ::templates::Options::new(default_locale.clone());
    let templates = match Templates::with_directory(folder.as_deref(), options) {
        Ok(templates) => templates,
        Err(error) => {
            error.problems.iter().for_each(|problem| reader.problem(format!("TEMPLATES_DIR: {problem}")));
            return None;
        }
    };
    if let Some(known) = templates.locales_without_the_default().filter(|_| !default_locale.is_empty()) {
        let hint = domain::nearest(&default_locale, known.iter().copied());
        let hint = hint.map(|tag| format!("; did you mean {tag}?")).unwrap_or_default();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        reader.refuse("DEFAULT_LOCALE", format!("must be a locale of some template: {known}{hint}"));
    }
    Some(Arc::new(templates))
}

/// A word that is no level would be taken for the name of a module, and nothing would be logged.
fn log(reader: &mut Reader) -> String {
    let text = reader.required_text("LOG");
    let known = |directive: &str| {
        let level = directive.rsplit('=').next().unwrap_or_default().trim().to_ascii_lowercase();
        ["off", "error", "warn", "info", "debug", "trace"].contains(&level.as_str())
    };
    let parsed = tracing_subscriber::EnvFilter::try_new(&text).is_ok();
    if !parsed || !text.split(',').filter(|directive| !directive.contains('[')).all(known) {
        reader.refuse("LOG", "must be error, warn, info, debug, trace or off, or directives such as info,worker=debug");
    }
    text
}

#[cfg(test)]
mod tests;
