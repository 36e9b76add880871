//! The options of a node, beside its folder.

use crate::passwords::Passwords;

/// The options in which nodes differ.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder must be new or empty, and is deleted when the node ends or this process dies.
    pub ephemeral: bool,
    /// Further lines of `rabbitmq.conf`, which win over the usual ones.
    pub conf: String,
    /// The text of `advanced.config`, one Erlang term with its full stop; empty for none.
    pub advanced: String,
    /// The node that this node is to form a cluster with.
    pub neighbour: Option<Neighbour>,
}

/// What a node must know of another one to form a cluster with it.
#[derive(Clone, Debug)]
pub struct Neighbour {
    pub(crate) node: String,
    /// The port of the port mapper that knows both.
    pub(crate) epmd: u16,
    pub(crate) cookie: String,
    pub(crate) passwords: Passwords,
}
