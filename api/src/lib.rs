//! The API: parse, authenticate, call a use case of `operations`, answer. The only crate that speaks HTTP to the
//! fleet's users.
//!
//! [`Api`] is the whole of it; [`Probes`] is what the other roles show of their health. Read in this order:
//! `routes` (what there is), `access` and `token` (who may), then a folder for each subject, in which each endpoint is a
//! file: `notifications`, `deliveries`, `schedules`, `accounts`, `sandbox`. `http` is what all of them share.

mod access;
mod accounts;
mod app;
mod deliveries;
mod docs;
mod health;
mod http;
mod notifications;
mod routes;
mod sandbox;
mod schedules;
mod service;
mod settings;
mod token;

#[cfg(test)]
mod tests;

pub use app::RenderMetrics;
pub use health::Probes;
pub use routes::openapi;
pub use service::Api;
pub use settings::{Open, OperatorSettings, Settings};
pub use token::{InvalidSettings, JwtAlgorithm, JwtSettings};
