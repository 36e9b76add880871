//! Who is connected to this process, in which rooms, and how each is reached. It knows no socket: whoever lets a client in
//! says how it is told something and how it is sent away.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::Timestamp;

use crate::identity::Identity;
use crate::limits::{Pace, Rate};
use crate::message::Message;
use crate::person::Person;
use crate::room::Room;

/// So long before its token ends a client is warned.
pub(crate) const WARNED_BEFORE: Duration = Duration::from_secs(60);
/// Over this time clients are told to ask anew, one after the other: all at once would ask the ledger all at once.
pub(crate) const SPREAD_OVER: Duration = Duration::from_secs(30);
/// No instant.
const NEVER: i64 = i64::MAX;

/// How a client is reached.
pub(crate) struct Outlet {
    pub(crate) tell: Box<dyn Fn(&Message) -> Heard + Send + Sync>,
    /// False while it cannot be done, because the client does not read.
    pub(crate) cut: Box<dyn Fn() -> bool + Send + Sync>,
}

/// What became of a message to one client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    Yes,
    /// The client does not read as fast as it is told.
    Full,
    Gone,
}

/// One socket or stream.
pub(crate) struct Client {
    number: u64,
    identity: Mutex<Arc<Identity>>,
    outlet: Outlet,
    rate: Mutex<Rate>,
    /// When its token ends, in microseconds of the epoch.
    ends: AtomicI64,
    is_warned: AtomicBool,
    /// When it is told to ask anew.
    resync_at: AtomicI64,
    /// Whether something could not be told to it.
    is_behind: AtomicBool,
}

/// What is due for a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    /// Its token has ended.
    Ended,
    /// Its token ends soon.
    EndsSoon,
    /// It may have missed something.
    Resync,
}

/// Why a client is not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TooManyOfOne;

/// All clients of this process.
pub(crate) struct Clients {
    most_of_one: usize,
    per_second: u32,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    next: u64,
    clients: HashMap<u64, (Arc<Client>, HashSet<Room>)>,
    rooms: HashMap<Room, HashSet<u64>>,
    people: HashMap<Person, usize>,
}

impl Clients {
    pub(crate) fn new(most_of_one: usize, per_second: u32) -> Self {
        Self { most_of_one, per_second, table: Mutex::default() }
    }

    /// Lets a client in, in no room yet.
    ///
    /// # Errors
    /// [`TooManyOfOne`] where the same person has as many as one may have.
    pub(crate) fn enter(&self, identity: Identity, outlet: Outlet) -> Result<Arc<Client>, TooManyOfOne> {
        let mut table = self.table();
        let of_this_one = table.people.entry(identity.person()).or_default();
        if *of_this_one >= self.most_of_one {
            return Err(TooManyOfOne);
        }
        *of_this_one += 1;
        let number = table.next;
        table.next += 1;
        let client = Arc::new(Client {
            number,
            ends: AtomicI64::new(identity.ends.as_micros()),
            identity: Mutex::new(Arc::new(identity)),
            outlet,
            rate: Mutex::new(Rate::new(self.per_second, Instant::now())),
            is_warned: AtomicBool::new(false),
            resync_at: AtomicI64::new(NEVER),
            is_behind: AtomicBool::new(false),
        });
        table.clients.insert(number, (Arc::clone(&client), HashSet::new()));
        Ok(client)
    }

    /// Lets a client go, out of all its rooms. Doing so again does nothing.
    pub(crate) fn leave(&self, client: &Client) {
        let mut table = self.table();
        let Some((client, rooms)) = table.clients.remove(&client.number) else { return };
        for room in &rooms {
            table.leave_room(client.number, room);
        }
        let person = client.identity().person();
        if let Some(count) = table.people.get_mut(&person) {
            *count -= 1;
            if *count == 0 {
                table.people.remove(&person);
            }
        }
    }

    /// Puts a client into a room. False when it is in as many as one may be in.
    pub(crate) fn join(&self, client: &Client, room: Room, most: usize) -> bool {
        let mut table = self.table();
        let Some((_, rooms)) = table.clients.get_mut(&client.number) else { return false };
        if !rooms.contains(&room) && rooms.len() >= most {
            return false;
        }
        rooms.insert(room.clone());
        table.rooms.entry(room).or_default().insert(client.number);
        true
    }

    /// Takes a client out of a room.
    pub(crate) fn part(&self, client: &Client, room: &Room) {
        let mut table = self.table();
        if let Some((_, rooms)) = table.clients.get_mut(&client.number) {
            rooms.remove(room);
            table.leave_room(client.number, room);
        }
    }

    /// Takes a client out of every room in which it may not stay.
    pub(crate) fn part_from(&self, client: &Client, may_stay: impl Fn(&Room) -> bool) {
        let mut table = self.table();
        let Some((_, rooms)) = table.clients.get_mut(&client.number) else { return };
        let left: Vec<Room> = rooms.extract_if(|room| !may_stay(room)).collect();
        for room in &left {
            table.leave_room(client.number, room);
        }
    }

    /// Whether anybody is in a room.
    pub(crate) fn is_anybody_in(&self, room: &Room) -> bool {
        self.table().rooms.contains_key(room)
    }

    /// Tells everybody who is in one of the rooms, each once. Returns how many have heard it.
    pub(crate) fn tell(&self, rooms: &[Room], message: &Message, resync: &Message) -> usize {
        let hearing: Vec<Arc<Client>> = {
            let table = self.table();
            let numbers: HashSet<u64> =
                rooms.iter().filter_map(|room| table.rooms.get(room)).flatten().copied().collect();
            numbers.iter().filter_map(|number| Some(Arc::clone(&table.clients.get(number)?.0))).collect()
        };
        hearing.iter().filter(|client| client.tell(message, resync)).count()
    }

    /// Everybody who is connected.
    pub(crate) fn all(&self) -> Vec<Arc<Client>> {
        self.table().clients.values().map(|(client, _)| Arc::clone(client)).collect()
    }

    /// Everybody who is connected, and by how many sockets and streams.
    pub(crate) fn people(&self) -> HashMap<Person, usize> {
        let table = self.table();
        table.people.iter().filter(|(_, count)| **count > 0).map(|(person, count)| (person.clone(), *count)).collect()
    }

    /// The largest rooms that are not one person's, and how many clients are in each.
    pub(crate) fn largest_rooms(&self, most: usize) -> Vec<(Room, usize)> {
        let table = self.table();
        let mut rooms: Vec<(&Room, usize)> = table
            .rooms
            .iter()
            .filter(|(room, _)| !room.is_one_persons())
            .map(|(room, inside)| (room, inside.len()))
            .collect();
        rooms.sort_unstable_by_key(|(_, inside)| Reverse(*inside));
        rooms.into_iter().take(most).map(|(room, inside)| (room.clone(), inside)).collect()
    }

    /// How many clients and how many rooms there are.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let table = self.table();
        (table.clients.len(), table.rooms.len())
    }

    /// Has everybody told to ask anew, each at another time: something was missed by all of them.
    pub(crate) fn resync_all(&self, now: Timestamp) {
        for client in self.all() {
            let at = now.plus(spread(client.number)).as_micros();
            client.resync_at.fetch_min(at, Ordering::AcqRel);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn leave_room(&mut self, number: u64, room: &Room) {
        if let Some(inside) = self.rooms.get_mut(room) {
            inside.remove(&number);
            if inside.is_empty() {
                self.rooms.remove(room);
            }
        }
    }
}

impl Client {
    pub(crate) fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes on with a later token of the same person. False for anybody else's.
    pub(crate) fn refresh(&self, identity: Identity) -> bool {
        let mut known = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.is_of(&identity) {
            return false;
        }
        self.ends.store(identity.ends.as_micros(), Ordering::Release);
        self.is_warned.store(false, Ordering::Release);
        *known = Arc::new(identity);
        true
    }

    /// Counts a message that the client has sent.
    pub(crate) fn pace(&self) -> Pace {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner).count(Instant::now())
    }

    /// Tells the client something. Whoever could not be told before is told to ask anew first. False when it has not heard.
    pub(crate) fn tell(&self, message: &Message, resync: &Message) -> bool {
        if self.is_behind.load(Ordering::Acquire) && !self.catch_up(resync) {
            return false;
        }
        match (self.outlet.tell)(message) {
            Heard::Yes => true,
            Heard::Full => {
                self.is_behind.store(true, Ordering::Release);
                metrics::counter!("chasqui_gateway_behind_total").increment(1);
                false
            }
            Heard::Gone => false,
        }
    }

    /// Tells the client to ask anew. False when it has not heard.
    pub(crate) fn catch_up(&self, resync: &Message) -> bool {
        let has_heard = (self.outlet.tell)(resync) == Heard::Yes;
        self.is_behind.store(!has_heard, Ordering::Release);
        has_heard
    }

    /// Sends the client away. False while that cannot be done.
    pub(crate) fn cut(&self) -> bool {
        (self.outlet.cut)()
    }

    /// What is due now. A warning and a resync are due once.
    pub(crate) fn due(&self, now: Timestamp) -> Option<Due> {
        let ends = Timestamp::from_micros(self.ends.load(Ordering::Acquire));
        if ends <= now {
            return Some(Due::Ended);
        }
        if ends <= now.plus(WARNED_BEFORE) && !self.is_warned.swap(true, Ordering::AcqRel) {
            return Some(Due::EndsSoon);
        }
        let is_missing = self.resync_at.load(Ordering::Acquire) <= now.as_micros();
        if is_missing || self.is_behind.load(Ordering::Acquire) {
            self.resync_at.store(NEVER, Ordering::Release);
            return Some(Due::Resync);
        }
        None
    }

    /// When the client's token ends.
    pub(crate) fn ends(&self) -> Timestamp {
        Timestamp::from_micros(self.ends.load(Ordering::Acquire))
    }
}

/// Another time within the spread for each client, and the same again for the same one (Fibonacci hashing).
pub(crate) fn spread(number: u64) -> Duration {
    let share = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    SPREAD_OVER.mul_f64(share as f64 / f64::from(1 << 24))
}

#[cfg(test)]
mod tests;
