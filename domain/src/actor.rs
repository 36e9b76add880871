//! Who acts: somebody whom an entrance knows, with what they may do.

use crate::{Scope, Tenant};

/// Somebody who asks for something, and what they may ask for. An entrance makes one of a token, a session, a key or
/// whoever runs the command line; what is asked for is allowed or refused behind it, alike for all of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// As the journal has it: the name of a user, `key:<prefix>`, or `command line:<name>`.
    pub name: String,
    pub tenant: Tenant,
    pub scopes: Vec<Scope>,
}

/// The scope that somebody lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Denied {
    pub needed: Scope,
}

impl Actor {
    /// Whoever runs a command beside the ledger: they could write into it themselves, so that nothing is refused them.
    pub fn on_this_machine(name: &str) -> Self {
        Self { name: format!("command line:{name}"), tenant: Tenant::default(), scopes: Scope::ALL.to_vec() }
    }

    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// # Errors
    /// [`Denied`] without the scope.
    pub fn must(&self, needed: Scope) -> Result<(), Denied> {
        if self.may(needed) { Ok(()) } else { Err(Denied { needed }) }
    }
}
