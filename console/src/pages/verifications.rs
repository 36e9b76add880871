//! `/console/verifications`: whose is an address? What was sent and tried for that, and how many of the codes were entered. There
//! is no code and no address here: the ledger has neither.

mod address;
mod badges;
mod conversions;
mod list;
mod one;
mod words;

use axum::Router;
use axum::routing::get;

use crate::console::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/console/verifications", get(list::show)).route("/console/verifications/{id}", get(one::show))
}
