//! What each medium says of itself.

use domain::Ambiguity;

use crate::words::{Fault, Words, refuse};

/// What the fleet must know of a channel, whoever carries its messages. Each medium's file has one, named `MEDIUM`.
pub struct Medium {
    /// As publishers write it, and the name of its file.
    pub name: &'static str,
    /// A destination that `check` accepts, for samples and tests: one that is reserved for examples.
    pub example: &'static str,
    /// What to do after an ambiguous attempt unless the operator says otherwise. A second copy that costs money or
    /// trust is [`Ambiguity::ResendIfFresh`] or [`Ambiguity::Hold`].
    pub ambiguity: Ambiguity,
    /// Says why a destination cannot be one, as a text that begins with "must" and does not quote it.
    pub check: fn(&str) -> Result<(), String>,
    /// What of these words and data no provider of this medium takes. It finds nothing where nothing is wrong.
    pub faults: fn(&Words<'_>) -> Vec<Fault>,
}

impl Medium {
    /// Looks at a message as a whole, before a provider or the sandbox gets it.
    ///
    /// # Errors
    /// Why it can never be sent, each part by its name.
    pub fn accept(&self, destination: &str, words: &Words<'_>) -> Result<(), String> {
        (self.check)(destination).map_err(|why| format!("destination {why}"))?;
        refuse(&(self.faults)(words))
    }
}
