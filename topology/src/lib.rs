//! The broker as data: what it must look like, and the only code that speaks AMQP to it.
//!
//! Read in this order: [`Names`] and [`Plan`] (what must exist), [`Broker`] (where it is), [`declare`],
//! [`verify`] and [`ready`] (making it so), [`read_headers`] and [`properties`] (our headers), [`Publisher`]
//! and [`Consumers`] (the two supervised connections of a process). An AMQP channel is always `amqp`.

mod backoff;
mod broker;
mod consume;
mod declare;
mod decode;
mod depth;
mod envelope;
mod error;
mod follow_up;
mod management;
mod names;
mod plan;
mod publish;
mod ready;
mod recreate;
mod session;
mod settings;
mod settle;
mod verify;
mod wire;

pub use broker::{Broker, ConnectError, InvalidBroker};
pub use consume::{ConsumerSettings, Consumers, ConsumersState, Incoming, Source, Subscription, TOO_MANY_DELIVERIES};
pub use declare::{Declared, declare};
pub use decode::Owner;
pub use depth::{Depth, Taken, depth, get};
pub use envelope::{Carried, fingerprint_of_properties, properties, read_headers};
pub use error::TopologyError;
pub use lapin::BasicProperties;
pub use management::Management;
pub use names::{Names, QueueType};
pub use plan::{Argument, Binding, Exchange, Kind, Plan, Queue};
pub use publish::{Insisted, Publication, PublishError, Publisher, PublisherSettings, PublisherState, To};
pub use ready::{Declarations, Mode, Topology, ready};
pub use recreate::{Recreated, recreate_retry};
pub use settings::{BrokerSettings, Settings};
pub use settle::{Settle, Settlement};
pub use verify::{Difference, Verified, verify};
