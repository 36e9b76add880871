//! What the broker says of the queues.

use domain::Lane;
use topology::{Depth, Depths, Names, TopologyError};

use crate::overview::Overview;

/// How deep the queues are. None for a queue that does not exist.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Queues {
    lanes: [Option<Depth>; 3],
    retries: [Option<u32>; 3],
    dead: Option<u32>,
    scheduled: Option<u32>,
    inbound: Option<u32>,
    callbacks: Option<u32>,
}

impl Queues {
    /// # Errors
    /// [`TopologyError`]; the connection is of no use then.
    pub(super) async fn read(depths: &mut Depths<'_>, names: &Names) -> Result<Self, TopologyError> {
        let mut queues = Self::default();
        for (depth, lane) in queues.lanes.iter_mut().zip(Lane::ALL) {
            *depth = depths.of(&names.lane_queue(lane)).await?;
        }
        for (depth, tier) in queues.retries.iter_mut().zip(Names::TIERS) {
            *depth = messages(depths, &names.retry_queue(tier)).await?;
        }
        queues.dead = messages(depths, &names.dead_letter_queue()).await?;
        queues.scheduled = messages(depths, &names.scheduled_queue()).await?;
        queues.inbound = messages(depths, &names.inbound_queue()).await?;
        queues.callbacks = messages(depths, &names.callbacks_queue()).await?;
        Ok(queues)
    }

    pub(super) fn put_into(self, overview: &mut Overview) {
        for (now, depth) in overview.lanes.iter_mut().zip(self.lanes) {
            now.depth = depth.map(|depth| depth.messages);
            now.consumers = depth.map(|depth| depth.consumers);
        }
        overview.retry_depths = self.retries;
        overview.dead.depth = self.dead;
        overview.scheduled.depth = self.scheduled;
        overview.inbound_depth = self.inbound;
        overview.callbacks_depth = self.callbacks;
    }
}

async fn messages(depths: &mut Depths<'_>, queue: &str) -> Result<Option<u32>, TopologyError> {
    Ok(depths.of(queue).await?.map(|depth| depth.messages))
}
