//! The settings of the broker: where it is, the names of the fleet on it, and what a process does with it.

mod broker;
mod names;

use std::time::Duration;

use domain::Telling;
use runtime::settings::Reader;
use secrecy::SecretString;

pub use self::broker::{BrokerSettings, with_ca_file};
use crate::{Mode, Names, QueueType};

/// The settings `AMQP_*` and `RABBITMQ_*`, and `EVENTS`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// None when no source names a broker.
    pub broker: Option<BrokerSettings>,
    pub names: Names,
    pub queue_type: QueueType,
    pub mode: Mode,
    pub confirm_timeout: Duration,
    /// Which events are published.
    pub events: Telling,
    pub management_url: Option<SecretString>,
}

impl Settings {
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            broker: broker::read(reader),
            names: names::read(reader),
            queue_type: reader
                .choice("AMQP_QUEUE_TYPE", &[("quorum", QueueType::Quorum), ("classic", QueueType::Classic)]),
            mode: reader
                .choice("AMQP_TOPOLOGY", &[("declare", Mode::Declare), ("verify", Mode::Verify), ("off", Mode::Off)]),
            confirm_timeout: reader.seconds("AMQP_CONFIRM_TIMEOUT_SECONDS"),
            events: reader.choice("EVENTS", &[("all", Telling::All), ("ended", Telling::Ended), ("off", Telling::Off)]),
            management_url: broker::management_url(reader),
        }
    }
}
