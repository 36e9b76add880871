//! Composes the fleet: settings, roles, signals, and what the commands do. Nothing is decided here.

pub mod cli;
pub mod config;
pub mod fleet;
pub mod private_broker;

mod banner;
mod check;
mod embedded;
mod health;
mod logs;
mod metrics;
mod parts;
mod roles;
mod samples;
mod send;
mod stuck;
mod topology_commands;
mod up;

pub use cli::run;
