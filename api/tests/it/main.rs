//! The API without a broker: tokens, problems, validation, accounts, and reading the ledger.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops; the lint knows tests, not their helpers")]

mod accounts;
mod app;
mod authorization;
mod deliveries;
mod documents;
mod edge;
mod publishing;
mod schedules;
mod socket;
mod tokens;
mod validation;
