//! How many messages are in hand at once: places are reserved for the urgent lane, and a channel whose provider hangs
//! has no more than half of a lane. Commands to services never have more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{ChannelName, Lane};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// A channel stalls when its oldest send in flight is older than this and its lane is full.
const STALL_AFTER: Duration = Duration::from_secs(2);
/// The same for commands, which are urgent all of them and come in bursts: a service that hangs would have taken the places
/// of the lane before its oldest command is two seconds old, and the codes of a login would wait behind it. Bound to half of
/// the lane from the start they leave the other half, and wait so long for a place of theirs before they are put aside. On a
/// lane of less urgency a backlog of mails would stand before whoever has pressed a button.
const SERVICE_STALLS_AFTER: Duration = Duration::from_millis(500);
/// Bodies are counted in pages of this many bytes.
const PAGE: usize = 1024;

/// Nested places: bulk has three eighths of all, bulk and normal together three quarters, urgent all.
pub(crate) struct Slots {
    all: Arc<Semaphore>,
    not_urgent: Arc<Semaphore>,
    bulk: Arc<Semaphore>,
    pages: Arc<Semaphore>,
    page_count: usize,
    concurrency: usize,
    board: Arc<Board>,
}

/// How much of each lane each channel uses. It has no entry for a channel that neither has a place nor hangs.
#[derive(Default)]
struct Board(Mutex<HashMap<(Lane, ChannelName), Load>>);

#[derive(Default)]
struct Load {
    places: usize,
    /// When each send in flight of the channel began.
    in_flight: Vec<Instant>,
    /// The channel hangs, until one of its sends ends in good time; it is not enough that the hanging sends time out.
    stalled: bool,
}

/// One place of a channel in a lane, given back on drop.
pub(crate) struct Slot {
    board: Arc<Board>,
    at: (Lane, ChannelName),
    _permits: Vec<OwnedSemaphorePermit>,
}

/// Marks one delivery of a channel as in flight, until dropped.
pub(crate) struct InFlight<'a> {
    board: &'a Board,
    at: (Lane, ChannelName),
    started: Instant,
}

impl Slots {
    pub(crate) fn new(concurrency: usize, bytes_in_hand: usize) -> Self {
        let page_count = (bytes_in_hand / PAGE).max(domain::MAX_BODY_BYTES / PAGE);
        Self {
            all: Arc::new(Semaphore::new(concurrency)),
            not_urgent: Arc::new(Semaphore::new(share(concurrency, Lane::Normal))),
            bulk: Arc::new(Semaphore::new(share(concurrency, Lane::Bulk))),
            pages: Arc::new(Semaphore::new(page_count)),
            page_count,
            concurrency,
            board: Arc::default(),
        }
    }

    /// Waits for a place in `lane` for a body of `bytes`. The permit of the narrowest limit is acquired first, so that
    /// nobody has a wide one while waiting for a narrow one.
    pub(crate) async fn acquire(&self, lane: Lane, channel: &ChannelName, bytes: usize) -> Slot {
        let mut permits = Vec::with_capacity(4);
        let chain: &[&Arc<Semaphore>] = match lane {
            Lane::Bulk => &[&self.bulk, &self.not_urgent, &self.all],
            Lane::Normal => &[&self.not_urgent, &self.all],
            Lane::Urgent => &[&self.all],
        };
        for semaphore in chain {
            permits.push(acquire(semaphore, 1).await);
        }
        let pages = bytes.div_ceil(PAGE).clamp(1, self.page_count);
        permits.push(acquire(&self.pages, u32::try_from(pages).unwrap_or(u32::MAX)).await);
        let at = (lane, channel.clone());
        self.board.lock().entry(at.clone()).or_default().places += 1;
        Slot { board: Arc::clone(&self.board), at, _permits: permits }
    }

    /// Whether `channel` hangs and has half of `lane` already. A channel that works may use all of it.
    pub(crate) fn is_over_its_half(&self, lane: Lane, channel: &ChannelName) -> bool {
        let (full, half) = (self.is_full(lane), self.half(lane));
        let mut board = self.board.lock();
        let Some(load) = board.get_mut(&(lane, channel.clone())) else { return false };
        let has_no_place = full || (is_bound(channel) && load.places >= half);
        load.stalled |=
            has_no_place && load.in_flight.iter().min().is_some_and(|oldest| oldest.elapsed() > patience(channel));
        load.stalled && load.places >= half
    }

    /// Whether `channel` may not have more than half of `lane`, and has it.
    pub(crate) fn has_its_half(&self, lane: Lane, channel: &ChannelName) -> bool {
        let board = self.board.lock();
        let load = board.get(&(lane, channel.clone()));
        is_bound(channel) && load.is_some_and(|load| load.places >= self.half(lane))
    }

    fn half(&self, lane: Lane) -> usize {
        share(self.concurrency, lane).div_ceil(2)
    }

    pub(crate) fn in_flight(&self, lane: Lane, channel: &ChannelName) -> InFlight<'_> {
        let (at, started) = ((lane, channel.clone()), Instant::now());
        self.board.lock().entry(at.clone()).or_default().in_flight.push(started);
        InFlight { board: &self.board, at, started }
    }

    fn is_full(&self, lane: Lane) -> bool {
        let narrowest = match lane {
            Lane::Bulk => &self.bulk,
            Lane::Normal => &self.not_urgent,
            Lane::Urgent => &self.all,
        };
        narrowest.available_permits() == 0 || self.all.available_permits() == 0
    }
}

/// Whether a channel has half of a lane at most, whether it hangs or not.
fn is_bound(channel: &ChannelName) -> bool {
    channel.as_str() == media::service::MEDIUM.name
}

/// How old the oldest send of a channel may be where there is no place left for it.
fn patience(channel: &ChannelName) -> Duration {
    if is_bound(channel) { SERVICE_STALLS_AFTER } else { STALL_AFTER }
}

/// How many of `concurrency` places a lane may use.
pub(crate) fn share(concurrency: usize, lane: Lane) -> usize {
    match lane {
        Lane::Urgent => concurrency,
        Lane::Normal => (concurrency * 3 / 4).max(1),
        Lane::Bulk => (concurrency * 3 / 8).max(1),
    }
}

async fn acquire(semaphore: &Arc<Semaphore>, permits: u32) -> OwnedSemaphorePermit {
    Arc::clone(semaphore).acquire_many_owned(permits).await.expect("the semaphores are never closed")
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, HashMap<(Lane, ChannelName), Load>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, at: &(Lane, ChannelName), change: impl FnOnce(&mut Load)) {
        let mut board = self.lock();
        let Some(load) = board.get_mut(at) else { return };
        change(load);
        if load.places == 0 && load.in_flight.is_empty() && !load.stalled {
            board.remove(at);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.board.change(&self.at, |load| load.places = load.places.saturating_sub(1));
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.board.change(&self.at, |load| {
            if let Some(at) = load.in_flight.iter().position(|started| *started == self.started) {
                load.in_flight.swap_remove(at);
            }
            load.stalled &= self.started.elapsed() > patience(&self.at.1);
        });
    }
}

#[cfg(test)]
mod tests;
