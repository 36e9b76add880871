//! `chasqui explain`: what became of one delivery, and why, in words.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use domain::{Command, Explanation, Key, Tenant, printable};
use operations::deliveries::{NotKnown, is_id};
use operations::{NotListed, commands, dead_letters};
use serde_json::{Value, json};
use store::{IndexedLetter, LETTER_LOOK, LetterFilter, MAX_PAGE, Store};

use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::output::{self, say};
use crate::words::tenant;
use crate::{exit, logs, parts, unconfigured};

#[derive(clap::Args, Debug)]
pub struct Explain {
    /// The id of the delivery; of what never became one, its dead letter is named
    #[arg(allow_hyphen_values = true)]
    id: String,
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Explains one delivery, or the dead letters of its id. Exit code 1 when nothing is known of either.
pub(crate) async fn run(sources: Sources, what: Explain) -> Result<ExitCode> {
    let Explain { id, tenant, json } = what;
    if !is_id(&id) {
        return Err(Usage("no delivery can have this id: check how it is written".to_owned()).into());
    }
    let config = Config::read(unconfigured::with_ledger(sources), Role::Ledger)?;
    logs::start(&config)?;
    let (clock, mut key) = (parts::clock(), Key { tenant, id });
    let store = parts::existing_store(&config, parts::clock()).await?;
    let explain = async |key: &Key| {
        operations::explain(&store, key, config.retry_delays).await.context("the ledger could not be read")
    };
    let mut told = explain(&key).await?;
    if told.is_none()
        && let Some(alone) = without_tenant(&key)
    {
        told = explain(&alone).await?;
        key = alone;
    }
    match &told {
        Some(told) if json => output::json(&json_of(&key, told)),
        Some(told) => lines_of(&key, told).iter().for_each(|line| say!("{line}")),
        None => match letter_of(&store, &key).await.context("the ledger could not be read")? {
            Some(letter) => say!("{}", printable(&of_letter(&letter))),
            None => match commands::show(&store, &key).await.context("the ledger could not be read")? {
                Some(command) => say!("{}", printable(&of_command(&command))),
                None => say!("No delivery of this id is known. {}", NotKnown::of(config.retention, clock.now())),
            },
        },
    }
    Ok(exit::answer(told.is_some()))
}

/// The delivery that is meant where an id was copied with its tenant before it, as logs and lists show both.
fn without_tenant(key: &Key) -> Option<Key> {
    let id = key.id.strip_prefix(key.tenant.as_str())?.strip_prefix('/')?;
    is_id(id).then(|| Key { id: id.to_owned(), ..key.clone() })
}

/// The newest dead letter of this id, as the queue was read last. What never became a delivery has no row, such as a question
/// that could be put to nobody. Of a long queue those are looked at that died last.
async fn letter_of(store: &Store, key: &Key) -> Result<Option<IndexedLetter>, NotListed> {
    let filter = LetterFilter { tenant: key.tenant.clone(), ..LetterFilter::default() };
    let mut after = None;
    for _ in 0..LETTER_LOOK.div_ceil(MAX_PAGE as usize) {
        let page = dead_letters::list(store, &filter, after.as_ref(), MAX_PAGE).await?;
        let found = page.letters.into_iter().find(|letter| letter.id == key.id);
        after = page.next;
        if found.is_some() || after.is_none() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn of_letter(letter: &IndexedLetter) -> String {
    let IndexedLetter { letter, reason, error, dead_at, .. } = letter;
    format!(
        "No delivery of this id is known, but a dead letter has it since {dead_at}: {reason}: {error}. `chasqui dead show {letter}` \
         prints it."
    )
}

/// Which delivery is meant where the id is that of a command.
fn of_command(command: &Command) -> String {
    let Command { key, service, action, state, delivery, .. } = command;
    let next = match delivery {
        Some(delivery) => format!("`chasqui explain {delivery}` explains the delivery to its service."),
        None => format!("Nothing went to its service: `chasqui command show {}` prints it.", key.id),
    };
    format!("{} is the command {service}.{action}, {}. {next}", key.id, state.as_str())
}

fn lines_of(key: &Key, told: &Explanation) -> Vec<String> {
    let first = format!("{key}: {}", told.summary);
    let others = told.sentences.iter().map(|sentence| {
        let at = sentence.at.map(|at| format!("{at}  ")).unwrap_or_default();
        format!("  {:<8} {at}{}", sentence.topic.as_str(), sentence.text)
    });
    std::iter::once(first).chain(others).map(|line| printable(&line).into_owned()).collect()
}

fn json_of(key: &Key, told: &Explanation) -> Value {
    let sentences = told.sentences.iter().map(|sentence| {
        let at = sentence.at.map(|at| at.to_string());
        json!({"topic": sentence.topic.as_str(), "at": at, "text": sentence.text})
    });
    json!({
        "id": key.id, "tenant": key.tenant.as_str(), "summary": told.summary.to_string(),
        "sentences": sentences.collect::<Vec<_>>(), "letters": told.letters,
    })
}

#[cfg(test)]
mod tests {
    use domain::Lane;

    use super::*;

    fn letter(id: &str, name: &str) -> IndexedLetter {
        IndexedLetter {
            letter: name.into(),
            tenant: Tenant::default(),
            id: id.into(),
            epoch: 0,
            lane: Lane::Urgent,
            channel: String::new(),
            provider: String::new(),
            class: String::new(),
            code: String::new(),
            template: String::new(),
            reason: "permanent".into(),
            error: "nobody who is named in /to is known\u{1b}".into(),
            fingerprint: "0a".into(),
            attempts: 0,
            dead_at: testkit::NOW,
            expires_at: None,
            copies: 1,
        }
    }

    #[test]
    fn what_never_became_a_delivery_is_told_with_its_letter() {
        let told = of_letter(&letter("q-1", "0a1b"));
        for words in ["permanent: nobody who is named in /to is known", "`chasqui dead show 0a1b` prints it."] {
            assert!(told.contains(words), "{told}");
        }
    }

    #[test]
    fn a_command_is_told_with_the_delivery_that_is_meant() {
        let mut command = Command {
            key: testkit::key("c-1"),
            service: "trading".into(),
            action: "look".into(),
            arguments: "{}".into(),
            ask: None,
            delivery: Some("d-1".into()),
            state: domain::CommandState::Dispatched,
            version: 1,
            requested_by: "ada".into(),
            confirmed_by: None,
            correlation_id: None,
            output: None,
            reply: None,
            created_at: testkit::NOW,
            updated_at: testkit::NOW,
            expires_at: testkit::NOW,
        };
        let told = of_command(&command);
        assert!(told.starts_with("c-1 is the command trading.look, dispatched. `chasqui explain d-1` "), "{told}");
        command.delivery = None;
        assert!(of_command(&command).contains("`chasqui command show c-1`"));
    }

    #[test]
    fn an_id_may_be_copied_with_its_tenant() {
        let of = |id: &str| without_tenant(&Key { tenant: Tenant::default(), id: id.into() }).map(|key| key.id);
        assert_eq!(of("default/order-1").as_deref(), Some("order-1"));
        assert_eq!((of("order-1"), of("default/"), of("acme/order-1")), (None, None, None));
    }
}
