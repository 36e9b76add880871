//! How many calls are in hand at once: many small ones are, and few large ones.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies are counted in pages of this many bytes.
const PAGE: usize = 1024;
/// As many pages as 32 of the largest bodies have.
const PAGES: usize = 32 * domain::MAX_BODY_BYTES / PAGE;
/// The most calls of providers in hand at once, and requests of our own: an answer waits for three commits or reads and two
/// confirms, one after the other, which many do together. It is two full groups of a commit, so that one can be filled while
/// the other is under way.
pub(crate) const CALLS_AT_ONCE: u16 = 512;
/// What the smallest body takes, so that there are no more of them either: a consumer whose prefetch changes has more in hand
/// for a moment.
const LEAST: usize = PAGES / CALLS_AT_ONCE as usize;

/// The room for the bodies of calls, each of which has its part of it until it is settled.
pub(crate) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PAGES)))
    }
}

impl Room {
    /// Waits for room for a body of so many bytes, which is there again when the permit is dropped. None only when nobody
    /// gives any more.
    pub(crate) async fn of(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let pages = u32::try_from(bytes.div_ceil(PAGE).clamp(LEAST, PAGES)).unwrap_or(u32::MAX);
        Arc::clone(&self.0).acquire_many_owned(pages).await.ok()
    }
}

#[tokio::test]
async fn large_bodies_wait_for_room_and_any_body_fits_once_there_is_some() {
    use std::future::ready;

    let room = Room::default();
    let mut all = Vec::new();
    for _ in 0..32 {
        all.push(room.of(domain::MAX_BODY_BYTES).await);
    }
    let mut one_more = Box::pin(room.of(0));
    tokio::select! {
        biased;
        _ = &mut one_more => panic!("there is no room"),
        () = ready(()) => {}
    }
    all.pop();
    drop(one_more.await);
    drop(all);
    drop(room.of(usize::MAX).await);
    let small: Vec<_> = (0..CALLS_AT_ONCE).map(|_| room.0.clone().try_acquire_many_owned(64)).collect();
    assert!(small.iter().all(Result::is_ok) && room.0.available_permits() == 0, "as many as are taken at once");
}
