//! Notes who is connected: whoever was not before, and whoever is not any more, once a second; and that this gateway lives.
//!
//! Nothing is noted when a socket begins or ends. What is noted is made equal to what is: a mass of sockets that come back,
//! and a ledger that was away, need nothing else.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use runtime::{Outage, failpoint};
use store::StoreError;
use tokio::time::{MissedTickBehavior, interval};

use crate::person::Person;
use crate::shared::Shared;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the lease is taken anew, and how long it holds: two may be missed.
const RENEW_EVERY: Duration = Duration::from_secs(10);
const LEASE: Duration = Duration::from_secs(30);
/// The most that is noted in one second: after a start, all sockets come at once.
const MOST_AT_ONCE: usize = 500;

/// What this gateway has noted.
#[derive(Default)]
struct Noted {
    people: HashSet<Person>,
    renewed: Option<Instant>,
}

/// Notes it until it is dropped.
pub(crate) async fn keep(shared: &Shared) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut noted, outage) = (Noted::default(), Outage::new());
    loop {
        looks.tick().await;
        match note(shared, &mut noted).await {
            Ok(()) => {
                shared.health.note_ledger(true);
                let _ = outage.ended(Instant::now());
            }
            Err(error) => {
                shared.health.note_ledger(false);
                if let Some(untold) = outage.failed(Instant::now()) {
                    tracing::warn!(%error, untold, "who is connected cannot be noted in the ledger");
                }
            }
        }
    }
}

/// Ends what was noted: nobody is connected here any more.
pub(crate) async fn end(shared: &Shared) -> Result<(), StoreError> {
    shared.store.end_gateway(shared.node).await
}

async fn note(shared: &Shared, noted: &mut Noted) -> Result<(), StoreError> {
    if noted.renewed.is_none_or(|at| at.elapsed() >= RENEW_EVERY) {
        // What was noted by a gateway whose lease had ended, others have deleted.
        if noted.renewed.is_some_and(|at| at.elapsed() >= LEASE) {
            noted.people.clear();
        }
        let begun = Instant::now();
        shared.store.hold_gateway(shared.node, LEASE).await?;
        failpoint("gateway.lease_held");
        noted.renewed = Some(begun);
        shared.store.forget_gateways().await?;
    }
    let present = shared.clients.people();
    let (come, gone) = changes(&noted.people, &present);
    for person in come {
        shared.store.note_present(&person.tenant, &person.user, shared.node).await?;
        failpoint("gateway.present_noted");
        noted.people.insert(person);
    }
    for person in gone {
        shared.store.note_absent(&person.tenant, &person.user, shared.node).await?;
        noted.people.remove(&person);
    }
    Ok(())
}

/// Who has come, and who has gone.
fn changes(noted: &HashSet<Person>, present: &HashSet<Person>) -> (Vec<Person>, Vec<Person>) {
    let some = |people: &HashSet<Person>, but: &HashSet<Person>| -> Vec<Person> {
        people.difference(but).take(MOST_AT_ONCE).cloned().collect()
    };
    (some(present, noted), some(noted, present))
}

#[cfg(test)]
mod tests {
    use domain::Tenant;

    use super::*;

    fn people(names: &[&str]) -> HashSet<Person> {
        names.iter().map(|name| Person { tenant: Tenant::default(), user: (*name).to_owned() }).collect()
    }

    #[test]
    fn only_what_has_changed_is_noted() {
        let (come, gone) = changes(&people(&["ana", "ben"]), &people(&["ben", "eva"]));
        assert_eq!((come[0].user.as_str(), gone[0].user.as_str()), ("eva", "ana"));
        assert_eq!((come.len(), gone.len()), (1, 1));
    }
}
