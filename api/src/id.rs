//! The id in a path: one that nothing of the kind that is asked for can have is refused before anything is looked up. And the
//! cursor of a list in the order of ids.

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::MAX_ID_BYTES;
use operations::deliveries::is_id;
use serde::de::DeserializeOwned;
use web::escapes::{ESCAPES, is_escaped};
use web::problem::Problem;

/// What a path names by its id, by how it begins: the longer ones before those by which they begin.
const KINDS: [(&str, &str); 15] = [
    ("/asks/", "ask"),
    ("/contacts/", "contact"),
    ("/dead-letters/groups/", "group of dead letters"),
    ("/dead-letters/jobs/", "plan and no job"),
    ("/dead-letters/", "dead letter"),
    ("/endpoints/", "endpoint"),
    ("/inbox/", "item of an inbox"),
    ("/keys/", "key"),
    ("/pauses/", "pause"),
    ("/sandbox/faults/", CHANNEL),
    ("/schedules/", "schedule"),
    ("/suppressions/", "entry of the list"),
    ("/topics/", "topic or user"),
    ("/v1/commands/", "command"),
    ("/v1/verification/", "verification"),
];
/// What a fault of the sandbox is named by: it has no id.
const CHANNEL: &str = "channel";
/// What the other paths name, which begin with `/deliveries/` or `/notify/`.
const USUAL: &str = "delivery";

/// The `{id}` of a path, that something of its kind may have.
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = of_path::<String, S>(parts, state).await?;
        id.filter(|id| is_id(id)).map(Self).ok_or_else(|| invalid(parts.uri.path(), rule()))
    }
}

/// The `{id}` of a path, and the name that it has behind that.
pub(crate) struct IdAnd {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for IdAnd {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let both = of_path::<(String, String), S>(parts, state).await?;
        let both = both.filter(|(id, name)| is_id(id) && is_id(name));
        both.map(|(id, name)| Self { id, name }).ok_or_else(|| invalid(parts.uri.path(), rule()))
    }
}

/// What stands in a path in the place of names. None for what is no UTF-8.
///
/// # Errors
/// 422 for an escape that is none: it would be taken as it stands, and another id be meant.
async fn of_path<T, S>(parts: &mut Parts, state: &S) -> Result<Option<T>, Problem>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    if !is_escaped(parts.uri.path()) {
        return Err(invalid(parts.uri.path(), ESCAPES));
    }
    Ok(Path::<T>::from_request_parts(parts, state).await.ok().map(|Path(names)| names))
}

fn rule() -> String {
    format!("must be UTF-8 of 1 to {MAX_ID_BYTES} bytes without control characters and without those that turn text")
}

/// By what the cursor of a list in the order of ids is known: any other text would be taken for an id behind the last one.
const CURSOR: &str = "id.";

/// The cursor of the page behind this id. Its text is opaque.
pub(crate) fn cursor_behind(id: &str) -> String {
    format!("{CURSOR}{id}")
}

/// The id behind which a page begins; None for any text that is no cursor.
pub(crate) fn read_cursor(text: &str) -> Option<String> {
    text.strip_prefix(CURSOR).filter(|id| is_id(id)).map(str::to_owned)
}

fn invalid(path: &str, rule: impl Into<String>) -> Problem {
    let kind = KINDS.iter().find(|(begin, _)| path.starts_with(begin)).map_or(USUAL, |&(_, kind)| kind);
    let (word, parameter, title) = match kind {
        CHANNEL => ("name", CHANNEL, "The channel is not valid"),
        _ => ("id", "id", "The id is not valid"),
    };
    let detail = format!("No {kind} can have the {word} in the path: correct it as errors says.");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-id", title, detail).with_parameter(parameter, rule)
}
