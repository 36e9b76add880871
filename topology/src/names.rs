//! The names of everything on the broker, derived from three stems.

use domain::Lane;

/// The three stems. All other names are derived from them, so that two fleets can share a virtual host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Names {
    /// `AMQP_EXCHANGE`
    pub exchange: String,
    /// `AMQP_QUEUE`
    pub queue: String,
    /// `AMQP_ROUTING_KEY`
    pub routing_key: String,
}

impl Names {
    /// Stems that begin with the same word.
    pub fn of(fleet: &str) -> Self {
        Self {
            exchange: format!("{fleet}.exchange"),
            queue: format!("{fleet}.queue"),
            routing_key: format!("{fleet}.key"),
        }
    }
}

/// What kind of queues to declare.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueueType {
    /// Replicated and flushed to disk, with a delivery limit and safe dead-lettering. Every promise holds only here.
    Quorum,
    /// The plain durable queues that an installation may already have.
    Classic,
}

impl Names {
    /// The retry tiers, first to last.
    pub const TIERS: [u8; 3] = [1, 2, 3];

    pub fn lane_queue(&self, lane: Lane) -> String {
        with_lane(&self.queue, lane)
    }

    /// The routing key that leads to the lane's queue. Every republish uses this key, never the one that was received.
    pub fn lane_key(&self, lane: Lane) -> String {
        with_lane(&self.routing_key, lane)
    }

    /// The lane whose queue has this name.
    pub fn lane_of_queue(&self, queue: &str) -> Option<Lane> {
        Lane::ALL.into_iter().find(|&lane| self.lane_queue(lane) == queue)
    }

    pub fn scheduled_queue(&self) -> String {
        format!("{}.scheduled", self.queue)
    }

    pub fn scheduled_key(&self) -> String {
        format!("{}.scheduled", self.routing_key)
    }

    /// The queue of what providers send to us.
    pub fn inbound_queue(&self) -> String {
        format!("{}.inbound", self.queue)
    }

    pub fn inbound_key(&self) -> String {
        format!("{}.inbound", self.routing_key)
    }

    /// The queue of messages to topics.
    pub fn fanout_queue(&self) -> String {
        format!("{}.fanout", self.queue)
    }

    pub fn fanout_key(&self) -> String {
        format!("{}.fanout", self.routing_key)
    }

    /// The queue of the events that endpoints are told of.
    pub fn callbacks_queue(&self) -> String {
        format!("{}.callbacks", self.queue)
    }

    /// The exchange of a retry tier. `tier` is 1 to 3; any other number counts as the nearest.
    pub fn retry_exchange(&self, tier: u8) -> String {
        format!("{}.retry.{}", self.exchange, tier.clamp(1, 3))
    }

    /// The queue of a retry tier. `tier` is 1 to 3; any other number counts as the nearest.
    pub fn retry_queue(&self, tier: u8) -> String {
        format!("{}.retry.{}", self.queue, tier.clamp(1, 3))
    }

    pub fn dead_letter_exchange(&self) -> String {
        format!("{}.dlx", self.exchange)
    }

    pub fn dead_letter_queue(&self) -> String {
        format!("{}.dlq", self.queue)
    }

    /// The exchange of events: `notifications.exchange` gives `notifications.events`.
    pub fn events_exchange(&self) -> String {
        self.beside("events")
    }

    /// The exchange of commands to services: `notifications.commands`.
    pub fn commands_exchange(&self) -> String {
        self.beside("commands")
    }

    /// The exchange of what applications tell the clients that look on: `notifications.realtime`.
    pub fn realtime_exchange(&self) -> String {
        self.beside("realtime")
    }

    fn beside(&self, what: &str) -> String {
        format!("{}.{what}", self.exchange.strip_suffix(".exchange").unwrap_or(&self.exchange))
    }
}

fn with_lane(stem: &str, lane: Lane) -> String {
    match lane {
        Lane::Normal => stem.to_owned(),
        Lane::Urgent | Lane::Bulk => format!("{stem}.{lane}"),
    }
}
