//! Notes who is connected: whoever was not before, by another number of sockets, or is not any more, once a second; and that
//! this gateway lives, and how it is.
//!
//! Nothing is noted when a socket begins or ends. What is noted is made equal to what is: a mass of sockets that come back,
//! and a ledger that was away, need nothing else.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use runtime::{Outage, failpoint};
use store::{GatewayFigures, GatewayRoom, StoreError};
use tokio::time::{MissedTickBehavior, interval};

use crate::person::Person;
use crate::room::Room;
use crate::shared::Shared;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the lease is taken anew, and how long it holds: two may be missed.
const RENEW_EVERY: Duration = Duration::from_secs(10);
const LEASE: Duration = Duration::from_secs(30);
/// The most that is noted in one second: after a start, all sockets come at once.
const MOST_AT_ONCE: usize = 500;
/// So many of its rooms a gateway notes, the largest.
const LARGEST: usize = 50;

/// What this gateway has noted.
#[derive(Default)]
struct Noted {
    /// By how many sockets and streams each is connected.
    people: HashMap<Person, usize>,
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

/// Notes that this gateway lets its clients go.
pub(crate) async fn leave(shared: &Shared) -> Result<(), StoreError> {
    note_figures(shared, true).await
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
        note_figures(shared, false).await?;
        shared.store.forget_gateways().await?;
    }
    let present = shared.clients.people();
    let (come, gone) = changes(&noted.people, &present);
    for (person, sockets) in come {
        shared.store.note_present(&person.tenant, &person.user, shared.node, counted(sockets)).await?;
        failpoint("gateway.present_noted");
        noted.people.insert(person, sockets);
    }
    for person in gone {
        shared.store.note_absent(&person.tenant, &person.user, shared.node).await?;
        noted.people.remove(&person);
    }
    Ok(())
}

async fn note_figures(shared: &Shared, is_leaving: bool) -> Result<(), StoreError> {
    let ((sockets, rooms), settings) = (shared.clients.counts(), &shared.settings);
    let figures = GatewayFigures {
        sockets: counted(sockets),
        people: counted(shared.clients.people().len()),
        rooms: counted(rooms),
        max_sockets: counted(settings.max_connections),
        max_per_user: counted(settings.max_per_user),
        max_rooms: counted(settings.max_rooms),
    };
    let largest: Vec<GatewayRoom> = shared.clients.largest_rooms(LARGEST).into_iter().map(of_ledger).collect();
    shared.store.note_gateway(shared.node, figures, &largest, is_leaving).await
}

fn of_ledger((room, sockets): (Room, usize)) -> GatewayRoom {
    GatewayRoom { tenant: room.tenant().clone(), room: room.to_string(), sockets: counted(sockets) }
}

fn counted(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Who has come or is connected by another number of sockets, with that number; and who has gone.
fn changes(noted: &HashMap<Person, usize>, present: &HashMap<Person, usize>) -> (Vec<(Person, usize)>, Vec<Person>) {
    let come = present.iter().filter(|(person, sockets)| noted.get(*person) != Some(*sockets));
    let gone = noted.keys().filter(|person| !present.contains_key(*person));
    let come = come.take(MOST_AT_ONCE).map(|(person, sockets)| (person.clone(), *sockets));
    (come.collect(), gone.take(MOST_AT_ONCE).cloned().collect())
}

#[cfg(test)]
mod tests {
    use domain::Tenant;

    use super::*;
    use crate::testing::{identity, parts};

    fn people(names: &[(&str, usize)]) -> HashMap<Person, usize> {
        let person = |name: &str| Person { tenant: Tenant::default(), user: name.to_owned() };
        names.iter().map(|(name, sockets)| (person(name), *sockets)).collect()
    }

    #[test]
    fn only_what_has_changed_is_noted() {
        let (come, gone) = changes(&people(&[("ana", 1), ("ben", 1)]), &people(&[("ben", 1), ("eva", 2)]));
        assert_eq!((come[0].0.user.as_str(), come[0].1, gone[0].user.as_str()), ("eva", 2, "ana"));
        assert_eq!((come.len(), gone.len()), (1, 1));
        let (more, gone) = changes(&people(&[("ben", 1)]), &people(&[("ben", 2)]));
        assert_eq!((more[0].1, more.len(), gone.len()), (2, 1, 0));
    }

    #[tokio::test]
    async fn a_gateway_notes_how_it_is_and_who_is_connected_by_how_many_sockets() {
        let parts = parts().await;
        let store = &parts.shared.store;
        let mut noted = Noted::default();
        let windows = [parts.enter(identity("ana", Some("SUPPORT"))), parts.enter(identity("ana", Some("SUPPORT")))];
        note(&parts.shared, &mut noted).await.unwrap();
        let found = store.gateways().await.unwrap();
        let figures = found[0].figures;
        assert_eq!((found.len(), found[0].node), (1, parts.shared.node));
        assert_eq!((figures.sockets, figures.people, figures.rooms, figures.max_sockets), (2, 1, 2, 10));
        let rooms = store.largest_rooms(&Tenant::default(), 9).await.unwrap();
        assert_eq!(rooms.len(), 1, "the room of a person is none of many: {rooms:?}");
        assert_eq!((rooms[0].room.as_str(), rooms[0].sockets), ("role:admin", 2));
        let sockets = async || store.everybody_present(&Tenant::default(), "ana", "", 9).await.unwrap()[0].sockets;
        assert_eq!(sockets().await, 2);
        let [one, _other] = windows;
        drop(one);
        note(&parts.shared, &mut noted).await.unwrap();
        assert_eq!(sockets().await, 1);
        leave(&parts.shared).await.unwrap();
        assert!(store.gateways().await.unwrap()[0].leaving_since.is_some());
        end(&parts.shared).await.unwrap();
        assert_eq!(store.gateways().await.unwrap(), []);
    }
}
