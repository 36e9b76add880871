//! Tells at once of contacts whom nobody knows and of groups in which nobody is, where the ledger answers in time. Otherwise
//! whoever opens the question finds out, and a request needs no ledger to be taken.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{Addressee, FieldError, Key, Tenant, nearest, printable};
use store::{MAX_PAGE, Store, StoreError};

use super::CheckedAsk;
use crate::allowed::ADMINISTRATOR;
use crate::checked::field;

/// How long the ledger is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// The group in which every administrator of the settings is, all of them of the tenant `default`.
const ADMINS: &str = "admins";

/// What is wrong with the contacts and the groups who are to be asked. Nothing for a question that was asked before, whoever is
/// known now.
pub async fn faults_of_contacts(store: &Store, asked: &CheckedAsk) -> Vec<FieldError> {
    match tokio::time::timeout(PATIENCE, faults(store, asked)).await {
        Ok(Ok(faults)) => faults,
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

async fn faults(store: &Store, asked: &CheckedAsk) -> Result<Vec<FieldError>, StoreError> {
    let named = named(asked);
    let keys: Vec<Key> = named.iter().map(|(_, key)| key.clone()).collect();
    let known = store.known_contacts(&keys).await?;
    let unknown = named.into_iter().filter(|(_, key)| !known.contains(key));
    let fault = |(place, Key { id, .. }): (String, Key)| {
        let id = printable(&id);
        field(place, format!("is {id}, and there is no contact of this id: PUT /contacts/{{id}} makes one"))
    };
    let mut faults: Vec<FieldError> = unknown.map(fault).collect();
    faults.extend(faults_of_groups(store, asked).await?);
    let is_known = !faults.is_empty() && store.ask(&asked.key).await?.is_some();
    Ok(if is_known { Vec::new() } else { faults })
}

/// What is wrong with the groups of a request. That of the administrators of the settings is not refused: who is in it, the role
/// knows that asks.
async fn faults_of_groups(store: &Store, asked: &CheckedAsk) -> Result<Vec<FieldError>, StoreError> {
    let tenant = &asked.key.tenant;
    let mut empty = Vec::new();
    for (place, group) in groups(asked) {
        let may_be_of_settings = group == ADMINS && *tenant == Tenant::default();
        if !may_be_of_settings && store.contacts_in_group(tenant, group, 1).await?.is_empty() {
            empty.push((place, group));
        }
    }
    if empty.is_empty() {
        return Ok(Vec::new());
    }
    let known = known_groups(store, tenant).await?;
    let fault = |(place, group): (String, &str)| {
        let meant = nearest(group, known.iter().map(String::as_str));
        let hint = meant.map(|meant| format!("; do you mean {}?", printable(meant))).unwrap_or_default();
        field(place, format!("is {}, and nobody is in this group{hint}", printable(group)))
    };
    Ok(empty.into_iter().map(fault).collect())
}

/// The groups in which the first contacts of a tenant are, and that of the administrators.
async fn known_groups(store: &Store, tenant: &Tenant) -> Result<BTreeSet<String>, StoreError> {
    let contacts = store.contacts(tenant, None, MAX_PAGE as usize).await?;
    let named = contacts.into_iter().flat_map(|contact| contact.groups);
    let of_settings = (*tenant == Tenant::default()).then(|| ADMINS.to_owned());
    Ok(named.chain(of_settings).collect())
}

/// The contacts of a request, each with its place.
fn named(asked: &CheckedAsk) -> Vec<(String, Key)> {
    let contact = |(place, one): (String, &Addressee)| match one {
        Addressee::Contact { id, .. } if !id.starts_with(ADMINISTRATOR) => {
            Some((format!("{place}/contact"), Key { tenant: asked.key.tenant.clone(), id: id.clone() }))
        }
        _ => None,
    };
    everybody(asked).into_iter().filter_map(contact).collect()
}

/// The groups of a request, each with its place.
fn groups(asked: &CheckedAsk) -> Vec<(String, &str)> {
    let mut groups = Vec::new();
    for (place, one) in everybody(asked) {
        if let Addressee::Group { name, .. } = one {
            groups.push((format!("{place}/group"), name.as_str()));
        }
    }
    groups
}

/// Everybody who is to be asked at once or later, each with their place.
fn everybody(asked: &CheckedAsk) -> Vec<(String, &Addressee)> {
    let request = &asked.request;
    let steps = request.escalate.iter().enumerate().map(|(at, step)| (format!("/escalate/{at}/to"), &step.to));
    let mut everybody = Vec::new();
    for (list, people) in std::iter::once(("/to".to_owned(), &request.to)).chain(steps) {
        everybody.extend(people.iter().enumerate().map(|(at, one)| (format!("{list}/{at}"), one)));
    }
    everybody
}
