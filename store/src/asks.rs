//! What people are asked: asks and their answers, commands to services, and verifications of addresses. What each change
//! is, `domain` decides from the row as it was read; it is written if the row still has that version, and decided again
//! otherwise.
//!
//! `ask` opens and reads asks, `list` has them page by page, `copies` are the messages with the question, each a `copy`, `asked` finds those of
//! one person, `lookup` that of a button, `attempts` counts the codes that they try, `answer` takes an answer, `answering` decides many at once, `commands` and `verifications`
//! are those, `counters` what the guard counts, `ending` what has ended by time, `forgetting` what is old. `row` has the
//! columns of asks and answers.

mod answer;
pub(crate) mod answering;
mod ask;
mod asked;
mod attempts;
mod command_list;
mod commands;
mod copies;
mod copy;
mod counters;
mod ending;
mod forgetting;
mod list;
pub(crate) mod lookup;
mod row;
mod verifications;

use crate::error::StoreError;

pub use answer::AskCancelled;
pub use answering::AskAnswered;
pub use ask::AskOpened;
pub use asked::AskedPerson;
pub use command_list::{CommandCursor, CommandFilter, CommandPage};
pub use commands::CommandMade;
pub use copy::AskCopy;
pub use list::{AskCursor, AskFilter, AskPage};
pub use lookup::AskFound;
pub use verifications::{
    ConversionBy, Converted, VerificationCursor, VerificationFilter, VerificationMade, VerificationPage,
};

/// How often a change is decided anew because somebody else was quicker. Each time somebody has changed the row, which
/// nobody can do so often.
const MAX_TRIES: u32 = 100;

fn overtaken() -> StoreError {
    StoreError::Unavailable("the row was changed by others again and again".into())
}

/// Whether an id can be stored: Postgres can neither store nor compare a NUL, so nothing has such an id.
fn is_storable(id: &str) -> bool {
    !id.contains('\0')
}
