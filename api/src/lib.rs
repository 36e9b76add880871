//! The API: parse, authenticate, publish. The only crate that speaks HTTP to the fleet's users.
//!
//! [`Api`] is the whole of it; [`Probes`] is what the other roles show of their health. Read in this order:
//! `routes` (what there is), `access` and `token` (who may), `notify` and `item` (publishing), `deliveries`
//! (what became of it), `problem` (how every error looks).

mod access;
mod accounts;
mod app;
mod awaited;
mod body;
mod cancel;
mod client_socket;
mod connections;
mod deliveries;
mod delivery;
mod docs;
mod edge;
mod fallbacks;
mod health;
mod hosts;
mod item;
mod login;
mod notify;
mod password;
mod problem;
mod query;
mod routes;
mod sandbox;
mod schedule;
mod schedules;
mod schema;
mod server;
mod service;
mod settings;
mod token;

pub use app::RenderMetrics;
pub use health::Probes;
pub use routes::openapi;
pub use service::Api;
pub use settings::{Open, Settings};
pub use token::{InvalidSettings, JwtAlgorithm, JwtSettings};
