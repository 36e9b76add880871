//! The use cases without HTTP, a command line or a broker, on a ledger in a temporary file.

mod accept;
mod accounts;
mod check;
mod deliveries;
mod endpoints;
mod fixtures;
mod journal;
mod pauses;
mod schedules;
mod stuck;
mod suppressions;
