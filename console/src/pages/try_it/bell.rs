//! The inbox of whoever looks: a bell in which a notification arrives while the page is open. It is the client that any
//! page may have (`clients/inbox`), with a token for this inbox alone.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde_json::json;
use web::problem::Problem;

use super::words::Words;
use crate::assets;
use crate::console::Console;
use crate::document;
use crate::doors::SessionUnknown;
use crate::pieces::pager::address as with_query;
use crate::section::Section;
use crate::session::{Posted, Viewer};
use crate::words::Lang;

const TOKEN: &str = "/console/try-it/token";
const WORKER: &str = "/console/try-it/worker.js";

pub(super) fn routes() -> Router<Console> {
    Router::new().route(TOKEN, post(token)).route(WORKER, get(worker))
}

/// Without scripts there is no bell, and nothing else of the page is missing.
pub(super) fn of(lang: Lang, viewer: &Viewer, console: &Console) -> Markup {
    let words = Words::of(lang);
    let destination = format!("user:{}", viewer.actor.name);
    let filled = [("channel", "inapp"), ("destination", destination.as_str()), ("message", words.hello)];
    html! {
        section aria-labelledby="bell" {
            h2 id="bell" { (words.your_inbox) }
            p {
                (words.arrives) " " code { (destination) } ". "
                a href=(with_query(Section::TryIt.path(), &filled, None)) { (words.fill_in) }
            }
            chasqui-bell token-url=(TOKEN) realtime=[console.settings.realtime.as_deref()] worker-url=(WORKER)
                push-key=[console.settings.push_key.as_deref()] {}
            noscript { p.soft { (words.needs_scripts) } }
        }
        script type="module" src=(assets::inbox()) {}
    }
}

/// Lets the page ask a gateway that is at another origin.
pub(super) fn asking_the_gateway(console: &Console, mut page: Response) -> Response {
    if let Some(policy) = console.settings.realtime.as_deref().and_then(document::policy_asking) {
        page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    page
}

/// `POST /console/try-it/token`: only pages of the console get one, because a session alone gives none to a page of
/// another origin.
async fn token(State(console): State<Console>, Posted { viewer, .. }: Posted) -> Response {
    match console.doors.inbox_token(&viewer.actor).await {
        Ok(Some(token)) => {
            let body = json!({ "access_token": token, "token_type": "bearer" }).to_string();
            ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
        }
        Ok(None) => Problem::not_found(
            "no-inbox-token",
            "There is no token for this inbox",
            "Tokens are made elsewhere (ALGORITHM=RS256 or ES256), or the user is not there any more.",
        )
        .into_response(),
        Err(SessionUnknown) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ledger-unavailable",
            "The ledger does not answer",
            "Nobody can say who asks. Try again.",
        )
        .into_response(),
    }
}

/// The service worker of Web Push. A browser asks for it again by the same name, and is to get the newest.
async fn worker() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, assets::INBOX_WORKER).into_response()
}
