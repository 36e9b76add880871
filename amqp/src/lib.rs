//! The client of RabbitMQ, and the only code that speaks AMQP. It knows brokers, exchanges, queues and messages, and
//! does not know what they are for.
//!
//! Read in this order: [`Broker`] (where it is), [`Session`] (reads and changes it, a step at a time), [`Management`]
//! (lists what exists), [`Connector`] (what a supervised connection needs), [`Publisher`] and [`Consumers`] (the two
//! supervised connections of a process), [`Settle`] (how a message is settled), [`Walk`] (looks through a queue). An AMQP
//! channel is always `amqp`.

mod backoff;
mod broker;
mod connector;
mod consume;
mod entities;
mod exclusive;
mod management;
mod publish;
mod refusal;
mod session;
mod settle;
pub mod value;
mod walk;
mod wire;

pub use broker::{Broker, ConnectError, InvalidBroker};
pub use connector::{Connector, Failpoints};
pub use consume::{ConsumerSettings, Consumers, ConsumersState, Delivery, Subscription, delivery_count};
pub use entities::{Argument, Binding, Exchange, Kind};
pub use exclusive::OwnQueue;
pub use lapin::{BasicProperties, types};
pub use management::{Found, FoundExchange, FoundQueue, Management, ManagementError};
pub use publish::{Pending, Publication, PublishError, Publisher, PublisherSettings, PublisherState};
pub use refusal::{Inequivalent, Refusal};
pub use session::{Ask, Depth, Session, Watch};
pub use settle::{Generation, Settle, Settlement};
pub use walk::{Held, Met, Walk};
