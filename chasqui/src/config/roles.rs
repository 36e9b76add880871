//! What each role of the fleet needs: the API, the worker, the scheduler, or all of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use domain::{Ambiguity, ChannelName, Defaults};
use secrecy::{ExposeSecret, SecretString};

use super::Config;
use super::broker::NAMES as BROKER_NAMES;
use super::source::Reader;

/// RFC 7518 section 3.2: a key for HS256 has at least 256 bits.
const SECRET_KEY_BYTES: usize = 32;

/// Which part of the fleet a process is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Api,
    Worker,
    Scheduler,
    /// All roles in one process, on embedded defaults.
    Up,
    /// A command that needs the broker only.
    Broker,
    /// A command that needs the ledger only.
    Ledger,
    /// A command that publishes and reads what became of it.
    Send,
    /// A command that needs neither.
    Probe,
}

/// How the API listens and whom it lets in.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    pub listen: SocketAddr,
    pub notify_open: bool,
    pub algorithm: String,
    pub token_lifetime: Duration,
    pub audience: String,
    pub issuer: String,
    pub public_key: Option<String>,
    pub bootstrap_token: Option<SecretString>,
}

impl Role {
    /// As the broker's connections show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Scheduler => "scheduler",
            Self::Up => "up",
            Self::Broker | Self::Ledger | Self::Send | Self::Probe => "command",
        }
    }

    pub(super) fn sends(self) -> bool {
        matches!(self, Self::Worker | Self::Up)
    }

    pub(super) fn check(self, reader: &mut Reader, config: &Config) {
        let needs_broker = matches!(self, Self::Api | Self::Worker | Self::Scheduler | Self::Broker | Self::Send);
        // What was given and is wrong has been told already.
        let names_broker = !reader.given_of(&BROKER_NAMES).is_empty();
        if needs_broker && config.broker.is_none() && !names_broker {
            reader.problem("no broker is given: set AMQP_URL, or RABBITMQ_HOST and its companions");
        }
        let needs_ledger = matches!(self, Self::Api | Self::Worker | Self::Scheduler | Self::Ledger | Self::Send);
        let names_ledger = !reader.given_of(&["DATABASE_URL", "DB_URL"]).is_empty();
        if needs_ledger && config.database_url.is_none() && !names_ledger {
            reader.problem("no ledger is given: set DATABASE_URL to postgresql://… or sqlite:path");
        }
        let needs_key = matches!(self, Self::Api | Self::Worker | Self::Scheduler);
        if needs_key && config.secret_key.is_none() {
            reader.problem(format!(
                "SECRET_KEY is missing: give at least {SECRET_KEY_BYTES} random bytes, such as the output of `openssl rand -hex 32`, the same for every role"
            ));
        }
        if self.sends()
            && let Err(error) = config.worker.check()
        {
            reader.problem(error.to_string());
        }
    }
}

pub(super) fn secret_key(reader: &mut Reader) -> Option<SecretString> {
    let key = reader.secret("SECRET_KEY")?;
    if key.expose_secret().len() < SECRET_KEY_BYTES {
        reader.problem(format!(
            "SECRET_KEY has fewer than {SECRET_KEY_BYTES} bytes: take the output of `openssl rand -hex 32`"
        ));
    }
    Some(key)
}

pub(super) fn api(reader: &mut Reader) -> ApiConfig {
    let algorithm: &str = reader.choice("ALGORITHM", &[("hs256", "HS256"), ("rs256", "RS256"), ("es256", "ES256")]);
    let public_key = reader.text("JWT_PUBLIC_KEY").map(|pem| pem.replace("\\n", "\n"));
    if algorithm != "HS256" && public_key.is_none() {
        reader.problem(format!("ALGORITHM={algorithm} needs JWT_PUBLIC_KEY: the PEM of the key that verifies tokens"));
    }
    let minutes: u64 = reader.number("ACCESS_TOKEN_EXPIRE_MINUTES");
    if minutes == 0 || minutes > 366 * 24 * 60 {
        reader.problem("ACCESS_TOKEN_EXPIRE_MINUTES must be from 1 to a year");
    }
    ApiConfig {
        listen: reader
            .optional("API_LISTEN", "an address such as 127.0.0.1:8080")
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
        notify_open: reader.flag("NOTIFY_OPEN"),
        algorithm: algorithm.to_owned(),
        token_lifetime: Duration::from_secs(minutes.min(366 * 24 * 60) * 60),
        audience: reader.required_text("JWT_AUDIENCE"),
        issuer: reader.required_text("JWT_ISSUER"),
        public_key,
        bootstrap_token: reader.secret("BOOTSTRAP_TOKEN"),
    }
}

pub(super) fn worker(reader: &mut Reader) -> worker::Settings {
    let concurrency: usize = reader.number("WORKER_CONCURRENCY");
    if !(4..=1600).contains(&concurrency) {
        reader.problem("WORKER_CONCURRENCY must be from 4 to 1600");
    }
    worker::Settings {
        concurrency: concurrency.clamp(4, 1600),
        bytes_in_hand: 64 * 1024 * 1024,
        provider_timeout: reader.seconds("PROVIDER_TIMEOUT_SECONDS"),
        lease: reader.seconds("WORKER_LEASE_SECONDS"),
        grace: reader.seconds("WORKER_GRACE_SECONDS"),
        trouble_limit: Duration::from_secs(60),
        max_retries: reader.number("WORKER_MAX_RETRIES"),
        retry_delays: retry_delays(reader),
        throttle_max_age: reader.seconds("THROTTLE_MAX_AGE_SECONDS"),
        ambiguity: ambiguity(reader),
        defaults: Defaults { channel: channel(reader, "DEFAULT_CHANNEL") },
    }
}

fn retry_delays(reader: &mut Reader) -> [Duration; 3] {
    let delays =
        ["WORKER_RETRY_DELAY_1", "WORKER_RETRY_DELAY_2", "WORKER_RETRY_DELAY_3"].map(|name| reader.seconds(name));
    if !delays.is_sorted() {
        reader.problem(
            "WORKER_RETRY_DELAY_1, _2 and _3 must not fall: each retry waits at least as long as the one before",
        );
    }
    delays
}

fn ambiguity(reader: &mut Reader) -> BTreeMap<ChannelName, Ambiguity> {
    let mut policies = BTreeMap::new();
    for pair in reader.text("AMBIGUITY").unwrap_or_default().split(',').filter(|pair| !pair.trim().is_empty()) {
        let policy = pair
            .split_once('=')
            .and_then(|(channel, policy)| Some((known_channel(channel.trim())?, Ambiguity::parse(policy.trim())?)));
        match policy {
            Some((channel, policy)) => {
                policies.insert(channel, policy);
            }
            None => reader
                .problem("AMBIGUITY must be a list such as sms=hold,email=resend with resend, hold or resend_if_fresh"),
        }
    }
    policies
}

fn known_channel(word: &str) -> Option<ChannelName> {
    ChannelName::parse(word).ok().filter(|name| ::channels::known().contains(&name.as_str()))
}

fn channel(reader: &mut Reader, name: &str) -> Option<ChannelName> {
    let word = reader.text(name)?;
    let channel = known_channel(&word);
    if channel.is_none() {
        reader.problem(format!("{name} must be one of: {}", ::channels::known().join(", ")));
    }
    channel
}

/// Zero days are for ever.
pub(super) fn retention(reader: &mut Reader) -> Option<Duration> {
    let days: u32 = reader.number("RETENTION_DAYS");
    (days > 0).then(|| Duration::from_secs(u64::from(days) * 24 * 60 * 60))
}

pub(super) fn demo(reader: &mut Reader) -> Option<scheduler::Demo> {
    let demo = scheduler::Demo {
        cron: reader.required_text("SCHEDULER_DEMO_CRON"),
        timezone: reader.required_text("SCHEDULER_DEMO_TIMEZONE"),
        channel: channel(reader, "SCHEDULER_DEMO_CHANNEL")?,
        destination: reader.required_text("SCHEDULER_DEMO_DESTINATION"),
        subject: reader.text("SCHEDULER_DEMO_SUBJECT"),
        message: reader.required_text("SCHEDULER_DEMO_MESSAGE"),
    };
    if let Err(error) = domain::Cron::parse(&demo.cron, &demo.timezone) {
        reader.problem(format!("SCHEDULER_DEMO_CRON with SCHEDULER_DEMO_TIMEZONE: {error}"));
    }
    reader.flag("SCHEDULER_DEMO_ENABLED").then_some(demo)
}
