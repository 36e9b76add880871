//! The console as a browser without scripts sees it: with a ledger in a temporary file and without a broker.

mod accounts;
mod asks;
mod audit;
mod commands;
mod dead_letters;
mod deliveries;
mod ended;
mod files;
mod gateways;
mod inbox;
mod inline;
mod pages;
mod pauses;
mod providers;
mod sandbox;
mod schedules;
mod site;
mod suppressions;
mod templates;
mod try_it;
mod verifications;
