//! The id in a path: one that nothing of the kind that is asked for can have is refused before anything is looked up. And the
//! cursor of a list in the order of ids.

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::MAX_ID_BYTES;
use operations::deliveries::is_id;
use web::escapes::{ESCAPES, is_escaped};
use web::problem::Problem;

/// What a path names by its id, by how it begins: the longer ones before those by which they begin.
const KINDS: [(&str, &str); 13] = [
    ("/asks/", "ask"),
    ("/contacts/", "contact"),
    ("/dead-letters/groups/", "group of dead letters"),
    ("/dead-letters/jobs/", "plan and no job"),
    ("/dead-letters/", "dead letter"),
    ("/endpoints/", "endpoint"),
    ("/keys/", "key"),
    ("/pauses/", "pause"),
    ("/sandbox/faults/", CHANNEL),
    ("/schedules/", "schedule"),
    ("/suppressions/", "entry of the list"),
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
        // An escape that is none would be taken as it stands, and another id be meant.
        if !is_escaped(parts.uri.path()) {
            return Err(invalid(parts.uri.path(), ESCAPES));
        }
        let id = Path::<String>::from_request_parts(parts, state).await.ok().map(|Path(id)| id);
        id.filter(|id| is_id(id)).map(Self).ok_or_else(|| {
            let rule = format!(
                "must be UTF-8 of 1 to {MAX_ID_BYTES} bytes without control characters and without those that turn text"
            );
            invalid(parts.uri.path(), rule)
        })
    }
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
