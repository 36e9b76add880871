//! `GET /v1/verification/conversions`: how many codes of the last day were entered, by country or by prefix.

use axum::Json;
use axum::extract::State;
use operations::verifications;
use serde::Serialize;
use store::{ConversionBy, Converted};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::ledger_read;

/// How many bytes of a prefix's hash tell it from the others: the same in every answer, and no number.
const SHOWN_BYTES: usize = 6;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct ConversionsQuery {
    /// `dial_code`, which is the default, or `prefix`: numbers without their last four digits.
    by: Option<String>,
}

/// The countries or prefixes to which most codes were sent, at most a hundred.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConversionsAnswer {
    /// Those to which most were sent first.
    conversions: Vec<ConversionAnswer>,
}

/// How many codes to one of them were entered.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConversionAnswer {
    /// Null for addresses that are no numbers.
    #[schema(example = "+34")]
    dial_code: Option<String>,
    /// A name for the prefix, made of its keyed hash. Absent where it is counted by country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "9f1c2b3d4e5f")]
    prefix: Option<String>,
    /// How many were sent, of those that have ended.
    #[schema(example = 120)]
    sent: u32,
    /// How many of these were entered.
    #[schema(example = 91)]
    approved: u32,
    /// How many the guard has blocked.
    #[schema(example = 0)]
    blocked: u32,
}

/// Tell how many codes are entered
///
/// Of the verifications of the last day, over which the guard judges: where few are entered, somebody may be asking for codes
/// to earn by them. Needs the scope `read`.
#[utoipa::path(
    get, path = "/v1/verification/conversions", operation_id = "verification_conversions", tag = "Verification",
    params(ConversionsQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "Those to which most were sent.", body = ConversionsAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn conversions(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<ConversionsAnswer>, Problem> {
    let by =
        query.one_of("by", &[ConversionBy::DialCode, ConversionBy::Prefix], word).unwrap_or(ConversionBy::DialCode);
    query.finish(&["by"])?;
    let found = verifications::conversions(&app.store, &caller.tenant, by, app.clock.now()).await;
    Ok(Json(ConversionsAnswer { conversions: ledger_read(found)?.into_iter().map(answer).collect() }))
}

const fn word(by: ConversionBy) -> &'static str {
    match by {
        ConversionBy::DialCode => "dial_code",
        ConversionBy::Prefix => "prefix",
    }
}

fn answer(converted: Converted) -> ConversionAnswer {
    let Converted { dial_code, prefix, conversion, blocked } = converted;
    let shown = |hash: [u8; 32]| hash.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
    ConversionAnswer {
        dial_code,
        prefix: prefix.map(shown),
        sent: conversion.sent,
        approved: conversion.approved,
        blocked,
    }
}
