//! The API: parse, authenticate, call a use case of `operations`, answer. The only crate that speaks HTTP to the
//! fleet's users.
//!
//! [`Api`] is the whole of it. Read in this order: `routes` (what there is), `access` and `token` (who may), then a
//! folder for each subject, in which each operation is a file: `notifications`, `deliveries`, `schedules`,
//! `suppressions`, `pauses`, `dead_letters`, `commands`, `services`, `endpoints`, `asks` with `answer_page`,
//! `contacts`, `inbox`, `topics`, `messages`, `files`, `verifications`, `accounts`, `sandbox`, `webhooks`; `overview` is the
//! whole fleet. The pages of the console are the crate `console`, and `doors` gives it its parts. What it shares with
//! every HTTP listener of the fleet is the crate `web`.

mod access;
mod accounts;
mod answer_page;
mod app;
mod asks;
mod audit;
mod commands;
mod contacts;
mod dead_letters;
mod deliveries;
mod docs;
mod done;
mod doors;
mod endpoints;
mod files;
mod gate;
mod headers;
mod health;
mod id;
mod inbox;
mod messages;
mod notifications;
mod overview;
mod page;
mod pauses;
mod routes;
mod sandbox;
mod schedules;
mod service;
mod services;
mod settings;
mod suppressions;
mod token;
mod topics;
mod unavailable;
mod unsubscribe;
mod verifications;
mod webhooks;

#[cfg(test)]
mod tests;

pub use gate::{Call, Gate, Verdict};
pub use inbox::inbox_item_as_json;
pub use overview::overview_as_json;
pub use routes::openapi;
pub use service::Api;
pub use settings::{BATCH_LIMIT, BODY_LIMIT, Open, OperatorSettings, Settings};
pub use token::{InvalidSettings, JwtAlgorithm, JwtSettings};
