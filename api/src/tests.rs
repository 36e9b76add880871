//! The API without a broker: tokens, problems, validation, accounts, and reading the ledger.

mod accounts;
mod answer_page;
mod app;
mod asks;
mod audit;
mod authorization;
mod console;
mod contacts;
mod dead_letters;
mod deliveries;
mod documents;
mod edge;
mod endpoints;
mod faults;
mod messages;
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
