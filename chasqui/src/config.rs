//! Settings: read from every source, checked all at once, before any socket opens.

mod keys;
mod log;
mod names;
mod private_node;
mod prover;
mod roles;
mod services;
mod shared;
mod without_effect;

pub use api::Open;
pub use names::{DEFAULTS, REFERENCE};
pub(crate) use prover::Prover;
pub use roles::Role;
pub use runtime::settings::{Problems, Sources};

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::{Defaults, Registry, Zones};
use runtime::settings::{OwnUrl, Reader};
use runtime::traces::Attempts;
use secrecy::SecretString;
use templates::Templates;

use crate::zones;

/// Every setting, typed. Secrets are of types that do not print.
#[derive(Debug)]
pub struct Config {
    pub topology: topology::Settings,
    pub ledger: store::Settings,
    pub secret_key: Option<SecretString>,
    pub previous_secret_key: Option<SecretString>,
    pub api: api::OperatorSettings,
    pub metrics_listen: Option<SocketAddr>,
    /// Where the world reaches the API: the links in mails lead there, and providers report there.
    pub public_url: Option<OwnUrl>,
    /// What stands for the fields that a body leaves out.
    pub defaults: Defaults,
    /// How long each retry waits.
    pub retry_delays: [Duration; 3],
    /// How long ended deliveries are remembered; `None` for ever.
    pub retention: Option<Duration>,
    pub worker: worker::Settings,
    /// The rules of time zones: the newest for an API or a scheduler, the bundled ones for other roles.
    pub zones: Zones,
    pub scheduler: scheduler::Settings,
    pub dialog: dialog::Settings,
    pub gateway: gateway::Settings,
    pub channels: channels::Settings,
    /// Where files lie, and what comes in.
    pub files: files::Settings,
    /// The services that take commands.
    pub services: Registry,
    /// Who `chasqui prove` is for an API.
    pub(crate) prover: Option<Prover>,
    /// `None` for roles that need no templates.
    pub templates: Option<Arc<Templates>>,
    pub log: String,
    pub log_json: bool,
    /// In which time a delivery is to be with its provider.
    pub delivery_objective: Duration,
    /// How the spans of an attempt belong to the trace of its message.
    pub trace_attempts: Attempts,
    /// Warnings about what most likely is not meant.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads and checks the settings. What `role` needs must be there, and what is there must be right.
    ///
    /// # Errors
    /// [`Problems`] naming every setting that is wrong or missing.
    pub fn read(sources: Sources, role: Role) -> Result<Self, Problems> {
        let mut reader = Reader::new(sources);
        let mut config = Self::read_all(&mut reader, role);
        config.warnings = reader.warnings();
        reader.finish(config)
    }

    /// Reads every setting. Problems are reported in the order in which the settings are read here.
    fn read_all(reader: &mut Reader, role: Role) -> Self {
        let up = role == Role::Up;
        let retry_delays = shared::retry_delays(reader);
        let worker = worker::Settings::read(reader, retry_delays);
        let defaults = shared::defaults(reader);
        let zones = zones(reader, role);
        let (topology, ledger) = (topology::Settings::read(reader), store::Settings::read(reader));
        let (secret_key, previous_secret_key) = (keys::secret_key(reader), keys::previous_secret_key(reader));
        let webhooks = keys::webhooks(secret_key.as_ref(), previous_secret_key.as_ref());
        let services = services::read(reader);
        let signer = keys::commands(secret_key.as_ref(), previous_secret_key.as_ref());
        let service = channels::service::Settings { services: services.clone(), keys: signer, publishing: None };
        let public_url = reader.own_url("PUBLIC_URL", "https://notify.example.com");
        let called_at = public_url.as_ref().map(|own| own.url.clone());
        let demo_rules = scheduler::Media { known: channels::known(), check: &check_demo };
        let mut config = Self {
            api: api::OperatorSettings::read(reader, up),
            metrics_listen: reader.listen("METRICS_LISTEN", "0.0.0.0:9090"),
            channels: channels::Settings::read(reader, role.sends(), up, called_at, webhooks, service),
            services: services.unwrap_or_default(),
            files: files::Settings::read(reader),
            scheduler: scheduler::Settings::read(reader, &zones, &demo_rules),
            dialog: dialog::Settings::read(reader, public_url.is_some()),
            gateway: gateway::Settings::read(reader),
            retention: shared::retention(reader),
            prover: prover::prover(reader),
            zones,
            templates: Templates::read(reader, role.renders(), channels::known()),
            log: log::read(reader),
            log_json: reader.choice("LOG_FORMAT", &[("text", false), ("json", true)]),
            delivery_objective: reader.seconds("DELIVERY_OBJECTIVE_SECONDS"),
            trace_attempts: reader.choice("TRACE_ATTEMPTS", &[("parent", Attempts::Parent), ("link", Attempts::Link)]),
            warnings: Vec::new(),
            topology,
            ledger,
            public_url,
            secret_key,
            previous_secret_key,
            defaults,
            retry_delays,
            worker,
        };
        config.channels.labels = keys::labels(&config);
        without_effect::warn(reader, &config, role);
        if role.knows_services() {
            services::warn(reader, &config.services);
        }
        role.check(reader, &config);
        config
    }
}

/// Reads the rules of time zones; other roles do without them.
fn zones(reader: &mut Reader, role: Role) -> Zones {
    if !role.knows_zones() {
        return Zones::bundled();
    }
    zones::newest(reader.path("ZONEINFO_DIR").as_deref()).unwrap_or_else(|error| {
        reader.problem(format!("{error:#}"));
        Zones::bundled()
    })
}

/// What is wrong with the demo's notification, by the names of its fields.
fn check_demo(demo: &scheduler::Demo) -> Vec<(String, String)> {
    let wrong = operations::check_plain(&demo.channel, &demo.destination, demo.subject.as_deref(), &demo.message);
    wrong.into_iter().map(|wrong| (wrong.pointer.trim_start_matches('/').to_owned(), wrong.detail)).collect()
}

#[cfg(test)]
mod tests;
