//! Takes the requests of our own: each says what is asked for by its target, and may come again.

use domain::{AskKind, AskRequest, FieldError, GivenAnswer, Key, Reason, Tenant};
use runtime::failpoint;
use serde_json::{Map, Value};
use topology::{Inbound, Publication};

use crate::asks::{self, Opening};
use crate::commands;
use crate::disposition::Disposition;
use crate::shared::Shared;

/// The answer to a question that somebody has given by a link.
pub(crate) const ANSWER: &str = "/asks/answer";
/// Those that decide something for somebody, which nobody but the fleet may make.
pub(crate) const MARKED: [&str; 3] = [ANSWER, "/commands", "/commands/event"];

/// A request in hand.
pub(crate) struct Request<'a> {
    pub(crate) inbound: &'a Inbound,
    pub(crate) message_id: &'a str,
    /// How often it has waited.
    pub(crate) round: u32,
}

/// Does what is asked for.
///
/// # Errors
/// What follows where not everything could be done.
pub(crate) async fn asked(shared: &Shared, request: &Request<'_>) -> Result<Disposition, Disposition> {
    let Inbound { target, body, at, .. } = request.inbound;
    let Ok(Value::Object(mut body)) = serde_json::from_slice(body) else {
        return Err(unreadable("it is no JSON object"));
    };
    if MARKED.contains(&target.as_str()) && !operations::is_marked(&shared.secrets, target, &mut body) {
        return Err(unreadable(
            "it has no mark of this fleet: somebody else has published it, or with another SECRET_KEY",
        ));
    }
    match target.as_str() {
        "/asks" => open(shared, request, body).await?,
        ANSWER => answer(shared, request, &body).await?,
        "/asks/progress" => return progress(shared, request, &body).await,
        "/asks/ended" => return end(shared, request, &body).await,
        "/commands" => commands::dispatch(shared, body, *at).await?,
        "/commands/event" => commands::reported(shared, body, *at).await?,
        _ => return Err(unreadable("no request of ours has this target")),
    }
    Ok(Disposition::Acknowledge)
}

async fn open(shared: &Shared, request: &Request<'_>, body: Map<String, Value>) -> Result<(), Disposition> {
    let asked = AskRequest::read(body).map_err(|errors| unreadable(&listed(&errors)))?;
    let id = asked.id.clone().unwrap_or_else(|| request.message_id.to_owned());
    if id.is_empty() {
        return Err(unreadable("/id is missing, and so is the message_id"));
    }
    let key = Key { tenant: asked.tenant.clone(), id };
    let opening = Opening { key, kind: AskKind::Confirm, request: asked, at: request.inbound.at, chat: None };
    asks::open(shared, &opening).await
}

/// An answer whose ticket was believed by whoever has published it.
async fn answer(shared: &Shared, request: &Request<'_>, body: &Map<String, Value>) -> Result<(), Disposition> {
    let key = ask_of(body)?;
    let given = GivenAnswer {
        id: text(body, "id")?,
        approver: text(body, "approver")?,
        choice: text(body, "choice")?,
        via: text(body, "via")?,
        at: request.inbound.at,
        evidence: text(body, "evidence")?,
    };
    // One that was forgotten meanwhile has nobody to tell.
    asks::answer(shared, &key, &given).await.map(drop)
}

/// A command that waits for the ask goes on first: somebody waits for that.
async fn end(shared: &Shared, request: &Request<'_>, body: &Map<String, Value>) -> Result<Disposition, Disposition> {
    let Some(ask) = asks::ended(shared, &ask_of(body)?).await? else { return Ok(Disposition::Acknowledge) };
    commands::ask_ended(shared, &ask).await?;
    failpoint("dialog.command_advanced");
    let is_done = asks::end(shared, &ask, request.round).await?;
    again_unless(is_done, shared, request).await
}

/// What an ask tells while it is open.
async fn progress(
    shared: &Shared,
    request: &Request<'_>,
    body: &Map<String, Value>,
) -> Result<Disposition, Disposition> {
    let version = body.get("version").and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok());
    let version = version.ok_or_else(|| unreadable("/version is missing, or no number"))?;
    let is_done = asks::progress(shared, &ask_of(body)?, version, request.round).await?;
    again_unless(is_done, shared, request).await
}

/// Has a request that waits for something come again.
async fn again_unless(is_done: bool, shared: &Shared, request: &Request<'_>) -> Result<Disposition, Disposition> {
    if is_done {
        return Ok(Disposition::Acknowledge);
    }
    let (id, inbound) = (request.message_id.to_owned(), request.inbound.clone());
    let later = Publication::of_inbound_later(id, inbound, request.round + 1);
    Ok(Disposition::replaced_by(later, &shared.intake).await)
}

fn ask_of(body: &Map<String, Value>) -> Result<Key, Disposition> {
    let tenant = Tenant::parse(&text(body, "tenant")?).ok_or_else(|| unreadable("/tenant is none"))?;
    Ok(Key { tenant, id: text(body, "ask")? })
}

fn text(body: &Map<String, Value>, name: &str) -> Result<String, Disposition> {
    let text = body.get(name).and_then(Value::as_str).filter(|text| !text.contains('\0'));
    text.map(str::to_owned).ok_or_else(|| unreadable(&format!("/{name} is missing, or no text")))
}

fn listed(errors: &[FieldError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn unreadable(why: &str) -> Disposition {
    Disposition::DeadLetter(Reason::DecodeError, why.to_owned())
}
