//! What every request passes before it reaches a handler, and what every answer shares: sockets, the edge, bodies,
//! queries, problems. Nothing here knows what the API is for.

mod awaited;
pub(crate) mod body;
mod client_socket;
pub(crate) mod connections;
pub(crate) mod edge;
pub(crate) mod fallbacks;
mod headers;
pub(crate) mod hosts;
pub(crate) mod idempotency;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod server;
pub(crate) mod unread;
