//! Faults of the sandbox: sets what goes wrong with the next attempts of a channel, for whoever wants to see what the fleet
//! does then, says how many are left, and clears it. Only what the sandbox carries is concerned. Each caller names its tenant.

mod written;

use domain::{Actor, ChannelName, Clock, Entry, Fault, Scope, Tenant};
use store::{SandboxFault, Store, StoreError};

use crate::allowed::{NotDone, must};

/// The fields of a fault, as its client writes them.
pub const FIELDS: [&str; 6] = ["channel", "next", "status", "retry_after", "latency_ms", "cut"];

/// What is to go wrong, as [`Asked::read`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub channel: ChannelName,
    /// With so many messages.
    pub next: u32,
    pub fault: Fault,
}

/// Sets it for the actor's tenant, in the place of what was set for the channel. Workers know of it within a second.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn set(store: &Store, actor: &Actor, asked: Asked, clock: &dyn Clock) -> Result<SandboxFault, NotDone> {
    let now = clock.now();
    must(store, actor, &[Scope::Operate], "set a fault of the sandbox", now).await?;
    let Asked { channel, next, fault } = asked;
    let told = Entry::of(actor, "sandbox_fault.set", channel.as_str(), now);
    let told = told.with("next", next).with("fault", fault.to_string());
    let (tenant, by) = (actor.tenant.clone(), actor.name.clone());
    let set = SandboxFault { tenant, channel, next, left: next, fault, by, at: now };
    store.set_sandbox_fault(&set, &told).await?;
    Ok(set)
}

/// Whether there is anything of a tenant. One of which there is nothing may be written wrongly, or be new.
///
/// # Errors
/// [`StoreError`].
pub async fn is_known(store: &Store, tenant: &Tenant) -> Result<bool, StoreError> {
    Ok(*tenant == Tenant::default() || store.is_tenant_known(tenant).await?)
}

/// Clears what is set for a channel of the actor's tenant, and returns it as it was. None where nothing is left of it.
///
/// # Errors
/// [`NotDone`]; while the ledger is not available repeat it.
pub async fn clear(
    store: &Store,
    actor: &Actor,
    channel: &ChannelName,
    clock: &dyn Clock,
) -> Result<Option<SandboxFault>, NotDone> {
    let now = clock.now();
    must(store, actor, &[Scope::Operate], "clear a fault of the sandbox", now).await?;
    let told = Entry::of(actor, "sandbox_fault.cleared", channel.as_str(), now);
    Ok(store.clear_sandbox_fault(&actor.tenant, channel, &told).await?)
}

/// What is in force for a tenant, or for anybody, by the channel.
///
/// # Errors
/// [`StoreError`].
pub async fn list(store: &Store, tenant: Option<&Tenant>) -> Result<Vec<SandboxFault>, StoreError> {
    store.sandbox_faults(tenant).await
}
