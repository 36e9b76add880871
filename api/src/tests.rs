//! The API without a broker: tokens, problems, validation, accounts, and reading the ledger.

mod accounts;
mod app;
mod audit;
mod authorization;
mod commands;
mod console;
mod dead_letters;
mod deliveries;
mod documents;
mod edge;
mod endpoints;
mod faults;
mod overview;
mod pauses;
mod publishing;
mod schedules;
mod search;
mod socket;
mod suppressions;
mod tokens;
mod unsubscribe;
mod validation;
mod webhooks;
