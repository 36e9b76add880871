//! Handles of the metrics that every delivery touches: looked up once, and without the registry's lock from then on.

use std::collections::HashMap;
use std::sync::OnceLock;

use channels::Enabled;
use domain::{ChannelName, State};
use metrics::{Counter, Histogram};

/// Of a channel's name that a publisher invented: metrics must not grow with them.
const UNKNOWN: &str = "unknown";

/// One per worker, whose channels have one provider each.
pub(crate) struct Meters(HashMap<&'static str, OfChannel>);

#[derive(Default)]
struct OfChannel {
    ended: [OnceLock<Counter>; State::ALL.len()],
    send_seconds: OnceLock<Histogram>,
}

impl Default for Meters {
    fn default() -> Self {
        let names = channels::known().iter().copied().chain([UNKNOWN]);
        Self(names.map(|name| (name, OfChannel::default())).collect())
    }
}

impl Meters {
    /// Deliveries of this channel that ended so.
    pub(crate) fn ended(&self, channel: &ChannelName, state: State) -> Counter {
        let label = label(channel);
        let counter = || metrics::counter!("chasqui_deliveries_total", "channel" => label, "state" => state.as_str());
        let at = State::ALL.iter().position(|one| *one == state);
        match self.0.get(label).zip(at) {
            Some((meters, at)) => meters.ended[at].get_or_init(counter).clone(),
            None => counter(),
        }
    }

    /// How long the provider takes.
    pub(crate) fn send_seconds(&self, channel: &Enabled) -> Histogram {
        let (name, provider) = (channel.name(), channel.provider());
        let histogram = || metrics::histogram!("chasqui_send_seconds", "channel" => name, "provider" => provider);
        match self.0.get(name) {
            Some(meters) => meters.send_seconds.get_or_init(histogram).clone(),
            None => histogram(),
        }
    }
}

/// A channel's name as a label.
pub(crate) fn label(channel: &ChannelName) -> &'static str {
    channels::known().iter().find(|known| **known == channel.as_str()).copied().unwrap_or(UNKNOWN)
}
