//! How much memory there is for files that go with messages: what has none waits for its turn, and not for ever.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

const MIB: u64 = 1024 * 1024;
/// How many MiB of files the messages of one process have in memory at once: three of the largest messages.
pub(crate) const ROOM_MIB: u32 = 64;

/// The memory that is left.
pub(crate) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ROOM_MIB as usize)))
    }
}

impl Room {
    /// Room for so many bytes, for as long as what is returned lives. None where there was none in time.
    pub(crate) async fn take(&self, bytes: u64, patience: Duration) -> Option<OwnedSemaphorePermit> {
        let mib = u32::try_from(bytes.div_ceil(MIB)).unwrap_or(ROOM_MIB).clamp(1, ROOM_MIB);
        timeout(patience, Arc::clone(&self.0).acquire_many_owned(mib)).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_has_no_room_waits_for_its_turn_and_not_for_ever() {
        let (room, patience) = (Room::default(), Duration::from_secs(1));
        let held = room.take(u64::MAX, patience).await;
        assert!(held.is_some(), "one message is never too large for all of it");
        assert!(room.take(1, patience).await.is_none());
        drop(held);
        assert!(room.take(1, patience).await.is_some());
    }
}
