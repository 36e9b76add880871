//! The use cases without HTTP, a command line or a broker, on a ledger in a temporary file.

mod accept;
mod accounts;
mod asks;
mod captures;
mod check;
mod commands;
mod dead_letters;
mod deliveries;
mod endpoints;
mod explain;
mod faults;
pub(crate) mod fixtures;
mod inbox;
mod journal;
mod overview;
mod pauses;
mod preview;
mod providers;
mod schedules;
mod stuck;
mod suppressions;
mod verifications;
