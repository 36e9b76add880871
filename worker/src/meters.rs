//! Handles of the metrics that every delivery touches: each is looked up once, and used without the registry's lock
//! from then on.

use std::collections::HashMap;
use std::sync::OnceLock;

use channels::Enabled;
use domain::{ChannelName, Lane, State};
use metrics::{Counter, Histogram};

/// The label for a channel name that a publisher invented: metrics must not grow with such names.
const UNKNOWN: &str = "unknown";

/// How many providers of one channel are remembered.
const PROVIDERS: usize = 4;

/// The handles of one worker.
pub(crate) struct Meters {
    channels: HashMap<&'static str, OfChannel>,
    /// In the order of [`Lane::ALL`].
    latencies: [OnceLock<Histogram>; Lane::ALL.len()],
}

#[derive(Default)]
struct OfChannel {
    ended: [OnceLock<Counter>; State::ALL.len()],
    /// By the providers of the channel: who carries a message may depend on its destination, and on how they are.
    send_seconds: [OnceLock<(&'static str, Histogram)>; PROVIDERS],
}

impl Default for Meters {
    fn default() -> Self {
        let names = channels::known().iter().copied().chain([UNKNOWN]);
        Self { channels: names.map(|name| (name, OfChannel::default())).collect(), latencies: Default::default() }
    }
}

impl Meters {
    /// Counts deliveries of this channel that ended in this state.
    pub(crate) fn ended(&self, channel: &ChannelName, state: State) -> Counter {
        let label = label(channel);
        let counter = || metrics::counter!("chasqui_deliveries_total", "channel" => label, "state" => state.as_str());
        let at = State::ALL.iter().position(|one| *one == state);
        match self.channels.get(label).zip(at) {
            Some((meters, at)) => meters.ended[at].get_or_init(counter).clone(),
            None => counter(),
        }
    }

    /// Measures how long deliveries of this lane take, from when they were accepted until a provider has them.
    pub(crate) fn delivery_latency(&self, lane: Lane) -> Histogram {
        let histogram = || metrics::histogram!("chasqui_delivery_latency_seconds", "lane" => lane.as_str());
        let at = Lane::ALL.iter().position(|one| *one == lane);
        at.map_or_else(histogram, |at| self.latencies[at].get_or_init(histogram).clone())
    }

    /// Measures how long the provider of this channel takes.
    pub(crate) fn send_seconds(&self, channel: &Enabled) -> Histogram {
        let (name, provider) = (channel.name(), channel.provider());
        let histogram = || metrics::histogram!("chasqui_send_seconds", "channel" => name, "provider" => provider);
        match self.channels.get(name) {
            None => histogram(),
            Some(meters) => {
                let mut known = meters.send_seconds.iter().map(|known| known.get_or_init(|| (provider, histogram())));
                known.find(|(of, _)| *of == provider).map_or_else(histogram, |(_, known)| known.clone())
            }
        }
    }
}

/// The label for a channel's name.
pub(crate) fn label(channel: &ChannelName) -> &'static str {
    channels::known().iter().find(|known| **known == channel.as_str()).copied().unwrap_or(UNKNOWN)
}
