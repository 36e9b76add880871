//! `GET /audit`: what was done and refused, the newest first.

use axum::Json;
use axum::extract::State;
use domain::{Scope, Timestamp};
use operations::deliveries::written::NO_CURSOR;
use operations::journal::{self, LATER_THAN_SINCE};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{JournalCursor, JournalEntry, JournalFilter, MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::{ledger_read, page_read};

const NAMES: [&str; 7] = ["actor", "kind", "subject", "since", "until", "cursor", "limit"];

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct AuditQuery {
    /// Only what this actor did.
    actor: Option<String>,
    /// Only entries of this kind, such as `pause.begun` or `denied`.
    kind: Option<String>,
    /// Only what was done to this: an id, or what was asked for and refused.
    subject: Option<String>,
    /// Only what was done at this time or later, RFC 3339 with an offset.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Only what was done before this time.
    #[param(format = DateTime)]
    until: Option<String>,
    /// `next` of the page before, whose other parameters must be the same.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditAnswer {
    entries: Vec<EntryAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
    /// The end of the chain, which `chasqui audit verify --from-head` takes: only with the scope `tenants`, because the
    /// chain is that of all tenants.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    head: Option<String>,
}

/// Something that was done, or refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntryAnswer {
    id: String,
    /// Its place in the chain. Null until it is sealed, which takes seconds.
    seq: Option<i64>,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    tenant: String,
    /// What.
    #[schema(example = "pause.begun")]
    kind: String,
    /// To what.
    subject: String,
    /// Who.
    #[schema(example = "ada")]
    actor: String,
    /// The reason that was given, and what else there is to tell.
    data: Map<String, Value>,
}

/// List who did what
///
/// What operators have done in the token's tenant, with the reasons that they gave, and what was refused to whom; with the
/// scope `tenants`, in all tenants. Needs the scope `admin`.
#[utoipa::path(
    get, path = "/audit", operation_id = "list_audit", tag = "Audit",
    params(AuditQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = AuditAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    mut query: Parameters,
) -> Result<Json<AuditAnswer>, Problem> {
    let sees_all = caller.may(Scope::Tenants);
    let filter = filter(&mut query);
    query.finish(&NAMES)?;
    let filter = JournalFilter { tenant: (!sees_all).then_some(caller.tenant), ..filter };
    let page = page_read(journal::list(&app.store, filter).await)?;
    let head = if sees_all { ledger_read(journal::head(&app.store).await)? } else { None };
    Ok(Json(AuditAnswer {
        entries: page.entries.into_iter().map(answer).collect(),
        next: page.next.map(|cursor| cursor.to_string()),
        head: head.map(|head| head.to_string()),
    }))
}

fn filter(query: &mut Parameters) -> JournalFilter {
    const TIME: &str = "must be a date and time as in RFC 3339, with an offset";
    let mut text = |name: &str| {
        let rule = "must be what the entries have, or be left out";
        query.parsed(name, rule, |text| (!text.is_empty()).then(|| text.to_owned()))
    };
    let (actor, kind, subject) = (text("actor"), text("kind"), text("subject"));
    let mut time = |name: &str| query.parsed(name, TIME, |text| Timestamp::parse_rfc3339(text).ok());
    let (since, until) = (time("since"), time("until"));
    if since.zip(until).is_some_and(|(since, until)| since >= until) {
        query.refuse("until", LATER_THAN_SINCE);
    }
    let after = query.parsed("cursor", NO_CURSOR, JournalCursor::parse);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE) as usize;
    JournalFilter { tenant: None, actor, kind, subject, since, until, after, limit }
}

fn answer(entry: JournalEntry) -> EntryAnswer {
    let row = entry.row;
    EntryAnswer {
        id: row.id,
        seq: entry.seq,
        at: Timestamp::from_micros(row.at).to_string(),
        tenant: row.tenant,
        kind: row.kind,
        subject: row.subject,
        actor: row.actor,
        // What somebody else has put there may be no JSON.
        data: serde_json::from_str(&row.data).unwrap_or_default(),
    }
}
