//! A RabbitMQ node of its own: on free ports of the loopback address, in a folder of its own, gone when its process is.
//!
//! For `chasqui up`, and for tests and measurements that need a broker: read [`PrivateBroker`] first. [`Supervised`]
//! is the way in which the node is run, and serves for other servers too.

mod broker;
mod installation;
mod node_dir;
mod options;
mod passwords;
mod ports;
mod processes;
mod releases;
mod start;
mod supervised;
mod users;

pub use broker::{PrivateBroker, VHOST};
pub use options::{Neighbour, Options};
pub use ports::free_ports;
pub use supervised::{Launch, Signal, Supervised};
pub use users::User;
