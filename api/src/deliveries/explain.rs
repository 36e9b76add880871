//! `GET /deliveries/{id}/explain`: one of them in words.

use axum::Json;
use axum::extract::State as Extract;
use domain::{Explanation, Key, Sentence};
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::deliveries::show::not_known;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::unavailable::ledger_read;

/// What became of one delivery, and why; or what its dead letters are, where no delivery of the id is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplanationAnswer {
    /// The delivery's id.
    id: String,
    /// Where it stands, in one sentence.
    #[schema(example = "It waits in retry queue 1 until 2026-03-01T12:00:05Z.")]
    summary: String,
    /// What is known of it: how it came, what was tried, why it stands there, and what comes next.
    sentences: Vec<SentenceAnswer>,
    /// The names of the letters of this id in the dead-letter queue, as a scheduler has read it last: ten at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["0a5c2f9e"]))]
    letters: Vec<String>,
}

/// One thing that is said of a delivery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SentenceAnswer {
    /// `lane`, `words`, `attempt`, `why`, `next`, `event`, `receipt`, `family`, `letter` or `warning`.
    #[schema(example = "attempt")]
    topic: &'static str,
    /// When it happened or will happen, where that is known.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// For people; programs read `GET /deliveries/{id}`.
    #[schema(
        example = "Attempt 1 by twilio failed, and may work later, code 503, 84 ms after the delivery was first seen."
    )]
    text: String,
}

/// Explain one delivery
///
/// In words: by which lane it came and why, which template was asked for, each attempt, why it stands where it stands or
/// did not go, what comes next, which events are told, what its provider reported, and its fallbacks. Of an id of which no
/// delivery is known, what its dead letters are and what can be done. Needs the scope `read`.
#[utoipa::path(
    get, path = "/deliveries/{id}/explain", operation_id = "explain_delivery", tag = "Deliveries",
    params(("id" = String, Path, description = "The delivery's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "What became of it.", body = ExplanationAnswer),
        (status = 404, description = "No worker has taken it yet (`not-taken-yet`), or there is neither a delivery nor a \
         dead letter of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn explain(
    Extract(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    Id(id): Id,
) -> Result<Json<ExplanationAnswer>, Problem> {
    let key = Key { tenant: caller.tenant, id };
    let told = ledger_read(operations::explain(&app.store, &key, app.settings.retry_delays).await)?;
    told.map(|told| Json(answer(key.id, told))).ok_or_else(|| not_known(&app))
}

fn answer(id: String, told: Explanation) -> ExplanationAnswer {
    let sentence = |Sentence { topic, at, text }: Sentence| SentenceAnswer {
        topic: topic.as_str(),
        at: at.map(|at| at.to_string()),
        text,
    };
    let sentences = told.sentences.into_iter().map(sentence).collect();
    ExplanationAnswer { id, summary: told.summary.to_string(), sentences, letters: told.letters }
}
