//! `chasqui explain`: what became of one delivery, and why, in words.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use domain::{Explanation, Key, Tenant, printable};
use operations::deliveries::{NotKnown, is_id};
use serde_json::{Value, json};

use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::output::{self, say};
use crate::words::tenant;
use crate::{exit, logs, parts, unconfigured};

#[derive(clap::Args, Debug)]
pub struct Explain {
    /// The id of the delivery
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
        None => say!("No delivery of this id is known. {}", NotKnown::of(config.retention, clock.now())),
    }
    Ok(exit::answer(told.is_some()))
}

/// The delivery that is meant where an id was copied with its tenant before it, as logs and lists show both.
fn without_tenant(key: &Key) -> Option<Key> {
    let id = key.id.strip_prefix(key.tenant.as_str())?.strip_prefix('/')?;
    is_id(id).then(|| Key { id: id.to_owned(), ..key.clone() })
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
    use super::*;

    #[test]
    fn an_id_may_be_copied_with_its_tenant() {
        let of = |id: &str| without_tenant(&Key { tenant: Tenant::default(), id: id.into() }).map(|key| key.id);
        assert_eq!(of("default/order-1").as_deref(), Some("order-1"));
        assert_eq!((of("order-1"), of("default/"), of("acme/order-1")), (None, None, None));
    }
}
