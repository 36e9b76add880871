//! The API: parse, authenticate, call a use case of `operations`, answer. The only crate that speaks HTTP to the
//! fleet's users.
//!
//! [`Api`] is the whole of it. Read in this order: `routes` (what there is), `access` and `token` (who may), then a
//! folder for each subject, in which each endpoint is a file: `notifications`, `deliveries`, `schedules`, `accounts`,
//! `sandbox`. What it shares with every HTTP listener of the fleet is the crate `web`.

mod access;
mod accounts;
mod app;
mod deliveries;
mod docs;
mod headers;
mod health;
mod id;
mod notifications;
mod routes;
mod sandbox;
mod schedules;
mod service;
mod settings;
mod token;
mod unavailable;
mod unsubscribe;

#[cfg(test)]
mod tests;

pub use routes::openapi;
pub use service::Api;
pub use settings::{Open, OperatorSettings, Settings};
pub use token::{InvalidSettings, JwtAlgorithm, JwtSettings};
