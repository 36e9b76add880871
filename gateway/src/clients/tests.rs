//! Who is connected: rooms, people, and what is due.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver};

use domain::Tenant;
use testkit::NOW;

use super::*;
use crate::room::Kind;

const HOUR: Duration = Duration::from_secs(3600);

fn identity(user: &str) -> Identity {
    Identity {
        tenant: Tenant::default(),
        user: user.to_owned(),
        role: None,
        ends: NOW.plus(HOUR),
        claims: BTreeMap::new(),
        signed_in: None,
    }
}

fn room(name: &str) -> Room {
    Room::new(&Tenant::default(), Kind::Topic, name).unwrap()
}

fn message(event: &str) -> Message {
    Message::new(event, &1).unwrap()
}

/// A client that writes down what it is told, as many as it has room for.
fn enter(clients: &Clients, user: &str, places: usize) -> (Arc<Client>, Receiver<String>) {
    let (told, heard) = mpsc::sync_channel(places);
    let tell = move |message: &Message| match told.try_send(message.event.clone()) {
        Ok(()) => Heard::Yes,
        Err(mpsc::TrySendError::Full(_)) => Heard::Full,
        Err(mpsc::TrySendError::Disconnected(_)) => Heard::Gone,
    };
    let outlet = Outlet { tell: Box::new(tell), cut: Box::new(|| true) };
    (clients.enter(identity(user), outlet).unwrap(), heard)
}

fn heard(receiver: &Receiver<String>) -> Vec<String> {
    receiver.try_iter().collect()
}

#[test]
fn whoever_is_in_two_of_the_rooms_is_told_once_and_others_are_not() {
    let clients = Clients::new(10, 10);
    let (ana, of_ana) = enter(&clients, "ana", 8);
    let (ben, of_ben) = enter(&clients, "ben", 8);
    assert!(clients.join(&ana, room("a"), 8) && clients.join(&ana, room("b"), 8) && clients.join(&ben, room("c"), 8));
    assert_eq!(clients.tell(&[room("a"), room("b")], &message("x"), &message("resync")), 1);
    assert_eq!((heard(&of_ana), heard(&of_ben).len()), (vec!["x".to_owned()], 0));
    clients.part(&ana, &room("a"));
    assert!(!clients.is_anybody_in(&room("a")) && clients.is_anybody_in(&room("b")));
    clients.leave(&ana);
    clients.leave(&ana);
    assert_eq!(clients.tell(&[room("b")], &message("y"), &message("resync")), 0);
    assert_eq!(clients.counts(), (1, 1));
}

#[test]
fn a_client_is_in_no_more_rooms_than_it_may_be() {
    let clients = Clients::new(10, 10);
    let (ana, _heard) = enter(&clients, "ana", 1);
    assert!(clients.join(&ana, room("a"), 2) && clients.join(&ana, room("b"), 2));
    assert!(!clients.join(&ana, room("c"), 2));
    assert!(clients.join(&ana, room("b"), 2), "it is in it already");
}

#[test]
fn one_person_has_no_more_clients_than_one_may_have() {
    let clients = Clients::new(2, 10);
    let first = enter(&clients, "ana", 1);
    let _second = enter(&clients, "ana", 1);
    let outlet = || Outlet { tell: Box::new(|_| Heard::Yes), cut: Box::new(|| true) };
    assert_eq!(clients.enter(identity("ana"), outlet()).err(), Some(TooManyOfOne));
    assert!(clients.enter(identity("ben"), outlet()).is_ok());
    clients.leave(&first.0);
    assert!(clients.enter(identity("ana"), outlet()).is_ok());
    assert_eq!(clients.people().len(), 2);
}

#[test]
fn whoever_could_not_be_told_is_told_to_ask_anew_before_anything_else() {
    let clients = Clients::new(10, 10);
    let (ana, of_ana) = enter(&clients, "ana", 2);
    let tell = |event: &str| ana.tell(&message(event), &message("resync"));
    assert!(tell("1") && tell("2") && !tell("3"));
    assert!(!tell("4"), "there is still no room");
    assert_eq!(heard(&of_ana), ["1", "2"]);
    assert!(tell("5"));
    assert_eq!(heard(&of_ana), ["resync", "5"]);
}

#[test]
fn a_client_is_warned_once_before_its_token_ends_and_a_later_token_of_its_own_goes_on() {
    let clients = Clients::new(10, 10);
    let (ana, _heard) = enter(&clients, "ana", 1);
    assert_eq!(ana.due(NOW), None);
    let soon = NOW.plus(HOUR).minus(WARNED_BEFORE);
    assert_eq!((ana.due(soon), ana.due(soon)), (Some(Due::EndsSoon), None));
    assert!(!ana.refresh(identity("ben")), "somebody else's");
    let later = Identity { ends: NOW.plus(2 * HOUR), ..identity("ana") };
    assert!(ana.refresh(later));
    assert_eq!(ana.due(NOW.plus(HOUR)), None);
    assert_eq!(ana.due(NOW.plus(2 * HOUR)), Some(Due::Ended));
}

#[test]
fn all_are_told_to_ask_anew_within_half_a_minute_and_not_at_once() {
    let clients = Clients::new(100, 10);
    let all: Vec<_> = (0..100).map(|_| enter(&clients, "ana", 1)).collect();
    clients.resync_all(NOW);
    let due = |seconds| all.iter().filter(|(ana, _)| ana.due(NOW.plus(Duration::from_secs(seconds))).is_some()).count();
    let told: Vec<usize> = (0..=30).map(due).collect();
    assert_eq!(told.iter().sum::<usize>(), 100, "each once: {told:?}");
    assert!(told.iter().all(|at_once| *at_once <= 10), "{told:?}");
}
