//! What every HTTP listener of the fleet shares: sockets, the edge, bodies, queries, problems, probes. It knows no
//! notification, no ledger and no token, and nothing of what a listener is for.
//!
//! Read in this order: `server` (what is accepted, and for how long), `edge` (what every request passes), then what a
//! handler reads and answers with: `access`, `body`, `query`, `problem`. `probes` is a whole listener of its own.

pub mod access;
mod awaited;
pub mod body;
mod client_socket;
pub mod connections;
pub mod edge;
pub mod escapes;
pub mod fallbacks;
pub mod headers;
pub mod hosts;
pub mod idempotency;
pub mod probes;
pub mod problem;
pub mod query;
pub mod same_origin;
pub mod server;
pub mod session_cookie;
pub mod unread;
pub mod upload;
