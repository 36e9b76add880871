//! The console as a browser without scripts sees it: with a ledger in a temporary file and without a broker.

mod dead_letters;
mod deliveries;
mod ended;
mod accounts;
mod audit;
mod inline;
mod pages;
mod sandbox;
mod site;
mod try_it;
mod pauses;
mod providers;
mod schedules;
mod site;
mod suppressions;
mod templates;
