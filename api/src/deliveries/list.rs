//! `GET /deliveries`: a page of them, by what became of them, to whom, by what and when.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use domain::{ChannelName, MAX_ID_BYTES, Reason, State, Timestamp, is_unsafe_in_a_line};
use operations::deliveries::{NotListed, Wanted};
use serde::Serialize;
use store::{Cursor, MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::deliveries::answer::{DeliveryAnswer, answer};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::ledger_read;

/// No destination of a body is longer.
const MAX_RECIPIENT_BYTES: usize = 4096;

/// No code of a provider is longer.
const MAX_CODE_BYTES: usize = 128;
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
    /// looks at 20,000 deliveries at most.
    deliveries: Vec<DeliveryAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List deliveries
///
/// The deliveries of the token's tenant, the newest first. Needs the scope `read`. All that is asked for must hold. A page
/// looks at 20,000 deliveries at most, because the ledger keeps no index on what changes: where little fits, follow `next`
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
    let page = match operations::deliveries::list(&app.store, Some(caller.tenant), wanted, &app.recipients).await {
        Err(NotListed::OtherFilter) => return Err(of_another_filter()),
        Err(NotListed::Store(error)) => ledger_read(Err(error))?,
        Ok(page) => ledger_read(Ok(page))?,
    };
    let deliveries = page.deliveries.iter().map(|view| answer(view, Vec::new())).collect();
    Ok(Json(DeliveriesAnswer { deliveries, next: page.next.map(|cursor| cursor.to_string()) }))
}

fn wanted(query: &mut Parameters, answerers: &[&'static str]) -> Result<Wanted, Problem> {
    let state = query.one_of("state", &State::ALL, State::as_str);
    let ambiguous = query.flag("ambiguous");
    // A plus sign that was not escaped is a blank by now, and no recipient begins with one.
    let written = |text: &str| text.strip_prefix(' ').map_or(text.to_owned(), |rest| format!("+{rest}"));
    let recipient = query.parsed("recipient", "must be a recipient as it was published, or be left out", |text| {
        (1..=MAX_RECIPIENT_BYTES).contains(&text.len()).then(|| written(text))
    });
    let channel = query.one_of("channel", operations::channel_names(), |name| name);
    let provider = query.one_of("provider", answerers, |name| name);
    let template = query.parsed("template", "must be 1 to 64 letters, digits, '_' or '-'", word);
    let reason = query.one_of("reason", &Reason::ALL, Reason::as_str);
    let code =
        query.parsed("code", "must be a code of a provider, of 1 to 128 bytes", |text| line(text, MAX_CODE_BYTES));
    let (from, until) = times(query);
    let id_prefix =
        query.parsed("id", "must be how an id may begin, of 1 to 255 bytes", |text| line(text, MAX_ID_BYTES));
    let after = query.parsed("cursor", "must be `next` of the page before", Cursor::parse);
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

/// The times between which a delivery was first seen.
fn times(query: &mut Parameters) -> (Option<Timestamp>, Option<Timestamp>) {
    const RULE: &str =
        "must be a date and time with an offset (RFC 3339), such as 2026-03-01T09:00:00Z; write a + as %2B";
    let [from, until] = ["from", "to"].map(|name| query.parsed(name, RULE, |text| Timestamp::parse_rfc3339(text).ok()));
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        query.refuse("to", "must be later than from");
    }
    (from, until)
}

fn word(text: &str) -> Option<String> {
    let is_of_it = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    ((1..=64).contains(&text.len()) && text.bytes().all(is_of_it)).then(|| text.to_owned())
}

fn line(text: &str, most: usize) -> Option<String> {
    ((1..=most).contains(&text.len()) && !text.chars().any(is_unsafe_in_a_line)).then(|| text.to_owned())
}

fn of_another_filter() -> Problem {
    let why = "is `next` of a list of something else: ask for what that list has asked for, or leave the cursor out to \
               begin anew";
    Problem::invalid_parameters(vec![("cursor".to_owned(), why.to_owned())])
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
