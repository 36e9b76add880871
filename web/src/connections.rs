//! Bounds how many connections there may be, of all and of one peer, and decides which of them makes room for another.
//!
//! Nobody is kept out by connections that ask nothing, that do not read their answers or that do not send the body they
//! have announced: the oldest of them is closed for a new one. When all are busy, a new one is served probes only, from
//! a reserve, so that a crowded process is not taken for a dead one.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// Nobody has looked yet whether the connection asks something: a request may lie in its socket.
const NEW: u8 = 0;
/// Somebody has looked, and the connection has not asked anything yet.
const FRESH: u8 = 4;
/// A request of the connection is being answered.
const BUSY: u8 = 1;
/// The connection has been answered and may ask again, or its peer does not read the answer.
const KEPT: u8 = 2;
/// The body of the connection's request has not arrived.
const AWAITED: u8 = 3;

/// How many connections there may be at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) all: usize,
    /// The most connections of one peer. Half of all leaves room for another peer, whatever one does.
    pub(crate) of_a_peer: usize,
    /// How many connections beyond these are served probes.
    pub(crate) reserve: usize,
    /// How long a connection may take for its first request before others that wait are kept rather than this one.
    pub(crate) silence: Duration,
}

/// The connections that are open.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    room: Room,
    table: Mutex<Table>,
    /// How many bodies were waited for so far.
    awaited: AtomicU64,
}

/// The connections by number, and so by age.
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
    since: Instant,
    progress: Arc<Progress>,
    close: CancellationToken,
}

/// How far a connection is with its requests.
#[derive(Default, Debug)]
struct Progress {
    state: AtomicU8,
    /// The number of the wait for the body of the present request; 0 before that wait. There is one number for the
    /// whole body, so that a body that comes in drops does not grow younger with each of them.
    awaited: AtomicU64,
    /// Whether the connection has found nothing to read since its last request began.
    rested: AtomicBool,
}

impl Progress {
    fn is(&self, state: u8) -> bool {
        self.state.load(Ordering::Acquire) == state
    }
}

/// A connection that was let in. Dropping it makes room.
#[derive(Debug)]
pub(crate) struct Admitted {
    number: u64,
    shared: Arc<Shared>,
    progress: Arc<Progress>,
    /// Cancelled when another connection needs the room.
    pub(crate) close: CancellationToken,
    /// Whether the connection is served probes and nothing else, because all others are busy.
    pub(crate) probes_only: bool,
}

/// Notes what one connection is doing.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    progress: Arc<Progress>,
    shared: Arc<Shared>,
}

impl Activity {
    /// Notes that a request begins. False when the request stood ready behind the one before it, so that no other
    /// connection had a turn between the two.
    pub(crate) fn begins(&self) -> bool {
        self.progress.awaited.store(0, Ordering::Release);
        self.progress.state.store(BUSY, Ordering::Release);
        self.progress.rested.swap(false, Ordering::AcqRel)
    }

    /// Notes that there is nothing to read now.
    pub(crate) fn rests(&self) {
        let _ = self.progress.state.compare_exchange(NEW, FRESH, Ordering::AcqRel, Ordering::Relaxed);
        self.progress.rested.store(true, Ordering::Release);
    }

    pub(crate) fn ends(&self) {
        self.progress.state.store(KEPT, Ordering::Release);
    }

    /// Notes that more of the request's body is needed and has not arrived.
    pub(crate) fn awaits_body(&self) {
        if self.progress.awaited.load(Ordering::Acquire) == 0 {
            let number = self.shared.awaited.fetch_add(1, Ordering::AcqRel) + 1;
            self.progress.awaited.store(number, Ordering::Release);
        }
        self.progress.state.store(AWAITED, Ordering::Release);
    }

    /// Notes that the awaited part of the body has arrived.
    pub(crate) fn has_body(&self) {
        self.progress.state.store(BUSY, Ordering::Release);
    }

    /// Whether the request of the connection is whole and is being answered.
    pub(crate) fn is_busy(&self) -> bool {
        self.progress.is(BUSY)
    }

    /// Whether the connection has asked nothing, so that closing it breaks no answer off.
    pub(crate) fn is_fresh(&self) -> bool {
        self.progress.is(FRESH)
    }
}

impl Admitted {
    pub(crate) fn activity(&self) -> Activity {
        Activity { progress: Arc::clone(&self.progress), shared: Arc::clone(&self.shared) }
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
        Self(Arc::new(Shared { room, table: Mutex::default(), awaited: AtomicU64::new(0) }))
    }

    /// Lets a connection in, whatever others there are.
    pub(crate) fn admit(&self, peer: IpAddr) -> Admitted {
        let Shared { room, .. } = *self.0;
        let peer = network(peer);
        let mut table = self.0.table();
        let too_many_of_it = table.of_peers.get(&peer).is_some_and(|&count| count >= room.of_a_peer.max(1));
        let fits = if too_many_of_it {
            table.close_waiting(room.silence, |entry| entry.peer == peer)
        } else {
            table.served.len() < room.all.max(1) || table.close_waiting(room.silence, |_| true)
        };
        if !fits && table.reserve.len() >= room.reserve.max(1) {
            table.close_oldest_of_reserve();
        }
        let number = table.next;
        table.next += 1;
        let (progress, close) = (Arc::<Progress>::default(), CancellationToken::new());
        let entry = Entry { peer, since: Instant::now(), progress: Arc::clone(&progress), close: close.clone() };
        if fits {
            *table.of_peers.entry(peer).or_default() += 1;
            table.served.insert(number, entry);
        } else {
            table.reserve.insert(number, entry);
        }
        drop(table);
        Admitted { number, shared: Arc::clone(&self.0), progress, close, probes_only: !fits }
    }

    /// Closes a connection that waits for its peer, when the process has no room for a new one.
    pub(crate) fn make_room(&self) -> bool {
        self.0.table().close_waiting(self.0.room.silence, |_| true)
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

    /// Closes one of these connections that waits for its peer: the oldest that has asked nothing for a while, else the
    /// oldest that has been answered, else the one whose body has been awaited for longest, else the oldest that has
    /// asked nothing yet. False when none of them waits.
    fn close_waiting(&mut self, silence: Duration, which: impl Fn(&Entry) -> bool) -> bool {
        let these = || self.served.iter().filter(|(_, entry)| which(entry));
        let oldest = |state: u8| these().find(|(_, entry)| entry.progress.is(state));
        let slowest = || {
            let awaited = these().filter(|(_, entry)| entry.progress.is(AWAITED));
            awaited.min_by_key(|(_, entry)| entry.progress.awaited.load(Ordering::Acquire))
        };
        // The first request of an honest client is on its way when its connection is accepted.
        let silent = || oldest(FRESH).filter(|(_, entry)| entry.since.elapsed() >= silence);
        let chosen = silent().or_else(|| oldest(KEPT)).or_else(slowest).or_else(|| oldest(FRESH));
        let chosen = chosen.map(|(number, _)| *number);
        let Some(number) = chosen else { return false };
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

/// The peer that an address counts as: of an IPv6 address, the network that one customer gets.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests;
