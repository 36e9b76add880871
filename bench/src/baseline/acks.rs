//! Acknowledges deliveries, many with one frame where their tags are contiguous.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use anyhow::Result;
use lapin::Channel;
use lapin::options::BasicAckOptions;
use tokio::sync::mpsc;

/// The tags that are done, above the last that was acknowledged.
#[derive(Default)]
struct Done {
    acknowledged: u64,
    above: BinaryHeap<Reverse<u64>>,
}

impl Done {
    /// The highest tag below which everything is done, if it has risen.
    fn rise(&mut self) -> Option<u64> {
        let before = self.acknowledged;
        while self.above.peek() == Some(&Reverse(self.acknowledged + 1)) {
            self.above.pop();
            self.acknowledged += 1;
        }
        (self.acknowledged > before).then_some(self.acknowledged)
    }
}

/// Acknowledges what is done until nobody can send a tag any more.
pub(super) async fn acknowledge(channel: Channel, mut tags: mpsc::UnboundedReceiver<u64>) -> Result<()> {
    let mut done = Done::default();
    while let Some(tag) = tags.recv().await {
        done.above.push(Reverse(tag));
        while let Ok(tag) = tags.try_recv() {
            done.above.push(Reverse(tag));
        }
        if let Some(tag) = done.rise() {
            channel.basic_ack(tag, BasicAckOptions { multiple: true }).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_acknowledged_above_a_gap() {
        let mut done = Done::default();
        done.above.extend([3, 2].map(Reverse));
        assert_eq!(done.rise(), None);
        done.above.extend([1, 5].map(Reverse));
        assert_eq!(done.rise(), Some(3));
        assert_eq!(done.rise(), None);
    }
}
