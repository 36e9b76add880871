//! Who is let in, and who makes room.

use super::*;

const ROOM: Room = Room { all: 4, of_a_peer: 2, reserve: 2, silence: Duration::ZERO };

fn peer(n: u8) -> IpAddr {
    [192, 0, 2, n].into()
}

#[test]
fn the_oldest_that_asks_nothing_makes_room_for_its_own_peer() {
    let connections = Connections::new(ROOM);
    let [kept, fresh, other] = [peer(1), peer(1), peer(2)].map(|peer| connections.admit(peer));
    kept.activity().begins();
    kept.activity().ends();
    fresh.activity().rests();
    let third = connections.admit(peer(1));
    assert!(!third.probes_only && fresh.close.is_cancelled());
    assert!(!kept.close.is_cancelled() && !other.close.is_cancelled());
    third.activity().begins();
    let fourth = connections.admit(peer(1));
    assert!(!fourth.probes_only && kept.close.is_cancelled());
}

#[test]
fn a_new_one_is_kept_until_somebody_has_looked_what_it_asks_and_for_a_while_after_that() {
    let connections = Connections::new(Room { silence: Duration::from_secs(3600), ..ROOM });
    let [new, silent] = [peer(1), peer(1)].map(|peer| connections.admit(peer));
    silent.activity().rests();
    let kept = connections.admit(peer(2));
    kept.activity().begins();
    kept.activity().ends();
    let busy = connections.admit(peer(2));
    busy.activity().begins();
    let fifth = connections.admit(peer(3));
    assert!(kept.close.is_cancelled() && !silent.close.is_cancelled(), "it may ask in a moment");
    fifth.activity().begins();
    let sixth = connections.admit(peer(3));
    assert!(silent.close.is_cancelled() && !new.close.is_cancelled() && !sixth.probes_only);
    sixth.activity().begins();
    assert!(connections.admit(peer(4)).probes_only, "its request may lie in the socket");
    assert!(!new.close.is_cancelled());
}

#[test]
fn the_body_that_was_awaited_for_longest_makes_room_after_all_that_ask_nothing() {
    let connections = Connections::new(Room { of_a_peer: 4, ..ROOM });
    let [first, second, kept, busy] = [(); 4].map(|()| connections.admit(peer(1)));
    for asking in [&first, &second, &kept, &busy] {
        asking.activity().begins();
    }
    kept.activity().ends();
    second.activity().awaits_body();
    first.activity().awaits_body();
    // More of it has come, and not all: it stays the one that is awaited for longest.
    second.activity().has_body();
    second.activity().awaits_body();
    let mut newer = Vec::new();
    let closed = || [&first, &second, &kept, &busy].map(|connection| connection.close.is_cancelled());
    for expected in [[false, false, true, false], [false, true, true, false], [true, true, true, false]] {
        let new = connections.admit(peer(1));
        new.activity().begins();
        assert!(!new.probes_only);
        assert_eq!(closed(), expected);
        newer.push(new);
    }
    assert!(connections.admit(peer(1)).probes_only);
}

#[test]
fn when_all_are_busy_a_new_one_gets_probes_only_and_the_newest_of_these_is_served() {
    let connections = Connections::new(ROOM);
    let busy = [1, 1, 2, 2].map(|n| connections.admit(peer(n)));
    for connection in &busy {
        connection.activity().begins();
    }
    let reserve = [1, 3, 3].map(|n| connections.admit(peer(n)));
    assert!(reserve.iter().all(|connection| connection.probes_only));
    assert_eq!(reserve.each_ref().map(|connection| connection.close.is_cancelled()), [true, false, false]);
    assert!(busy.iter().all(|connection| !connection.close.is_cancelled()));
    drop(busy);
    assert!(!connections.admit(peer(1)).probes_only);
}

#[test]
fn a_request_that_stood_ready_behind_another_is_told_from_one_that_was_waited_for() {
    let connections = Connections::new(ROOM);
    let activity = connections.admit(peer(1)).activity();
    activity.rests();
    assert!(activity.begins(), "nothing had been there before it");
    activity.ends();
    assert!(!activity.begins(), "it came with the one before");
    activity.rests();
    activity.ends();
    assert!(activity.begins());
}

#[test]
fn a_closed_connection_leaves_nothing_behind() {
    let connections = Connections::new(ROOM);
    for _ in 0..10 {
        drop([1, 1, 1, 2, 3, 4].map(|n| connections.admit(peer(n))));
    }
    let table = connections.0.table();
    assert!(table.served.is_empty() && table.reserve.is_empty() && table.of_peers.is_empty());
}

#[test]
fn neighbours_in_one_network_of_ipv6_are_one_peer() {
    let parse = |text: &str| text.parse::<IpAddr>().unwrap();
    assert_eq!(network(parse("2001:db8::1")), network(parse("2001:db8::ffff:1")));
    assert_ne!(network(parse("2001:db8::1")), network(parse("2001:db8:0:1::1")));
    assert_eq!(network(parse("::ffff:192.0.2.1")), peer(1));
}
