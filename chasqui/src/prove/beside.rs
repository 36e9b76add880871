//! A fleet whose broker and ledger are reached from here, as `chasqui send --wait` reaches them.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use domain::{Defaults, Draft, Key, Tenant};
use operations::{Checked, Checker, accept};
use serde_json::{Map, Value};
use store::{DeliveryView, Store};
use tokio::time::timeout;
use tokio_util::sync::DropGuard;
use topology::Publisher;

use super::books::Seen;
use crate::config::Config;
use crate::{parts, send};

/// How long the ledger may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The broker and the ledger of a fleet.
pub(super) struct Beside {
    publisher: Publisher,
    store: Store,
    checker: Checker,
    defaults: Defaults,
    tenant: Tenant,
    _ends_the_publisher: DropGuard,
}

impl Beside {
    /// Returns when both are there. The ledger is opened first, so that nothing is sent whose end could not be seen.
    ///
    /// # Errors
    /// Why one of them cannot be asked.
    pub(super) async fn reach(config: &Config, tenant: Tenant) -> Result<Self> {
        let checker = parts::checker(config)?;
        let store = parts::existing_store(config, parts::clock()).await?;
        let (publisher, ends_the_publisher) = send::connect(config).await?;
        let defaults = config.defaults.clone();
        Ok(Self { publisher, store, checker, defaults, tenant, _ends_the_publisher: ends_the_publisher })
    }

    /// Publishes one notification under the id in its body.
    pub(super) async fn publish(&self, body: &Map<String, Value>) -> Result<()> {
        let mut body = body.clone();
        body.insert("tenant".to_owned(), Value::from(self.tenant.as_str()));
        let bytes = Bytes::from(serde_json::to_vec(&body)?);
        let (draft, now) = (Draft::of(body, &self.defaults), parts::clock().now());
        let checked = Checked::of_draft(draft, bytes, &self.checker, now).map_err(|findings| {
            let errors: Vec<String> =
                findings.errors.iter().map(|error| format!("{} {}", error.pointer, error.detail)).collect();
            anyhow!("the notification is not valid: {}", errors.join("; "))
        })?;
        let accepted = accept(&self.publisher, checked, "chasqui prove", None, now).await;
        accepted.map_err(|unconfirmed| unconfirmed.error).context("the broker did not take it")?;
        Ok(())
    }

    /// Reads what became of a notification; none where the ledger has no row of it.
    pub(super) async fn look(&self, id: &str) -> Result<Option<Seen>> {
        let key = Key { tenant: self.tenant.clone(), id: id.to_owned() };
        let read = timeout(PATIENCE, self.store.delivery(&key)).await;
        let view = read.context("the ledger does not answer")?.context("the ledger could not be read")?;
        Ok(view.as_ref().map(seen))
    }
}

fn seen(view: &DeliveryView) -> Seen {
    let outcomes = view.attempts.iter().map(|attempt| attempt.outcome.as_str());
    let may_be_doubled = super::may_be_doubled(view.row.ambiguous, view.late_answers > 0, outcomes);
    let reason = match &view.row.order {
        domain::Order::DeadLetter { reason, .. } if view.row.state.is_dead_lettered() => Some(reason.to_string()),
        _ => None,
    };
    Seen { state: view.row.state.as_str().to_owned(), reason, may_be_doubled }
}
