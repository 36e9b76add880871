//! The console: pages for whoever operates the fleet, under `/console`.
//!
//! Pages are written by the server, so that they are read, filtered and acted by without scripts; what is live comes as
//! events and is morphed in. A page asks `operations`, as every entrance does, and has its own words for what comes back.
//!
//! Read in this order: `routes` (what there is), `session` (who is looking), `layout` (what stands around every page),
//! `pieces` (what pages are made of), then `pages`, a file or a folder each. `words` has the texts in every language;
//! what only one page says stands beside that page.

mod asked;
mod assets;
mod console;
mod document;
mod doors;
mod feed;
mod fields;
mod layout;
mod list;
mod look;
mod own_page;
mod pages;
mod pieces;
mod remembered;
mod routes;
mod section;
mod session;
mod standing;
mod undone;
mod words;

pub use console::{Accounts, Console, Parts, Settings};
pub use doors::{Doors, LoginRefused, SessionUnknown};
pub use routes::{HOME, router};

#[cfg(test)]
mod tests;
