//! The channels against real counterparts: a mail server, and what the providers publish about their APIs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod corpus;
mod dialogue;
mod prism;
mod smtp;
mod tools;
