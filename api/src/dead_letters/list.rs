//! `GET /dead-letters`: a page of them, by how they failed.

use axum::Json;
use axum::extract::State;
use domain::{Lane, RecipientHasher, Tenant};
use operations::dead_letters;
use operations::deliveries::hashes_of;
use operations::deliveries::written::{ID, NO_CURSOR, RECIPIENT};
use serde::Serialize;
use store::{LetterCursor, LetterFilter, MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::dead_letters::answer::{LetterAnswer, letter};
use crate::deliveries::list::times;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::{ledger_read, page_read};

const NAMES: [&str; 14] = [
    "letter",
    "group",
    "id",
    "from",
    "to",
    "recipient",
    "channel",
    "provider",
    "reason",
    "code",
    "template",
    "lane",
    "cursor",
    "limit",
];

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct LettersQuery {
    /// Only the letter of this name.
    letter: Option<String>,
    /// Only letters of this group: its fingerprint.
    group: Option<String>,
    /// Only letters of the delivery of this id.
    #[param(max_length = 255)]
    id: Option<String>,
    /// Only those that died at this time or later. `+` is `%2B` in a query.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only those that died before this time.
    #[param(format = DateTime)]
    to: Option<String>,
    /// Only those to this recipient, in any spelling that reaches the same, as `GET /deliveries` finds its deliveries. A
    /// letter whose delivery the ledger does not know is not found so. `+` is `%2B` in a query.
    #[param(max_length = 4096)]
    recipient: Option<String>,
    /// Only letters whose bodies name this channel.
    channel: Option<String>,
    /// Only those whose last attempt this provider carried.
    provider: Option<String>,
    /// Only those that were dead-lettered for this.
    reason: Option<String>,
    /// Only those whose last attempt got this code of the provider.
    code: Option<String>,
    /// Only those whose bodies name this template.
    template: Option<String>,
    /// `urgent`, `normal` or `bulk`.
    lane: Option<String>,
    /// `next` of the page before, whose other parameters must be the same.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, those that died last first.
#[derive(Serialize, ToSchema)]
pub(crate) struct LettersAnswer {
    /// The letters of the token's tenant.
    letters: Vec<LetterAnswer>,
    /// The `cursor` of the next page; absent after the last. A page that is asked for a channel, a provider, a reason, a code,
    /// a template or a lane looks at 10,000 letters: it may have few or none, and a next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
    /// When the queue was read to its end last; absent when it never was, and of a page without letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, format = DateTime)]
    read: Option<String>,
    /// It is being read again: ask once more in some seconds.
    being_read: bool,
}

/// List dead letters
///
/// What the queue held when it was read last, also what has no delivery. Where that was some seconds ago, this has it read
/// again. Needs the scope `read`.
#[utoipa::path(
    get, path = "/dead-letters", operation_id = "list_dead_letters", tag = "Dead letters",
    params(LettersQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = LettersAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<LettersAnswer>, Problem> {
    let filter = filter(&mut query, caller.tenant, &app.recipients, &app.settings.answerers);
    let after = query.parsed("cursor", NO_CURSOR, LetterCursor::parse);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE);
    query.finish(&NAMES)?;
    let reading = ledger_read(dead_letters::looked_at(&app.store).await)?;
    let page = page_read(dead_letters::list(&app.store, &filter, after.as_ref(), limit).await)?;
    let letters: Vec<LetterAnswer> = page.letters.into_iter().map(letter).collect();
    // Another tenant learns nothing of a queue in which it has no letters.
    let read = reading.read_at.filter(|_| !letters.is_empty()).map(|at| at.to_string());
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(LettersAnswer { letters, next, read, being_read: reading.is_asked_for }))
}

fn filter(
    query: &mut Parameters,
    tenant: Tenant,
    recipients: &RecipientHasher,
    answerers: &[&'static str],
) -> LetterFilter {
    let id = query.parsed("id", ID.must, ID.read);
    let (from, until) = times(query);
    let recipient = query.parsed("recipient", RECIPIENT.must, RECIPIENT.read);
    let recipient = recipient.map(|written| hashes_of(&written, recipients)).unwrap_or_default();
    let provider = query.one_of("provider", answerers, |name| name).map(str::to_owned);
    let rule = "must be what the letters have, or be left out";
    // Postgres can neither store nor compare a NUL: no letter has one.
    let mut text = |name: &str| {
        query.parsed(name, rule, |text| (!text.is_empty() && !text.contains('\0')).then(|| text.to_owned()))
    };
    let letters = text("letter").into_iter().collect();
    // A letter may be of a channel that there is not, which is why it died, and the broker has a reason of its own.
    let (group, channel, reason) = (text("group"), text("channel"), text("reason"));
    let (code, template) = (text("code"), text("template"));
    let lane = query.one_of("lane", &Lane::ALL, Lane::as_str);
    LetterFilter { tenant, letters, group, id, from, until, recipient, channel, provider, reason, code, template, lane }
}
