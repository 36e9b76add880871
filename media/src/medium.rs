//! What the fleet knows of each medium.

use domain::Ambiguity;
use serde_json::{Map, Value};

use crate::words::{Fault, Words, refuse};

/// What the fleet must know of a channel, whichever provider carries its messages. Each medium's file has one of these,
/// named `MEDIUM`.
pub struct Medium {
    /// The name as publishers write it, which is also that of the file.
    pub name: &'static str,
    /// A destination that `check` accepts, for samples and tests: one that is reserved for examples.
    pub example: &'static str,
    /// The destinations that have providers of their own. All others are those of the medium's other providers.
    pub kinds: &'static [Kind],
    /// What to do after an ambiguous attempt unless the operator says otherwise. Where a second copy costs money or
    /// trust, this is [`Ambiguity::ResendIfFresh`] or [`Ambiguity::Hold`].
    pub ambiguity: Ambiguity,
    /// Says why a text cannot be a destination, in words that begin with "must" and do not quote it.
    pub check: fn(&str) -> Result<(), String>,
    /// The form in which destinations are compared: two texts that reach the same have one. A text that is no destination
    /// stays as it is.
    pub compared: fn(&str) -> String,
    /// Finds what no provider of this medium accepts of these words and data. Empty when nothing is wrong.
    pub faults: fn(&Words<'_>) -> Vec<Fault>,
    /// Whether its messages have a subject or a title. One that is given to another medium is not sent.
    pub has_subject: bool,
    /// Whether the medium itself sends any of these data, beside the words: then they have an effect without a template.
    pub sends: fn(&Map<String, Value>) -> bool,
    /// How its messages carry files that are stored here.
    pub files: Carriage,
    /// Says which name that the medium reads in the data itself was meant by one that is nearly so, given its value.
    pub meant: fn(&str, &Value) -> Option<&'static str>,
}

/// How messages of a medium carry files that are stored here, and how many each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carriage {
    Nothing,
    /// In the message itself.
    Bytes(usize),
    /// By links, from which the provider fetches them.
    Links(usize),
}

/// Destinations of a medium that not every provider of it can reach: who carries them is decided for them alone.
pub struct Kind {
    /// What they begin with, and no other destination of the medium does.
    pub prefix: &'static str,
    /// One of them that is reserved for examples.
    pub example: &'static str,
}

impl Medium {
    /// The prefix of the kind that a destination is of; empty where it is of none.
    pub fn kind_of(&self, destination: &str) -> &'static str {
        self.kinds.iter().map(|kind| kind.prefix).find(|prefix| destination.starts_with(prefix)).unwrap_or_default()
    }

    /// Checks a whole message before a provider or the sandbox gets it.
    ///
    /// # Errors
    /// Why the message can never be sent, each part by its name.
    pub fn accept(&self, destination: &str, words: &Words<'_>) -> Result<(), String> {
        (self.check)(destination).map_err(|why| format!("destination {why}"))?;
        refuse(&(self.faults)(words))
    }
}
