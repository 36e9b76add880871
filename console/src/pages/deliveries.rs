//! `/console/deliveries`: finds deliveries by what became of them, to whom, by what and when.

mod query;
mod rows;
mod words;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use domain::Scope;
use maud::{Markup, html};
use operations::NotListed;
use operations::deliveries::{Wanted, list};
use store::{LOOK, LOOK_BY_ID, Page};
use web::problem::Problem;
use web::query::Parameters;

use self::query::Asked;
use self::words::Words;
use crate::asked::{of_another_search, problems};
use crate::console::Console;
use crate::layout::Shell;
use crate::pieces::figure::whole;
use crate::pieces::pager::pager;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/console/deliveries", get(show))
}

async fn show(
    State(console): State<Console>,
    viewer: Viewer,
    parameters: Result<Parameters, Problem>,
    RawQuery(query): RawQuery,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Deliveries);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let asked = Asked::of(query.as_deref().unwrap_or_default());
    let read = parameters.and_then(|parameters| query::read(parameters, &console.settings, &viewer.actor));
    let found = match read {
        Ok(wanted) => find(&console, &viewer, wanted).await,
        Err(problem) => Err(NotFound::Query(problem)),
    };
    let (status, content) = match found {
        Ok((page, limit)) => (StatusCode::OK, page_of(&console, &viewer, &asked, &page, limit)),
        Err(NotFound::Query(problem)) => (problem.status(), refused(&console, &viewer, &asked, &problem)),
        Err(NotFound::Ledger(error)) => return shell.ledger_failed(&error).await,
    };
    shell.answer(status, Section::Deliveries.label(shell.lang()), &content).await
}

/// Why there is no list.
enum NotFound {
    Query(Problem),
    Ledger(store::StoreError),
}

/// A page, and how many rows it might have.
async fn find(console: &Console, viewer: &Viewer, wanted: Wanted) -> Result<(Page, usize), NotFound> {
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    match list(&console.store, Some(viewer.actor.tenant.clone()), wanted, &console.recipients).await {
        Ok(page) => Ok((page, limit)),
        Err(NotListed::OtherFilter) => Err(NotFound::Query(Problem::invalid_parameters(vec![of_another_search()]))),
        Err(NotListed::Store(error)) => Err(NotFound::Ledger(error)),
    }
}

fn page_of(console: &Console, viewer: &Viewer, asked: &Asked, page: &Page, limit: usize) -> Markup {
    let lang = viewer.look.lang;
    let words = Words::of(lang);
    let next = page.next.as_ref().map(ToString::to_string);
    let is_short = next.is_some() && page.deliveries.len() < limit;
    let looked_at = if asked.has("id") { LOOK_BY_ID } else { LOOK };
    html! {
        (query::form(lang, asked, &console.settings, &[]))
        p.soft { ((words.scope)(&whole(count(page)), viewer.actor.tenant.as_str(), asked.has("id"))) }
        @if page.deliveries.is_empty() {
            p.nothing { (nothing(lang, asked, is_short)) }
            @if asked.has("id") && !is_short {
                p { (words.not_scheduled) " " a href=(Section::Schedules.path()) { (Section::Schedules.label(lang)) } }
            }
        } @else {
            (rows::table_of(&page.deliveries, lang, console.clock.now()))
        }
        @if is_short {
            p { ((words.looked_at)(looked_at as u64, count(page))) }
        }
        (pager(lang, Section::Deliveries.path(), &asked.pairs(), !asked.has("after"), next.as_deref()))
    }
}

fn refused(console: &Console, viewer: &Viewer, asked: &Asked, problem: &Problem) -> Markup {
    query::form(viewer.look.lang, asked, &console.settings, &problems(problem))
}

/// What to do where nothing is found.
fn nothing(lang: Lang, asked: &Asked, is_short: bool) -> &'static str {
    let words = Words::of(lang);
    match (is_short, asked.is_for_all()) {
        (true, _) => words.nothing_yet,
        (false, true) => words.nothing_at_all,
        (false, false) => words.nothing_fits,
    }
}

fn count(page: &Page) -> u64 {
    page.deliveries.len() as u64
}
