//! Tells at once of contacts whom nobody knows, where the ledger answers in time. Otherwise whoever opens the question finds out,
//! and a request needs no ledger to be taken.

use std::time::Duration;

use domain::{Addressee, FieldError, Key, printable};
use store::{Store, StoreError};

use super::CheckedAsk;
use crate::allowed::ADMINISTRATOR;
use crate::checked::field;

/// How long the ledger is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is wrong with the contacts who are to be asked. Nothing for a question that was asked before, whoever is known now.
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
    let faults: Vec<FieldError> = unknown.map(fault).collect();
    let is_known = !faults.is_empty() && store.ask(&asked.key).await?.is_some();
    Ok(if is_known { Vec::new() } else { faults })
}

/// The contacts of a request, each with its place.
fn named(asked: &CheckedAsk) -> Vec<(String, Key)> {
    let request = &asked.request;
    let steps = request.escalate.iter().enumerate().map(|(at, step)| (format!("/escalate/{at}/to"), &step.to));
    let lists = std::iter::once(("/to".to_owned(), &request.to)).chain(steps);
    let mut named = Vec::new();
    for (list, people) in lists {
        for (at, one) in people.iter().enumerate() {
            if let Addressee::Contact { id, .. } = one
                && !id.starts_with(ADMINISTRATOR)
            {
                let key = Key { tenant: asked.key.tenant.clone(), id: id.clone() };
                named.push((format!("{list}/{at}/contact"), key));
            }
        }
    }
    named
}
