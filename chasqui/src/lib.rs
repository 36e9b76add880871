//! Composes the fleet: settings, roles, signals, and what the commands do. Nothing is decided here.

#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
pub mod clock;
pub mod config;
pub mod exit;
pub mod fleet;
mod operator;
pub mod output;

mod account_words;
mod ask;
mod audit;
mod banner;
mod bounce;
mod channel_lines;
mod check;
mod columns;
mod command;
mod contract;
mod dead;
mod delays;
mod deliveries;
mod dispatch;
mod events;
mod explain;
mod fake;
mod follow;
mod health;
mod inboxes;
mod key;
mod listing;
mod logs;
mod metrics;
mod named;
mod node_watch;
mod parts;
mod pause;
mod prove;
mod providers;
mod roles;
mod samples;
mod sandbox;
mod schedule;
mod secret_input;
mod send;
mod stderr;
mod stuck;
mod suppress;
mod top;
mod topology_commands;
mod traces;
mod unconfigured;
mod up;
mod user;
mod vapid;
mod verify;
mod webhook;
mod webhooks;
mod words;
mod zones;

pub use cli::run;
