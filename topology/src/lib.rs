//! The broker as data: what must exist on it, and the envelope of our messages. All AMQP is in the crate `amqp`.
//!
//! Read in this order: [`Names`] and [`Plan`] (what must exist), [`declare`], [`verify`] and [`ready`] (making the
//! broker so), [`Incoming`] and [`properties`] (our headers), [`Publisher`] and [`Consumers`] (our messages over
//! the two supervised connections of a process), [`hear_realtime`] (what a gateway hears).

mod asking;
mod callbacks;
mod consume;
mod declare;
mod decode;
mod depth;
mod envelope;
mod error;
mod follow_up;
mod incoming;
mod letters;
mod misplaced;
mod names;
mod owner;
mod plan;
mod publish;
mod realtime;
mod recreate;
mod reply;
mod settings;
mod source;
mod topology;
mod verify;
mod watch;

pub use amqp::{
    Argument, BasicProperties, Binding, Broker, ConnectError, ConsumerSettings, ConsumersState, Delivery, Depth,
    Exchange, Held, InvalidBroker, Kind, Management, PublishError, PublisherSettings, PublisherState, Settle,
    Settlement,
};
pub use asking::{Asking, faults_of_asking};
pub use consume::{Consumers, Subscription, TOO_MANY_DELIVERIES};
pub use declare::{Declared, declare};
pub use depth::{Depths, depth};
pub use envelope::{Inbound, OWN, PublisherProperties, properties};
pub use error::TopologyError;
pub use incoming::Incoming;
pub use letters::{Letter, Letters};
pub use misplaced::Unplanned;
pub use names::{Names, QueueType};
pub use owner::Owner;
pub use plan::{Plan, Queue};
pub use publish::{ConfirmOutcome, GivenUp, Publication, Publisher, RefusedTenants, To};
pub use realtime::{Told, hear_realtime};
pub use recreate::{Recreated, recreate_retry};
pub use runtime::traces::TraceHeaders;
pub use settings::{BrokerSettings, Settings, with_ca_file};
pub use source::Source;
pub use topology::{Declarations, Mode, Topology, ready};
pub use verify::{Difference, Verified, verify};
pub use watch::{EventWatch, Wanted, watch_events};
