//! What the end-to-end tests stand on: a broker and databases of their own, the fleet, and its users.

pub mod browser;
pub mod chaos;
pub mod fleet;
pub mod mail_server;
pub mod polling_socket;
pub mod postgres;
pub mod processes;
pub mod provider;
pub mod proxy;
pub mod rabbitmq4;
pub mod raw_amqp;
pub mod receiver;
pub mod sendgrid;
pub mod services;
pub mod site;

pub use fleet::{Database, TestFleet};
pub use polling_socket::PollingSocket;
pub use processes::Process;
pub use services::services;
