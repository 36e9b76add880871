//! Handles of the metrics that every publication touches: each is looked up once, and used without the registry's lock
//! from then on.

use std::sync::OnceLock;
use std::time::Duration;

use amqp::PublishError;
use metrics::{Counter, Histogram};

use super::To;

/// The handles for each kind of [`To`].
#[derive(Default)]
pub(super) struct Meters([OfKind; To::KINDS.len()]);

#[derive(Default)]
struct OfKind {
    confirmed: OnceLock<Counter>,
    seconds: OnceLock<Histogram>,
}

impl Meters {
    pub(super) fn record(&self, to: &'static str, result: &Result<(), PublishError>, took: Duration) {
        let count = |result| metrics::counter!("chasqui_publishes_total", "to" => to, "result" => result);
        let Some(at) = To::KINDS.iter().position(|kind| *kind == to) else { return };
        let meters = &self.0[at];
        match result {
            Ok(()) => meters.confirmed.get_or_init(|| count("confirmed")).increment(1),
            Err(error) => count(error.as_str()).increment(1),
        }
        let seconds = || metrics::histogram!("chasqui_publish_seconds", "to" => to);
        meters.seconds.get_or_init(seconds).record(took);
    }
}
