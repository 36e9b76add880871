//! The list of questions, a page at a time.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Actor, Ask, AskKind, AskState, Scope, Timestamp};
use maud::{Markup, html};
use operations::asks::{self, LATER_THAN_FROM};
use operations::deliveries::written::TIME;
use store::{AskCursor, AskFilter, AskPage, StoreError};
use web::problem::Problem;
use web::query::Parameters;

use super::address;
use super::badges::{of_ask, of_kind, word};
use super::words::Words;
use crate::asked::problems;
use crate::console::Console;
use crate::fields::Fields;
use crate::layout::Shell;
use crate::pages::delivery::address::anchor;
use crate::pieces::facts::cut;
use crate::pieces::figure::{UNKNOWN, whole};
use crate::pieces::filter::{Field, Input, filter};
use crate::pieces::pager::pager;
use crate::pieces::table::{Row, number, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::session::Viewer;
use crate::words::Lang;

/// The rows of a page: of each it is counted who has answered.
const ROWS: usize = 50;
/// How much of a question stands in a row, in characters.
const QUESTION_CHARS: usize = 120;
const NAMES: [&str; 6] = ["state", "kind", "correlation_id", "from", "to", "after"];

pub(super) async fn show(
    State(console): State<Console>,
    viewer: Viewer,
    parameters: Result<Parameters, Problem>,
    RawQuery(query): RawQuery,
) -> Response {
    let shell = Shell::of(&console, &viewer, Section::Asks);
    if let Err(denied) = viewer.actor.must(Scope::Read) {
        return shell.denied(denied).await;
    }
    let (lang, title) = (shell.lang(), Section::Asks.label(shell.lang()));
    let asked = Fields::parse(query.unwrap_or_default().as_bytes());
    let wanted = match parameters.and_then(|parameters| read(parameters, &viewer.actor)) {
        Ok(wanted) => wanted,
        Err(problem) => return shell.answer(problem.status(), title, &form(&asked, &problems(&problem), lang)).await,
    };
    let is_first = wanted.after.is_none();
    let (page, answered) = match found(&console, wanted).await {
        Ok(found) => found,
        Err(error) => return shell.ledger_failed(&error).await,
    };
    let next = page.next.as_ref().map(ToString::to_string);
    let words = Words::of(lang);
    let content = html! {
        (form(&asked, &[], lang))
        @if page.asks.is_empty() {
            p.nothing { (if next.is_some() { words.nothing_yet } else { words.nothing }) }
        } @else {
            (rows(&page.asks, &answered, lang, console.clock.now()))
        }
        (pager(lang, Section::Asks.path(), &pairs(&asked), is_first, next.as_deref()))
    };
    shell.answer(StatusCode::OK, title, &content).await
}

/// # Errors
/// 422 that names every part that is wrong.
fn read(query: Parameters, actor: &Actor) -> Result<AskFilter, Problem> {
    let mut query = query.filled();
    let wanted = AskFilter {
        tenant: actor.tenant.clone(),
        state: query.one_of("state", &AskState::ALL, AskState::as_str),
        kind: query.one_of("kind", &AskKind::ALL, AskKind::as_str),
        correlation_id: query.text("correlation_id"),
        from: query.parsed("from", TIME.must, TIME.read),
        until: query.parsed("to", TIME.must, TIME.read),
        after: query.parsed("after", "must be the end of the page before", AskCursor::parse),
        limit: ROWS,
    };
    if wanted.from.zip(wanted.until).is_some_and(|(from, until)| from >= until) {
        query.refuse("to", LATER_THAN_FROM);
    }
    query.finish(&NAMES)?;
    Ok(wanted)
}

async fn found(console: &Console, wanted: AskFilter) -> Result<(AskPage, Vec<usize>), StoreError> {
    let page = asks::list(&console.store, wanted).await?;
    let answered = asks::answered(&console.store, &page.asks).await?;
    Ok((page, answered))
}

fn value<'a>(asked: &'a Fields, name: &str) -> &'a str {
    asked.text(name).unwrap_or_default()
}

fn pairs(asked: &Fields) -> Vec<(&'static str, &str)> {
    NAMES.into_iter().map(|name| (name, value(asked, name))).collect()
}

fn form(asked: &Fields, problems: &[(String, String)], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let states = AskState::ALL.map(|state| (state.as_str(), word(state, lang)));
    let kinds = AskKind::ALL.map(|kind| (kind.as_str(), of_kind(kind, lang)));
    let field = |name, label, input| Field { name, label, value: value(asked, name), input };
    let fields = [
        field("state", words.state, Input::Choice(&states)),
        field("kind", words.kind, Input::Choice(&kinds)),
        field("correlation_id", words.correlation, Input::Search),
        field("from", words.from, Input::Text("2026-03-01T09:00:00Z")),
        field("to", words.to, Input::Text("2026-03-02T09:00:00Z")),
    ];
    filter(lang, Section::Asks.path(), &fields, problems)
}

fn rows(asks: &[Ask], answered: &[usize], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.question),
        text(words.state),
        text(words.kind),
        text(words.requested_by),
        text(words.answers),
        number(words.quorum),
        text(words.made),
        text(words.expires),
    ];
    let rows: Vec<Row> = asks.iter().zip(answered).map(|(ask, answered)| row(ask, *answered, lang, now)).collect();
    table(lang, Section::Asks.label(lang), &columns, &rows)
}

fn row(ask: &Ask, answered: usize, lang: Lang, now: Timestamp) -> Row {
    let words = Words::of(lang);
    let cells = vec![
        html! { span.most { a href=(address::of(&ask.key.id)) { (cut(&ask.question, QUESTION_CHARS)) } } },
        of_ask(ask, lang),
        html! { (of_kind(ask.kind, lang)) },
        html! { (ask.requested_by.as_deref().unwrap_or(UNKNOWN)) },
        html! { ((words.so_many_of)(answered, ask.audience.len())) },
        html! { (whole(u64::from(ask.quorum))) },
        time(ask.created_at, now, lang),
        // What has ended expires no more.
        html! { @if ask.end.is_none() { (time(ask.expires_at, now, lang)) } },
    ];
    Row { id: anchor("ask", &ask.key.id), cells }
}
