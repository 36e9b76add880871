//! What a running `up` tells the other commands of its directory, and what they use of that.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{names_broker, names_ledger, write_private};
use runtime::settings::Dotenv;
use runtime::{MAX_SETTINGS_BYTES, read_file};

use crate::config::Sources;

/// The file that says where the broker and the ledger are.
const RUNNING: &str = "var/running.env";

/// The file of a running fleet, which tells other commands in this directory how to reach the fleet. Dropping this
/// deletes the file.
pub(crate) struct Running;

impl Running {
    pub(crate) fn announce(sources: &Sources, api: std::net::SocketAddr) -> Result<Self> {
        let names = [
            "AMQP_URL",
            "RABBITMQ_MANAGEMENT_URL",
            "DATABASE_URL",
            "SECRET_KEY",
            // The fleet has a topology of its own: a command that declares or publishes must use the same names.
            "AMQP_EXCHANGE",
            "AMQP_QUEUE",
            "AMQP_ROUTING_KEY",
            "AMQP_QUEUE_TYPE",
            "AMQP_TENANT_FROM_USER_ID",
            "EVENTS",
            "WORKER_RETRY_DELAY_1",
            "WORKER_RETRY_DELAY_2",
            "WORKER_RETRY_DELAY_3",
            "DEFAULT_CHANNEL",
            "DEFAULT_LOCALE",
            "TEMPLATES_DIR",
            "SERVICES_FILE",
            "VERIFY_COUNTRIES",
            "VERIFY_PER_ADDRESS",
            "VERIFY_PER_CLIENT",
            "VERIFY_PER_SESSION",
            "VERIFY_PER_PREFIX",
            "VERIFY_PER_COUNTRY",
            "VERIFY_CONVERSION_PERCENT",
            "VERIFY_CONVERSION_AFTER",
        ];
        let mut text =
            String::from("# Written by `chasqui up` while it runs; other commands in this directory read it.\n");
        for name in names {
            if let Some(value) = sources.get(name) {
                text.push_str(&format!("{name}={}\n", quoted(&value)));
            }
        }
        text.push_str(&format!("API_LISTEN='{api}'\n"));
        write_private(Path::new(RUNNING), text.as_bytes(), true)?;
        Ok(Self)
    }
}

/// The address of the API of the fleet that runs in this directory.
pub(super) fn api() -> Option<String> {
    let text = read_file(Path::new(RUNNING), MAX_SETTINGS_BYTES).ok()?;
    Dotenv::parse(&text).pairs.into_iter().find(|pair| pair.name == "API_LISTEN").map(|pair| pair.value)
}

/// The value in quotes, so that a reader of such files reads it whatever it contains.
fn quoted(value: &str) -> String {
    if !value.contains('\'') {
        return format!("'{value}'");
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = fs::remove_file(RUNNING);
    }
}

/// Fills in, from a fleet that runs in this directory, what no source gives. A value that a source gives wins, and a
/// difference from the fleet's value is reported.
pub(crate) fn with_running(sources: Sources) -> Sources {
    match read_file(Path::new(RUNNING), MAX_SETTINGS_BYTES) {
        Ok(text) => filled_in(sources, &text),
        Err(_) => sources,
    }
}

fn filled_in(mut sources: Sources, running: &[u8]) -> Sources {
    let broker = names_broker(&sources);
    let ledger = names_ledger(&sources);
    let mut differ = Vec::new();
    for pair in Dotenv::parse(running).pairs {
        let name = pair.name.as_str();
        let given = match name {
            "AMQP_URL" => broker,
            // The address belongs to the fleet's broker.
            "RABBITMQ_MANAGEMENT_URL" => broker || sources.is_given(name),
            "DATABASE_URL" => ledger,
            "SECRET_KEY" => sources.is_given(name) || sources.is_given("SECRET_KEY_FILE"),
            // These settings belong to the broker. Values that a source gives are what `topology verify` is to compare.
            name if name.starts_with("AMQP_") || name.starts_with("WORKER_RETRY_DELAY_") => {
                broker || sources.is_changed(name)
            }
            name => sources.is_given(name),
        };
        if !given {
            sources.set(name, pair.value);
        } else if sources.is_given(name) && sources.get(name).is_some_and(|value| value != pair.value) {
            differ.push(pair.name);
        }
    }
    if !differ.is_empty() {
        sources.warn(format!(
            "the fleet of `chasqui up` that runs in this directory has other values of {} than the settings: those of the \
             settings are used",
            differ.join(", ")
        ));
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::REFERENCE;

    const RUNNING_FLEET: &[u8] = b"AMQP_URL='amqp://u:p@127.0.0.1:1/foro'\nRABBITMQ_MANAGEMENT_URL='http://own:1'\n\
        DATABASE_URL='sqlite:own.db'\nSECRET_KEY='of the fleet that runs, and long enough'\nAMQP_EXCHANGE='own.exchange'\nAMQP_QUEUE='own.queue'\nAMQP_ROUTING_KEY='own.key'\nDEFAULT_LOCALE='es'\nAPI_LISTEN='127.0.0.1:1'\n";

    fn warning(sources: Sources) -> Option<String> {
        crate::config::Config::read(sources, crate::config::Role::Probe).unwrap().warnings.pop()
    }

    #[test]
    fn what_the_user_sets_goes_before_what_a_running_fleet_has_and_the_difference_is_told() {
        let url = "http://mine:15672";
        let sources =
            filled_in(REFERENCE.with([("RABBITMQ_MANAGEMENT_URL", url), ("DEFAULT_LOCALE", "en")]), RUNNING_FLEET);
        assert_eq!(sources.get("RABBITMQ_MANAGEMENT_URL").as_deref(), Some(url));
        assert_eq!(sources.get("DEFAULT_LOCALE").as_deref(), Some("en"));
        assert_eq!(
            sources.get("AMQP_URL").as_deref(),
            Some("amqp://u:p@127.0.0.1:1/foro"),
            "the broker is the one that runs"
        );
        assert_eq!(sources.get("AMQP_QUEUE").as_deref(), Some("own.queue"));
        let mine = filled_in(
            REFERENCE.with([
                ("RABBITMQ_MANAGEMENT_URL", url),
                ("API_LISTEN", "127.0.0.1:2"),
                ("AMQP_URL", "amqp://u:p@127.0.0.1:2/foro"),
            ]),
            RUNNING_FLEET,
        );
        assert_eq!(mine.get("API_LISTEN").as_deref(), Some("127.0.0.1:2"));
        let told = warning(mine).expect("a warning");
        assert!(told.contains("AMQP_URL, RABBITMQ_MANAGEMENT_URL, API_LISTEN") && !told.contains("mine"), "{told}");
    }

    #[test]
    fn what_nobody_sets_or_sets_alike_is_the_running_fleets_without_a_word() {
        let sources = filled_in(REFERENCE.with([("API_LISTEN", "127.0.0.1:1")]), RUNNING_FLEET);
        for (name, value) in
            [("DATABASE_URL", "sqlite:own.db"), ("API_LISTEN", "127.0.0.1:1"), ("AMQP_QUEUE", "own.queue")]
        {
            assert_eq!(sources.get(name).as_deref(), Some(value));
        }
        let file = filled_in(REFERENCE.with([("SECRET_KEY_FILE", "/mine")]), RUNNING_FLEET);
        assert_eq!(file.get("SECRET_KEY"), None, "the file that the user names would not be read");
        assert_eq!(warning(sources), None);
    }
}
