//! `/console/users`, `/console/keys` and `/console/account`: who may do what, the keys of services, and what everybody
//! changes about themselves.

mod account;
mod act;
mod addresses;
mod forms;
mod keys;
mod list;
mod listing;
mod one;
mod rights;
mod undone;
mod words;

use axum::Router;
use axum::routing::{get, post};
use operations::accounts::users::Hashing;
use web::connections::network;
use web::hosts::Source;

use crate::console::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/users", get(list::show).post(list::add))
        .route(addresses::ONE, get(one::show))
        .route(one::SCOPES, post(one::set_scopes))
        .route(one::PASSWORD, post(one::set_password))
        .route(addresses::ACT, get(act::ask).post(act::done))
        .merge(keys::routes())
        .merge(account::routes())
}

/// By whose turns a password is hashed that a request brings.
fn hashing(console: &Console, source: Source) -> Hashing<'_> {
    Hashing { passwords: &console.accounts.passwords, peer: source.peer.map(network) }
}
