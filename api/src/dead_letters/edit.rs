//! `POST /dead-letters/{id}/edit`: what was corrected is sent as a delivery of its own, and the letter is closed.

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::{Actor, RequestedBy};
use operations::dead_letters::{self, Edited, Opened, Wish};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::Instant;
use topology::Letter;
use utoipa::ToSchema;
use web::body::read_json_text;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::{App, Shared};
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::done::done;
use crate::id::Id;
use crate::notifications::body::refusal;
use crate::notifications::publish::Accepted;
use crate::unavailable::{broker_confirmed, not_confirmed};

/// How long a request waits for a scheduler to read the letter.
const READ_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What is to be changed of a letter: values by their JSON pointers, or the whole body.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"set": {"/destination": "+14155550100"}, "why": "the number had a slip"}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct EditBody {
    /// Values by their JSON pointers (RFC 6901); `null` takes a field away. Not the id and not the tenant.
    set: Option<Map<String, Value>>,
    /// The whole notification, instead of `set`.
    body: Option<Map<String, Value>>,
    /// Why, in one line, for whoever asks later.
    #[schema(max_length = 500)]
    why: String,
    /// Which of equal letters it is for, or how often one that was put back is sent in the same way: 1 unless given.
    #[schema(minimum = 1, maximum = 1000)]
    copy: Option<u32>,
}

/// The delivery that was sent in the place of the letter.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditAnswer {
    #[serde(flatten)]
    accepted: Accepted,
    /// The id of the delivery that had died.
    edited_from: String,
    /// The job that takes the letter out of the queue and keeps it: `GET /dead-letters/jobs/{id}` shows it.
    job: String,
    /// Which fields differ, with what they were and are where that says nothing of a person.
    difference: Value,
}

/// Edit a dead letter
///
/// What was corrected is checked and published as `POST /notify` would, under an id of its own. Once the broker has
/// confirmed that, the letter is taken out of the queue and kept, as a drop does, and may be restored. The same edit of the
/// same letter gives the same delivery, so that it may be repeated. Equal letters without an id have one name: `copy` says which
/// of them is meant. Needs the scope `admin`.
#[utoipa::path(
    post, path = "/dead-letters/{id}/edit", operation_id = "edit_dead_letter", tag = "Dead letters",
    params(("id" = String, Path, description = "The name of the letter.")),
    security(("bearer" = [])),
    request_body(content = EditBody, description = "What is to be changed, and why."),
    responses(
        (status = 202, description = "It is on its way, and the letter is taken out of the queue.", body = EditAnswer),
        (status = 404, description = "There is no such letter in the queue."),
        (status = 409, description = "A job has the letter; `job` and `by` name it. Or the same was sent before as the \
                                      delivery `id`, and the letter was put back since, or an equal one is in the queue \
                                      (`edited-before`; `copy` says what to give to send it once more)."),
        (status = 503, description = "No scheduler has read the letter in time, or so that it can be read here \
                                      (`letter-unread`), or the broker or the ledger is away: repeat it as Retry-After \
                                      says."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn edit(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    Id(id): Id,
    request: Request,
) -> Result<(StatusCode, Json<EditAnswer>), Problem> {
    let text = read_json_text(request, app.settings.body_limit).await?;
    let wish = Wish::read(&text).map_err(refusal)?;
    let letter = opened(&app, &caller, &id).await?;
    let rules = app.rules(&caller.tenant, RequestedBy::TokenHolder, None);
    let edited = dead_letters::edit(&app.store, &app.publisher, &rules, &caller, &letter, &wish).await;
    match done(edited)? {
        Edited::Sent { accepted, difference } => {
            broker_confirmed();
            let (job, edited_from) = (accepted.id.clone(), letter.message_id.clone());
            Ok((StatusCode::ACCEPTED, Json(EditAnswer { accepted: accepted.into(), edited_from, job, difference })))
        }
        Edited::Refused(refused) => Err(refusal(refused)),
        Edited::Gone => Err(gone()),
        Edited::InJob { job, by } => Err(taken(job, by)),
        Edited::SentBefore { id, copy } => Err(sent_before(id, copy)),
        Edited::Unconfirmed(unconfirmed) => {
            let then =
                "No other job has the letter meanwhile: send the same request again, or cancel the job of this id.";
            Err(not_confirmed(unconfirmed, then))
        }
    }
}

/// The letter, once a scheduler has read it.
async fn opened(app: &App, actor: &Actor, id: &str) -> Result<Box<Letter>, Problem> {
    let until = Instant::now() + READ_WITHIN;
    loop {
        match done(dead_letters::open(&app.store, &app.letters, actor, id, app.clock.now()).await)? {
            Opened::Here(letter) => return Ok(letter),
            Opened::Gone => return Err(gone()),
            Opened::OtherSecret => return Err(other_secret()),
            Opened::Asked if Instant::now() >= until => return Err(unread()),
            Opened::Asked => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

fn gone() -> Problem {
    Problem::not_found(
        "unknown-letter",
        "There is no such letter in the queue",
        "GET /dead-letters lists those there are. Nothing was done.",
    )
}

fn unread() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "letter-unread",
        "The letter was not read yet",
        "No scheduler has read it in time: see that one runs, and send the same request again. Nothing was done.",
    )
    .with_retry_after(READ_WITHIN.as_secs())
}

fn other_secret() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "letter-unread",
        "The letter cannot be read here",
        "The scheduler and the API have different secrets: give both the same SECRET_KEY. Nothing was done.",
    )
    .with_retry_after(READ_WITHIN.as_secs())
}

fn sent_before(id: String, copy: u32) -> Problem {
    let next = copy.saturating_add(1);
    let detail = format!(
        "The delivery id was sent in the place of a letter of this name, and there is one in the queue: it was put back, or \
         it is an equal one. GET /deliveries/{{id}} says what became of that delivery. To send the same once more for the \
         letter that is there now, add \"copy\": {next}; else edit it in another way, or drop it. Nothing was done."
    );
    Problem::new(StatusCode::CONFLICT, "edited-before", "The same was sent before", detail)
        .with("id", id)
        .with("copy", next)
}

fn taken(job: String, by: String) -> Problem {
    let detail =
        format!("{by} has started a job that has the letter: wait for its end, or cancel it. Nothing was done.");
    Problem::new(StatusCode::CONFLICT, "letter-in-job", "A job has the letter", detail).with("job", job).with("by", by)
}
