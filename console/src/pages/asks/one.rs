//! The page of one question: how it stands, who is asked by what, and what they have said. While it is open the page asks for
//! itself again.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::{Key, Scope};
use maud::{Markup, html};
use operations::asks::{self, Shown};
use operations::deliveries::is_id;
use store::StoreError;
use web::problem::Problem;
use web::query::Parameters;

use super::said::spoken;
use super::words::Words;
use super::{address, badges, cancel, facts, people, timeline};
use crate::console::Console;
use crate::layout::Shell;
use crate::pages::delivery::address::titled;
use crate::pieces::again::again;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

const EVERY: &str = "every 5s";

/// A question, and the states of the deliveries that take it to people, in the order of its messages.
struct Found {
    shown: Shown,
    states: Vec<Option<domain::State>>,
}

pub(super) async fn show(
    State(console): State<Console>,
    viewer: Viewer,
    parameters: Result<Parameters, Problem>,
    Path(id): Path<String>,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Asks);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let told = match parameters.and_then(told) {
        Ok(told) => told,
        Err(problem) => return shell.refused(&problem).await,
    };
    if !is_id(&id) {
        return shell.not_found().await;
    }
    let key = Key { tenant: viewer.actor.tenant.clone(), id };
    match found(&console, &key, shell.lang()).await {
        Ok(Some(found)) => {
            let content = content(&console, &viewer, &found, told);
            shell.page(&titled(Words::of(shell.lang()).title, &key.id), &content).await
        }
        Ok(None) => shell.not_found().await,
        Err(error) => shell.ledger_failed(&error).await,
    }
}

fn told(mut query: Parameters) -> Result<Option<&'static str>, Problem> {
    let told = query.one_of(cancel::TOLD, &cancel::OUTCOMES, |outcome| outcome);
    query.finish(&[cancel::TOLD])?;
    Ok(told)
}

/// The question is in the language of the page.
async fn found(console: &Console, key: &Key, lang: Lang) -> Result<Option<Found>, StoreError> {
    let Some(shown) = asks::show(&console.store, key).await? else { return Ok(None) };
    let states = asks::states(&console.store, key, &shown.copies).await?;
    let ask = spoken(&shown.ask, lang);
    Ok(Some(Found { shown: Shown { ask, ..shown }, states }))
}

fn content(console: &Console, viewer: &Viewer, found: &Found, told: Option<&str>) -> Markup {
    let Found { shown, states } = found;
    let (lang, now) = (viewer.look.lang, console.clock.now());
    let ask = &shown.ask;
    html! {
        div #ask {
            (cancel::notice(told, lang))
            p.standing { (badges::of_state(ask.state(), lang)) " " span { (facts::outcome(ask, lang)) } }
            p.bubble { (ask.question) }
            // Its room stays when it has ended, and below it nothing moves.
            div.actions.held { @if ask.end.is_none() { (while_open(viewer, &ask.key.id, lang)) } }
            (facts::of(ask, lang, now))
            (people::choices(shown, lang))
            (people::messages(shown, states, lang, now))
            // What grows with each answer stands last, so that it pushes nothing else away.
            (people::answers(shown, lang, now))
            (timeline::of(shown, lang, now))
        }
    }
}

fn while_open(viewer: &Viewer, id: &str, lang: Lang) -> Markup {
    let words = Words::of(lang);
    html! {
        (again("ask", &address::of(id), EVERY, words.is_open, words.reload))
        @if cancel::may(&viewer.actor).is_ok() { " " a href=(address::cancel(id)) { (words.cancel) } }
    }
}
