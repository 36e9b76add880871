//! A RabbitMQ node for one process: on free ports of the loopback address, in a folder of its own, and ended with the
//! process.
//!
//! For `chasqui up`, and for tests and measurements that need a broker. Read [`PrivateBroker`] first. [`Supervised`]
//! runs the node, and can run other servers too.

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
