//! Who may do what: an operation asks before it does anything, and whoever may not is noted.

use std::fmt;
use std::time::Duration;

use domain::{Actor, Denied, Entry, Scope, Timestamp};
use store::{Store, StoreError};

/// With this the names of administrators begin, who are in the settings of whoever asks, and are no contacts.
pub(crate) const ADMINISTRATOR: &str = "telegram:";

/// What is noted of one who is refused.
const DENIED: &str = "denied";
/// Whoever repeats what is refused is noted once in this time.
const ONCE_IN: Duration = Duration::from_secs(10);
/// How much is kept of what was asked for, in characters.
const MAX_CHARS: usize = 200;

/// Why nothing was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotDone {
    /// The actor may not; that is in the journal.
    Denied(Denied),
    Ledger(StoreError),
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(Denied { needed }) => write!(f, "this needs the scope {needed}"),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotDone {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Denied(_) => None,
            Self::Ledger(error) => std::error::Error::source(error),
        }
    }
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error)
    }
}

/// Lets an actor do something who has one of the scopes. `asked` says what, in words that are kept of a refusal.
pub(crate) async fn must(
    store: &Store,
    actor: &Actor,
    any_of: &[Scope],
    asked: &str,
    now: Timestamp,
) -> Result<(), NotDone> {
    // One that is allowed goes before all that are not, of which the first is told.
    let answer = any_of.iter().map(|&scope| actor.must(scope)).reduce(|first, next| next.or(first));
    let Some(Err(denied)) = answer else { return Ok(()) };
    note_denied(store, actor, any_of, asked, now).await?;
    Err(NotDone::Denied(denied))
}

/// Notes that an actor asked for something and has none of these scopes, at most once in ten seconds of the same.
///
/// # Errors
/// [`StoreError`].
pub async fn note_denied(
    store: &Store,
    actor: &Actor,
    any_of: &[Scope],
    asked: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let asked: String = asked.chars().take(MAX_CHARS).collect();
    let needed = any_of.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" or ");
    let told = Entry::of(actor, DENIED, asked, now).with("needed", needed);
    store.journal_seldom(&told, ONCE_IN).await
}
