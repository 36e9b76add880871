//! The channels against real counterparts: a mail server, and what the providers publish about their APIs.

mod carried;
mod corpus;
mod dialogue;
mod dkim;
mod faked;
pub(crate) mod odd;
pub(crate) mod page;
mod prism;
mod smtp;
mod telegram_server;
pub(crate) mod tools;
