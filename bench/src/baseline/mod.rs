//! What the fleet is compared with: the same work without a ledger, retries, templates or observation, as fast as
//! it could be written.

pub(crate) mod acks;
pub(crate) mod bare_acks;
pub(crate) mod bare_loop;
pub(crate) mod bare_sockets;
pub(crate) mod lettre_pool;
pub(crate) mod publishing;
