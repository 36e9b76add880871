//! What a running `up` tells the other commands of its directory, and what they take of it.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{names_broker, names_ledger, write_private};
use runtime::settings::Dotenv;

use crate::config::Sources;

/// Where its broker and ledger are.
const RUNNING: &str = "var/running.env";

/// Tells other commands in this directory how to reach the fleet, until dropped.
pub(crate) struct Running;

impl Running {
    pub(crate) fn tell(sources: &Sources, api: std::net::SocketAddr) -> Result<Self> {
        let names = [
            "AMQP_URL",
            "RABBITMQ_MANAGEMENT_URL",
            "DATABASE_URL",
            "SECRET_KEY",
            // The topology is the fleet's own: what is declared or published beside it must go by the same names.
            "AMQP_EXCHANGE",
            "AMQP_QUEUE",
            "AMQP_ROUTING_KEY",
            "AMQP_QUEUE_TYPE",
            "AMQP_TENANT_FROM_USER_ID",
            "WORKER_RETRY_DELAY_1",
            "WORKER_RETRY_DELAY_2",
            "WORKER_RETRY_DELAY_3",
            "DEFAULT_CHANNEL",
            "DEFAULT_LOCALE",
            "TEMPLATES_DIR",
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

/// Where the API is of the fleet that runs in this directory.
pub(super) fn api() -> Option<String> {
    let text = fs::read(RUNNING).ok()?;
    Dotenv::parse(&text).pairs.into_iter().find(|pair| pair.name == "API_LISTEN").map(|pair| pair.value)
}

/// As the reader of such files understands it, whatever is in the value.
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

/// Fills in, from a fleet that runs in this directory, what no source gives. What one gives goes before it, and is told
/// where the fleet has something else.
pub(crate) fn with_running(sources: Sources) -> Sources {
    match fs::read(RUNNING) {
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
            // It is that of the fleet's broker.
            "RABBITMQ_MANAGEMENT_URL" => broker || sources.is_given(name),
            "DATABASE_URL" => ledger,
            "SECRET_KEY" => sources.is_given(name) || sources.is_given("SECRET_KEY_FILE"),
            // They belong to the broker. What is given otherwise is what `topology verify` is asked to compare.
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
        DATABASE_URL='sqlite:own.db'\nSECRET_KEY='of the fleet that runs, and long enough'\nAMQP_QUEUE='own.queue'\nDEFAULT_LOCALE='es'\nAPI_LISTEN='127.0.0.1:1'\n";

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
