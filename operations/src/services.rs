//! Shows the services that take commands, as far as a caller may have them do something.

use std::iter::once;

use domain::{Actor, Registry, Schema, Scope, Tenant};
use store::{Store, StoreError};

use crate::commands::groups;

/// One of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    pub name: String,
    pub confirm: &'static str,
    pub timeout_seconds: u64,
    /// Whether what it reports is heard.
    pub reports: bool,
    pub actions: Vec<ShownAction>,
}

/// What it does.
#[derive(Clone, PartialEq, Debug)]
pub struct ShownAction {
    pub name: String,
    /// Somebody is asked first.
    pub is_confirmed: bool,
    /// Whether the caller may have it done.
    pub is_allowed: bool,
    pub schema: Schema,
}

/// All services of the caller's tenant for whoever reads with the scope `admin`, else those of which the caller may have an action done.
///
/// # Errors
/// [`StoreError`].
pub async fn list(services: &Registry, store: &Store, actor: &Actor) -> Result<Vec<Shown>, StoreError> {
    let groups = groups(store, actor).await?;
    let who: Vec<&str> = once(actor.name.as_str()).chain(groups.iter().map(String::as_str)).collect();
    Ok(shown(services, &actor.tenant, &who, actor.may(Scope::Admin)))
}

/// What somebody sees of the services.
pub(crate) fn shown(services: &Registry, tenant: &Tenant, who: &[&str], sees_all: bool) -> Vec<Shown> {
    let own = services.all().filter(|service| service.tenants.contains(tenant));
    let seen = own.filter_map(|service| {
        let each = service.actions.iter().map(|(name, action)| ShownAction {
            name: name.clone(),
            is_confirmed: service.confirms(action),
            is_allowed: service.may(action, who),
            schema: action.schema.clone(),
        });
        let actions: Vec<ShownAction> = each.filter(|action| sees_all || action.is_allowed).collect();
        (!actions.is_empty()).then(|| Shown {
            name: service.name.clone(),
            confirm: service.confirm.as_str(),
            timeout_seconds: service.timeout.as_secs(),
            reports: service.public_key.is_some(),
            actions,
        })
    });
    seen.collect()
}
