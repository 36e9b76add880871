//! `GET /deliveries`: a page of them, by what became of them, to whom, by what and when.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use domain::{ChannelName, Reason, Timestamp};
use operations::deliveries::Wanted;
use operations::deliveries::written::{CODE, CURSOR, ID_PREFIX, LATER_THAN_FROM, RECIPIENT, TEMPLATE, TIME, state};
use serde::Serialize;
use store::{MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::deliveries::answer::{DeliveryAnswer, answer};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::page_read;

const PARAMETERS: [&str; 14] = [
    "state",
    "ambiguous",
    "recipient",
    "channel",
    "provider",
    "template",
    "reason",
    "code",
    "tenant",
    "from",
    "to",
    "id",
    "cursor",
    "limit",
];

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct ListQuery {
    /// `sending`, `waiting`, `sent`, `captured`, `dead`, `held`, `expired`, `suppressed`, `cancelled`, `fell_back`,
    /// `delivered` or `bounced`.
    state: Option<String>,
    /// Only those with an attempt that may have been accepted without our knowing, or only those without.
    ambiguous: Option<bool>,
    /// Only those to this recipient, in any spelling that reaches the same: a number with and without `whatsapp:`, an
    /// address in upper or lower case. What no worker has taken is found as it was published. `+` is `%2B` in a query.
    #[param(max_length = 4096)]
    recipient: Option<String>,
    /// Only those of this channel, such as `email`.
    channel: Option<String>,
    /// Only those whose last attempt was answered by this provider, such as `smtp`; `worker` and `template` are steps of
    /// ours.
    provider: Option<String>,
    /// Only those for which this template was asked.
    #[param(max_length = 64)]
    template: Option<String>,
    /// Only those in the dead-letter queue for this reason, such as `exhausted`.
    reason: Option<String>,
    /// Only those whose last attempt was answered with this code of the provider, such as `21610`.
    #[param(max_length = 128)]
    code: Option<String>,
    /// Must be the token's own, and may be left out.
    #[param(max_length = 64)]
    tenant: Option<String>,
    /// Only those that were first seen at this time or later. `+` is `%2B` in a query.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only those that were first seen before this time.
    #[param(format = DateTime)]
    to: Option<String>,
    /// Only those whose id begins like this, in the order of ids.
    #[param(max_length = 255)]
    id: Option<String>,
    /// `next` of the page before, whose other parameters must be the same.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, the newest first, or in the order of ids where `id` was given.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveriesAnswer {
    /// The deliveries of the token's tenant. They may be fewer than `limit`, or none, although there is a `next`: a page
    /// looks at 10,000 deliveries at most.
    deliveries: Vec<DeliveryAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List deliveries
///
/// The deliveries of the token's tenant, the newest first. Needs the scope `read`. All that is asked for must hold. A page
/// looks at 10,000 deliveries at most, because the ledger keeps no index on what changes: where little fits, follow `next`
/// until there is none.
#[utoipa::path(
    get, path = "/deliveries", operation_id = "list_deliveries", tag = "Deliveries",
    params(ListQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = DeliveriesAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    Extract(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<DeliveriesAnswer>, Problem> {
    let tenant = query.text("tenant");
    let wanted = wanted(&mut query, &app.settings.answerers)?;
    if tenant.is_some_and(|tenant| tenant != caller.tenant.as_str()) {
        return Err(foreign_tenant());
    }
    let page = operations::deliveries::list(&app.store, Some(caller.tenant), wanted, &app.recipients).await;
    let page = page_read(page)?;
    let deliveries = page.deliveries.iter().map(|view| answer(view, Vec::new())).collect();
    Ok(Json(DeliveriesAnswer { deliveries, next: page.next.map(|cursor| cursor.to_string()) }))
}

fn wanted(query: &mut Parameters, answerers: &[&'static str]) -> Result<Wanted, Problem> {
    let state = query.text("state").and_then(|text| state(&text).map_err(|detail| query.refuse("state", detail)).ok());
    let ambiguous = query.flag("ambiguous");
    let recipient = query.parsed("recipient", RECIPIENT.must, RECIPIENT.read);
    let channel = query.one_of("channel", operations::every_channel_name(), |name| name);
    let provider = query.one_of("provider", answerers, |name| name);
    let template = query.parsed("template", TEMPLATE.must, TEMPLATE.read);
    let reason = query.one_of("reason", &Reason::ALL, Reason::as_str);
    let code = query.parsed("code", CODE.must, CODE.read);
    let (from, until) = times(query);
    let id_prefix = query.parsed("id", ID_PREFIX.must, ID_PREFIX.read);
    let after = query.parsed("cursor", CURSOR.must, CURSOR.read);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE);
    query.finish(&PARAMETERS)?;
    Ok(Wanted {
        state,
        ambiguous,
        recipient,
        channel: channel.and_then(|name| ChannelName::parse(name).ok()),
        provider: provider.map(str::to_owned),
        template,
        reason,
        code,
        from,
        until,
        id_prefix,
        after,
        limit,
    })
}

/// The times between which something was: a delivery first seen, or a letter dead.
pub(crate) fn times(query: &mut Parameters) -> (Option<Timestamp>, Option<Timestamp>) {
    let [from, until] = ["from", "to"].map(|name| query.parsed(name, TIME.must, TIME.read));
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        query.refuse("to", LATER_THAN_FROM);
    }
    (from, until)
}

fn foreign_tenant() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "foreign-tenant",
        "The tenant is another's",
        "Leave the tenant out of the query: it comes from the token.",
    )
    .with_parameter("tenant", "must be the token's own")
}
