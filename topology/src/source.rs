//! The queues that are consumed.

use domain::Lane;

use crate::Names;

/// A queue that is consumed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    Lane(Lane),
    Scheduled,
    /// Messages to topics.
    FanOut,
    /// Events that endpoints are told of.
    Callbacks,
    /// What providers send to us.
    Inbound,
}

impl Source {
    pub fn queue(self, names: &Names) -> String {
        match self {
            Self::Lane(lane) => names.lane_queue(lane),
            Self::Scheduled => names.scheduled_queue(),
            Self::FanOut => names.fanout_queue(),
            Self::Callbacks => names.callbacks_queue(),
            Self::Inbound => names.inbound_queue(),
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lane(lane) => lane.as_str(),
            Self::Scheduled => "scheduled",
            Self::FanOut => "fanout",
            Self::Callbacks => "callbacks",
            Self::Inbound => "inbound",
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
