//! `/sandbox/faults`: what goes wrong on demand with what the sandbox carries.

use axum::Json;
use axum::extract::{Request, State};
use domain::ChannelName;
use operations::faults::{self, Asked};
use serde::Serialize;
use store::SandboxFault;
use utoipa::ToSchema;
use web::body::read_json_text;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::done::done;
use crate::id::Id;
use crate::notifications::body::refusal;
use crate::unavailable::ledger_read;

/// What is to go wrong. At least one of `status`, `latency_ms` and `cut`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"channel": "sms", "next": 3, "status": 503}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct FaultBody {
    /// With the messages of this channel.
    #[schema(example = "sms")]
    channel: String,
    /// With so many of them; those that come after are captured as ever.
    #[schema(minimum = 1, maximum = 1_000_000)]
    next: u32,
    /// The status of the answer, which is taken as that of a provider: 503 is tried again, 429 waits, 400 is refused for
    /// good, as an invalid recipient is.
    #[schema(minimum = 400, maximum = 599)]
    status: Option<u16>,
    /// Seconds that the answer has in `Retry-After`. Needs a `status`.
    #[schema(minimum = 1, maximum = 86_400)]
    retry_after: Option<u64>,
    /// How long the answer is held back; what is longer than the time-out of providers ends as one.
    #[schema(minimum = 0, maximum = 600_000)]
    latency_ms: Option<u64>,
    /// There is no answer: nobody knows whether the message was taken. Not together with a `status`.
    cut: Option<bool>,
}

/// What goes wrong with the messages of one channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FaultAnswer {
    /// The channel: `DELETE /sandbox/faults/{channel}` clears it.
    #[schema(example = "sms")]
    channel: String,
    /// For so many messages it was set.
    #[schema(example = 3)]
    next: u32,
    /// For so many of them it holds yet.
    #[schema(example = 2)]
    left: u32,
    /// The status of the answer.
    #[schema(example = 503)]
    status: Option<u16>,
    /// Seconds that the answer has in `Retry-After`.
    retry_after: Option<u64>,
    /// How long the answer is held back.
    latency_ms: u64,
    /// Whether there is no answer.
    cut: bool,
    /// Who has set it.
    #[schema(example = "ada")]
    by: String,
    /// Since when.
    #[schema(format = DateTime)]
    at: String,
}

/// All that is in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct FaultsAnswer {
    /// Those of the token's tenant, one of a channel at most.
    faults: Vec<FaultAnswer>,
}

/// Have something go wrong in the sandbox
///
/// Holds for the next messages of a channel of the token's tenant that the sandbox carries, and for none that a provider
/// carries. It takes the place of what was set for the channel; workers know of it within a second. Exists only when the
/// sandbox is on. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/sandbox/faults", operation_id = "set_fault", tag = "Sandbox",
    security(("bearer" = [])),
    request_body(content = FaultBody, description = "What is to go wrong, and how often."),
    responses(
        (status = 200, description = "It is set.", body = FaultAnswer),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn set(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    request: Request,
) -> Result<Json<FaultAnswer>, Problem> {
    let asked = Asked::read(&read_json_text(request, app.settings.body_limit).await?).map_err(refusal)?;
    Ok(Json(answer(done(faults::set(&app.store, &caller, asked, app.clock.as_ref()).await)?)))
}

/// List what goes wrong in the sandbox
///
/// What is in force for the token's tenant, with how many messages are left. Exists only when the sandbox is on. Needs the
/// scope `read`.
#[utoipa::path(
    get, path = "/sandbox/faults", operation_id = "list_faults", tag = "Sandbox",
    security(("bearer" = [])),
    responses((status = 200, description = "All of it.", body = FaultsAnswer), Unauthorised, LedgerAway),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
) -> Result<Json<FaultsAnswer>, Problem> {
    let found = ledger_read(faults::list(&app.store, Some(&caller.tenant)).await)?;
    Ok(Json(FaultsAnswer { faults: found.into_iter().map(answer).collect() }))
}

/// Clear what goes wrong in the sandbox
///
/// The next messages of the channel are captured as ever. Exists only when the sandbox is on. Needs the scope `operate`.
#[utoipa::path(
    delete, path = "/sandbox/faults/{channel}", operation_id = "clear_fault", tag = "Sandbox",
    params(("channel" = String, Path, description = "The channel.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "What was in force.", body = FaultAnswer),
        (status = 404, description = "Nothing is in force for this channel."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn clear(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(channel): Id,
) -> Result<Json<FaultAnswer>, Problem> {
    let channel = ChannelName::parse(&channel).map_err(|_| unknown())?;
    let cleared = done(faults::clear(&app.store, &caller, &channel, app.clock.as_ref()).await)?;
    cleared.map(|set| Json(answer(set))).ok_or_else(unknown)
}

fn unknown() -> Problem {
    let detail = "GET /sandbox/faults lists what goes wrong, and for how many messages yet.";
    Problem::not_found("unknown-fault", "Nothing goes wrong on this channel", detail)
}

pub(crate) fn answer(set: SandboxFault) -> FaultAnswer {
    let SandboxFault { channel, next, left, fault, by, at, .. } = set;
    FaultAnswer {
        channel: channel.to_string(),
        next,
        left,
        status: fault.status,
        retry_after: fault.retry_after.map(|wait| wait.as_secs()),
        latency_ms: u64::try_from(fault.latency.as_millis()).unwrap_or(u64::MAX),
        cut: fault.cut,
        by,
        at: at.to_string(),
    }
}
