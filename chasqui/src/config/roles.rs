//! What each role of the fleet needs: the API, the worker, the scheduler, or all of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use domain::{Ambiguity, ChannelName, Cron, Defaults, InvalidCron, Zones};
use secrecy::{ExposeSecret, SecretString};

use super::Config;
use super::broker::NAMES as BROKER_NAMES;
use super::place;
use super::reader::Reader;
use crate::zones;

/// RFC 7518 section 3.2: a key for HS256 has at least 256 bits.
const SECRET_KEY_BYTES: usize = 32;

/// Too many to be guessed before the first user is there.
const BOOTSTRAP_TOKEN_BYTES: usize = 16;

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
    pub open: api::Open,
    /// Names and addresses besides those of this machine and of `listen`, in lower case.
    pub hosts: Vec<String>,
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

    /// Computes when schedules fire.
    pub(crate) fn knows_zones(self) -> bool {
        matches!(self, Self::Api | Self::Scheduler | Self::Up)
    }

    pub(super) fn check(self, reader: &mut Reader, config: &Config) {
        let needs_broker = matches!(self, Self::Api | Self::Worker | Self::Scheduler | Self::Broker | Self::Send);
        // What was given and is wrong has been told already.
        let names_broker = !reader.given_of(&BROKER_NAMES).is_empty();
        if needs_broker && config.broker.is_none() && !names_broker {
            reader.problem(
                "no broker is given: set AMQP_URL, or RABBITMQ_HOST and its companions; or run `chasqui up` in this directory, \
                 which starts one",
            );
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
        refuse_published_key(reader, config);
        if self.sends()
            && reader.are_right(&["PROVIDER_TIMEOUT_SECONDS", "WORKER_LEASE_SECONDS"])
            && let Err(error) = config.worker.check()
        {
            reader.problem(error.to_string());
        }
    }
}

/// Keys that stand in public documents: whoever can reach the API signs tokens with them.
const PUBLISHED_KEYS: [&str; 1] = ["for-development-only-name-your-own-secret-in-.env"];

/// From `SECRET_KEY`, else from the file that `SECRET_KEY_FILE` names.
pub(super) fn secret_key(reader: &mut Reader) -> Option<SecretString> {
    let from_file = reader.path("SECRET_KEY_FILE").filter(|_| reader.secret("SECRET_KEY").is_none());
    let key = match from_file {
        None => checked_key(reader, "SECRET_KEY")?,
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(text) => long_enough(reader, "the file of SECRET_KEY_FILE", SecretString::from(text.trim().to_owned())),
            Err(error) => {
                reader.problem(format!("SECRET_KEY_FILE: {}: {error}", path.display()));
                return None;
            }
        },
    };
    Some(key)
}

/// What was signed and hashed with it is still read.
pub(super) fn previous_secret_key(reader: &mut Reader) -> Option<SecretString> {
    checked_key(reader, "SECRET_KEY_PREVIOUS")
}

fn checked_key(reader: &mut Reader, name: &str) -> Option<SecretString> {
    let key = reader.secret(name)?;
    Some(long_enough(reader, name, key))
}

fn long_enough(reader: &mut Reader, name: &str, key: SecretString) -> SecretString {
    if key.expose_secret().len() < SECRET_KEY_BYTES {
        reader.problem(format!(
            "{name} has fewer than {SECRET_KEY_BYTES} bytes: take the output of `openssl rand -hex 32`"
        ));
    }
    key
}

/// A process that others can reach, or that reaches others, with a key that everybody can read.
fn refuse_published_key(reader: &mut Reader, config: &Config) {
    let published = |key: &SecretString| PUBLISHED_KEYS.contains(&key.expose_secret());
    let listens = [Some(config.api.listen), config.metrics_listen].into_iter().flatten();
    let reachable = listens.into_iter().any(|address| !address.ip().to_canonical().is_loopback());
    let elsewhere = config.broker.as_ref().is_some_and(|broker| !super::broker::is_on_this_machine(&broker.url));
    if config.secret_key.iter().any(published) && (reachable || elsewhere) {
        reader.problem(
            "SECRET_KEY is one that stands in public documents, and this process can be reached from other machines: take the output of `openssl rand -hex 32`",
        );
    }
}

/// Empty: this machine only under `up`, nobody otherwise.
fn open(reader: &mut Reader, up: bool) -> api::Open {
    match reader.text("NOTIFY_OPEN").unwrap_or_default().to_ascii_lowercase().as_str() {
        "" if up => api::Open::ThisMachine,
        "" | "false" | "0" | "no" | "off" => api::Open::Nobody,
        "local" => api::Open::ThisMachine,
        "true" | "1" | "yes" | "on" => api::Open::Everybody,
        _ => {
            reader.problem("NOTIFY_OPEN must be false, local (callers on this machine) or true (everybody)");
            api::Open::Nobody
        }
    }
}

fn hosts(reader: &mut Reader) -> Vec<String> {
    let list = reader.text("API_HOSTS").unwrap_or_default().to_ascii_lowercase();
    let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
    let hosts: Vec<String> = words.map(|word| word.trim_matches(['[', ']']).to_owned()).collect();
    let is_name =
        |host: &str| host.len() <= 253 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !hosts.iter().all(|host| host.parse::<std::net::IpAddr>().is_ok() || is_name(host)) {
        reader.problem(
            "API_HOSTS must be a list of host names or addresses such as notify.example.com,10.0.0.7: without scheme, port and path",
        );
    }
    hosts.into_iter().map(|host| host.trim_end_matches('.').to_owned()).collect()
}

pub(super) fn api(reader: &mut Reader, up: bool) -> ApiConfig {
    let algorithm: &str = reader.choice("ALGORITHM", &[("hs256", "HS256"), ("rs256", "RS256"), ("es256", "ES256")]);
    let public_key = reader.text("JWT_PUBLIC_KEY").map(|pem| pem.replace("\\n", "\n"));
    if algorithm != "HS256" && public_key.is_none() {
        reader.problem(format!("ALGORITHM={algorithm} needs JWT_PUBLIC_KEY: the PEM of the key that verifies tokens"));
    }
    let minutes: u64 = reader.number("ACCESS_TOKEN_EXPIRE_MINUTES", 1..=366 * 24 * 60);
    ApiConfig {
        listen: place::listen(reader, "API_LISTEN", "127.0.0.1:8080")
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
        open: open(reader, up),
        hosts: hosts(reader),
        algorithm: algorithm.to_owned(),
        token_lifetime: Duration::from_secs(minutes * 60),
        audience: reader.required_text("JWT_AUDIENCE"),
        issuer: reader.required_text("JWT_ISSUER"),
        public_key,
        bootstrap_token: bootstrap_token(reader),
    }
}

/// Whoever knows it registers the first user, with every right.
fn bootstrap_token(reader: &mut Reader) -> Option<SecretString> {
    let token = reader.secret("BOOTSTRAP_TOKEN")?;
    if token.expose_secret().len() < BOOTSTRAP_TOKEN_BYTES {
        reader.refuse(
            "BOOTSTRAP_TOKEN",
            format_args!(
                "has fewer than {BOOTSTRAP_TOKEN_BYTES} bytes and could be guessed: take the output of `openssl rand -hex \
                 16`, or leave it out, and one is made up at every start"
            ),
        );
    }
    Some(token)
}

pub(super) fn worker(reader: &mut Reader) -> worker::Settings {
    worker::Settings {
        concurrency: reader.number("WORKER_CONCURRENCY", 4..=1600),
        bytes_in_hand: 64 * 1024 * 1024,
        provider_timeout: reader.seconds("PROVIDER_TIMEOUT_SECONDS"),
        lease: reader.seconds("WORKER_LEASE_SECONDS"),
        grace: reader.seconds("WORKER_GRACE_SECONDS"),
        trouble_limit: Duration::from_secs(60),
        max_retries: reader.number("WORKER_MAX_RETRIES", 0..=1000),
        retry_delays: retry_delays(reader),
        throttle_max_age: reader.seconds("THROTTLE_MAX_AGE_SECONDS"),
        ambiguity: ambiguity(reader),
        defaults: Defaults { channel: channel(reader, "DEFAULT_CHANNEL") },
    }
}

fn retry_delays(reader: &mut Reader) -> [Duration; 3] {
    let names = ["WORKER_RETRY_DELAY_1", "WORKER_RETRY_DELAY_2", "WORKER_RETRY_DELAY_3"];
    let delays = names.map(|name| reader.seconds(name));
    if reader.are_right(&names) && !delays.is_sorted() {
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
    let days: u32 = reader.number("RETENTION_DAYS", 0..=36_500);
    (days > 0).then(|| Duration::from_secs(u64::from(days) * 24 * 60 * 60))
}

/// Other roles do without reading them.
pub(super) fn zones(reader: &mut Reader, role: Role) -> Zones {
    if !role.knows_zones() {
        return Zones::bundled();
    }
    zones::newest(reader.path("ZONEINFO_DIR").as_deref()).unwrap_or_else(|error| {
        reader.problem(format!("{error:#}"));
        Zones::bundled()
    })
}

pub(super) fn demo(reader: &mut Reader, zones: &Zones) -> Option<scheduler::Demo> {
    let demo = scheduler::Demo {
        cron: reader.required_text("SCHEDULER_DEMO_CRON"),
        timezone: reader.required_text("SCHEDULER_DEMO_TIMEZONE"),
        channel: channel(reader, "SCHEDULER_DEMO_CHANNEL")?,
        destination: reader.required_text("SCHEDULER_DEMO_DESTINATION"),
        subject: reader.text("SCHEDULER_DEMO_SUBJECT"),
        message: reader.required_text("SCHEDULER_DEMO_MESSAGE"),
    };
    if let Err(InvalidCron { pattern, zone }) = Cron::parse(&demo.cron, &demo.timezone, zones) {
        let wrong = [("SCHEDULER_DEMO_CRON", pattern), ("SCHEDULER_DEMO_TIMEZONE", zone)];
        for (name, wrong) in wrong.into_iter().filter_map(|(name, wrong)| Some((name, wrong?))) {
            reader.problem(format!("{name}: {wrong}"));
        }
    }
    if let Err(wrong) = ::channels::check_destination(&demo.channel, &demo.destination) {
        reader.problem(format!("SCHEDULER_DEMO_DESTINATION: {wrong}"));
    }
    for wrong in operations::check_plain(&demo.channel, &demo.destination, demo.subject.as_deref(), &demo.message) {
        let setting = wrong.pointer.trim_start_matches('/').to_ascii_uppercase();
        reader.problem(format!("SCHEDULER_DEMO_{setting} {}", wrong.detail));
    }
    reader.flag("SCHEDULER_DEMO_ENABLED").then_some(demo)
}
