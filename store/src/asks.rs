//! What people are asked: asks and their answers, commands to services, and verifications of addresses. What each change
//! is, `domain` decides from the row as it was read; it is written if the row still has that version, and decided again
//! otherwise.
//!
//! `ask` opens and reads asks, `list` has them page by page, `copies` are the messages with the question, `asked` finds those of
//! one person, `lookup` that of a button, `attempts` counts the codes that they try, `answer` writes what an answer does, `commands` and `verifications`
//! are those, `counters` what the guard counts, `ending` what has ended by time, `forgetting` what is old. `row` has the
//! columns of asks and answers.

mod answer;
mod ask;
mod asked;
mod attempts;
mod command_list;
mod commands;
mod copies;
mod counters;
mod ending;
mod forgetting;
mod list;
mod lookup;
mod row;
mod verifications;

use domain::Salt;
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{get, unreadable};

pub(crate) use answer::{Answering, commit as commit_answers};
pub use answer::{AskAnswered, AskCancelled};
pub use ask::AskOpened;
pub use asked::AskedPerson;
pub use command_list::{CommandCursor, CommandFilter, CommandPage};
pub use commands::CommandMade;
pub use copies::AskCopy;
pub use list::{AskCursor, AskFilter, AskPage};
pub use lookup::AskFound;
pub(crate) use lookup::look_up;
pub use verifications::{
    ConversionBy, Converted, VerificationCursor, VerificationFilter, VerificationMade, VerificationPage,
};

/// How often a change is decided anew because somebody else was quicker. Each time somebody has changed the row, which
/// nobody can do so often.
const MAX_TRIES: u32 = 100;

fn overtaken() -> StoreError {
    StoreError::Unavailable("the row was changed by others again and again".into())
}

fn salt_of(row: &QueryResult) -> Result<Salt, StoreError> {
    get::<Vec<u8>>(row, "salt")?.try_into().map_err(|_| unreadable("salt"))
}

/// Whether an id can be stored: Postgres can neither store nor compare a NUL, so nothing has such an id.
fn is_storable(id: &str) -> bool {
    !id.contains('\0')
}
