//! What follows for a copy that is not sent. Each kind is counted under a name of its own.

use domain::{FollowUp, Hand, Lane, Publish};
use topology::Incoming;

use crate::delivery::Delivery;
use crate::report;

/// Parks a copy that has met its row for the shortest delay, without spending an attempt.
pub(crate) fn park(delivery: &Delivery, incoming: &Incoming) -> FollowUp {
    parked(incoming.lane, incoming.received().park(&delivery.arrival))
}

pub(crate) fn parked(lane: Lane, publish: Publish) -> FollowUp {
    report::copy(lane, "parked");
    FollowUp::Publish(Box::new(publish))
}

/// Publishes a copy to its lane with this epoch.
pub(crate) fn reissue(delivery: &Delivery, epoch: u32, incoming: &Incoming) -> FollowUp {
    report::copy(incoming.lane, "reissued");
    FollowUp::Publish(Box::new(incoming.received().reissue(&delivery.arrival, epoch)))
}

/// Acknowledges a copy of a delivery that has ended.
pub(crate) fn ended(lane: Lane) -> FollowUp {
    report::copy(lane, "ended");
    FollowUp::Acknowledge { goes_on: false }
}

/// Acknowledges a copy of a delivery whose dead letter is in the dead-letter queue. Whoever published it waits for
/// something that will not happen, which is a warning; what the fleet or the broker has brought again is none.
pub(crate) fn has_letter(delivery: &Delivery) -> FollowUp {
    const WHAT: &str = "a copy of a delivery that is in the dead-letter queue was acknowledged: to send it again move \
                        its letter, or publish it with the header notify-again";
    report::copy(delivery.lane, "has_letter");
    if is_news(delivery.arrival.hand, delivery.arrival.redelivered) {
        tracing::warn!(delivery = %delivery.arrival.key, "{WHAT}");
    } else {
        tracing::info!(delivery = %delivery.arrival.key, "{WHAT}");
    }
    FollowUp::Acknowledge { goes_on: true }
}

/// Whether somebody has just published the copy.
fn is_news(hand: Hand, redelivered: bool) -> bool {
    hand == Hand::Publisher && !redelivered
}

/// Counts a copy that the broker has taken back with its connection and delivers again.
pub(crate) fn taken_back(lane: Lane) {
    report::copy(lane, "taken_back");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_somebody_has_published_is_a_warning_and_one_that_came_again_is_none() {
        for (hand, redelivered, news) in [
            (Hand::Publisher, false, true),
            (Hand::Publisher, true, false),
            (Hand::Fleet, false, false),
            (Hand::Fleet, true, false),
        ] {
            assert_eq!(is_news(hand, redelivered), news, "{hand:?} {redelivered}");
        }
    }
}
