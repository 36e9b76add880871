//! Settings: read from every source, checked all at once, before any socket opens.

mod api;
mod broker;
mod channels;
mod database;
pub(crate) mod dotenv;
mod keys;
mod log;
mod names;
mod parameters;
mod place;
mod reader;
mod roles;
mod scheduler;
mod source;
mod unknown;
mod worker;

pub use ::api::Open;
pub use roles::Role;
pub use source::Sources;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::Zones;
use reader::{Reader, did_you_mean};
use secrecy::SecretString;
use templates::Templates;
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

/// Every problem at once; nothing was started.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", self.text())]
pub struct Problems {
    pub problems: Vec<String>,
    /// What would only have been warned about.
    pub warnings: Vec<String>,
}

impl Problems {
    fn text(&self) -> String {
        let listed = |lines: &[String]| lines.iter().map(|line| format!("\n  - {line}")).collect::<String>();
        let count = match self.problems.len() {
            1 => "there is a problem with the settings:".to_owned(),
            many => format!("there are {many} problems with the settings:"),
        };
        let warned = if self.warnings.is_empty() { "" } else { "\nWarnings:" };
        format!("{count}{}{warned}{}", listed(&self.problems), listed(&self.warnings))
    }
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
            names: names::read(reader),
            queue_type: reader
                .choice("AMQP_QUEUE_TYPE", &[("quorum", QueueType::Quorum), ("classic", QueueType::Classic)]),
            topology: reader
                .choice("AMQP_TOPOLOGY", &[("declare", Mode::Declare), ("verify", Mode::Verify), ("off", Mode::Off)]),
            confirm_timeout: reader.seconds("AMQP_CONFIRM_TIMEOUT_SECONDS"),
            management_url: place::http_url(reader, "RABBITMQ_MANAGEMENT_URL", "http://user:password@host:15672"),
            database_url: database::read(reader),
            database_max_connections: reader.number("DATABASE_MAX_CONNECTIONS", 1..=10_000),
            secret_key: keys::secret_key(reader),
            previous_secret_key: keys::previous_secret_key(reader),
            api: api::read(reader, role == Role::Up),
            metrics_listen: place::listen(reader, "METRICS_LISTEN", "0.0.0.0:9090"),
            channels: channels::read(reader, role.sends(), sandbox_default),
            demo: scheduler::demo(reader, &zones),
            zones,
            retention: scheduler::retention(reader),
            stuck_after: reader.seconds("STUCK_AFTER_SECONDS"),
            templates: templates(reader, role),
            log: log::read(reader),
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

/// Whether the last part of a locale may be a region, a script or a variant (RFC 5646 section 2.1).
fn ends_as_a_tag(locale: &str) -> bool {
    let last = locale.rsplit(['-', '_']).next().unwrap_or_default();
    let all = |is: fn(&char) -> bool| last.chars().all(|letter| is(&letter));
    match last.len() {
        2 => all(char::is_ascii_alphabetic),
        3 => all(char::is_ascii_digit),
        4..=8 => all(char::is_ascii_alphanumeric),
        _ => false,
    }
}

/// The shipped ones and those of `TEMPLATES_DIR`, with every place in them that must be corrected.
fn templates(reader: &mut Reader, role: Role) -> Option<Arc<Templates>> {
    let (folder, default_locale) = (reader.path("TEMPLATES_DIR"), reader.required_text("DEFAULT_LOCALE"));
    if !role.renders() {
        return None;
    }
    let options = ::templates::Options { default_locale: default_locale.clone(), ..Default::default() };
    let templates = match Templates::with_directory(folder.as_deref(), options) {
        Ok(templates) => templates,
        Err(error) => {
            error.problems.iter().for_each(|problem| reader.problem(format!("TEMPLATES_DIR: {problem}")));
            return None;
        }
    };
    if let Some(known) = templates.locales_without_the_default().filter(|_| !default_locale.is_empty()) {
        let known: Vec<&str> = known.into_iter().collect();
        let what = format!("must be a locale of some template: {}", known.join(", "));
        reader.refuse_word("DEFAULT_LOCALE", what, &known);
    } else if !default_locale.is_empty() && !templates.has_locale(&default_locale) && !ends_as_a_tag(&default_locale) {
        let known: Vec<&str> = templates.locales().into_iter().collect();
        let hint = did_you_mean(&default_locale, &known);
        reader.warn(format!(
            "DEFAULT_LOCALE ends with what is no region such as AR, and no template has words for it: those of the shorter \
             one are taken{hint}"
        ));
    }
    Some(Arc::new(templates))
}

#[cfg(test)]
mod tests;
