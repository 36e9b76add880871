//! The console as a browser without scripts sees it: with a ledger in a temporary file and without a broker.

mod inline;
mod pages;
mod pauses;
mod providers;
mod schedules;
mod site;
mod suppressions;
mod templates;
