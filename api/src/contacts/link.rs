//! `POST /contacts/{id}/link`: a link by which somebody connects their account of Telegram, once and within a day.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use operations::contacts;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::contacts::answer::unknown;
use crate::contacts::directory;
use crate::docs::refusals::{LedgerAway, Unauthorised, UnknownHeader};
use crate::done::done;
use crate::id::Id;

/// A link that works once.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactLinkAnswer {
    /// Whoever opens it in Telegram is this contact from then on: give it to them alone.
    #[schema(example = "https://t.me/example_bot?start=AwAAAAAAAAAAAAAAAAAAAAAA_wAAAAAAAAAAAAAAAAAAAAAA")]
    url: String,
    /// Until when.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Make a link for a contact
///
/// Whoever opens it in Telegram within a day connects their account with the contact, once. It ends the link before it.
/// Needs the scope `operate`, and `admin` for somebody who may have commands done or confirm them.
#[utoipa::path(
    post, path = "/contacts/{id}/link", operation_id = "link_contact", tag = "Contacts",
    params(("id" = String, Path, description = "The contact's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "The link.", body = ContactLinkAnswer),
        (status = 404, description = "There is none of this id."),
        (status = 409, description = "The operator has named no bot (`TELEGRAM_BOT_NAME`)."),
        UnknownHeader, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn link(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<Json<ContactLinkAnswer>, Problem> {
    let Some(bot) = &app.settings.bot_name else { return Err(no_bot()) };
    let link = contacts::link(directory(&app), &caller, &id, bot, app.clock.now()).await;
    let link = done(link)?.ok_or_else(unknown)?;
    Ok(Json(ContactLinkAnswer { url: link.url, expires_at: link.expires_at.to_string() }))
}

fn no_bot() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "no-bot",
        "There is no bot to link to",
        "The operator has to name the bot of Telegram with TELEGRAM_BOT_NAME. Nothing was done.",
    )
}
