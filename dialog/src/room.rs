//! How many bytes of calls are in hand at once: many small calls are, and few large ones.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies are counted in pages of this many bytes.
const PAGE: usize = 1024;
/// As many pages as 32 of the largest bodies have.
const PAGES: usize = 32 * domain::MAX_BODY_BYTES / PAGE;

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
        let pages = u32::try_from(bytes.div_ceil(PAGE).clamp(1, PAGES)).unwrap_or(u32::MAX);
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
    assert!(room.of(usize::MAX).await.is_some());
}
