//! `/console/deliveries/{id}`: the timeline of one delivery, with the reason of each decision. While it is under way the
//! page asks for itself again, and has a link for those who have no scripts.

pub(crate) mod address;
mod cancel;
mod facts;
mod letters;
mod standing;
pub(crate) mod summary;
mod tables;
pub(crate) mod timeline;
mod words;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use domain::{Explanation, Key, Scope};
use maud::{Markup, html};
use operations::deliveries::{NotKnown, Shown, is_id, show as find};
use operations::{explain_letters, explain_shown};
use web::problem::Problem;
use web::query::Parameters;

use self::words::Words;
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::sentence::sentence_of;
use crate::section::Section;
use crate::session::Viewer;

/// The parameter that says that a delivery was just accepted, so that no worker may have taken it yet.
pub(crate) const ACCEPTED: &str = "accepted";

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/deliveries/{id}", get(show))
        .route("/console/deliveries/{id}/cancel", get(cancel::ask).post(cancel::cancel))
}

/// What the address says besides the id.
#[derive(Clone, Copy, Default)]
struct Asked {
    is_accepted: bool,
    told: Option<&'static str>,
}

async fn show(
    State(console): State<Console>,
    viewer: Viewer,
    parameters: Result<Parameters, Problem>,
    Path(id): Path<String>,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Deliveries);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let asked = match parameters.and_then(read) {
        Ok(asked) => asked,
        Err(problem) => return shell.refused(&problem).await,
    };
    if !is_id(&id) {
        return shell.not_found().await;
    }
    let key = Key { tenant: viewer.actor.tenant.clone(), id };
    match find(&console.store, &key).await {
        Err(error) => shell.ledger_failed(&error).await,
        Ok(None) => without_a_row(&console, &viewer, &key, asked).await,
        Ok(Some(shown)) => {
            let told = match explain_shown(&console.store, &shown, console.settings.retry_delays).await {
                Ok(told) => told,
                Err(error) => return shell.ledger_failed(&error).await,
            };
            let content = content(&console, &viewer, &key.id, &shown, &told, asked);
            shell.page(&address::titled(Words::of(shell.lang()).title, &key.id), &content).await
        }
    }
}

fn read(mut query: Parameters) -> Result<Asked, Problem> {
    let is_accepted = query.flag(ACCEPTED).unwrap_or_default();
    let told = query.one_of(cancel::TOLD, &cancel::OUTCOMES, |outcome| outcome);
    query.finish(&[ACCEPTED, cancel::TOLD])?;
    Ok(Asked { is_accepted, told })
}

fn content(console: &Console, viewer: &Viewer, id: &str, shown: &Shown, told: &Explanation, asked: Asked) -> Markup {
    let (lang, now) = (viewer.look.lang, console.clock.now());
    html! {
        div #delivery {
            (cancel::notice(asked.told, lang))
            (standing::of(shown, told, lang))
            (standing::again(id, shown, now, lang))
            (standing::actions(id, shown, viewer))
            (letters::links(told, lang))
            (letters::in_its_place(told, lang))
            (facts::of(shown, lang, now))
            @if let Shown::Taken(taken) = shown { (tables::of(taken, lang, now)) }
            (timeline::of(told, lang, now))
            (standing::by_api(id, lang))
        }
    }
}

/// The answer where no delivery is known: its dead letters are told, if there are any.
async fn without_a_row(console: &Console, viewer: &Viewer, key: &Key, asked: Asked) -> Response {
    let shell = Shell::of(console, viewer, Section::Deliveries);
    match explain_letters(&console.store, key).await {
        Err(error) => shell.ledger_failed(&error).await,
        Ok(None) => unknown(console, viewer, &key.id, asked).await,
        Ok(Some(told)) => {
            let content = letters::alone(&key.id, &told, asked, shell.lang(), console.clock.now());
            shell.page(Words::of(shell.lang()).title, &content).await
        }
    }
}

/// The answer where nothing is known. What was accepted a moment ago is most likely in its queue.
async fn unknown(console: &Console, viewer: &Viewer, id: &str, asked: Asked) -> Response {
    let shell = Shell::of(console, viewer, Section::Deliveries);
    let words = Words::of(shell.lang());
    let why = NotKnown::of(console.settings.retention, console.clock.now()).to_string();
    let content = html! {
        div #delivery {
            (cancel::notice(asked.told, shell.lang()))
            p { code { (id) } }
            @if asked.is_accepted {
                p { (words.in_its_queue) }
                (standing::again_after(id, true, standing::SOON, shell.lang()))
            } @else {
                p lang="en" { (sentence_of(&why)) }
                p.actions { a href=(address::of(id)) { (words.reload) } }
            }
            (standing::cancel_link(id, viewer))
        }
    };
    let status = if asked.is_accepted { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let title = if asked.is_accepted { address::titled(words.title, id) } else { words.unknown.to_owned() };
    shell.answer(status, &title, &content).await
}
