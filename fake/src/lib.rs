//! The providers as one process, with faults on demand: what a fleet calls in place of Twilio, SendGrid, Meta, Google,
//! Apple, Telegram, Slack, the push services of browsers and a mail server. It knows no notification and none of our clients.

mod callbacks;
mod chats;
mod control;
mod exchange;
mod fields;
mod http;
mod keys;
mod mailbox;
mod message;
mod posts;
mod providers;
mod received;
mod rules;
mod server;
mod site;
mod world;

pub use server::{Fake, Options};
