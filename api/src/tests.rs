//! The API without a broker: tokens, problems, validation, accounts, and reading the ledger.

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
mod unsubscribe;
mod validation;
