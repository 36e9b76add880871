//! The console as a browser without scripts sees it: with a ledger in a temporary file and without a broker.

mod accounts;
mod audit;
mod inline;
mod pages;
mod site;
