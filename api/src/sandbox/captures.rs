//! `GET /sandbox/captures`: what would have been sent, a page of it.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::{CapturedView, MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{AuthorizedUnlessOpen, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::ledger_read;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CapturesQuery {
    /// Only what was captured after this `id`, the first of it. Default: the newest.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Only what was captured before this `id`.
    #[param(minimum = 0)]
    before: Option<i64>,
    /// 1 to 1,000; default 100. What is longer than four megabytes together comes in several answers: see `next`.
    #[param(required = false, minimum = 1, maximum = 1000)]
    limit: u32,
}

impl CapturesQuery {
    fn read(query: &mut Parameters) -> Result<Self, Problem> {
        let after = query.number("after", 0..=i64::MAX);
        let before = query.number("before", 0..=i64::MAX);
        let limit = query.limit(USUAL_PAGE, MAX_PAGE);
        query.finish(&["after", "before", "limit"])?;
        Ok(Self { after, before, limit })
    }
}

/// What the sandbox kept, in the order of capture.
#[derive(Serialize, ToSchema)]
pub(crate) struct CapturesAnswer {
    /// The captured messages.
    captures: Vec<CaptureAnswer>,
    /// There is more than fitted: what to give as `after` where `after` was given, else as `before`. Absent when this is
    /// all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<i64>,
}

/// A message as its recipient would have seen it.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaptureAnswer {
    /// Ascending in the order of capture.
    id: i64,
    /// The delivery's id.
    delivery: String,
    /// Whose it is.
    tenant: String,
    /// When it was captured.
    #[schema(format = DateTime)]
    at: String,
    /// The channel that it would have gone through.
    #[schema(example = "email")]
    channel: String,
    /// The recipient, in clear: nothing was sent.
    #[schema(example = "ada@example.com")]
    destination: String,
    /// The subject line or title.
    subject: Option<String>,
    /// The words; of a webhook the JSON that it would have posted. Data beside the words of other channels are not kept.
    text: String,
    /// The words as HTML, for a mail.
    html: Option<String>,
    /// How many segments the words would be sent in, for an SMS: each costs as much as a message.
    #[schema(example = 2)]
    segments: Option<u32>,
    /// How the words would be written, for an SMS: `GSM-7`, or `UCS-2` because of a character that GSM-7 does not have.
    #[schema(example = "GSM-7")]
    encoding: Option<String>,
}

/// See what the sandbox captured
///
/// Exists only when the sandbox is on. Shows recipients and words in clear. Needs a token as `POST /notify` does,
/// with the scope `read`; a token shows the messages of its own tenant, and no token those of `default`.
#[utoipa::path(
    get, path = "/sandbox/captures", operation_id = "list_captures", tag = "Sandbox",
    params(CapturesQuery), security((), ("bearer" = [])),
    responses(
        (status = 200, description = "The captured messages.", body = CapturesAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn captures(
    State(app): Shared,
    AuthorizedUnlessOpen { caller, .. }: AuthorizedUnlessOpen<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<CapturesAnswer>, Problem> {
    let query = CapturesQuery::read(&mut query)?;
    // Without a token everything belongs to one tenant, here as everywhere.
    let tenant = caller.map(|caller| caller.tenant).unwrap_or_default();
    let CapturesQuery { after, before, limit } = query;
    let page = ledger_read(operations::captures::page(&app.store, &tenant, after, before, limit).await)?;
    let last_read = if after.is_some() { page.captures.last() } else { page.captures.first() };
    let next = last_read.filter(|_| page.more).map(|view| view.id);
    Ok(Json(CapturesAnswer { captures: page.captures.into_iter().map(answer).collect(), next }))
}

fn answer(view: CapturedView) -> CaptureAnswer {
    let segments = operations::segments(&view.capture.channel, &view.capture.text);
    CaptureAnswer {
        id: view.id,
        delivery: view.key.id,
        tenant: view.key.tenant.to_string(),
        at: view.at.to_string(),
        channel: view.capture.channel.to_string(),
        destination: view.capture.destination,
        subject: view.capture.subject,
        text: view.capture.text,
        html: view.capture.html,
        segments: segments.map(|segments| segments.count),
        encoding: segments.map(|segments| segments.encoding.to_owned()),
    }
}
