//! How many connections there may be, of all and of one peer, and which of them makes room for another.
//!
//! Nobody is kept out by connections that ask nothing: the oldest of them is closed for a new one. When all are busy,
//! a new one is served probes only, from a reserve, so that a crowded process is not taken for a dead one.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// Has not asked anything yet.
const FRESH: u8 = 0;
/// A request is being answered.
const BUSY: u8 = 1;
/// Has been answered, and may ask again.
const KEPT: u8 = 2;

/// The most connections at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) all: usize,
    /// Of one peer: half of all lets two of them be served whatever one does.
    pub(crate) of_a_peer: usize,
    /// Beyond these, for probes.
    pub(crate) reserve: usize,
}

/// The connections that are open.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    room: Room,
    table: Mutex<Table>,
}

/// By number, and so by age.
#[derive(Default, Debug)]
struct Table {
    next: u64,
    served: BTreeMap<u64, Entry>,
    reserve: BTreeMap<u64, Entry>,
    of_peers: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Entry {
    peer: IpAddr,
    activity: Arc<AtomicU8>,
    close: CancellationToken,
}

/// A connection that was let in. Dropping it makes room.
#[derive(Debug)]
pub(crate) struct Admitted {
    number: u64,
    shared: Arc<Shared>,
    activity: Arc<AtomicU8>,
    /// Another needs the room.
    pub(crate) close: CancellationToken,
    /// All others are busy: it is served probes, and nothing else.
    pub(crate) probes_only: bool,
}

/// Tells of one connection whether it is being answered.
#[derive(Clone, Debug)]
pub(crate) struct Activity(Arc<AtomicU8>);

impl Activity {
    pub(crate) fn begins(&self) {
        self.0.store(BUSY, Ordering::Release);
    }

    pub(crate) fn ends(&self) {
        self.0.store(KEPT, Ordering::Release);
    }

    /// Nothing was asked: closing it breaks no answer off.
    pub(crate) fn is_fresh(&self) -> bool {
        self.0.load(Ordering::Acquire) == FRESH
    }
}

impl Admitted {
    pub(crate) fn activity(&self) -> Activity {
        Activity(Arc::clone(&self.activity))
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.shared.table().remove(self.number);
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    pub(crate) fn new(room: Room) -> Self {
        Self(Arc::new(Shared { room, table: Mutex::default() }))
    }

    /// Lets a connection in, whatever others there are.
    pub(crate) fn admit(&self, peer: IpAddr) -> Admitted {
        let Shared { room, .. } = *self.0;
        let peer = network(peer);
        let mut table = self.0.table();
        let too_many_of_it = table.of_peers.get(&peer).is_some_and(|&count| count >= room.of_a_peer.max(1));
        let fits = if too_many_of_it {
            table.close_idle(|entry| entry.peer == peer)
        } else {
            table.served.len() < room.all.max(1) || table.close_idle(|_| true)
        };
        if !fits && table.reserve.len() >= room.reserve.max(1) {
            table.close_oldest_of_reserve();
        }
        let number = table.next;
        table.next += 1;
        let (activity, close) = (Arc::new(AtomicU8::new(FRESH)), CancellationToken::new());
        let entry = Entry { peer, activity: Arc::clone(&activity), close: close.clone() };
        if fits {
            *table.of_peers.entry(peer).or_default() += 1;
            table.served.insert(number, entry);
        } else {
            table.reserve.insert(number, entry);
        }
        drop(table);
        Admitted { number, shared: Arc::clone(&self.0), activity, close, probes_only: !fits }
    }

    /// Closes a connection that asks nothing, when the process has no room for a new one.
    pub(crate) fn make_room(&self) -> bool {
        self.0.table().close_idle(|_| true)
    }
}

impl Table {
    fn remove(&mut self, number: u64) -> Option<Entry> {
        let Some(entry) = self.served.remove(&number) else { return self.reserve.remove(&number) };
        if let Some(count) = self.of_peers.get_mut(&entry.peer) {
            *count -= 1;
            if *count == 0 {
                self.of_peers.remove(&entry.peer);
            }
        }
        Some(entry)
    }

    /// The oldest of these that has not asked anything yet, else the oldest that has been answered.
    fn close_idle(&mut self, which: impl Fn(&Entry) -> bool) -> bool {
        let oldest = |state: u8| {
            let idle = |entry: &Entry| which(entry) && entry.activity.load(Ordering::Acquire) == state;
            self.served.iter().find(|(_, entry)| idle(entry)).map(|(number, _)| *number)
        };
        let Some(number) = oldest(FRESH).or_else(|| oldest(KEPT)) else { return false };
        self.close(number);
        true
    }

    fn close_oldest_of_reserve(&mut self) {
        if let Some(number) = self.reserve.keys().next().copied() {
            self.close(number);
        }
    }

    fn close(&mut self, number: u64) {
        if let Some(entry) = self.remove(number) {
            entry.close.cancel();
            metrics::counter!("chasqui_http_connections_closed_total").increment(1);
        }
    }
}

/// Of an IPv6 address the network that one customer gets.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { all: 4, of_a_peer: 2, reserve: 2 };

    fn peer(n: u8) -> IpAddr {
        [192, 0, 2, n].into()
    }

    #[test]
    fn the_oldest_that_asks_nothing_makes_room_for_its_own_peer() {
        let connections = Connections::new(ROOM);
        let [kept, fresh, other] = [peer(1), peer(1), peer(2)].map(|peer| connections.admit(peer));
        kept.activity().begins();
        kept.activity().ends();
        let third = connections.admit(peer(1));
        assert!(!third.probes_only && fresh.close.is_cancelled());
        assert!(!kept.close.is_cancelled() && !other.close.is_cancelled());
        third.activity().begins();
        let fourth = connections.admit(peer(1));
        assert!(!fourth.probes_only && kept.close.is_cancelled());
    }

    #[test]
    fn when_all_are_busy_a_new_one_gets_probes_only_and_the_newest_of_these_is_served() {
        let connections = Connections::new(ROOM);
        let busy = [1, 1, 2, 2].map(|n| connections.admit(peer(n)));
        busy.iter().for_each(|connection| connection.activity().begins());
        let reserve = [1, 3, 3].map(|n| connections.admit(peer(n)));
        assert!(reserve.iter().all(|connection| connection.probes_only));
        assert_eq!(reserve.each_ref().map(|connection| connection.close.is_cancelled()), [true, false, false]);
        assert!(busy.iter().all(|connection| !connection.close.is_cancelled()));
        drop(busy);
        assert!(!connections.admit(peer(1)).probes_only);
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
}
